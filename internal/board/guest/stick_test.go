package guest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning/stick/fattest"
)

// technician agrees to each plan, and leaves what has ended well.
func technician(w wire.Work, press func(wire.Button)) {
	switch w.Step {
	case wire.StepPlan:
		press(wire.ButtonInstall)
	case wire.StepInstalled, wire.StepDone:
		press(wire.ButtonLeave)
	}
}

// factory is the factory.toml of an image for this board: the reference board's
// lines are on another chip.
func factory(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(site(t, `follow_within = "5s"`))
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + fmt.Sprintf("[service_switch]\nchip = %q\nline = %d\nactive = \"high\"\n", chip, buttonLine)
}

// TestSticks takes a box from the factory to its first site, by a port that the
// kernel knows of and a switch on a line: sticks come, are refused, are pulled
// halfway, take the enrolment, bring the site. A browser is the one part that is
// not there.
func TestSticks(t *testing.T) {
	h := board(t)
	loadModules(t)
	world(t)
	if err := os.RemoveAll("/var/lib/guichet"); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("/var/lib/guichet", 0o700); err != nil {
		t.Fatal(err)
	}
	install(t, "/usr/share/guichet/factory.toml", factory(t), wayland(unit(t, "ExecStart")))
	h.film = false
	h.input(t, privateLine, true)
	h.input(t, clearLine, false)
	h.input(t, buttonLine, false)
	_, moved := h.output(t, relayLine)
	b := newBox(t)
	b.until(t, h, 0, "to=unprovisioned")

	for _, c := range []struct {
		thing string
		disks int
		code  string
	}{
		{"bot-two", 2, "G-USB-SEVERAL"}, {"uas-two", 2, "G-USB-SEVERAL"}, {"keyboard", 1, "G-USB-ANOTHER"},
		{"hub", 1, "G-USB-HUB"}, {"disc", 1, "G-USB-DISC"}, {"small", 1, "G-USB-SIZE"},
	} {
		from := b.bring(t, h, emulated(t, h, c.thing), c.disks)
		b.until(t, h, from, c.code)
		b.take(t, h)
	}
	from := b.bring(t, h, gadget(t, "mass_storage", "hid"), 1)
	b.until(t, h, from, "G-USB-KIND: an interface is 03:01:01")
	b.take(t, h)
	from = b.bring(t, h, gadget(t, "mass_storage"), 1) // the same without its keyboard
	b.until(t, h, from, "enrolment is on the stick")
	b.take(t, h)

	slow := emulated(t, h, "slow")
	from = b.bring(t, h, slow, 1)
	b.until(t, h, from, "to=maintenance")
	h.do(t, "read 3000000") // it is being copied
	b.take(t, h)
	if left, err := os.ReadDir("/var/lib/guichet/incoming"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left of the stick that was pulled: %v, %v", left, err)
	}

	blank := emulated(t, h, "blank")
	for range 10 { // a hand that trembles
		blank.in()
		blank.out()
	}
	from = b.bring(t, h, blank, 1)
	b.until(t, h, from, "enrolment is on the stick")
	b.take(t, h)
	h.do(t, "enrol")
	if _, now := h.output(t, relayLine); now != moved {
		t.Errorf("the relay moved %d times before there was a site", now-moved)
	}

	from = b.bring(t, h, emulated(t, h, "site"), 1)
	b.until(t, h, from, "is on trial")
	b.until(t, h, from, "from=maintenance to=wiping")
	b.until(t, h, from, "to=idle")
	b.until(t, h, from, "from=wiping to=idle")
	if held, err := os.ReadFile("/var/lib/guichet/site/current/site.toml"); err != nil || !strings.Contains(string(held), `id = "accueil"`) {
		t.Errorf("%v: %s", err, held)
	}
	if t.Failed() || b.starts != 2 {
		t.Errorf("%d starts:\n%s", b.starts, b.said.String())
	}
}

// thing is what can be plugged in.
type thing struct {
	name    string
	in, out func()
}

// emulated is one of the emulator's.
func emulated(t *testing.T, h *hands, name string) thing {
	return thing{name, func() { h.do(t, "plug "+name) }, func() { h.do(t, "pull") }}
}

