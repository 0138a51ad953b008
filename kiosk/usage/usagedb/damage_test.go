package usagedb

import (
	"bytes"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"guichet.example/kiosk/usage"
)

// TestMain lets a test run this binary again as a kiosk that may die.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv("USAGEDB_OPEN") != "":
		os.Exit(openAll(strings.Split(os.Getenv("USAGEDB_OPEN"), "\n")))
	case os.Getenv("USAGEDB_COUNT") != "":
		countForEver(os.Getenv("USAGEDB_COUNT"))
	}
	os.Exit(m.Run())
}

// openAll opens each file, counts five sessions, and says what came of it.
func openAll(paths []string) int {
	for _, path := range paths {
		var log bytes.Buffer
		d, err := Open(path, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			fmt.Println("error", path, err)
			return 1
		}
		for i := range 5 {
			if err := d.Add(fact(i)); err != nil {
				fmt.Println("error", path, err)
				return 1
			}
		}
		if err := d.Close(); err != nil {
			fmt.Println("error", path, err)
			return 1
		}
		_, n := d.Counts()
		fmt.Println("opened", filepath.Base(path), n, strings.Contains(log.String(), "damaged"))
	}
	return 0
}

func sample(t *testing.T, sessions int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "usage.db")
	var book usage.Book
	for m := range 12 {
		part := &usage.Book{Calendar: usage.Calendar{Day: usage.DayOf(time.Date(2026, time.Month(1+m), 3, 0, 0, 0, 0, time.UTC))}}
		for i := range sessions / 12 {
			if err := part.Add(fact(i)); err != nil {
				t.Fatal(err)
			}
		}
		book = *book.Sum(part)
	}
	if err := (&builder{}).build(path, &book); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestFileIsSoundForBbolt runs bbolt's own check on files of many sizes.
