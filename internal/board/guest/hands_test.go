package guest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"
	"time"
)

// hands are the other side of the GPIO chip: the emulator, which sees what
// its outputs do and moves its inputs.
type hands struct {
	mu    sync.Mutex
	out   io.Writer
	reply *bufio.Reader
	film  bool // is clear, as a box has told its contact
}

func (h *hands) ask(t testing.TB, question string, answer ...any) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, err := io.WriteString(h.out, question+"\n"); err != nil {
		t.Fatal(err)
	}
	line, err := h.reply.ReadString('\n')
	if err == nil {
		_, err = fmt.Sscan(line, answer...)
	}
	if err != nil {
		t.Fatalf("%q was answered %q: %v", question, line, err)
	}
}

// do has something done that is only done or not.
func (h *hands) do(t testing.TB, what string) {
	t.Helper()
	answer := ""
	if h.ask(t, what, &answer); answer != "ok" {
		t.Fatalf("%q: %s", what, answer)
	}
}

// output returns the level of an output, and how often it changed so far.
func (h *hands) output(t testing.TB, line int) (high bool, changes int) {
	t.Helper()
	level := 0
	h.ask(t, fmt.Sprintf("out %d", line), &level, &changes)
	return level == 1, changes
}

// settle is how long a moved input needs to count: the drivers ask for 20 ms of
// rest, and an emulated processor is slow.
const settle = 150 * time.Millisecond

// input moves an input and returns once a driver could have settled on it.
func (h *hands) input(t testing.TB, line int, high bool) {
	t.Helper()
	level, ok := 0, ""
	if high {
		level = 1
	}
	h.ask(t, fmt.Sprintf("in %d %d", line, level), &ok)
	time.Sleep(settle)
}

// theHands are opened once: the serial line is one.
var theHands = sync.OnceValues(func() (*hands, error) {
	tty, err := os.OpenFile("/dev/ttyS0", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	if err := raw(tty); err != nil {
		return nil, err
	}
	return &hands{out: tty, reply: bufio.NewReader(tty)}, nil
})

func board(t testing.TB) *hands {
	t.Helper()
	if os.Getpid() != 1 {
		t.Skip("not on the emulated board: make board")
	}
	h, err := theHands()
	if err != nil {
		t.Fatal(err)
	}
	return h
}
