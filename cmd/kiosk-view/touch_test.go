//go:build webkit

package main_test

import (
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// Xorg with a screen in memory and two devices that are driven over sockets: a
// touch screen and a touchpad. Their driver, inputtest, is part of Xorg.
const xorgConfiguration = `
Section "ServerFlags"
	Option "AutoAddDevices" "false"
	Option "AutoAddGPU" "false"
EndSection
Section "Device"
	Identifier "screen"
	Driver "dummy"
EndSection
Section "Monitor"
	Identifier "monitor"
	HorizSync 5-1000
	VertRefresh 5-200
	Modeline "1280x800" 83.50 1280 1352 1480 1680 800 803 809 831
EndSection
Section "Screen"
	Identifier "screen"
	Device "screen"
	Monitor "monitor"
	DefaultDepth 24
	SubSection "Display"
		Modes "1280x800"
		Virtual 1280 800
	EndSubSection
EndSection
Section "InputDevice"
	Identifier "glass"
	Driver "inputtest"
	Option "SocketPath" "%[1]s/glass"
	Option "DeviceType" "Touch"
	Option "TouchCount" "5"
EndSection
Section "InputDevice"
	Identifier "pad"
	Driver "inputtest"
	Option "SocketPath" "%[1]s/pad"
	Option "DeviceType" "PointerGesture"
EndSection
Section "ServerLayout"
	Identifier "all"
	Screen "screen"
	InputDevice "glass" "SendCoreEvents"
	InputDevice "pad" "SendCoreEvents"
EndSection
`

// touchDisplay is a display with a touch screen and a touchpad.
type touchDisplay struct {
	*display
	glass, pad *device
}

func startTouchDisplay(t *testing.T) *touchDisplay {
	t.Helper()
	for _, path := range []string{"/usr/lib/xorg/Xorg", "/usr/lib/xorg/modules/input/inputtest_drv.so", "/usr/lib/xorg/modules/drivers/dummy_drv.so"} {
		if _, err := os.Stat(path); err != nil {
			t.Skipf("%v: apt-get install xserver-xorg-core xserver-xorg-video-dummy", err)
		}
	}
	if tty, err := os.Open("/dev/tty0"); err != nil {
		t.Skipf("Xorg needs a console: %v", err)
	} else {
		tty.Close()
	}
	dir := t.TempDir()
	configuration := filepath.Join(dir, "xorg.conf")
	if err := os.WriteFile(configuration, fmt.Appendf(nil, xorgConfiguration, dir), 0o644); err != nil {
		t.Fatal(err)
	}
	d := startServer(t, image.Pt(screenWidth, screenHeight), "/usr/lib/xorg/Xorg", "-config", configuration,
		"-noreset", "-novtswitch", "-sharevts", "-keeptty", "-logfile", filepath.Join(dir, "log"))
	return &touchDisplay{d, openDevice(t, filepath.Join(dir, "glass")), openDevice(t, filepath.Join(dir, "pad"))}
}

// device speaks the protocol of xf86-input-inputtest-protocol.h, version 1.1.
type device struct{ socket net.Conn }

const (
	messageVersion, messageSync                 = 0, 1
	messageTouch, messagePinch                  = 6, 7
	touchBegin, touchUpdate, touchEnd           = 18, 19, 20 // of the XInput extension
	pinchBegin, pinchUpdate, pinchEnd           = 27, 28, 29
	sizeVersion, sizeSync, sizeTouch, sizePinch = 12, 8, 1056, 64
)

func openDevice(t *testing.T, path string) *device {
	t.Helper()
	socket, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	d := &device{socket}
	version := message(sizeVersion, messageVersion)
	binary.NativeEndian.PutUint16(version[8:], 1)
	binary.NativeEndian.PutUint16(version[10:], 1)
	d.write(t, version)
	if _, err := io.ReadFull(socket, version); err != nil {
		t.Fatalf("greet input driver: %v", err)
	}
	return d
}

func message(size, kind uint32) []byte {
	m := make([]byte, size)
	binary.NativeEndian.PutUint32(m, size)
	binary.NativeEndian.PutUint32(m[4:], kind)
	return m
}

func (d *device) write(t *testing.T, m []byte) {
	t.Helper()
	if _, err := d.socket.Write(m); err != nil {
		t.Fatal(err)
	}
}

// sync waits until the server has taken all in.
func (d *device) sync(t *testing.T) {
	t.Helper()
	d.write(t, message(sizeSync, messageSync))
	if _, err := io.ReadFull(d.socket, make([]byte, sizeSync)); err != nil {
		t.Fatal(err)
	}
}

// touch moves a finger, counted from 1, to a place of the screen.
func (d *device) touch(t *testing.T, finger uint32, kind uint32, x, y float64) {
	t.Helper()
	const axis = 1 << 16 // units from edge to edge
	m := message(sizeTouch, messageTouch)
	binary.NativeEndian.PutUint32(m[8:], finger)
	binary.NativeEndian.PutUint32(m[12:], kind)
	m[20] = 3 // the first two valuators are given
	binary.NativeEndian.PutUint64(m[32:], math.Float64bits(x*axis/screenWidth))
	binary.NativeEndian.PutUint64(m[40:], math.Float64bits(y*axis/screenHeight))
	d.write(t, m)
	d.sync(t)
}

// pinch is a step of a pinch with two fingers on a touchpad.
func (d *device) pinch(t *testing.T, kind uint16, scale float64) {
	t.Helper()
	m := message(sizePinch, messagePinch)
	binary.NativeEndian.PutUint16(m[8:], kind)
	binary.NativeEndian.PutUint16(m[10:], 2)
	binary.NativeEndian.PutUint64(m[48:], math.Float64bits(scale))
	d.write(t, m)
	d.sync(t)
}