func TestFileIsSoundForBbolt(t *testing.T) {
	for n := 0; n < 2400; n += 240 {
		path := filepath.Join(t.TempDir(), "usage.db")
		if err := os.WriteFile(path, sample(t, n), 0o400); err != nil {
			t.Fatal(err)
		}
		db, err := bolt.Open(path, 0, &bolt.Options{ReadOnly: true, PreLoadFreelist: true, Timeout: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		err = db.View(func(tx *bolt.Tx) error {
			for err := range tx.Check() {
				t.Errorf("%d sessions: %v", n, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// inChild writes the files, opens them in a child and returns what it says.
func inChild(t *testing.T, files map[string][]byte) map[string]string {
	t.Helper()
	dir := t.TempDir()
	var paths []string
	for name, data := range files {
		paths = append(paths, filepath.Join(dir, name))
		if err := os.WriteFile(paths[len(paths)-1], data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(paths)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "USAGEDB_OPEN="+strings.Join(paths, "\n"))
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("the kiosk died: %v\n%s", err, out)
	}
	said := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		words := strings.SplitN(line, " ", 3)
		said[words[1]] = words[2]
	}
	return said
}

func TestEveryDamageIsSurvived(t *testing.T) {
	whole := sample(t, 1200)
	if len(whole)%pageSize != 0 || len(whole) < 6*pageSize {
		t.Fatalf("the sample has %d bytes", len(whole))
	}
	random := rand.New(rand.NewPCG(1, 2))
	files := map[string][]byte{}
	for n := 0; n < len(whole); n += 512 {
		files[fmt.Sprintf("cut-%d", n)] = whole[:n]
	}
	pages := len(whole) / pageSize
	for p := range pages {
		change := func(kind string, fill func(page []byte)) {
			data := slices.Clone(whole)
			fill(data[p*pageSize : (p+1)*pageSize])
			if !bytes.Equal(data, whole) {
				files[fmt.Sprintf("%s-%d", kind, p)] = data
			}
		}
		change("zeros", func(page []byte) { clear(page) })
		change("random", func(page []byte) {
			for i := range page {
				page[i] = byte(random.Uint32())
			}
		})
		change("bit", func(page []byte) { page[random.IntN(len(page))] ^= 1 << random.IntN(8) })
		change("another", func(page []byte) { q := (p + 1) % pages; copy(page, whole[q*pageSize:(q+1)*pageSize]) })
	}
	files["text"] = []byte(strings.Repeat("not a database\n", 1000))
	files["huge"] = make([]byte, maxFile+1)
	files["longer"] = append(slices.Clone(whole), 0)
	for name, said := range inChild(t, files) {
		if said != "5 true" {
			t.Errorf("%s: %s", name, said)
		}
	}
	if said := inChild(t, map[string][]byte{"whole": whole})["whole"]; said != "1205 false" {
		t.Errorf("the whole file: %s", said)
	}
}

// TestDamageBehindTheSeal lets bbolt itself meet garbage: what panics or
// faults there is survived as well.
func TestDamageBehindTheSeal(t *testing.T) {
	whole := sample(t, 1200)
	random := rand.New(rand.NewPCG(3, 4))
	files := map[string][]byte{}
	sealed := func(name string, data []byte) {
		copy(data[sealAt:], sealOf(data))
		files[name] = data
	}
	for n := pageSize; n < len(whole); n += 512 {
		sealed(fmt.Sprintf("cut-%d", n), slices.Clone(whole[:n]))
	}
	for p := range len(whole) / pageSize {
		for kind := range 2 {
			data := slices.Clone(whole)
			page := data[p*pageSize : (p+1)*pageSize]
			for i := range page {
				page[i] = byte(random.Uint32()) * byte(kind)
			}
			sealed(fmt.Sprintf("page-%d-%d", p, kind), data)
		}
	}
	damaged := 0
	for name, said := range inChild(t, files) {
		switch said {
		case "5 true":
			damaged++
		case "1205 false": // a page that is not in use
		default:
			t.Errorf("%s: %s", name, said)
		}
	}
	if damaged < len(files)/2 {
		t.Errorf("only %d of %d were found damaged", damaged, len(files))
	}
}

func TestTwoDamagedFilesAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	for _, content := range []string{"first", "second", "third"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		mustOpen(t, path, Options{}).Close()
	}
	newer, _ := os.ReadFile(path + ".damaged-1")
	older, _ := os.ReadFile(path + ".damaged-2")
	entries, err := os.ReadDir(filepath.Dir(path))
	if string(newer) != "third" || string(older) != "second" || len(entries) != 3 || err != nil {
		t.Errorf("kept %q and %q of %v", newer, older, entries)
	}
}

// countForEver counts and says after each group how many are in the file.
func countForEver(path string) {
	d, err := Open(path, Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	last := -1
	for i := 0; ; i++ {
		if err := d.Add(fact(i)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		if _, n := d.Counts(); n != last {
			last = n
			fmt.Println(n)
		}
	}
}

// TestKilledAtAnyTime kills a kiosk that counts without pause and looks at the
// file: it is whole, and what was said to be committed is there.
func TestKilledAtAnyTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	before := 0
	for round := range 25 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "USAGEDB_COUNT="+path)
		var out bytes.Buffer
		said := make(chan struct{}, 1)
		child.Stdout = writerFunc(func(p []byte) (int, error) {
			select {
			case said <- struct{}{}:
			default:
			}
			return out.Write(p)
		})
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		<-said                                                     // it is under way
		time.Sleep(time.Duration(round) * 1300 * time.Microsecond) // a moment that varies, not a wait for something
		child.Process.Signal(syscall.SIGKILL)
		child.Wait()
		lines := strings.Fields(out.String())
		var committed int
		fmt.Sscan(lines[len(lines)-1], &committed)
		if got := total(t, path); got < committed || got < before {
			t.Fatalf("%d sessions in the file, %d were committed", got, committed)
		} else {
			before = got
		}
	}
	if before == 0 {
		t.Error("nothing was ever written")
	}
	if matches, _ := filepath.Glob(path + ".damaged*"); len(matches) > 0 {
		t.Errorf("a file was damaged: %v", matches)
	}
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// changeInPlace is what usagedb never does.
func changeInPlace(t *testing.T, path string, book *usage.Book) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(func(tx *bolt.Tx) error {
		for k, v := range book.Records() {
			if err := tx.Bucket(bucket()).Put([]byte(k), v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
