package control

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// stream opens the events and returns a function that reads the next one with
// its id ("" without).
func stream(t *testing.T, url string, header ...string) func() (string, Event) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(res.Body)
	return func() (id string, e Event) {
		t.Helper()
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
				id = text
			}
			text, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			if err := json.Unmarshal([]byte(text), &e); err != nil {
				t.Fatalf("%q is not one JSON a line: %v", text, err)
			}
			return id, e
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return "", e
	}
}

func TestEvents(t *testing.T) {
	box := newFakeBox()
	url := serve(t, box) + "/api/events"
	box.Add("session", "idle")
	box.Add("film", "private")
	next := stream(t, url)
	for i, want := range []string{"session idle", "film private"} {
		if id, e := next(); id != fmt.Sprint(i+1) || e.Event+" "+e.Value != want {
			t.Errorf("event %s %v, want %d %s", id, e, i+1, want)
		}
	}
	box.Add("blank", "") // while the client waits
	if id, e := next(); id != "3" || e.Event != "blank" {
		t.Errorf("event %s %v", id, e)
	}
	if id, _ := stream(t, url, "Last-Event-ID", "2")(); id != "3" {
		t.Errorf("a client that has 2 got %s", id)
	}
	if id, _ := stream(t, url+"?since=2")(); id != "3" {
		t.Errorf("a client that asks from 2 on got %s", id)
	}
	if id, _ := stream(t, url, "Last-Event-ID", "900")(); id != "1" {
		t.Errorf("a client of an earlier run got %s", id)
	}
	for _, since := range []string{"x", "-1", "1e3"} {
		if code, _, _ := do(t, "GET", url+"?since="+since, ""); code != 400 {
			t.Errorf("since=%s gave %d", since, code)
		}
	}
}

// TestEventsLost: a client that was away for longer than the log remembers is
// told so.
func TestEventsLost(t *testing.T) {
	box := newFakeBox() // keeps 8
	url := serve(t, box) + "/api/events"
	for i := range 12 {
		box.Add("host", fmt.Sprint(i+1))
	}
	next := stream(t, url, "Last-Event-ID", "1")
	if id, e := next(); id != "" || e.Event != "lost" || e.Value != "3" {
		t.Errorf("event %q %v, want 3 lost", id, e)
	}
	if id, e := next(); id != "5" || e.Value != "5" {
		t.Errorf("event %q %v, want 5", id, e)
	}
	if id, e := stream(t, url)(); id != "5" || e.Value != "5" {
		t.Errorf("a new client got %q %v, want 5", id, e)
	}
}

// TestLogOrder: whatever goroutines add, a reader sees every number once, in
// order, and the time never runs backwards.
func TestLogOrder(t *testing.T) {
	const writers, each = 8, 200
	l := NewLog(writers * each)
	var done sync.WaitGroup
	for range writers {
		done.Go(func() {
			for range each {
				l.Add("film", "private")
			}
		})
	}
	since, ms := 0, int64(0)
	for since < writers*each {
		events, more := l.Events(since)
		for _, e := range events {
			if e.Seq != since+1 || e.MS < ms {
				t.Fatalf("event %v after %d at %d ms", e, since, ms)
			}
			since, ms = e.Seq, e.MS
		}
		if since < writers*each {
			<-more
		}
	}
	done.Wait()
}

func TestParseKey(t *testing.T) {
	for in, want := range map[string]string{
		"ctrl+shift+i": "ctrl+shift+i", "Shift+Ctrl+I": "ctrl+shift+i", "alt+f4": "alt+f4", "super": "super", "a": "a",
		"ctrl++": "ctrl+plus", "+": "plus", "é": "é", "Enter": "return", "altgr+e": "altgr+e", "super+shift+alt+ctrl+Delete": "ctrl+alt+shift+super+delete", "ctrl+alt": "ctrl+alt",
	} {
		k, err := ParseKey(in)
		if err != nil || k.String() != want {
			t.Errorf("%q: %q, %v", in, k.String(), err)
		}
	}
	for _, in := range []string{"", " ", "ctrl+", "ctrl+ctrl+a", "hyper+a", "ab", "ctrl+ab", "\x00", "a\n", "f13", strings.Repeat("ctrl+", 99) + "a", "\xff"} {
		if k, err := ParseKey(in); err == nil {
			t.Errorf("%q gave %v", in, k)
		}
	}
}

// FuzzParseKey: what was read is written back to the same chord.
func FuzzParseKey(f *testing.F) {
	f.Add("ctrl+shift+i")
	f.Add("ctrl++")
	f.Add("İ")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParseKey(s)
		if err != nil {
			return
		}
		if again, err := ParseKey(k.String()); err != nil || again != k {
			t.Errorf("%q: %v, read again %v, %v", s, k, again, err)
		}
	})
}

func TestScripts(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: the page's scripts are not checked for syntax")
	}
	scripts, err := filepath.Glob("page/*.js")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, s := range scripts {
		if out, err := exec.CommandContext(t.Context(), node, "--check", s).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", s, err, out)
		}
	}
	// Every word exists in both languages, and every word asked for exists.
	const check = `const fs = require("fs"), used = fs.readFileSync("page/index.html", "utf8") + fs.readFileSync("page/control.js", "utf8") + fs.readFileSync("page/screen.js", "utf8") + fs.readFileSync("page/sound.js", "utf8") + fs.readFileSync("page/sticks.js", "utf8");
const WORDS = new Function(fs.readFileSync("page/words.js", "utf8") + "; return WORDS")();
const bad = [...used.matchAll(/\bt\("([\w-]+)"|data-(?:t|label)="([\w-]+)"/g)].map((m) => m[1] ?? m[2]).filter((k) => !k.endsWith("_") && !(k in WORDS.fr));
for (const [a, b] of [["fr", "en"], ["en", "fr"]]) bad.push(...Object.keys(WORDS[a]).filter((k) => !(k in WORDS[b])));
if (bad.length) { console.log(bad.join(" ")); process.exit(1); }`
	if out, err := exec.CommandContext(t.Context(), node, "-e", check).CombinedOutput(); err != nil {
		t.Errorf("words: %v: %s", err, out)
	}
}
