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
	before := descendants(v.cmd.Process.Pid, "WebKitWebProc")
	d.click(pageX, pageY)
	if at, _ := await[wire.At](t, v); at.Host != "other.test" {
		t.Fatalf("%+v", at)
	}
	// The first site's may be gone by now.
	if !slices.ContainsFunc(descendants(v.cmd.Process.Pid, "WebKitWebProc"), func(pid int) bool { return !slices.Contains(before, pid) }) {
		t.Fatal("the other site has the process of the first")
	}
	v.kill(t, syscall.SIGSTOP)
	d.eventuallyBack(t, true)
	var came, went []time.Duration
	for range 3 {
		sent := v.send(t, wire.Cover{Panel: wire.PanelWarning, Seconds: 60})
		d.eventually(t, "the panel", func(img *image.RGBA) bool { return img.RGBAAt(20, 790) == quiet })
		came = append(came, time.Since(sent))
		sent = v.send(t, wire.Cover{Panel: wire.PanelNone})
		d.eventually(t, "no panel", func(img *image.RGBA) bool { return img.RGBAAt(20, 790) != quiet })
		went = append(went, time.Since(sent))
	}
	// WebKit would wait each time; a busy machine holds up one or the other.
	if slices.Min(came) >= 500*time.Millisecond || slices.Min(went) >= 500*time.Millisecond {
		t.Errorf("panels came within %v and went within %v", came, went)
	}
}
