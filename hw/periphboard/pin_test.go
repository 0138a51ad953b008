package periphboard

import (
	"errors"
	"sync"
	"testing"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
)

var errUnplugged = errors.New("no such device")

// input is a gpiotest.Pin with a wire that moves it, and a plug. Like
// gpioioctl, an unplugged input reads low and its WaitForEdge returns false
// before its time.
type input struct {
	gpiotest.Pin

	mu      sync.Mutex
	wire    gpio.Level
	out     bool // unplugged
	pull    gpio.Pull
	freed   int
	misuse  error // a wait that gpioioctl would not end in time
	resting bool  // its level was found settled, and it is waited on for long
}

func newInput(wire gpio.Level) *input {
	return &input{
		Pin:  gpiotest.Pin{N: "GPIO23", Num: 23, EdgesChan: make(chan gpio.Level, 64)},
		wire: wire,
	}
}

func (i *input) move(l gpio.Level) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.wire != l && !i.out {
		i.EdgesChan <- l // has room; inside the lock, so that resting cannot miss it
		i.resting = false
	}
	i.wire = l
}

// settle returns when the watch has reported the wire's level.
func (i *input) settle() {
	for {
		i.mu.Lock()
		resting := i.resting
		i.mu.Unlock()
		if resting {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func (i *input) plug(in bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.out = !in
}

func (i *input) In(pull gpio.Pull, edge gpio.Edge) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.out {
		return errUnplugged
	}
	i.pull = pull
	return i.Pin.In(pull, edge)
}

func (i *input) Read() gpio.Level {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.wire && gpio.Level(!i.out)
}

func (i *input) WaitForEdge(d time.Duration) bool {
	i.mu.Lock()
	out := i.out
	if d <= 0 || d > 250*time.Millisecond {
		i.misuse = errors.New("waited outside of 1 ns to 250 ms")
	}
	i.resting = !out && d > debounce && len(i.EdgesChan) == 0
	i.mu.Unlock()
	return !out && i.Pin.WaitForEdge(d)
}

func (i *input) Close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.freed++
}

// output is a gpiotest.Pin that remembers when it changed, can be broken for
// one level, and fails the test when it is read.
type output struct {
	gpiotest.Pin
	t *testing.T

	mu     sync.Mutex
	edges  []time.Time
	broken map[gpio.Level]error
	freed  int
}

func newOutput(t *testing.T, before gpio.Level) *output {
	return &output{Pin: gpiotest.Pin{N: "GPIO17", Num: 17, L: before}, t: t, broken: map[gpio.Level]error{}}
}

func (o *output) Read() gpio.Level {
	o.t.Error("an output was read: gpioioctl makes it an input")
	return o.Pin.Read()
}

func (o *output) Function() string {
	o.t.Error("an output was asked for its function: gpioioctl makes it an input")
	return o.Pin.Function()
}

func (o *output) Out(l gpio.Level) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.broken[l]; err != nil {
		return err
	}
	if o.Pin.Read() != l {
		o.edges = append(o.edges, time.Now())
	}
	return o.Pin.Out(l)
}

func (o *output) fail(l gpio.Level, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.broken[l] = err
}

func (o *output) level() gpio.Level { return o.Pin.Read() }

func (o *output) changes() []time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]time.Time(nil), o.edges...)
}

func (o *output) Close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.freed++
}
