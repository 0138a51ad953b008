package stick

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"guichet.example/provisioning/stick/fat"
	"guichet.example/provisioning/stick/fattest"
)

// loop makes a block device of an image, as the kernel has it.
func loop(t *testing.T, path string, options ...string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root makes loop devices")
	}
	out, err := exec.Command("losetup", append(options, "--find", "--show", path)...).Output()
	if err != nil {
		t.Skipf("this machine gives no loop device: %v", err)
	}
	device := strings.TrimSpace(string(out))
	t.Cleanup(func() {
		if out, err := exec.Command("losetup", "--detach", device).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	return device
}

func TestABlockDevice(t *testing.T) {
	path := image(t, made(t, 40*mib, 32, "", site()))
	device := loop(t, path)
	if _, err := reader(t).Write(context.Background(), device, "reports/k.age", []byte("report")); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy")
	if _, _, err := reader(t).Read(context.Background(), device, to); err != nil {
		t.Fatal(err)
	}
	want := site()
	want["reports/k.age"] = []byte("report")
	if err := same(want, tree(t, to)); err != nil {
		t.Error(err)
	}
	if _, err := exec.LookPath("fsck.vfat"); err != nil {
		t.Skip("fsck.vfat is not installed (apt-get install dosfstools)")
	}
	if out, err := exec.Command("fsck.vfat", "-n", device).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestADeviceInUseIsLeftAlone(t *testing.T) {
	device := loop(t, image(t, made(t, mib, 12, "", site())))
	held, err := os.OpenFile(device, os.O_RDONLY|os.O_EXCL, 0) // as a mount does
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if _, _, err := reader(t).Read(context.Background(), device, filepath.Join(t.TempDir(), "copy")); !errors.Is(err, syscall.EBUSY) {
		t.Error(err)
	}
}

func TestAWriteProtectedDevice(t *testing.T) {
	path := image(t, made(t, mib, 12, "", site()))
	device := loop(t, path, "--read-only")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader(t).Write(context.Background(), device, "reports/k.age", []byte("report")); codeOf(err) != fat.Locked {
		t.Error(err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Error("it was written to", err)
	}
}

func TestWhatIsNoDevice(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(image(t, made(t, mib, 12, "", site())), link); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fat.Code{dir: "", link: "", "/dev/null": "", filepath.Join(dir, "nothing"): fat.Unread} {
		_, _, err := reader(t).Read(context.Background(), path, filepath.Join(dir, "copy"))
		if err == nil || codeOf(err) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestAProgramWithCReadsNoStick: its child would fall now and then.
func TestAProgramWithCReadsNoStick(t *testing.T) {
	if err := withoutC("/bin/sh"); !errors.Is(err, errC) {
		t.Errorf("a program that loads libc: %v", err)
	}
	if err := withoutC("/proc/self/exe"); err != nil && !fattest.Raced {
		t.Errorf("these tests: %v", err)
	}
}

// TestAStickThatIsReadIsOpenedForReading: no slip of the child, or of whoever
// takes it over, could write to it.
func TestAStickThatIsReadIsOpenedForReading(t *testing.T) {
	f, _, err := reader(t).open(image(t, made(t, mib, 12, "", site())))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("x"), 0); !errors.Is(err, syscall.EBADF) {
		t.Errorf("write: %v", err)
	}
}
