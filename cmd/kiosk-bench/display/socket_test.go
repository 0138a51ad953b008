package display

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSocketRemoved: a server whose socket somebody removes, as one does that
// is just ending and had the same number, is replaced by another.
func TestSocketRemoved(t *testing.T) {
	need(t, "setxkbmap")
	real, err := exec.LookPath("Xvfb")
	if err != nil {
		t.Skipf("not run: %v", err)
	}
	dir := reachable(t)
	once := filepath.Join(dir, "once")
	script(t, dir+"/Xvfb", fmt.Sprintf(`#!/bin/sh
mkdir %[1]s || exec %[2]s "$@"
%[2]s "$@" 3>%[1]s/number &
until [ -s %[1]s/number ]; do sleep 0.01; done
rm /tmp/.X11-unix/X$(cat %[1]s/number)
cat %[1]s/number >&3
exec 3>&-
wait
`, once, real))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	s := open(t, Options{Compositor: X11, Dir: dir})
	if _, err := os.Stat(once); err != nil {
		t.Fatal("no socket was removed:", err)
	}
	if _, err := os.Stat(s.Client().X11Socket); err != nil {
		t.Error(err)
	}
	servers := 0
	for _, line := range children(t, dir) {
		if strings.Contains(line, "Xvfb -displayfd") {
			servers++
		}
	}
	if servers != 1 {
		t.Errorf("%d servers run", servers)
	}
}
