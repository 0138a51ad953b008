package apply

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// endless names the directory in the environment of the process that is killed.
const endless = "GUICHET_APPLY_ENDLESSLY"

func TestMain(m *testing.M) {
	if top := os.Getenv(endless); top != "" {
		fmt.Fprintln(os.Stderr, applyEndlessly(top))
		os.Exit(1)
	}
	if dir := os.Getenv(cutting); dir != "" {
		fmt.Println(cutDisk(dir))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// applyEndlessly stages, tries, confirms and takes back until it is killed. It
// says so once it has begun.
func applyEndlessly(top string) error {
	s, err := Open(top)
	if err != nil {
		return err
	}
	if os.Getenv(lying) != "" {
		s.fs = unflushed{s.fs}
	}
	fmt.Println("begun")
	for i := 1; ; i++ {
		if s.State().Trial {
			err = s.TakeBack()
		}
		if err == nil {
			err = s.Stage(context.Background(), candidate(strconv.Itoa(i)), nil)
		}
		if err == nil {
			err = s.Try()
		}
		if err == nil && i%3 > 0 {
			err = s.Confirm()
		}
		if err != nil {
			return err
		}
	}
}

// TestKilled kills a process that applies, at random instants. What a killed
// process wrote is not lost, as it is in a power cut; this is the same code on
// a real file system.
func TestKilled(t *testing.T) {
	top := filepath.Join(t.TempDir(), "site")
	const kills, fewest = 120, 20
	var trials, left int
	deadline := time.Now().Add(15 * time.Second)
	for kill := range kills {
		if kill >= fewest && time.Now().After(deadline) {
			t.Logf("the machine is slow: %d of %d kills", kill, kills)
			break
		}
		killOnce(t, top)
		s := open(t, top)
		if tidy(s) != nil {
			left++
		}
		if err := wholeAfterBoot(s); err != nil {
			t.Fatal(err)
		}
		if s.State().Trial {
			trials++
		}
		s.Close()
	}
	t.Logf("%d times on trial, %d times with something to clean up", trials, left)
	if left == 0 {
		t.Error("no kill left anything")
	}
}

// wholeAfterBoot judges a site of which only its own state says what it is.
func wholeAfterBoot(s *Site) error {
	st, err := s.Boot()
	if err != nil {
		return err
	}
	w := world{st.Current.Version, st.Previous.Version, "", st.TakenBack, st.Trial, st.Boots}
	switch st.Trusted {
	case st.Current.Number:
		w.trusted = st.Current.Version
	case st.Previous.Number:
		w.trusted = st.Previous.Version
	default:
		return fmt.Errorf("trusted is another: %+v", st)
	}
	return errors.Join(judge(s, w), tidy(s))
}

func killOnce(t *testing.T, top string) {
	t.Helper()
	cmd, err := startEndless(top)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Duration(rand.IntN(30_000)) * time.Microsecond)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed, which is an error
}

// startEndless starts a process that applies, and returns once it has begun.
func startEndless(top string) (*exec.Cmd, error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), endless+"="+top)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "begun\n" {
		return nil, fmt.Errorf("the process says %q: %w", line, errors.Join(err, cmd.Wait()))
	}
	return cmd, nil
}
