package display

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
)

// registryService is the file in which at-spi2-core says where its registry
// is; the path differs between distributions.
const registryService = "/usr/share/dbus-1/accessibility-services/org.a11y.atspi.Registry.service"

// busConfig lets every user connect, since views run as users of their own
// and possibly in a user namespace, where a user cannot prove its number. The
// socket stands in a directory that keeps strangers out.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>accessibility</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <auth>ANONYMOUS</auth>
  <allow_anonymous/>
  <policy context="default">
    <allow user="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// startAccess starts an accessibility bus of our own with its registry, so
// that a screen reader, or a test that plays one, finds what the kiosk says.
func (s *Screen) startAccess(ctx context.Context) error {
	daemon, err := find("dbus-daemon", "dbus-daemon")
	if err != nil {
		return err
	}
	registry, err := findRegistry()
	if err != nil {
		return err
	}
	dir := s.path("access")
	if err := s.ownDir(dir); err != nil {
		return err
	}
	socket, config := dir+"/bus", s.path("access.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, busConfig, socket), 0o644); err != nil {
		return err
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "HOME=" + dir, overwriteFreed,
		"XDG_RUNTIME_DIR=" + dir, "AT_SPI_BUS_ADDRESS=unix:path=" + socket}
	bus := exec.Command(daemon, "--config-file="+config, "--nofork", "--nopidfile")
	bus.Env = env
	s.unprivileged(bus)
	p, err := s.keeper.start("dbus-daemon", bus, s.path("access.log"))
	if err != nil {
		return err
	}
	if err := p.until(ctx, "socket", func() bool { return answers(socket) }); err != nil {
		return errors.Join(err, p.stop())
	}
	reg := exec.Command(registry)
	reg.Env = env
	s.unprivileged(reg)
	if _, err := s.keeper.start("at-spi2-registryd", reg, s.path("registry.log")); err != nil {
		return errors.Join(err, p.stop())
	}
	s.client.AccessBus = socket
	return nil
}

func findRegistry() (string, error) {
	text, err := os.ReadFile(registryService)
	if err != nil {
		return "", fmt.Errorf("find accessibility registry: %w (it is in the Debian package at-spi2-core)", err)
	}
	for line := range strings.Lines(string(text)) {
		if command, ok := strings.CutPrefix(line, "Exec="); ok && len(strings.Fields(command)) > 0 {
			return strings.Fields(command)[0], nil
		}
	}
	return "", fmt.Errorf("find accessibility registry: %q names no program", registryService)
}

func answers(socket string) bool {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}
