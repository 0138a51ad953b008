package usb

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Stick is a device that is one and nothing else.
type Stick struct {
	Device   string // "/dev/sda"
	Size     int64  // bytes
	ReadOnly bool   // a switch on it forbids writing
	USB      string // its USB device in sysfs: it is gone once that is removed
}

// Sizes of sticks, in blocks of 512 bytes: 64 KiB, below which there is no file
// system, and 256 GiB.
const (
	leastBlocks = 128
	mostBlocks  = 512 << 20
)

// Present are USB devices by their place, "1-1.2" for one, each with what it
// says of itself: its descriptors.
type Present map[string]string

// Pull takes a device away that was pulled out. One that is no stick may come
// back, as touch screens do after a disturbance, and is known then if it says
// the same in the same place; a stick that comes back is another one.
func (p Present) Pull(place string) {
	if onlyStorage([]byte(p[place])) == nil {
		delete(p, place)
	}
}

// has says whether a device of now was there before.
func (p Present) has(now Present, place string) bool {
	was, known := p[place]
	return known && was == now[place]
}

// Look lists the USB devices there are. sys is /sys. It is asked while nobody
// plugs anything in, so that Check knows what belongs to the kiosk; on a
// machine without USB there are none.
func Look(sys fs.FS) (Present, error) {
	entries, err := fs.ReadDir(sys, "bus/usb/devices")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look at USB: %w", err)
	}
	there := Present{}
	for _, e := range entries {
		if strings.Contains(e.Name(), ":") {
			continue // an interface
		}
		says, _ := fs.ReadFile(sys, path.Join("bus/usb/devices", e.Name(), "descriptors")) // nothing when it is just being pulled
		there[e.Name()] = string(says)
	}
	return there, nil
}

// Check says whether a disk, given by its path in sysfs (Event.Path), is a
// stick that was plugged in since before was looked at, alone. It is asked once
// the disk is announced, and again before anything of it is used, because a
// device may show more of itself later.
func Check(sys fs.FS, disk string, before Present) (Stick, error) {
	if !fs.ValidPath(disk) || !strings.HasPrefix(disk, "devices/") {
		return Stick{}, refuse(NotUSB, "a path %q", disk)
	}
	s := sysfs{sys}
	intf, device, err := s.above(disk)
	if err != nil {
		return Stick{}, err
	}
	for _, check := range []func() error{
		func() error { return s.storage(device) },
		func() error { return s.alone(device, before) },
		func() error { return s.medium(intf, disk) },
	} {
		if err := check(); err != nil {
			return Stick{}, err
		}
	}
	return s.geometry(disk, device)
}

// sysfs is read as a kernel writes it: small files with a line each.
type sysfs struct{ fs.FS }

func (s sysfs) line(elem ...string) (string, error) {
	b, err := fs.ReadFile(s.FS, path.Join(elem...))
	if err != nil {
		return "", &Refusal{Gone, err}
	}
	return strings.TrimSpace(string(b)), nil
}

func (s sysfs) number(elem ...string) (int64, error) {
	text, err := s.line(elem...)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, refuse(Odd, "%s is %q", elem[len(elem)-1], text)
	}
	return n, nil
}

func (s sysfs) has(elem ...string) bool {
	_, err := fs.Stat(s.FS, path.Join(elem...))
	return err == nil
}

// above finds the USB interface that a disk hangs on, and its device.
func (s sysfs) above(disk string) (intf, device string, err error) {
	if !s.has(disk) {
		return "", "", refuse(Gone, "%s", path.Base(disk))
	}
	for dir := path.Dir(disk); dir != "." && dir != "devices"; dir = path.Dir(dir) {
		if s.has(dir, "bInterfaceClass") {
			return dir, path.Dir(dir), nil
		}
	}
	return "", "", refuse(NotUSB, "%s", path.Base(disk))
}