// bring plugs a thing in, waits until the kernel has found its disks, and presses
// the switch, until the thing is taken: an emulator is slower than a finger. It
// returns where the log was.
func (b *box) bring(t *testing.T, h *hands, what thing, disks int) (mark int) {
	t.Helper()
	t.Log("in goes ", what.name)
	mark = b.mark()
	what.in()
	b.port = what
	await(t, fmt.Sprintf("%d disks of %s", disks, what.name), func() bool { return len(found(t)) == disks })
	h.input(t, buttonLine, true)
	return mark
}

// take pulls it, and returns when the kiosk waits for the next.
func (b *box) take(t *testing.T, h *hands) {
	t.Helper()
	mark := b.mark()
	h.input(t, buttonLine, false)
	b.port.out()
	b.until(t, h, mark, "to=unprovisioned")
	await(t, "no disks", func() bool { return len(found(t)) == 0 })
}

func found(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("/sys/block/s[dr]*")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func await(t *testing.T, what string, there func() bool) {
	t.Helper()
	for began := time.Now(); !there(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatalf("there is not: %s", what)
		}
	}
}

// gadget is a device that the kernel itself makes (Linux,
// Documentation/usb/gadget_configfs.rst), with one interface for each function:
// the emulator has none that is several things at once.
func gadget(t *testing.T, functions ...string) thing {
	t.Helper()
	const config = "/sys/kernel/config"
	if err := unix.Mount("none", config, "configfs", 0, ""); err != nil && !errors.Is(err, unix.EBUSY) {
		t.Fatal(err)
	}
	image, err := fattest.Make(8<<20, 16, "mbr", nil)
	if err == nil {
		err = os.WriteFile("/tmp/gadget.img", image, 0o600)
	}
	dir := fmt.Sprintf("%s/usb_gadget/g%d", config, len(functions))
	settings := map[string]map[string]string{
		"mass_storage": {"lun.0/removable": "1", "lun.0/file": "/tmp/gadget.img"},
		"hid":          {"subclass": "1", "protocol": "1", "report_length": "8", "report_desc": "\x05\x01\x09\x06\xa1\x01\xc0"}, // a keyboard without keys
	}
	err = errors.Join(err, os.MkdirAll(dir+"/configs/c.1", 0o755), set(dir, map[string]string{"idVendor": "0x0525", "idProduct": "0xa4a5"}))
	for _, f := range functions {
		made := dir + "/functions/" + f + ".0"
		err = errors.Join(err, os.Mkdir(made, 0o755), set(made, settings[f]), os.Symlink(made, dir+"/configs/c.1/"+f))
	}
	if err != nil {
		t.Fatal(err)
	}
	connect := func(to string) func() {
		return func() {
			if err := set(dir, map[string]string{"UDC": to}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return thing{strings.Join(functions, " and "), connect("dummy_udc.0"), connect("\n")}
}

func set(dir string, settings map[string]string) error {
	var errs []error
	for name, value := range settings {
		errs = append(errs, os.WriteFile(dir+"/"+name, []byte(value), 0o644))
	}
	return errors.Join(errs...)
}

// loadModules does what udev does on a box.
func loadModules(t *testing.T) {
	t.Helper()
	names, err := filepath.Glob("/modules/*")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.FinitModule(int(f.Fd()), "", 0); err != nil && !errors.Is(err, unix.EEXIST) {
			t.Fatalf("%s: %v", name, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	await(t, "a USB controller", func() bool { _, err := os.Stat("/sys/bus/usb/devices/usb1"); return err == nil })
}

// start is the procedure's site in the world of this board: a public address on
// its loopback, with a certificate that its system trusts.
const start, address = "assure.ameli.fr", "9.9.9.9"

func world(t *testing.T) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{start}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"/etc/ssl/certs/ca-certificates.crt": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		"/etc/hosts":                         []byte(address + " " + start + "\n"),
	} {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := ownAddress(); err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", address+":443", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.NotFoundHandler(), ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = s.Serve(l) }() // ends with Close
	t.Cleanup(func() { _ = s.Close() })
}

// ownAddress gives loopback the address.
func ownAddress() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for name, ip := range map[string][]byte{"lo": {127, 0, 0, 1}, "lo:1": {9, 9, 9, 9}} {
		request, err := unix.NewIfreq(name)
		if err == nil {
			err = request.SetInet4Addr(ip)
		}
		if err == nil {
			err = unix.IoctlIfreq(fd, unix.SIOCSIFADDR, request)
		}
		if err == nil {
			request.SetUint16(unix.IFF_UP)
			err = unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
		}
		if err != nil {
			return fmt.Errorf("address of %s: %w", name, err)
		}
	}
	return nil
}
