package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"guichet.example/internal/residue"
	"guichet.example/kiosk/view/wire"
)

// compositors are the ways in which views reach the screen.
func compositors(t *testing.T) []string {
	t.Helper()
	all := []string{"x11"}
	if _, err := exec.LookPath("cage"); err != nil {
		t.Log("cage is not installed: only the plain X server is tested")
		return all
	}
	return append(all, "cage")
}

// tracker stands where the third party would be and counts who comes.
type tracker struct {
	net.Listener
	reached atomic.Int64
}

func startTracker(t *testing.T) *tracker {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tr := &tracker{Listener: l}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			tr.reached.Add(1)
			c.Close()
		}
	}()
	return tr
}

func TestFivePeople(t *testing.T) {
	for _, compositor := range compositors(t) {
		t.Run(compositor, func(t *testing.T) {
			t.Parallel()
			fivePeople(t, compositor)
		})
	}
}

func fivePeople(t *testing.T, compositor string) {
	data, third := t.TempDir(), startTracker(t)
	b := startBench(t, data, "--compositor", compositor, "--map", "pisteur.localhost="+third.Addr().String())
	if s := b.state(); s.View.Isolation != "full" {
		t.Errorf("isolation is %q", s.View.Isolation)
	}
	b.settle()
	home := b.screen()
	b.keep(compositor + "-home")
	canaries := residue.NewSet()
	for person := range 5 {
		onePerson(b, person, canaries, compositor)
	}
	b.until("the home surface as it was for the first person", func(state) bool { return far(home, b.screen()) < 0.01 })
	if n := b.count("blanked"); n < 3 {
		t.Errorf("of five views %d have said that they were blanked before they were killed", n)
	}
	b.until("five counted", func(s state) bool { return s.Usage.Committed == 5 && s.Usage.Pending == 0 })
	if n := third.reached.Load(); n != 0 {
		t.Errorf("the third party was reached %d times", n)
	}
	c, err := net.Dial("tcp", third.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Read(make([]byte, 1)); err == nil || third.reached.Load() != 1 {
		t.Error("the third party would not have noticed") // positive control
	}
	nothingLeft(b, canaries)
	showsFive(b)
	diagnosed(b, 5)
}

// onePerson does the procedure as far as the login, and leaves.
func onePerson(b *bench, person int, canaries *residue.Set, compositor string) {
	t := b.t
	t.Helper()
	before, from := b.state(), b.mark()
	start(b, person)
	b.inOrder(from, "session active", "film private", "view-shown session")
	b.until("on the site", func(s state) bool { return s.View.Host == "mairie.localhost" })
	b.await(from, "blocked", "pisteur.localhost")
	typeCanary(b, canaries, fmt.Sprintf("person %d", person))
	if person == 0 {
		b.keep(compositor + "-session")
	}
	s := b.state()
	if s.Film.Sensed != "private" || s.Session.Procedure != "demo" || s.Session.Mode != "alone" {
		t.Errorf("in the session: %+v", s)
	}
	from = b.mark()
	finish(b, person)
	b.wiped(from)
	after := b.until("wiped and warm", func(s state) bool { return s.Session.State == "idle" && s.View.Spare })
	if after.Wipe.Count != before.Wipe.Count+1 || after.Wipe.Last != "verified" {
		t.Errorf("wipe: %+v", after.Wipe)
	}
}

// wiped waits for the end of a session after mark. A view that does not say within
// 100 ms that it is blank is killed as it is: that it says so is no part of the
// order.
func (b *bench) wiped(mark int) {
	b.t.Helper()
	b.inOrder(mark, "blank", "session wiping", "wipe verified", "session idle", "view-shown home")
}

// byHand is the person who touches the screen; the others use the API's own
// words for the same.
const byHand = 1

// start chooses the first tile.
func start(b *bench, person int) {
	b.t.Helper()
	if person != byHand {
		b.post("/api/procedure", map[string]string{"id": "demo"})
		return
	}
	b.settle()
	b.post("/api/tap", map[string]int{"x": 240, "y": 300})
}

// finish presses "J'ai terminé", at the right end of the bar.
func finish(b *bench, person int) {
	b.t.Helper()
	if person != byHand {
		b.post("/api/end", nil)
		return
	}
	b.post("/api/tap", map[string]int{"x": 1200, "y": 47})
}

// below returns the processes of a bench: its own first, those below it, and
// wherever they hang by now those of its views and those whose environment
// holds one of the texts.
func (b *bench) below(texts ...string) []int {
	b.t.Helper()
	all, err := residue.Tree(b.cmd.Process.Pid)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, text := range append(texts, viewsOf(b.data)) {
		strays, err := residue.Marked(text)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, pid := range strays {
			if pid != os.Getpid() && !slices.Contains(all, pid) {
				all = append(all, pid)
			}
		}
	}
	return all
}

// viewsOf is what the environments of all views below a data directory hold.
func viewsOf(data string) string { return wire.MarkPrefix(filepath.Join(data, "views")) }

// typeCanary types into the focused field and waits until the page has it:
// that the scan finds it there is the positive control of every later scan.
func typeCanary(b *bench, canaries *residue.Set, id string) {
	b.t.Helper()
	b.drawn()
	b.post("/api/type", map[string]string{"text": string(canaries.Canary(id))})
	b.until("typed", func(state) bool {
		found := residue.Found{}
		canaries.Memory(found, b.below()[1:]...) // without the daemon, which typed it
		return found.Has(id)&(residue.ASCII|residue.UTF16) != 0
	})
}

// nothingLeft looks everywhere a session could leave something, for all of the
// canaries.
func nothingLeft(b *bench, canaries *residue.Set) {
	b.t.Helper()
	found := residue.Found{}
	canaries.Search([]byte(b.output.String()), "the log", found)
	pids := b.below()
	canaries.Memory(found, pids...)
	canaries.OpenFiles(found, pids...)
	if err := canaries.Files(found, b.data); err != nil {
		b.t.Error(err)
	}
	if len(found) > 0 {
		b.t.Errorf("left:\n%v", found)
	}
}

// showsFive lets kioskctl read what was counted.
func showsFive(b *bench) {
	t := b.t
	t.Helper()
	b.stop()
	out, err := exec.Command(filepath.Join(programs, "kioskctl"), "usage", "show", filepath.Join(b.data, "usage.db")).CombinedOutput()
	if err != nil {
		t.Fatalf("kioskctl usage show: %v\n%s", err, out)
	}
	t.Logf("kioskctl usage show:\n%s", out)
	if faults, err := os.ReadFile(filepath.Join(b.data, "kiosk", "faults.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("faults are counted where there were none: %s %v", faults, err)
	}
}