// storage holds that the device is mass storage in all that it says it is.
func (s sysfs) storage(device string) error {
	class, err := s.line(device, "bDeviceClass")
	if err != nil {
		return err
	}
	if class != "00" { // said by each interface
		return refuse(NotStorage, "its class is %s", class)
	}
	entries, err := fs.ReadDir(s.FS, device)
	if err != nil {
		return &Refusal{Gone, err}
	}
	count := int64(0)
	for _, e := range entries {
		intf := path.Join(device, e.Name())
		if !s.has(intf, "bInterfaceClass") {
			continue
		}
		count++
		var kind []string
		for _, name := range []string{"bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol"} {
			part, err := s.line(intf, name)
			if err != nil {
				return err
			}
			kind = append(kind, part)
		}
		if !slices.Contains([]string{"08:06:50", "08:06:62"}, strings.Join(kind, ":")) {
			return refuse(NotStorage, "an interface is %s", strings.Join(kind, ":"))
		}
	}
	said, err := s.number(device, "bNumInterfaces")
	if err != nil {
		return err
	}
	if count != 1 || said != 1 {
		return refuse(NotStorage, "%d interfaces, %d announced", count, said)
	}
	descriptors, err := fs.ReadFile(s.FS, path.Join(device, "descriptors"))
	if err != nil {
		return &Refusal{Gone, err}
	}
	return onlyStorage(descriptors)
}

// alone holds that what was plugged in is this device: what it hangs on was
// there, and nothing else has come.
func (s sysfs) alone(device string, before Present) error {
	now, err := Look(s.FS)
	if err != nil {
		return &Refusal{Gone, err}
	}
	own := path.Base(device)
	if before.has(now, own) {
		return refuse(Old, "%s was there before", own)
	}
	for place := range now {
		switch {
		case before.has(now, place) || place == own:
		case strings.HasPrefix(own, place+"."):
			return refuse(Hub, "%s is in %s, which is new", own, place)
		default:
			return refuse(Another, "%s is new too", place)
		}
	}
	if _, there := now[own]; !there {
		return refuse(Gone, "%s", own)
	}
	return nil
}

// isUnit says whether a name is that of a medium of a SCSI host: host, channel,
// target, unit.
func isUnit(name string) bool {
	return len(name) > 0 && name[0] <= '9' && strings.Count(name, ":") == 3
}

// medium holds that the interface has one medium, which is a disk.
func (s sysfs) medium(intf, disk string) error {
	found, err := fs.Glob(s.FS, path.Join(escape(intf), "host*/target*/*"))
	if err != nil {
		return refuse(Odd, "%v", err)
	}
	media := slices.DeleteFunc(found, func(p string) bool { return !isUnit(path.Base(p)) })
	if len(media) != 1 || !strings.HasPrefix(disk, media[0]+"/") {
		return refuse(Several, "%d media", len(media))
	}
	kind, err := s.number(media[0], "type")
	if err != nil {
		return err
	}
	if kind != 0 { // a disk; 5 is a disc
		return refuse(Disc, "its medium has type %d", kind)
	}
	return nil
}

// escape takes the meaning of a pattern from a path.
func escape(p string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(p)
}

// geometry holds that the disk is one whose file system can be read.
func (s sysfs) geometry(disk, device string) (Stick, error) {
	if s.has(disk, "partition") {
		return Stick{}, refuse(Odd, "a partition")
	}
	blocks, err := s.number(disk, "size")
	if err != nil {
		return Stick{}, err
	}
	size, err := s.number(disk, "queue", "logical_block_size")
	if err != nil {
		return Stick{}, err
	}
	protected, err := s.number(disk, "ro")
	if err != nil {
		return Stick{}, err
	}
	name := path.Base(disk)
	switch {
	case blocks == 0:
		return Stick{}, refuse(NoMedium, "no blocks")
	case blocks < leastBlocks || blocks > mostBlocks:
		return Stick{}, refuse(Size, "%d blocks", blocks)
	case size != 512:
		return Stick{}, refuse(Size, "blocks of %d bytes", size)
	case !isDisk(name):
		return Stick{}, refuse(Odd, "a disk named %q", name)
	}
	return Stick{Device: "/dev/" + name, Size: blocks * 512, ReadOnly: protected != 0, USB: device}, nil
}

// isDisk says whether a name is one that the kernel gives to disks of SCSI.
func isDisk(name string) bool {
	letters, ok := strings.CutPrefix(name, "sd")
	return ok && len(letters) >= 1 && len(letters) <= 3 && strings.Trim(letters, "abcdefghijklmnopqrstuvwxyz") == ""
}
