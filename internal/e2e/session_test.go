package e2e

import (
	"fmt"
	"image"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
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
		t.Run(compositor, func(t *testing.T) { fivePeople(t, compositor) })
	}
}

func fivePeople(t *testing.T, compositor string) {
	data, third := t.TempDir(), startTracker(t)
	b := startBench(t, data, "--compositor", compositor, "--map", "pisteur.localhost="+third.Addr().String())
	if s := b.state(); s.View.Isolation != "full" {
		t.Errorf("isolation is %q", s.View.Isolation)
	}
	home := b.screen()
	b.keep(compositor + "-home")
	var canaries []string
	for person := range 5 {
		canary := fmt.Sprintf("kanari%dq%s", person, strings.Repeat("zy", 6))
		canaries = append(canaries, canary)
		onePerson(b, person, canary, compositor)
	}
	if far(home, b.screen()) > 0.01 {
		t.Error("the home surface is not what it was for the first person")
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
	for _, canary := range canaries {
		nothingLeft(b, canary)
	}
	showsFive(b)
	diagnosed(b, 5)
}

// onePerson does the procedure as far as the login, and leaves.
func onePerson(b *bench, person int, canary, compositor string) {
	t := b.t
	t.Helper()
	before, from := b.state(), b.mark()
	start(b, person)
	b.inOrder(from, "session active", "film private", "view-shown session")
	b.until("on the site", func(s state) bool { return s.View.Host == "mairie.localhost" })
	b.await(from, "blocked", "pisteur.localhost")
	typeCanary(b, canary)
	if person == 0 {
		b.keep(compositor + "-session")
	}
	s := b.state()
	if s.Film.Sensed != "private" || s.Session.Procedure != "demo" || s.Session.Mode != "alone" {
		t.Errorf("in the session: %+v", s)
	}
	from = b.mark()
	finish(b, person)
	b.inOrder(from, "session wiping", "blanked", "wipe verified", "session idle", "view-shown home")
	after := b.until("wiped and warm", func(s state) bool { return s.Session.State == "idle" && s.View.Spare })
	if after.Wipe.Count != before.Wipe.Count+1 || after.Wipe.Last != "verified" {
		t.Errorf("wipe: %+v", after.Wipe)
	}
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

// typeCanary types into the focused field and waits until the page has it:
// that the scan finds it there is the positive control of every later scan.
func typeCanary(b *bench, canary string) {
	t := b.t
	t.Helper()
	b.settle()
	b.post("/api/type", map[string]string{"text": canary})
	b.until("typed", func(state) bool {
		for _, pid := range tree(t, b.cmd.Process.Pid) {
			if pid != b.cmd.Process.Pid && inMemory(t, pid, canary) > 0 {
				return true
			}
		}
		return false
	})
}

// nothingLeft looks everywhere a session could leave something.
func nothingLeft(b *bench, canary string) {
	t := b.t
	t.Helper()
	if found := inFiles(t, b.data, canary); len(found) > 0 {
		t.Errorf("%s is in files %q", canary, found)
	}
	if strings.Contains(b.output.String(), canary) {
		t.Errorf("%s is in the log", canary)
	}
	for _, pid := range tree(t, b.cmd.Process.Pid) {
		if n := inMemory(t, pid, canary); n > 0 {
			comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
			t.Errorf("%s is %d times in the memory of %s", canary, n, strings.TrimSpace(string(comm)))
		}
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
}

// far is the share of pixels that differ clearly.
func far(a, b image.Image) float64 {
	if a.Bounds() != b.Bounds() {
		return 1
	}
	different, all := 0, 0
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y += 2 {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x += 2 {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			all++
			if apart(r1, r2) || apart(g1, g2) || apart(b1, b2) {
				different++
			}
		}
	}
	return float64(different) / float64(all)
}

func apart(a, b uint32) bool { return max(a, b)-min(a, b) > 0x1000 }
