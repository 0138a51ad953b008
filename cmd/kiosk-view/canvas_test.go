//go:build webkit

package main_test

import (
	"image"
	"slices"
	"syscall"
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
)

// TestPanelBeforeThePageDraws has a page come in a process of its own and stop
// there before it has drawn anything: WebKit waits half a second for one each time
// that it is drawn itself, and with it what we lay over it.
func TestPanelBeforeThePageDraws(t *testing.T) {
	t.Parallel()
	d, v := ready(t, map[string]string{
		"/":     `<body style="background:blue"><a href="http://other.test/slow" style="position:fixed;inset:0"></a>`,
		"/slow": `<link rel="stylesheet" href="/never"><body style="background:green">text`,
	}, "/")
	d.eventuallyColour(t, pageX, pageY, blue)
	d.click(pageX, pageY)
	if at, _ := await[wire.At](t, v); at.Host != "other.test" {
		t.Fatalf("%+v", at)
	}
	processes := descendants(v.cmd.Process.Pid, "WebKitWebProc")
	if len(processes) < 2 {
		t.Fatal("the other site has the process of the first")
	}
	for _, pid := range processes {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
	}
	var took []time.Duration
	for _, panel := range []wire.Panel{wire.PanelWarning, wire.PanelNone, wire.PanelWarning} {
		before := d.shot(t)
		sent := v.send(t, wire.Cover{Panel: panel, Seconds: 60})
		d.eventually(t, "another panel", func(img *image.RGBA) bool { return !slices.Equal(img.Pix, before.Pix) })
		took = append(took, time.Since(sent))
	}
	if slices.Max(took) >= 500*time.Millisecond {
		t.Errorf("panels came and went within %v", took)
	}
}
