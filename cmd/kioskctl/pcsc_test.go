//go:build pcsc

package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ebfe/scard"

	"guichet.example/hw"
	"guichet.example/internal/picc"
)

// Debian's PC/SC daemon, and its driver of readers that are not there.
const (
	pcscDaemon = "/usr/sbin/pcscd"
	vpcd       = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
	pcscSocket = "/run/pcscd/pcscd.comm"
)

// startPCSC starts a pcscd with one virtual reader and returns the address to
// which its cards connect.
func startPCSC(t *testing.T) string {
	t.Helper()
	for _, need := range []string{pcscDaemon, vpcd} {
		if _, err := os.Stat(need); err != nil {
			t.Skipf("no virtual reader for PC/SC: %v: apt install pcscd vsmartcard-vpcd", err)
		}
	}
	if os.Geteuid() != 0 {
		t.Skip("only root starts pcscd")
	}
	if c, err := net.Dial("unix", pcscSocket); err == nil {
		c.Close()
		t.Skip("a pcscd runs here already, and there can be only one")
	}
	port := freePort(t)
	conf := filepath.Join(t.TempDir(), "reader.conf")
	text := fmt.Sprintf("FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x%04X\nLIBPATH %s\nCHANNELID 0x%04X\n", port, vpcd, port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	daemon := exec.Command(pcscDaemon, "--foreground", "--config", conf)
	daemon.Stdout, daemon.Stderr = &out, &out
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		end(t, daemon)
		if t.Failed() {
			t.Logf("pcscd said: %s", &out)
		}
	})
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("unix", pcscSocket); err == nil {
			c.Close()
			if c, err := scard.EstablishContext(); err == nil {
				names, err := c.ListReaders()
				_ = c.Release()
				if err == nil && len(names) > 0 {
					return address
				}
			}
		}
		if time.Now().After(end) {
			t.Fatalf("pcscd offers no reader: %s", &out)
		}
	}
}

// end has pcscd end. It hears a signal only while it waits for clients: one
// that comes just before is forgotten, and then it would wait for ever.
func end(t *testing.T, daemon *exec.Cmd) {
	ended := make(chan struct{})
	go func() { _ = daemon.Wait(); close(ended) }()
	for range 20 {
		_ = daemon.Process.Signal(os.Interrupt) // it may have ended
		select {
		case <-ended:
			return
		case <-time.After(time.Second):
		}
	}
	t.Error("pcscd does not end")
	_ = daemon.Process.Kill() // as above
	<-ended
}

// freePort returns one that nobody listens on. The driver has a second slot, on
// the next, which nothing is laid on.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// laid is a software card on the virtual reader. The driver speaks messages of
// a length in two bytes; those of one byte are power off, on, reset, and the
// question for the ATR.
type laid struct {
	conn net.Conn
	card *picc.DESFire
	uid  []byte

	mu  sync.Mutex
	lie lie
	n   int // commands since
}

// A lie changes the answer to command n, the first being 1, or says that the
// card is taken away instead.
type lie func(n int, answer []byte) (changed []byte, stay bool)

func honest(_ int, answer []byte) ([]byte, bool) { return answer, true }

// tell has the card tell this lie from now on.
func (l *laid) tell(what lie) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lie, l.n = what, 0
}

// atr is what readers make of a DESFire (PC/SC part 3, 3.1.3.2.3).
var atr = []byte{0x3B, 0x81, 0x80, 0x01, 0x80, 0x80}

// lay puts a card on the reader; what is returned takes it away.
func lay(t *testing.T, address string, c picc.Content, card *picc.DESFire) (_ *laid, remove func()) {
	t.Helper()
	shown := c.UID
	if c.RandomUID {
		shown = []byte{0x08, 0x51, 0x52, 0x53}
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	l := &laid{conn: conn, card: card, uid: shown, lie: honest}
	done := make(chan struct{})
	go func() { defer close(done); l.serve() }()
	came := waitFor(t, scard.StatePresent, 0)
	remove = sync.OnceFunc(func() { conn.Close(); <-done; waitFor(t, scard.StateEmpty, came) })
	t.Cleanup(remove)
	return l, remove
}

// waitFor waits until pcscd says so of the card, and has seen it come or leave
// since it had counted to so many; it returns what it has counted to.
func waitFor(t *testing.T, state scard.StateFlag, since scard.StateFlag) scard.StateFlag {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		c, err := scard.EstablishContext()
		if err != nil {
			continue
		}
		states := []scard.ReaderState{{Reader: virtualReader, CurrentState: scard.StateUnaware}}
		err = c.GetStatusChange(states, 0)
		_ = c.Release()
		// PC/SC counts comings and leavings in the upper half.
		if now := states[0].EventState; err == nil && now&state != 0 && now>>16 != since {
			return now >> 16
		}
	}
	t.Fatalf("pcscd has not noticed the card: state %x since %d", state, since)
	return 0
}

const virtualReader = "Virtual PCD 00 00"

