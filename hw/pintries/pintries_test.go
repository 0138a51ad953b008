package pintries

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"guichet.example/hw/badge"
	"guichet.example/internal/atomicfile"
)

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

func named(n int) (name badge.PINName) {
	binary.BigEndian.PutUint32(name[:], uint32(n))
	return name
}

func fresh(t *testing.T) *Tries {
	t.Helper()
	return Open(filepath.Join(t.TempDir(), "tries"), silent())
}

// wrong counts a try of badge n that comes as soon as it may.
func wrong(t *testing.T, tries *Tries, n int) {
	t.Helper()
	time.Sleep(tries.Wait(named(n)))
	if err := tries.Begin(named(n)); err != nil {
		t.Fatal(err)
	}
}

func TestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := fresh(t)
		for i, want := range []time.Duration{0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600} {
			wrong(t, tries, 1)
			if got := tries.Wait(named(1)); got != want*time.Second {
				t.Errorf("after %d wrong PINs: %v, want %d s", i+1, got, want)
			}
		}
		if got := tries.Wait(named(2)); got != 0 {
			t.Errorf("another badge waits %v", got)
		}
		if err := tries.Begin(named(1)); !errors.Is(err, ErrWait) {
			t.Errorf("tried while it waits: %v", err)
		}
		time.Sleep(time.Hour - time.Nanosecond)
		if err := tries.Begin(named(1)); !errors.Is(err, ErrWait) {
			t.Errorf("tried a moment too early: %v", err)
		}
		time.Sleep(time.Nanosecond)
		wrong(t, tries, 1)
		if err := tries.Right(named(1)); err != nil || tries.Wait(named(1)) != 0 {
			t.Errorf("after the right PIN: %v, waits %v", err, tries.Wait(named(1)))
		}
		for range 4 {
			wrong(t, tries, 1)
		}
		if got := tries.Wait(named(1)); got != 0 {
			t.Errorf("four wrong PINs after a right one: waits %v", got)
		}
	})
}

// A restart begins a wait anew, whole, and forgets no try.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := fresh(t)
		for range 6 {
			wrong(t, tries, 1)
		}
		wrong(t, tries, 2)
		time.Sleep(29 * time.Second)
		tries = Open(tries.path, silent())
		if got := tries.Wait(named(1)); got != 30*time.Second {
			t.Errorf("after a restart: waits %v", got)
		}
		for range 4 {
			wrong(t, tries, 2)
		}
		if got := tries.Wait(named(2)); got != 15*time.Second {
			t.Errorf("one try before the restart and four after: waits %v", got)
		}
		time.Sleep(30 * time.Second)
		wrong(t, tries, 1)
		if got := tries.Wait(named(1)); got != time.Minute {
			t.Errorf("after the seventh: waits %v", got)
		}
	})
}

// Nobody gains a try when the book is full, and helpers with few wrong PINs
// wait no longer than they would have.
func TestFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := fresh(t)
		tries.write = func(string, []byte, fs.FileMode) error { return nil }
		for range 3 {
			wrong(t, tries, 0)
		}
		for range 6 {
			wrong(t, tries, 1)
		}
		for n := 2; n < capacity; n++ {
			for range 4 {
				wrong(t, tries, n)
			}
		}
		wrong(t, tries, capacity)
		if len(tries.book.wrong) != capacity || tries.book.floor != 3 || len(tries.begun) > capacity {
			t.Fatalf("%d badges, floor %d", len(tries.book.wrong), tries.book.floor)
		}
		wrong(t, tries, 0) // the fourth
		wrong(t, tries, 0)
		if got := tries.Wait(named(0)); got != 15*time.Second {
			t.Errorf("the badge that left the book waits %v after its fifth wrong PIN", got)
		}
		if got := tries.Wait(named(1)); got == 0 {
			t.Error("the badge with the most wrong PINs was forgotten")
		}
		if got := tries.Wait(named(capacity + 1)); got != 0 {
			t.Errorf("a helper who never was wrong waits %v", got)
		}
		if data := tries.book.encode(); len(data) > maxSize {
			t.Errorf("%d bytes", len(data))
		}
	})
}

// A badge that leaves a book in which all wait goes on waiting.
func TestFullOfWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := fresh(t)
		tries.write = func(string, []byte, fs.FileMode) error { return nil }
		for n := range capacity {
			tries.book.wrong[named(n)] = 9
		}
		tries.book.wrong[named(7)] = 8
		time.Sleep(time.Hour)
		if got := tries.Wait(named(7)); got != 0 {
			t.Fatal(got)
		}
		wrong(t, tries, 8000)
		if got := tries.Wait(named(7)); got != delay(8) {
			t.Errorf("waits %v", got)
		}
	})
}

