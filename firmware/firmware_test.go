package firmware

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// installed is one line of files.txt.
type installed struct {
	mode       fs.FileMode
	source, to string
}

// table reads files.txt; sources are relative to the repository's root.
func table(t *testing.T) []installed {
	t.Helper()
	text, err := os.ReadFile("files.txt")
	if err != nil {
		t.Fatal(err)
	}
	var files []installed
	for n, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		if len(f) != 3 {
			t.Fatalf("files.txt:%d: %q: want mode, file and destination", n+1, line)
		}
		mode, err := strconv.ParseUint(f[0], 8, 32)
		if err != nil {
			t.Fatalf("files.txt:%d: %v", n+1, err)
		}
		files = append(files, installed{fs.FileMode(mode), f[1], f[2]})
	}
	return files
}

// machine is a root directory with the files of a Debian that matter to
// systemd's tools, and everything of ours; programs are stand-ins.
func machine(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{"/lib/systemd/system", "/usr/lib/systemd/system"} {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			if err := os.CopyFS(filepath.Join(root, "usr/lib/systemd/system"), sameName{os.DirFS(dir)}); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	for _, dir := range []string{"etc", "run"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("usr/lib", filepath.Join(root, "lib")); err != nil {
		t.Fatal(err)
	}
	for _, f := range table(t) {
		content, err := os.ReadFile(filepath.Join("..", f.source))
		if err != nil && !strings.HasPrefix(f.source, "bin/") {
			t.Errorf("files.txt: %v", err)
		}
		write(t, root, f.to, content, f.mode)
	}
	for _, program := range []string{"/usr/bin/cage", "/usr/bin/seatd", "/usr/sbin/swapoff", "/sbin/swapoff"} {
		write(t, root, program, nil, 0o755)
	}
	write(t, root, "/usr/lib/systemd/system/seatd.service",
		[]byte("[Unit]\nDescription=Seat management daemon\n[Service]\nExecStart=/usr/bin/seatd -g video\n"), 0o644)
	return root
}

// sameName leaves out links, which mostly name files outside of the tree.
type sameName struct{ fs.FS }

func (s sameName) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(s.FS, name)
	var files []fs.DirEntry
	for _, e := range all {
		if e.Type() == 0 || e.IsDir() {
			files = append(files, e)
		}
	}
	return files, err
}

func write(t *testing.T, root, path string, content []byte, mode fs.FileMode) {
	t.Helper()
	full := filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, content, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(full, mode); err != nil {
		t.Fatal(err)
	}
}

// tool finds a program of systemd or skips: a container may have none.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%v: build/need.sh test installs it", err)
	}
	return path
}