func (l *laid) serve() {
	for {
		var head [2]byte
		if _, err := io.ReadFull(l.conn, head[:]); err != nil {
			return
		}
		message := make([]byte, binary.BigEndian.Uint16(head[:]))
		if _, err := io.ReadFull(l.conn, message); err != nil {
			return
		}
		answer, stay := l.answer(message)
		if !stay {
			l.conn.Close()
			return
		}
		if answer == nil {
			continue
		}
		if _, err := l.conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

func (l *laid) answer(message []byte) ([]byte, bool) {
	if len(message) == 1 {
		if message[0] == 4 {
			return atr, true
		}
		l.card.Reset()
		return nil, true
	}
	var answer []byte
	if message[0] == 0xFF { // for the reader, not the card
		answer = append(append(answer, l.uid...), 0x90, 0)
	} else {
		answer, _ = l.card.Exchange(message)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	return l.lie(l.n, answer)
}

// byPCSC is an office whose reader is a real one of PC/SC, as far as it can tell.
func byPCSC(t *testing.T) *office {
	o := newOffice(t, "217500016")
	o.reader = func(ctx context.Context, f readerFlags) (station, error) {
		f.Reader, f.PCSC = "pcsc", virtualReader
		return openReader(ctx, f)
	}
	return o
}

// TestPCSC makes, shows and remakes badges over a real pcscd, and reads them
// as a kiosk does, on the emulated chip.
func TestPCSC(t *testing.T) {
	address := startPCSC(t)
	for name, content := range map[string]picc.Content{"EV1": {Generation: picc.EV1}, "EV2, random UID": {RandomUID: true}} {
		t.Run(name, func(t *testing.T) {
			o := byPCSC(t)
			content.UID = uid(1)
			card, err := picc.NewDESFire(content)
			if err != nil {
				t.Fatal(err)
			}
			o.fails("no badge on the reader", makeArgs(o, "--wait", "100ms")...)
			_, remove := lay(t, address, content, card)
			o.ok(makeArgs(o, "--label", "Accueil 1")...)
			if said := o.ok("show", o.folder); !strings.Contains(said, "Badge n° 1\n") || !strings.Contains(said, "en service") {
				t.Errorf("show said %q", said)
			}
			o.fails("card is badge 1 of this site already", makeArgs(o)...)
			o.ok(makeArgs(o, "--renew")...)
			remove()
			radio, err := card.Card(picc.Config{UID: content.UID, RandomUID: content.RandomUID})
			if err != nil {
				t.Fatal(err)
			}
			o.reads(radio, hw.RoleHelper)
		})
	}
	t.Run("taken away", func(t *testing.T) { takenAway(t, address) })
	t.Run("lies", func(t *testing.T) { liesOverPCSC(t, address) })
}

// takenAway takes the card away in the middle: it is no badge then, and is
// simply made again.
func takenAway(t *testing.T, address string) {
	content := picc.Content{UID: uid(2)}
	for _, n := range []int{2, 12} {
		o := byPCSC(t)
		card, err := picc.NewDESFire(content)
		if err != nil {
			t.Fatal(err)
		}
		l, remove := lay(t, address, content, card)
		l.tell(func(i int, answer []byte) ([]byte, bool) { return answer, i < n })
		code, _, stderr := o.run(makeArgs(o, "--wait", "3s")...)
		if code == exitOK || !strings.Contains(stderr, "card was taken away") {
			t.Errorf("taken away at command %d: exit code %d, said %q", n, code, stderr)
		}
		remove()
		_, remove = lay(t, address, content, card)
		o.ok(makeArgs(o)...)
		remove()
	}
}

// liesOverPCSC is a card, or a reader, whose answers have other lengths than
// they must have.
func liesOverPCSC(t *testing.T, address string) {
	content := picc.Content{UID: uid(3)}
	card, err := picc.NewDESFire(content)
	if err != nil {
		t.Fatal(err)
	}
	l, _ := lay(t, address, content, card)
	for name, c := range map[string]struct {
		answer []byte
		first  int // command that is answered so
		says   string
	}{
		"no UID":               {[]byte{0x6A, 0x81}, 1, "reader does not tell the UID"},
		"UID of three bytes":   {[]byte{1, 2, 3, 0x90, 0}, 1, "card is not a DESFire card"},
		"no status":            {[]byte{0x91}, 2, "card was taken away"},
		"256 bytes":            {append(make([]byte, 256), 0x91, 0), 2, "256 bytes instead of 0"},
		"more for ever":        {append(make([]byte, 59), 0x91, 0xAF), 2, "card ends at the wrong place"},
		"no card of that kind": {[]byte{0x6E, 0}, 2, "card does not speak DESFire"},
	} {
		o := byPCSC(t)
		l.tell(func(n int, answer []byte) ([]byte, bool) {
			if n >= c.first {
				answer = c.answer
			}
			return answer, true
		})
		if code, _, stderr := o.run(makeArgs(o, "--wait", "3s")...); code == exitOK || !strings.Contains(stderr, c.says) {
			t.Errorf("%s: exit code %d, said %q", name, code, stderr)
		}
	}
}