func TestDamaged(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty": {}, "foreign": []byte("hello"), "cut": full().encode()[:60],
		"bit": flip(full().encode(), 40), "checksum": flip(full().encode(), len(full().encode())-1),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "tries")
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			for range 2 { // it stays so
				tries := Open(path, slog.New(slog.NewTextHandler(&log, nil)))
				if tries.book.floor != free-1 || len(tries.book.wrong) != 0 {
					t.Errorf("read as %+v", tries.book)
				}
			}
			if kept, err := os.ReadFile(path + ".damaged"); err != nil || !bytes.Equal(kept, data) {
				t.Errorf("not set aside: %v", err)
			}
			if strings.Count(log.String(), "is lost") != 1 {
				t.Errorf("log: %s", log.String())
			}
		})
	}
}

// A file that others could have written or read is not believed.
func TestOpenToOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tries")
	if err := os.WriteFile(path, full().encode(), 0o644); err != nil {
		t.Fatal(err)
	}
	if tries := Open(path, silent()); tries.book.floor != free-1 {
		t.Errorf("read as %+v", tries.book)
	}
}

func full() *book {
	return &book{floor: 2, wrong: map[badge.PINName]int{named(1): 1, named(2): 5, named(3): most}}
}

func flip(data []byte, at int) []byte {
	data[at] ^= 1
	return data
}

// TestPowerCut ends the process's life around every write, with the old content
// on the medium or the new one: no try that was allowed is ever forgotten, but
// by a right PIN.
func TestPowerCut(t *testing.T) {
	for cut := range 12 {
		for _, written := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) { powerCut(t, cut, written) })
		}
	}
}

func powerCut(t *testing.T, cut int, written bool) {
	tries := fresh(t)
	writes, dead := 0, false
	tries.write = func(path string, data []byte, perm fs.FileMode) error {
		writes++
		if dead = dead || writes > cut; !dead || written && writes == cut+1 {
			if err := atomicfile.WriteFile(path, data, perm); err != nil {
				t.Error(err)
			}
		}
		if dead {
			return errors.New("no power")
		}
		return nil
	}
	allowed := 0
	for i := range 14 {
		time.Sleep(tries.Wait(named(1)))
		if tries.Begin(named(1)) == nil {
			allowed++
		}
		if i == 6 && (tries.Right(named(1)) == nil || written && writes == cut+1) {
			allowed = 0
		}
	}
	again := Open(tries.path, silent())
	if got := again.book.of(named(1)); got < allowed || got > allowed+1 {
		t.Errorf("cut at write %d (written %v): %d tries were allowed, %d are counted", cut, written, allowed, got)
	}
}

// TestKilled kills a process that guesses, again and again.
func TestKilled(t *testing.T) {
	const path = "PINTRIES_TEST_FILE"
	if file := os.Getenv(path); file != "" {
		tries := Open(file, silent())
		if err := tries.Begin(named(1)); err != nil {
			os.Stdout.WriteString("refused\n")
		} else {
			os.Stdout.WriteString("allowed\n")
		}
		time.Sleep(time.Minute) // until it is killed
	}
	file := filepath.Join(t.TempDir(), "tries")
	var said []string
	for range 7 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), path+"="+file)
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		line, _ := bufio.NewReader(out).ReadString('\n')
		said = append(said, strings.TrimSpace(line))
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
	}
	if got := strings.Join(said, " "); got != "allowed allowed allowed allowed allowed refused refused" {
		t.Error(got)
	}
}

// What cannot be written down is not tried, and still counts while the process
// lives.
func TestCannotWrite(t *testing.T) {
	tries := Open(filepath.Join(t.TempDir(), "no", "such", "folder"), silent())
	for range free {
		if err := tries.Begin(named(1)); err == nil || errors.Is(err, ErrWait) {
			t.Errorf("tried all the same: %v", err)
		}
	}
	if err := tries.Begin(named(1)); !errors.Is(err, ErrWait) {
		t.Error(err)
	}
}

func TestBook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &book{floor: rapid.IntRange(0, most).Draw(t, "floor"), wrong: map[badge.PINName]int{}}
		for range rapid.IntRange(0, 20).Draw(t, "badges") {
			b.wrong[named(rapid.Int().Draw(t, "name"))] = rapid.IntRange(1, most).Draw(t, "wrong")
		}
		data := b.encode()
		got, err := parse(data)
		if err != nil || !bytes.Equal(got.encode(), data) {
			t.Fatalf("%+v became %+v: %v", b, got, err)
		}
		if _, err := parse(flip(data, rapid.IntRange(0, len(data)-1).Draw(t, "at"))); err == nil {
			t.Fatal("a changed file was taken")
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(full().encode())
	f.Add((&book{}).encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		if b, err := parse(data); err == nil && !bytes.Equal(b.encode(), data) {
			t.Errorf("%+v was read from something else", b)
		}
	})
}