func output(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(tool(t, name), args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "SYSTEMD_LOG_LEVEL=notice", "SYSTEMD_COLORS=0", "SYSTEMD_PAGER=")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestEverythingIsInstalled: a file here that files.txt forgets does nothing.
func TestEverythingIsInstalled(t *testing.T) {
	listed := map[string]bool{}
	for _, f := range table(t) {
		if listed[f.source] {
			t.Errorf("files.txt: %s is listed twice", f.source)
		}
		listed[f.source] = true
	}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(path, ".go") && path != "files.txt" && !listed["firmware/"+path] {
			t.Errorf("files.txt: firmware/%s is not listed", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

var units = []string{"kioskd.service", "guichet-screen.service"}

// verify runs systemd-analyze verify and returns its words about our files.
func verify(t *testing.T, root string) string {
	t.Helper()
	var ours []string
	for _, unit := range units {
		out, err := output(t, "systemd-analyze", "verify", "--man=no", "--generators=no", "--root="+root, unit)
		for line := range strings.Lines(out) {
			if strings.Contains(line, "guichet") || strings.Contains(line, "kioskd") {
				ours = append(ours, line)
			}
		}
		if err != nil && len(ours) == 0 {
			ours = append(ours, fmt.Sprintf("%s: %v: %s", unit, err, out))
		}
	}
	return strings.Join(ours, "")
}

func TestUnits(t *testing.T) {
	if complaint := verify(t, machine(t)); complaint != "" {
		t.Error(complaint)
	}
}

// TestUnitsControl shows that verify sees what TestUnits relies on it to see.
func TestUnitsControl(t *testing.T) {
	for old, mistake := range map[string]string{
		"Restart=always":                     "Restrat=always",
		"WatchdogSec=10s":                    "WatchdogSec=soon",
		"ExecStart=/usr/lib/guichet/kioskd ": "ExecStart=/usr/lib/guichet/kiosk ",
		"SystemCallFilter=~@clock":           "SystemCallFilter=~@clocks",
	} {
		t.Run(strings.TrimSpace(mistake), func(t *testing.T) {
			root := machine(t)
			unit := filepath.Join(root, "usr/lib/systemd/system/kioskd.service")
			text, err := os.ReadFile(unit)
			if err != nil {
				t.Fatal(err)
			}
			wrong := bytes.Replace(text, []byte(old), []byte(mistake), 1)
			if bytes.Equal(wrong, text) {
				t.Fatalf("kioskd.service has no %q", old)
			}
			if err := os.WriteFile(unit, wrong, 0o644); err != nil {
				t.Fatal(err)
			}
			if verify(t, root) == "" {
				t.Error("verify has nothing to say")
			}
		})
	}
}

// TestExposure bounds what systemd-analyze calls a service's exposure, in
// tenths of its points. kioskd is root and makes namespaces and cgroups, which
// alone cost it most of its points; a setting that is lost shows here.
func TestExposure(t *testing.T) {
	root := machine(t)
	for unit, most := range map[string]string{"kioskd.service": "52", "guichet-screen.service": "20"} {
		out, err := output(t, "systemd-analyze", "security", "--no-pager", "--offline=true",
			"--root="+root, "--threshold="+most, unit)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		t.Log(lines[len(lines)-1])
		if err != nil {
			t.Errorf("%s: more exposed than %s tenths: %v\n%s", unit, most, err, out)
		}
	}
}

// TestCapabilities: verify passes over a capability that does not exist.
func TestCapabilities(t *testing.T) {
	text := read(t, ".", "units/kioskd.service")
	names := regexp.MustCompile(`CAP_[A-Z_]+`).FindAllString(text, -1)
	if out, err := output(t, "systemd-analyze", append([]string{"capability"}, names...)...); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := output(t, "systemd-analyze", "capability", "CAP_PTRACE"); err == nil {
		t.Error("systemd-analyze knows CAP_PTRACE, which does not exist")
	}
}

// TestNeverSet: settings that look like a gain and break a view.
func TestNeverSet(t *testing.T) {
	text, err := os.ReadFile("units/kioskd.service")
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range []string{"RestrictNamespaces", "MemoryDenyWriteExecute", "ProtectHostname", "PrivateDevices", "PrivateUsers", "RestrictSUIDSGID", "ProtectControlGroups"} {
		if regexp.MustCompile(`(?m)^` + setting + `=`).Match(text) {
			t.Errorf("kioskd.service sets %s", setting)
		}
	}
}

// TestUsersAndDirectories lets systemd make both below a root of its own.
func TestUsersAndDirectories(t *testing.T) {
	root := machine(t)
	write(t, root, "/etc/passwd", []byte("root:x:0:0:root:/root:/bin/sh\n"), 0o644)
	write(t, root, "/etc/group", []byte("root:x:0:\nvideo:x:44:\n"), 0o644)
	if out, err := output(t, "systemd-sysusers", "--root="+root, "guichet.conf"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	passwd, group := read(t, root, "/etc/passwd"), read(t, root, "/etc/group")
	for _, user := range []string{"guichet-view", "guichet-screen", "guichet-stick"} {
		if !regexp.MustCompile(`(?m)^` + user + `:x:\d+:\d+:[^:]+:[^:]*:/usr/sbin/nologin$`).MatchString(passwd) {
			t.Errorf("/etc/passwd has no %s without a login:\n%s", user, passwd)
		}
	}
	for _, member := range []string{`video:x:44:guichet-screen`, `render:x:\d+:guichet-screen`, `gpio:x:\d+:`, `guichet-view:x:\d+:`} {
		if !regexp.MustCompile(`(?m)^` + member + `$`).MatchString(group) {
			t.Errorf("/etc/group has no %s:\n%s", member, group)
		}
	}

	if os.Geteuid() != 0 {
		t.Skip("directories not checked: only root may give them to root")
	}
	write(t, root, "/etc/guichet/site.toml", nil, 0o666)
	if out, err := output(t, "systemd-tmpfiles", "--create", "--root="+root, "guichet.conf"); err != nil || out != "" {
		t.Fatalf("%v: %s", err, out)
	}
	for path, mode := range map[string]fs.FileMode{
		"/etc/guichet": 0o755, "/etc/guichet/site.toml": 0o640, "/var/lib/guichet": 0o700,
	} {
		info, err := os.Stat(filepath.Join(root, path))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v %v, want mode %o", path, info, err, mode)
		}
	}
}

func read(t *testing.T, root, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestUdevRules(t *testing.T) {
	if help, _ := output(t, "udevadm", "--help"); !strings.Contains(help, "verify") {
		t.Skip("this udevadm has no verify (systemd 254 and later have)")
	}
	rules := filepath.Join(machine(t), "usr/lib/udev/rules.d/70-guichet.rules")
	if out, err := output(t, "udevadm", "verify", "--resolve-names=never", rules); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	wrong := filepath.Join(t.TempDir(), "70-wrong.rules")
	if err := os.WriteFile(wrong, []byte(`SUBSYSTEM=="gpio", GRUOP="gpio"`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := output(t, "udevadm", "verify", "--resolve-names=never", wrong); err == nil {
		t.Error("verify has nothing to say about a rule that is wrong")
	}
}

// TestSettings looks up each key of the drop-ins in the daemon that reads it:
// systemd only logs a key that it does not know.
func TestSettings(t *testing.T) {
	for file, daemon := range map[string]string{
		"system/journald.conf": "systemd-journald",
		"system/logind.conf":   "systemd-logind",
		"system/coredump.conf": "systemd-coredump",
		"system/manager.conf":  "systemd",
	} {
		t.Run(file, func(t *testing.T) {
			program, err := os.ReadFile("/usr/lib/systemd/" + daemon)
			if err != nil {
				t.Skipf("%v: not installed here", err)
			}
			section := ""
			for _, line := range settings(t, file) {
				if strings.HasPrefix(line, "[") {
					section = strings.Trim(line, "[]")
					continue
				}
				key, _, found := strings.Cut(line, "=")
				alone := append([]byte{0}, append([]byte(key), 0)...)
				if !found || !bytes.Contains(program, []byte(section+"."+key)) && !bytes.Contains(program, alone) {
					t.Errorf("%s does not know %s in [%s]", daemon, line, section)
				}
			}
		})
	}
}

// TestSysctl looks up each key where the kernel shows it.
func TestSysctl(t *testing.T) {
	for _, line := range settings(t, "system/sysctl.conf") {
		key, value, found := strings.Cut(line, " = ")
		if !found || value == "" {
			t.Errorf("%q: want key = value", line)
		}
		path := "/proc/sys/" + strings.ReplaceAll(key, ".", "/")
		if _, err := os.Stat(path); err != nil {
			t.Logf("not checked: %v (this kernel is built without it)", err)
		}
	}
}

func settings(t *testing.T, file string) (lines []string) {
	for line := range strings.Lines(read(t, ".", file)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}
