package control

import (
	"context"
	"fmt"
	"image"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// fakeBox notes what it was asked to do and fails when told to.
type fakeBox struct {
	*Log
	mu     sync.Mutex
	asked  []string
	err    error
	screen image.Image
	state  State
}

func newFakeBox() *fakeBox {
	return &fakeBox{Log: NewLog(8), screen: image.NewRGBA(image.Rect(0, 0, 64, 40)), state: State{
		Session: Session{State: "idle"}, Film: Film{"private", "private"}, Indicator: "off",
		View: View{Spare: true, Isolation: "full", Checks: []Check{{"no swap", false, false, "/dev/zram0 in use"}}, MemoryLimitMiB: 700}, Wipe: Wipe{1, "verified", 42}, Usage: Usage{2, 5}}}
}

func (b *fakeBox) ask(format string, args ...any) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return b.err
	}
	b.asked = append(b.asked, fmt.Sprintf(format, args...))
	return nil
}

// answer makes every later act fail with err.
func (b *fakeBox) answer(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

// taken returns what the box was asked since the last call.
func (b *fakeBox) taken() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := strings.Join(b.asked, "; ")
	b.asked = nil
	return s
}

func (b *fakeBox) show(m image.Image) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.screen = m
}

func (b *fakeBox) State() State { return b.state }
func (b *fakeBox) Procedures() []ProcedureInfo {
	return []ProcedureInfo{{"demo", map[string]string{"fr": "Démonstration"}}, {"demo-pieges", nil}}
}
func (b *fakeBox) Badge(_ context.Context, card string) error  { return b.ask("badge %s", card) }
func (b *fakeBox) RemoveBadge(context.Context) error           { return b.ask("remove badge") }
func (b *fakeBox) HelpButton(context.Context) error            { return b.ask("help") }
func (b *fakeBox) Stick(_ context.Context, image string) error { return b.ask("stick %s", image) }
func (b *fakeBox) Sticks() []string                            { return []string{"good", "old"} }
func (b *fakeBox) ExampleStick(_ context.Context, name string) error {
	return b.ask("example %s", name)
}
func (b *fakeBox) RemoveStick(context.Context) error   { return b.ask("pull stick") }
func (b *fakeBox) ServiceSwitch(context.Context) error { return b.ask("switch") }
func (b *fakeBox) Fault(_ context.Context, part, kind string) error {
	return b.ask("fault %s %s", part, kind)
}
func (b *fakeBox) Tap(_ context.Context, x, y int) error        { return b.ask("tap %d,%d", x, y) }
func (b *fakeBox) Type(_ context.Context, text []rune) error    { return b.ask("type %q", string(text)) }
func (b *fakeBox) Key(_ context.Context, key string) error      { return b.ask("key %s", key) }
func (b *fakeBox) Choose(_ context.Context, id string) error    { return b.ask("choose %s", id) }
func (b *fakeBox) End(context.Context) error                    { return b.ask("end") }
func (b *fakeBox) Consent(_ context.Context, accept bool) error { return b.ask("consent %t", accept) }
func (b *fakeBox) Continue(context.Context) error               { return b.ask("continue") }
func (b *fakeBox) Screen(context.Context) (image.Image, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.screen, b.err
}

// serve starts a server on loopback as kiosk-bench does.
func serve(t *testing.T, box Box) string {
	t.Helper()
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: Handler(box, l.Addr().String())}}
	s.Start()
	t.Cleanup(func() {
		s.CloseClientConnections() // ends event streams
		s.Close()
	})
	return s.URL
}

// do sends a request and returns status, body and header.
func do(t *testing.T, method, url, body string, header ...string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
			continue
		}
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, strings.TrimSpace(string(data)), res.Header
}
