package view

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
)

// childArg makes the test binary a view; the next argument says how it behaves.
const childArg = "view-child"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Stage2Arg {
		syscall.Exit(Stage2(os.Args[2:])) // os.Exit takes a second under the race detector
	}
	if len(os.Args) > 2 && os.Args[1] == childArg {
		syscall.Exit(child(os.Args[2]))
	}
	if len(os.Args) > 2 && os.Args[1] == filteredArg {
		syscall.Exit(filtered(os.Args[2]))
	}
	if len(os.Args) > 2 && os.Args[1] == daemonArg {
		os.Exit(daemon(os.Args[2:]))
	}
	os.Exit(m.Run())
}

var goodHello = wire.Hello{Proto: wire.Proto, Engine: "test", Ephemeral: true, Sandbox: true}

// child is a view without a browser.
func child(behaviour string) int {
	syscall.CloseOnExec(3)
	link := os.NewFile(3, "link")
	say := func(m wire.FromView) {
		line, err := wire.EncodeFromView(m)
		if err != nil {
			panic(err)
		}
		if _, err := link.Write(line); err != nil {
			os.Exit(9)
		}
	}
	if kind, ok := strings.CutPrefix(behaviour, "as-page-"); ok {
		return page(kind)
	}
	if behaviour == "as-fetcher" {
		return fetcher()
	}
	hello := goodHello
	switch behaviour {
	case "mute":
		select {}
	case "exit":
		return 7
	case "proto":
		hello.Proto = 99
	case "persistent":
		hello.Ephemeral = false
	case "unsandboxed":
		hello.Sandbox = false
	case "listen":
		if _, err := net.Listen("tcp4", "127.0.0.1:3129"); err != nil {
			panic(err)
		}
	case "rude":
		say(wire.Ready{})
		select {}
	case "long":
		fmt.Fprintf(link, "{\"hello\":{\"engine\":%q}}\n", strings.Repeat("x", 2*wire.MaxUp))
		select {}
	case "garbage":
		fmt.Fprintln(link, "x")
		select {}
	}
	say(hello)
	return behave(behaviour, link, say)
}

func behave(behaviour string, link *os.File, say func(wire.FromView)) int {
	switch behaviour {
	case "hang":
		say(wire.Ready{})
		select {}
	case "crash":
		say(wire.Ready{})
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "flood":
		for {
			say(wire.Touched{})
		}
	case "deaf":
		for {
			say(wire.Beat{Alive: true})
			time.Sleep(100 * time.Millisecond)
		}
	case "stubborn":
		signal.Ignore(syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT)
	case "litter", "litter-and-leave":
		for _, script := range []string{"exec sleep 1000", "(setsid sleep 1000 &) ; exec sleep 1000", "exec setsid sleep 1000"} {
			if err := exec.Command("/bin/sh", "-c", script).Start(); err != nil {
				panic(err)
			}
		}
		time.Sleep(100 * time.Millisecond) // for them to move to their own sessions
		if behaviour == "litter-and-leave" {
			say(wire.Ready{})
			return 0
		}
	case "probe":
		probe(say)
	case "page-hog", "page-threads", "page-fetch", "page-idle":
		withPage(behaviour, say)
	case "hog", "hidden-hog", "file-hog", "threads":
		say(wire.Ready{})
		hog(behaviour, say)
	}
	say(wire.Ready{})
	go func() {
		for {
			say(wire.Beat{Alive: true})
			time.Sleep(500 * time.Millisecond)
		}
	}()
	serve(link, say)
	return 0
}

// serve answers every message, until the link ends.
func serve(link *os.File, say func(wire.FromView)) {
	lines := bufio.NewReader(link)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		msg, err := wire.DecodeToView(line)
		if err != nil {
			panic(err)
		}
		switch m := msg.(type) {
		case wire.Start:
			say(wire.At{Host: strings.TrimPrefix(m.Proxy, "http://127.0.0.1:")})
		case wire.Show:
			say(wire.Shown{Surface: m.Surface})
		case wire.Blank:
			say(wire.Blanked{})
		}
	}
}

// found is what a view sees of its surroundings; it goes to standard output.
type found struct {
	UID, GID           int
	Groups             []int
	PIDs               []string
	Host               string
	Environ            []string
	Status             map[string]string
	Limits             map[string]string
	Roots, Etc, Mounts []string
	Changeable         []string // mounts that are not read-only
	Interfaces         []string
	Listening          []string
	Direct             string // error of a direct connection to the given address
	Proxied            string // what the way out answered
	Writable, ReadOnly []string
	Secret             string // error of reading the file given
}

// probe looks around; os.Args[3:] are an address and a file of the host.
func probe(say func(wire.FromView)) {
	f := found{UID: os.Getuid(), GID: os.Getgid(), Environ: os.Environ(), Status: map[string]string{}}
	f.Groups, _ = os.Getgroups()
	f.Host, _ = os.Hostname()
	f.PIDs = list("/proc")
	f.Roots, f.Etc = list("/"), list("/etc")
	mounts, _ := os.ReadFile("/proc/self/mounts")
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line)
		f.Mounts = append(f.Mounts, fields[1])
		if !strings.HasPrefix(fields[3], "ro,") {
			f.Changeable = append(f.Changeable, fields[1])
		}
	}
	for _, path := range []string{"/proc/self/status", "/proc/self/limits"} {
		data, _ := os.ReadFile(path)
		for line := range strings.Lines(string(data)) {
			for _, key := range []string{"CapEff", "CapPrm", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp:", "Max core file size", "Max open files"} {
				if rest, ok := strings.CutPrefix(line, key); ok {
					f.Status[key] = strings.Join(strings.Fields(strings.TrimPrefix(rest, ":")), " ")
				}
			}
		}
	}
	interfaces, _ := net.Interfaces()
	for _, i := range interfaces {
		f.Interfaces = append(f.Interfaces, i.Name)
	}
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6", "raw", "unix"} {
		data, _ := os.ReadFile("/proc/net/" + table)
		for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
			if i > 0 {
				f.Listening = append(f.Listening, table+" "+strings.Join(strings.Fields(line), " "))
			}
		}
	}
	if _, err := net.DialTimeout("tcp", os.Args[3], time.Second); err != nil {
		f.Direct = err.Error()
	}
	f.Proxied = ask("127.0.0.1:3128")
	for _, dir := range []string{"/", "/dev", "/usr", "/etc", "/tmp", "/var/tmp", "/dev/shm", os.Getenv("HOME"), os.Getenv("XDG_RUNTIME_DIR"), os.Getenv("TMPDIR")} {
		if os.WriteFile(dir+"/guichet-test-canary", []byte("canary"), 0o600) == nil {
			f.Writable = append(f.Writable, dir)
		} else {
			f.ReadOnly = append(f.ReadOnly, dir)
		}
	}
	if _, err := os.ReadFile(os.Args[4]); err != nil {
		f.Secret = err.Error()
	}
	json.NewEncoder(os.Stdout).Encode(f)
}

func list(dir string) (names []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if dir != "/proc" || e.Name()[0] <= '9' {
			names = append(names, e.Name())
		}
	}
	return names
}

// ask sends a line and returns the answer.
func ask(address string) string {
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	fmt.Fprintln(conn, "hello")
	line, _ := bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(line)
}
