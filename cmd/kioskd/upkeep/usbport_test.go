package upkeep

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"guichet.example/hw"
	"guichet.example/kiosk"
	"guichet.example/provisioning/usb"
)

// Places in a sysfs that has just enough to be looked at.
const (
	hub  = "devices/pci0/usb1"
	disk = hub + "/1-1/1-1:1.0/host0/target0:0:0/0:0:0:0/block/sda"
	card = "devices/mmc0/block/mmcblk0"
)

// sysfs has a stick in 1-1 when stick is set.
func sysfs(stick bool) fstest.MapFS {
	f := fstest.MapFS{card + "/size": {}, "block/mmcblk0": {Mode: fs.ModeSymlink, Data: []byte("../" + card)},
		"bus/usb/devices/usb1": {Mode: fs.ModeDir}}
	if stick {
		f["block/sda"] = &fstest.MapFile{Mode: fs.ModeSymlink, Data: []byte("../" + disk)}
		f["bus/usb/devices/1-1"] = &fstest.MapFile{Mode: fs.ModeDir}
		f[disk+"/size"] = &fstest.MapFile{Data: []byte("16384\n")}
		f[disk+"/queue/logical_block_size"] = &fstest.MapFile{Data: []byte("512\n")}
		f[disk+"/ro"] = &fstest.MapFile{Data: []byte("0\n")}
		f[path.Join(disk, "../../type")] = &fstest.MapFile{Data: []byte("0\n")}
		f[hub+"/1-1/bDeviceClass"] = &fstest.MapFile{Data: []byte("00\n")}
		f[hub+"/1-1/bNumInterfaces"] = &fstest.MapFile{Data: []byte("1\n")}
		f[hub+"/1-1/1-1:1.0/bInterfaceClass"] = &fstest.MapFile{Data: []byte("08\n")}
		f[hub+"/1-1/1-1:1.0/bInterfaceSubClass"] = &fstest.MapFile{Data: []byte("06\n")}
		f[hub+"/1-1/1-1:1.0/bInterfaceProtocol"] = &fstest.MapFile{Data: []byte("50\n")}
		f[hub+"/1-1/descriptors"] = &fstest.MapFile{Data: []byte{
			18, 1, 0, 2, 0, 0, 0, 64, 1, 2, 3, 4, 0, 1, 0, 0, 0, 1, 9, 2, 18, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 0, 8, 6, 0x50, 0}}
		f["bus/usb/devices/1-1/descriptors"] = f[hub+"/1-1/descriptors"]
	}
	return f
}

func TestUSB(t *testing.T) {
	p := newUSB(sysfs(true), slog.New(slog.DiscardHandler))
	heard := func(want ...kiosk.Port) {
		t.Helper()
		for _, w := range want {
			select {
			case got := <-p.events:
				if got != w {
					t.Fatalf("heard %v, want %v", got, w)
				}
			default:
				t.Fatalf("heard nothing, want %v", w)
			}
		}
		if len(p.events) > 0 {
			t.Fatal("heard more:", <-p.events)
		}
	}
	code := func(want usb.Code) {
		t.Helper()
		_, err := p.Stick()
		r := new(usb.Refusal)
		if !errors.As(err, &r) || r.Code != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	block := func(action, path string) usb.Event {
		return usb.Event{Action: action, Path: path, Subsystem: "block", Kind: "disk"}
	}
	p.look(t.Context())
	heard(kiosk.StickIn) // it was there from the beginning,
	code(usb.Old)        // so somebody may have worked on it
	p.hear(t.Context(), block("change", card))
	heard() // the kiosk's own
	p.sys = sysfs(false)
	p.hear(t.Context(), block("remove", disk))
	p.hear(t.Context(), usb.Event{Action: "remove", Path: hub + "/1-1", Subsystem: "usb", Kind: "usb_device"})
	heard(kiosk.StickOut)
	code(usb.Gone)
	p.sys = sysfs(true)
	p.hear(t.Context(), block("add", disk))
	heard(kiosk.StickIn)
	if device, err := p.Stick(); device != "/dev/sda" || err != nil {
		t.Error(device, err)
	}
	p.sys = sysfs(false)
	p.hear(t.Context(), usb.Event{Lost: true})
	heard(kiosk.StickOut)
	p.hear(t.Context(), block("add", disk)) // and was pulled again
	heard()
}

// paperSwitch answers with what it is given.
type paperSwitch chan error

func (s paperSwitch) Next(ctx context.Context) error {
	select {
	case err := <-s:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (paperSwitch) Close() error { return nil }

func TestServiceSwitch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer // read once attend has ended
		p, s := newUSB(sysfs(false), slog.New(slog.NewTextHandler(&said, nil))), make(paperSwitch)
		ctx, cancel := context.WithCancel(t.Context())
		p.work.Go(func() { p.attend(ctx, s) })
		pressed := func() {
			t.Helper()
			s <- nil
			if what, err := p.Next(ctx); what != kiosk.ServiceSwitch || err != nil {
				t.Error(what, err)
			}
		}
		pressed()
		for range 2 {
			for range 5 { // seconds
				s <- hw.ErrGone
			}
			pressed() // it is back
		}
		cancel()
		p.work.Wait()
		if n := strings.Count(said.String(), "read service switch"); n != 2 {
			t.Errorf("told %d times of two failures: %s", n, said.String())
		}
		p.work.Go(func() { p.attend(t.Context(), s) })
		s <- os.ErrClosed
		p.work.Wait() // what has failed for good is not asked again
	})
}
