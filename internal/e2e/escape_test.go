package e2e

import (
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/internal/escape"
	"guichet.example/internal/hostile"
)

// openHostile starts the hostile site and the kiosk with its pack, in a
// session on it.
func openHostile(t *testing.T, compositor string) (*bench, *hostile.Site, *escape.Kiosk) {
	t.Helper()
	site, err := hostile.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { site.Close() })
	data := sharedDir(t)
	b := startBench(t, data, append(shows(t, hostile.WritePack, site.Maps(), site.MapsTLS()), "--compositor", compositor)...)
	site.Arm("keys")
	k, err := escape.AttachKiosk(t.Context(), b.cmd.Process.Pid, b.base, data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return b, site, k
}

// wanted says whether a vector is to be tried: GUICHET_VECTORS may name a few,
// for who works on one.
func wanted(id string) bool {
	list := os.Getenv("GUICHET_VECTORS")
	return list == "" || slices.Contains(strings.Fields(list), id)
}

// attack runs vectors as subtests, side by side on several subjects of one kind,
// and logs every result as a line.
func attack(t *testing.T, subjects []*escape.Runner, vectors []escape.Vector, judge func(*testing.T, escape.Vector, []escape.Result)) {
	t.Helper()
	free := make(chan *escape.Runner, len(subjects))
	for _, r := range subjects {
		r.Picture = func(id, try string, screen image.Image) { keepPicture(t, r.Subject.Name()+" "+id+" "+try, screen) }
		free <- r
	}
	var score tally
	t.Cleanup(func() { t.Logf("%s: %s", subjects[0].Subject.Name(), score.String()) })
	for _, v := range vectors {
		if !wanted(v.ID) || len(v.Tries) == 0 {
			continue
		}
		t.Run(v.ID, func(t *testing.T) {
			t.Parallel()
			r := <-free
			defer func() { free <- r }()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			results, err := r.Run(ctx, v)
			score.add(results)
			judge(t, v, results)
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// tally is what became of all attempts.
type tally struct {
	mu         sync.Mutex
	tried, out int
	lines      []string
}

func (s *tally) add(results []escape.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, result := range results {
		s.lines = append(s.lines, fmt.Sprint(result))
		s.tried++
		if result.Escaped() {
			s.out++
		}
	}
}

func (s *tally) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.lines)
	return fmt.Sprintf("%d of %d attempts succeeded\n%s", s.out, s.tried, strings.Join(s.lines, "\n"))
}

// hands is on how many subjects of a kind attempts are made at the same time.
const hands = 2

// TestEscapes tries every way out on the kiosk: none may succeed. It and its
// control mostly wait, so they run side by side, after everything that
// measures times.
func TestEscapes(t *testing.T) {
	t.Parallel()
	var kiosks []*escape.Runner
	for range hands {
		_, site, k := openHostile(t, "x11")
		kiosks = append(kiosks, &escape.Runner{Subject: k, Site: site, After: unharmed(k)})
	}
	attack(t, kiosks, escape.Vectors(), none)
}

// none wants no attempt to have succeeded, and all to have been made.
func none(t *testing.T, _ escape.Vector, results []escape.Result) {
	for _, result := range results {
		if result.Escaped() || result.Err != nil || result.After != nil {
			t.Error(result)
		}
	}
}

// activeConsole is what the kernel's console shows, or "" without one.
func activeConsole() string {
	name, _ := os.ReadFile("/sys/class/tty/tty0/active")
	return strings.TrimSpace(string(name))
}

// unharmed says what is wrong with a kiosk on which nothing succeeded: it must
// be in its session, on an allowed host or our own panel.
func unharmed(k *escape.Kiosk) func(context.Context) error {
	return func(ctx context.Context) error {
		s, err := k.State(ctx)
		if err != nil {
			return err
		}
		if s.Session.State != "active" || !slices.Contains([]string{"", hostile.Attack, hostile.Login, hostile.Dead}, s.View.Host) {
			return fmt.Errorf("the kiosk is %+v", s)
		}
		return nil
	}
}

// buildUnlocked builds the browser with nothing locked.
func buildUnlocked(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-tags=webkit", "-o", programs+"/", "./internal/unlocked")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "PKG_CONFIG_PATH="+filepath.Join(root, "internal/pkgconfig"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build unlocked: %v\n%s", err, out)
	}
	return filepath.Join(programs, "unlocked")
}

// TestEscapesControl tries the same on a browser with nothing locked: every
// vector must succeed, or the test of the kiosk proves nothing.
func TestEscapesControl(t *testing.T) {
	t.Parallel()
	program := buildUnlocked(t)
	var browsers []*escape.Runner
	for range hands {
		site, err := hostile.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { site.Close() })
		u, err := escape.OpenUnlocked(t.Context(), program, open755(t), site.URL(), site.Outside())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { u.Close() })
		browsers = append(browsers, &escape.Runner{Subject: u, Site: site})
	}
	attack(t, browsers, escape.Vectors(), func(t *testing.T, v escape.Vector, results []escape.Result) {
		succeeded := slices.ContainsFunc(results, escape.Result.Escaped)
		if !succeeded && v.Control == "" {
			t.Error("nothing succeeded on the unlocked browser")
		}
		if succeeded && v.Control != "" {
			t.Error("it succeeded after all: its Control is not needed")
		}
	})
}
