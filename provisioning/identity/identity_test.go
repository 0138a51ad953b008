package identity

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func fresh(t testing.TB) (*Identity, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "identity.key")
	id, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return id, path
}

func TestKeyIsMadeOnceAndPrivate(t *testing.T) {
	id, path := fresh(t)
	again, err := Open(path)
	if err != nil || again.key.String() != id.key.String() || again.Kiosk() != id.Kiosk() {
		t.Fatalf("%v then %v: %v", id, again, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	names, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(names) != 1 {
		t.Errorf("%v %v", names, err)
	}
	if read, err := Read(path); err != nil || read.Kiosk() != id.Kiosk() {
		t.Errorf("%v %v", read, err)
	}
	if read, err := Read(path + "2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v %v", read, err)
	}
	if other, _ := fresh(t); other.Kiosk() == id.Kiosk() {
		t.Error("two kiosks are one")
	}
}

func TestKeyPrintsNowhere(t *testing.T) {
	id, path := fresh(t)
	secret := strings.TrimPrefix(id.key.String(), "AGE-SECRET-KEY-1")
	if file, err := os.ReadFile(path); err != nil || !strings.Contains(string(file), secret) {
		t.Fatalf("this test could not fail: %v", err)
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%p"} {
		for _, v := range []any{id, *id, []*Identity{id}, struct{ A *Identity }{id}, map[string]Identity{"a": *id}, fmt.Errorf("%w", error(holder{id}))} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("open", "key", id, "value", *id, "list", []any{id})
	}
	if data, err := json.Marshal([]any{id}); err != nil || string(data) != "[{}]" {
		t.Errorf("%s %v", data, err)
	}
	if strings.Contains(strings.ToUpper(out.String()), secret[:20]) {
		t.Error("the key is printed")
	}
	if !strings.Contains(out.String(), "key of "+string(id.Kiosk())) {
		t.Error("the id is not")
	}
}

type holder struct{ id *Identity }

func (h holder) Error() string { return fmt.Sprintf("%v", h.id) }

// TestDamagedKeyIsKept: whatever is wrong with the file, no new key is made,
// and nothing of the file is quoted.
func TestDamagedKeyIsKept(t *testing.T) {
	id, path := fresh(t)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damages := map[string][]byte{
		"empty": {}, "zeros": make([]byte, len(good)), "long": bytes.Repeat(good, 5), "two keys": append(bytes.Clone(good), good[len(comment):]...),
		"no comment": good[len(comment):], "no end": good[:len(good)-1],
	}
	for i := range len(good) {
		damages[fmt.Sprint("cut off at ", i)] = good[:i]
		if i >= len(comment) {
			changed := bytes.Clone(good)
			changed[i] ^= 1
			damages[fmt.Sprint("changed at ", i)] = changed
		}
	}
	for name, data := range damages {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		if !errors.Is(err, ErrDamaged) || strings.Contains(err.Error(), "AGE-SECRET") || strings.Contains(err.Error(), id.key.String()[20:40]) {
			t.Errorf("%s: %v", name, err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, data) {
			t.Errorf("%s: the file is another now: %v", name, err)
		}
	}
}

func TestFileThatIsNotPrivate(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"read by all": func(path string) error { return os.Chmod(path, 0o644) },
		"by a group":  func(path string) error { return os.Chmod(path, 0o640) },
		"link":        func(path string) error { return errors.Join(os.Rename(path, path+"2"), os.Symlink(path+"2", path)) },
		"dead link":   func(path string) error { return errors.Join(os.Remove(path), os.Symlink(path+"3", path)) },
		"directory":   func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
		"pipe":        func(path string) error { return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)) },
	} {
		_, path := fresh(t)
		if err := spoil(path); err != nil {
			t.Fatal(err)
		}
		if id, err := Open(path); err == nil {
			t.Errorf("%s: opened as %v", name, id)
		}
	}
	if os.Geteuid() == 0 {
		_, path := fresh(t)
		if err := os.Chown(path, 65534, 65534); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path); err == nil {
			t.Error("opened although it is another user's")
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "nowhere", "key")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// child names the key's file in the environment of processes of these tests.
const child = "GUICHET_IDENTITY_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(child); path != "" {
		fmt.Println("begun")
		id, err := Open(path)
		fmt.Println(id, err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func start(t *testing.T, path string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), child+"="+path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewReader(out)
}

// TestFirstStartOfTwo starts several processes at once: one key.
func TestFirstStartOfTwo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "identity.key")
	said := map[string]int{}
	var outs []*bufio.Reader
	var cmds []*exec.Cmd
	for range 6 {
		cmd, out := start(t, path)
		cmds, outs = append(cmds, cmd), append(outs, out)
	}
	for i, out := range outs {
		if _, err := out.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		line, err := out.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "key of k-") {
			t.Errorf("%q %v", line, err)
		}
		said[line]++
		_ = cmds[i].Wait()
	}
	if len(said) != 1 {
		t.Errorf("several keys: %v", said)
	}
}

// TestKilledOnFirstStart kills a process that makes the key, at random
// instants. The next one makes or reads a whole key, and an id that was once
// told is the id for ever.
func TestKilledOnFirstStart(t *testing.T) {
	before, after := 0, 0
	for range 100 {
		path := filepath.Join(t.TempDir(), "identity.key")
		cmd, out := start(t, path)
		if _, err := out.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.IntN(1<<rand.IntN(13))) * time.Microsecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		told, _ := out.ReadString('\n')
		_ = cmd.Wait()
		_, statErr := os.Stat(path)
		id, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if told != "" && told != fmt.Sprintln(id, nil) {
			t.Fatalf("told %q, is %v", told, id)
		}
		if statErr == nil {
			after++
		} else {
			before++
		}
		if names, err := os.ReadDir(filepath.Dir(path)); err != nil || len(names) != 1 {
			t.Fatalf("%v %v", names, err)
		}
	}
	t.Logf("%d kills before there was a key, %d after", before, after)
	if before == 0 {
		t.Error("no kill came while the key was made")
	}
}
