package upkeep

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning"
)

// installArg starts these tests as a kiosk that installs what is on an image.
const installArg = "install-image"

// installMain reads the image and stores what it brings, telling how far it is.
func installMain(data, image string) int {
	tell := func(w wire.Work) { fmt.Println(w.Step, w.Percent) }
	u, err := New(Config{Data: data, Port: &port{image: image}, Reader: childUser(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	tell(u.Read(context.Background(), tell))
	tell(u.Install(context.Background(), tell))
	return 0
}

// TestKilled kills a kiosk at different instants of its work: what is in force
// then is the old release or the new one, whole, and the same stick works.
func TestKilled(t *testing.T) {
	b := newBox(t)
	u, _ := b.start(Trial{})
	b.plug(image(t, b.Publish()))
	check(t, u.Read(t.Context(), ignore), wire.StepPlan, "", "")
	check(t, u.Install(t.Context(), ignore), wire.StepInstalled, "", "")
	b.confirm()
	b.Configure(string(provisioning.NewSiteFile("Médiathèque")))
	second := image(t, b.Publish())
	seen := map[string]int{}
	for i := range 16 {
		if i == 15 {
			i = 1000 // not killed before its end
		}
		killAt(t, b.data, second, i)
		u, state := b.start(Trial{})
		b.cleared()
		release := b.release()
		seen[state.Current.Version]++
		if want := map[string]string{"1": "Mairie", "2": "Médiathèque"}[state.Current.Version]; release.Config.Place["fr"] != want {
			t.Errorf("release %s is of %q", state.Current.Version, release.Config.Place["fr"])
		}
		if state.Trial {
			if u.config.Running.Version != "2" {
				t.Errorf("%+v", state)
			}
			if err := u.TakeBack(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Log("in force after being killed:", seen)
	if seen["1"] == 0 || seen["2"] == 0 {
		t.Error("it was never killed before, or never after")
	}
}

// killAt starts an installation and kills it after it has told that often what
// it does, and some more time.
func killAt(t *testing.T, data, image string, n int) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", installArg, data, image)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for i := 0; i < n && lines.Scan(); i++ {
	}
	time.Sleep(time.Duration(n%4) * time.Millisecond)
	_ = cmd.Process.Kill() // it may have ended
	_ = cmd.Wait()         // says that it was killed
}
