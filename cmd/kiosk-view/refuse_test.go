//go:build webkit

package main_test

import (
	"strings"
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
)

// A program whose constructor was not wrapped would keep data: it must not
// run.
func TestUnwrappedRefuses(t *testing.T) {
	t.Parallel()
	bin, err := buildView("webkit,unwrapped")
	if err != nil {
		t.Fatal(err)
	}
	v := startView(t, bin, startDisplay(t), startOf("http://127.0.0.1:1"))
	if code := v.exitCode(t); code != 3 {
		t.Errorf("exit code %d", code)
	}
	if s := v.stderr.String(); !strings.Contains(s, "not wrapped") {
		t.Errorf("stderr %q", s)
	}
	for s := range v.said {
		t.Errorf("said %T", s.msg)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	d := startDisplay(t)
	good := startOf("http://127.0.0.1:1")
	bare := startOf("")
	for name, c := range map[string]struct {
		display *display
		start   *wire.Start
		env     string
		code    int
		says    string
	}{
		"inspector": {d, good, "WEBKIT_INSPECTOR_SERVER=127.0.0.1:1", 2, "WEBKIT_INSPECTOR_SERVER"},
		"sandbox":   {d, good, "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS=", 2, "WEBKIT_DISABLE_SANDBOX"},
		"display":   {nil, good, "A=b", 4, "open display"},
		"proxy":     {d, bare, "A=b", 2, "no proxy"},
	} {
		t.Run(name, func(t *testing.T) {
			v := startView(t, bin, c.display, c.start, c.env)
			if code := v.exitCode(t); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if s := v.stderr.String(); !strings.Contains(s, c.says) {
				t.Errorf("stderr %q", s)
			}
		})
	}
}

func TestEndsWithItsLink(t *testing.T) {
	t.Parallel()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	v := startView(t, bin, startDisplay(t), startOf(site(t, nil)))
	await[wire.Ready](t, v)
	began := time.Now()
	v.link.Close()
	if code := v.exitCode(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("ended after %v", took)
	}
}
