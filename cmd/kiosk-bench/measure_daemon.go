package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// idleFor is how long the idle daemon is watched.
const idleFor = 20 * time.Second

// measureDaemon starts this program as a person does and looks at its own
// process, without those it starts. It is an upper bound for kioskd, which has
// neither control page nor display in it.
func measureDaemon(ctx context.Context, stdout io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "--listen", "127.0.0.1:0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("measure daemon: %w", err)
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = cmd.Wait()
	}()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return fmt.Errorf("measure daemon: %w", err)
	}
	pause(ctx, 5*time.Second) // home surface and spare are up
	dir := fmt.Sprintf("/proc/%d", cmd.Process.Pid)
	before, err := cpuTime(dir)
	if err != nil {
		return err
	}
	pause(ctx, idleFor)
	after, err := cpuTime(dir)
	if err != nil {
		return err
	}
	size := &measured{name: "daemon idle, with control page, PSS", target: "≤ 30 MiB", unit: "MiB", values: []float64{proportional(dir)}}
	cpu := &measured{name: "daemon idle, share of one core", target: "none set", unit: "%",
		values: []float64{100 * (after - before).Seconds() / idleFor.Seconds()}}
	fmt.Fprintln(stdout, "\nThe daemon")
	size.print(stdout)
	cpu.print(stdout)
	return nil
}

// cpuTime reads how long a process has run, user and system (proc(5), fields
// 14 and 15 of stat, in ticks of 1/100 s).
func cpuTime(dir string) (time.Duration, error) {
	data, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return 0, fmt.Errorf("read processor time: %w", err)
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("read processor time: %d fields", len(fields))
	}
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0, fmt.Errorf("read processor time: %w", err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond, nil
}
