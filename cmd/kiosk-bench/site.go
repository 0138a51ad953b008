package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"guichet.example/cmd/kiosk-bench/demosite"
)

// siteArg starts this program as the demo administration.
const siteArg = "demo-site"

// runSite serves the demo administration until ctx ends, and first prints
// where: one JSON object, host to address.
func runSite(ctx context.Context, stdout io.Writer) error {
	hosts, err := demosite.New().Listen(ctx)
	if err != nil {
		return fmt.Errorf("serve demo administration: %w", err)
	}
	if err := json.NewEncoder(stdout).Encode(hosts); err != nil {
		return fmt.Errorf("serve demo administration: %w", err)
	}
	<-ctx.Done()
	return nil
}

// startSite runs the demo administration in a process of its own: it is
// somebody else's computer, and what people type there is no business of the
// daemon's memory. It returns where the sites are and how to end it.
func startSite(ctx context.Context, stderr io.Writer) (map[string]string, func() error, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, fmt.Errorf("start demo administration: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, siteArg)
	cmd.Stderr = stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, fmt.Errorf("start demo administration: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("start demo administration: %w", err)
	}
	stop := func() error {
		err := cmd.Process.Kill()
		_ = cmd.Wait() // says that it was killed
		return err
	}
	var hosts map[string]string
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &hosts)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("start demo administration: %w", errors.Join(err, stop()))
	}
	return hosts, stop, nil
}
