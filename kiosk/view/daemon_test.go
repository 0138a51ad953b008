package view

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"guichet.example/kiosk/view/wire"
)

// daemonArg makes the test binary a daemon with one view.
const daemonArg = "view-daemon"

func daemon(args []string) int {
	exe, _ := os.Executable()
	p, err := Open(context.Background(), with(args[2] == "weak", Config{
		Command: []string{exe, childArg, "litter"}, Dir: args[0], Display: Display{X11: ":77", X11Socket: args[1]},
		Attend: func(_ int, l net.Listener) { go echo(l) },
	}))
	if err != nil {
		fmt.Println("error", err)
		return 1
	}
	if _, err := p.Warm(context.Background()); err != nil {
		fmt.Println("error", err)
		return 1
	}
	for r := range p.Reports() {
		if _, ok := r.Msg.(wire.Ready); ok {
			p.mu.Lock()
			fmt.Println(p.views[1].traces.Mark)
			p.mu.Unlock()
		}
	}
	return 0
}

func TestTreeDiesWithTheDaemon(t *testing.T) {
	both(t, func(t *testing.T, weak bool) {
		c := setting(t)
		level := "full"
		if weak {
			level = "weak"
		}
		cmd := exec.Command(testBinary(t), daemonArg, c.Dir, c.Display.X11Socket, level)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line, _ := bufio.NewReader(out).ReadString('\n')
		mark := strings.TrimSpace(line)
		waitLitter(t, mark)
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
		waitGone(t, mark)
	})
}
