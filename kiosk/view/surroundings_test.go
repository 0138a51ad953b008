package view

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestSurroundings(t *testing.T) {
	host, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go echo(host)
	defer host.Close()
	if got := ask(host.Addr().String()); got != "through the daemon: hello" {
		t.Fatalf("positive control: %q", got)
	}
	secret := filepath.Join(publicDir(t), "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // a group that the view must not keep
		before, err := syscall.Getgroups()
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Setgroups([]int{4}); err != nil {
			t.Fatal(err)
		}
		defer syscall.Setgroups(before)
	}
	c := setting(t, "probe", host.Addr().String(), secret)
	c.Display.Xauthority = secret
	b := open(t, c)
	if b.Isolation().Level != Full {
		t.Fatalf("isolation %+v", b.Isolation())
	}
	n := b.warm()
	b.next()
	b.next()
	await(func() bool { return strings.HasSuffix(b.output.String(), "\n") })
	var f found
	if err := json.Unmarshal([]byte(b.output.String()), &f); err != nil {
		t.Fatalf("%v in %q", err, b.output.String())
	}
	f.check(t)
	b.mu.Lock()
	inside := fmt.Sprintf("/proc/%d/root", b.views[n].traces.PID)
	b.mu.Unlock()
	for _, dir := range []string{"/tmp", "/var/tmp", "/dev/shm", "/home/view"} {
		const name = "/guichet-test-canary"
		if _, err := os.Stat(inside + dir + name); err != nil {
			t.Errorf("positive control: %v", err)
		}
		if _, err := os.Stat(dir + name); err == nil {
			t.Errorf("what the view wrote in %s is seen outside", dir)
		}
	}
	if entries, err := os.ReadDir(filepath.Join(c.Dir, "1")); err != nil || len(entries) > 0 {
		t.Errorf("in the view's directory outside: %v, %v", entries, err)
	}
	b.Kill(n)
	b.gone(n)
}

func (f found) check(t *testing.T) {
	t.Helper()
	uid := os.Getuid()
	if uid == 0 {
		uid = Nobody
		if len(f.Groups) > 0 && !slices.Equal(f.Groups, []int{Nobody}) {
			t.Errorf("groups %v", f.Groups)
		}
	}
	if f.UID != uid {
		t.Errorf("uid %d, want %d", f.UID, uid)
	}
	if !slices.Equal(f.PIDs, []string{"1", f.PIDs[len(f.PIDs)-1]}) {
		t.Errorf("sees processes %q", f.PIDs)
	}
	if f.Host != "localhost" || !slices.Equal(f.Interfaces, []string{"lo"}) {
		t.Errorf("host %q, interfaces %q", f.Host, f.Interfaces)
	}
	if len(f.Listening) != 1 || !strings.HasPrefix(f.Listening[0], "tcp ") || !strings.Contains(f.Listening[0], "0100007F:0C38 00000000:0000 0A") {
		t.Errorf("sockets %q", f.Listening)
	}
	if f.Direct == "" || f.Proxied != "through the daemon: hello" {
		t.Errorf("direct: %q, proxied: %q", f.Direct, f.Proxied)
	}
	known := append([]string{"/", "/dev", "/proc", "/sys", "/run/guichet/" + filepath.Base(os.Args[0]), "/tmp/.X11-unix/X77"}, shared...)
	for _, s := range scratch {
		known = append(known, s.path)
	}
	for _, point := range f.Changeable {
		if fixed := append([]string{"/", "/dev", "/sys"}, shared...); slices.Contains(fixed, point) || strings.HasPrefix(point, "/run/") || strings.HasPrefix(point, "/tmp/") {
			t.Errorf("%s is not read-only", point)
		}
	}
	for i, point := range f.Mounts {
		if !slices.Contains(append(known, devices...), point) && !strings.HasPrefix(point, "/usr/") || slices.Contains(f.Mounts[:i], point) {
			t.Errorf("sees a mount at %s", point)
		}
	}
	if f.Secret == "" {
		t.Error("a file of the host can be read")
	}
	want := map[string]string{"CapEff": "0000000000000000", "CapPrm": "0000000000000000", "CapBnd": "0000000000000000",
		"CapAmb": "0000000000000000", "NoNewPrivs": "1", "Seccomp:": "2", "Max core file size": "0 0 bytes", "Max open files": "4096 4096 files"}
	for key, value := range want {
		if f.Status[key] != value {
			t.Errorf("%s is %q, want %q", key, f.Status[key], value)
		}
	}
	if !slices.Equal(f.Writable, []string{"/tmp", "/var/tmp", "/dev/shm", "/home/view", "/run/view", "/tmp"}) {
		t.Errorf("writable: %q, not: %q", f.Writable, f.ReadOnly)
	}
	t.Logf("root: %q\netc: %q\nenvironment: %q", f.Roots, f.Etc, f.Environ)
}
