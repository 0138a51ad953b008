package usb

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// Descriptors as devices give them.
func deviceDescriptor(configurations byte) []byte {
	return []byte{18, 1, 0, 2, 0, 0, 0, 64, 0x81, 7, 0x67, 0x55, 0, 1, 1, 2, 3, configurations}
}

func interfaceDescriptor(number, alternate, class, subclass, protocol byte) []byte {
	return []byte{9, 4, number, alternate, 2, class, subclass, protocol, 0, 7, 5, 0x81, 2, 0, 2, 0, 7, 5, 2, 2, 0, 2, 0}
}

func descriptors(interfaces ...[]byte) []byte {
	configuration := []byte{9, 2, 0, 0, byte(len(interfaces)), 1, 0, 0x80, 100}
	for _, i := range interfaces {
		configuration = append(configuration, i...)
	}
	binary.LittleEndian.PutUint16(configuration[2:], uint16(len(configuration)))
	return append(deviceDescriptor(1), configuration...)
}

const (
	bus    = "devices/pci0000:00/0000:00:14.0/usb1"
	device = bus + "/1-2"
	intf   = device + "/1-2:1.0"
	unit   = intf + "/host6/target6:0:0/6:0:0:0"
	disk   = unit + "/block/sda"
)

// stick is what sysfs shows of an ordinary one, beside the kiosk's own hub with
// a touch screen.
func stick() fstest.MapFS {
	sys := fstest.MapFS{}
	put := func(dir string, files map[string]string) {
		for name, content := range files {
			sys[path.Join(dir, name)] = &fstest.MapFile{Data: []byte(content)}
		}
	}
	put(device, map[string]string{"bDeviceClass": "00\n", "bNumInterfaces": " 1\n", "bNumConfigurations": "1\n",
		"descriptors": string(descriptors(interfaceDescriptor(0, 0, 8, 6, 0x50)))})
	put(intf, map[string]string{"bInterfaceClass": "08\n", "bInterfaceSubClass": "06\n", "bInterfaceProtocol": "50\n"})
	put(unit, map[string]string{"type": "0\n"})
	put(disk, map[string]string{"size": "31266816\n", "ro": "0\n", "removable": "1\n", "queue/logical_block_size": "512\n"})
	for _, name := range []string{"usb1", "1-1", "1-1.4", "1-1.4:1.0", "1-2", "1-2:1.0"} {
		put("bus/usb/devices/"+name, map[string]string{"uevent": ""})
	}
	return sys
}

var before = Present{"usb1": "", "1-1": "", "1-1.4": ""}

func TestAStick(t *testing.T) {
	for name, change := range map[string]func(fstest.MapFS){
		"plain": func(fstest.MapFS) {},
		"UAS": func(sys fstest.MapFS) {
			sys[intf+"/bInterfaceProtocol"].Data = []byte("62\n")
			sys[device+"/descriptors"].Data = descriptors(interfaceDescriptor(0, 0, 8, 6, 0x50), interfaceDescriptor(0, 1, 8, 6, 0x62))
		},
	} {
		sys := stick()
		change(sys)
		got, err := Check(sys, disk, before)
		if want := (Stick{Device: "/dev/sda", Size: 31266816 * 512, USB: device}); err != nil || got != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	sys := stick()
	sys[disk+"/ro"].Data = []byte("1\n")
	if got, err := Check(sys, disk, before); err != nil || !got.ReadOnly {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestWhatComesBack: the kiosk's own touch screen may, what says something else
// in its place may not; and a stick that comes back is another one.
func TestWhatComesBack(t *testing.T) {
	screen, keyboard := descriptors(interfaceDescriptor(0, 0, 3, 0, 0)), descriptors(interfaceDescriptor(0, 0, 3, 1, 1))
	there := func(inItsPlace []byte) fstest.MapFS {
		sys := stick()
		sys["bus/usb/devices/1-1.4/descriptors"] = &fstest.MapFile{Data: inItsPlace}
		sys["bus/usb/devices/1-2/descriptors"] = sys[device+"/descriptors"]
		return sys
	}
	before, err := Look(there(screen))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		pulled string
		sys    fstest.MapFS
		want   Code
	}{
		{"", there(screen), Old}, // it stayed where it was
		{"1-2", there(screen), ""},
		{"1-1.4", there(screen), ""},
		{"1-1.4", there(keyboard), Another},
		{"", there(keyboard), Another}, // although nobody saw it change
	} {
		before.Pull(c.pulled)
		r := new(Refusal)
		if _, err := Check(c.sys, disk, before); c.want == "" && err != nil || c.want != "" && (!errors.As(err, &r) || r.Code != c.want) {
			t.Errorf("pulled %q: %v, want %q", c.pulled, err, c.want)
		}
	}
}

func TestWhatIsNoStick(t *testing.T) {
	set := func(name, value string) func(fstest.MapFS) {
		return func(sys fstest.MapFS) { sys[name] = &fstest.MapFile{Data: []byte(value)} }
	}
	drop := func(name string) func(fstest.MapFS) { return func(sys fstest.MapFS) { delete(sys, name) } }
	second := func(class, subclass, protocol string) func(fstest.MapFS) {
		return func(sys fstest.MapFS) {
			other := device + "/1-2:1.1"
			set(other+"/bInterfaceClass", class)(sys)
			set(other+"/bInterfaceSubClass", subclass)(sys)
			set(other+"/bInterfaceProtocol", protocol)(sys)
			set(device+"/bNumInterfaces", "2")(sys)
		}
	}
	said := func(b []byte) func(fstest.MapFS) { return set(device+"/descriptors", string(b)) }
	for name, c := range map[string]struct {
		change func(fstest.MapFS)
		want   Code
	}{
		"a keyboard too":                  {second("03", "01", "01"), NotStorage},
		"a network card too":              {second("02", "02", "ff"), NotStorage},
		"two interfaces of storage":       {second("08", "06", "50"), NotStorage},
		"an interface that is not bound":  {set(device+"/bNumInterfaces", "2"), NotStorage},
		"a keyboard, set otherwise":       {said(descriptors(interfaceDescriptor(0, 0, 8, 6, 0x50), interfaceDescriptor(0, 1, 3, 1, 1))), NotStorage},
		"a keyboard behind it":            {said(descriptors(interfaceDescriptor(0, 0, 8, 6, 0x50), interfaceDescriptor(1, 0, 3, 1, 1))), NotStorage},
		"a second configuration":          {said(append(deviceDescriptor(2), descriptors(interfaceDescriptor(0, 0, 8, 6, 0x50))[18:]...)), NotStorage},
		"a floppy":                        {set(intf+"/bInterfaceSubClass", "04"), NotStorage},
		"control, bulk, interrupt":        {set(intf+"/bInterfaceProtocol", "01"), NotStorage},
		"a class of its own":              {set(device+"/bDeviceClass", "ff"), NotStorage},
		"a hub":                           {set(device+"/bDeviceClass", "09"), NotStorage},
		"no interface in its descriptors": {said(descriptors()), NotStorage},
		"half a descriptor":               {said(descriptors(interfaceDescriptor(0, 0, 8, 6, 0x50))[:30]), Odd},
		"a descriptor of no length":       {said(append(descriptors(interfaceDescriptor(0, 0, 8, 6, 0x50)), 0, 0)), Odd},
		"no descriptors":                  {said(nil), Odd},
		"two media":                       {set(path.Dir(unit)+"/6:0:0:1/type", "0"), Several},
		"a medium of another target":      {set(intf+"/host6/target6:0:1/6:0:1:0/type", "0"), Several},
		"a disc":                          {set(unit+"/type", "5"), Disc},
		"a disc too":                      {set(path.Dir(unit)+"/6:0:0:1/type", "5"), Several},
		"a hub that came with it":         {func(sys fstest.MapFS) { inHub(sys) }, Hub},
		"a keyboard plugged in beside it": {set("bus/usb/devices/1-3/uevent", ""), Another},
		"plugged in before":               {nil, Old},
		"no card":                         {set(disk+"/size", "0"), NoMedium},
		"a size of no stick":              {set(disk+"/size", "64"), Size},
		"a large disk":                    {set(disk+"/size", "1953525168"), Size},
		"blocks of 4096":                  {set(disk+"/queue/logical_block_size", "4096"), Size},
		"a size that is none":             {set(disk+"/size", "-1"), Odd},
		"a partition":                     {set(disk+"/partition", "1"), Odd},
		"no USB":                          {drop(intf + "/bInterfaceClass"), NotUSB},
		"pulled before it is looked at":   {func(sys fstest.MapFS) { clear(sys) }, Gone},
		"pulled while it is looked at":    {drop(device + "/bDeviceClass"), Gone},
		"pulled after":                    {drop("bus/usb/devices/1-2/uevent"), Gone},
	} {
		sys, there, at := stick(), maps.Clone(before), disk
		switch {
		case c.change == nil:
			there["1-2"] = ""
		case c.want == Hub:
			c.change(sys)
			at = strings.ReplaceAll(strings.Replace(disk, "usb1/1-2", "usb1/1-2/1-2.1", 1), "1-2:1.0", "1-2.1:1.0")
		default:
			c.change(sys)
		}
		_, err := Check(sys, at, there)
		var r *Refusal
		if !errors.As(err, &r) || r.Code != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, p := range []string{"", "..", "devices/../etc", "/devices/x", "block/sda", "devices"} {
		if _, err := Check(stick(), p, before); err == nil {
			t.Errorf("%q is a stick", p)
		}
	}
}

// inHub moves the stick into a hub that is plugged in with it.
func inHub(sys fstest.MapFS) {
	for name, file := range maps.Clone(sys) {
		moved := strings.Replace(name, "usb1/1-2", "usb1/1-2/1-2.1", 1)
		moved = strings.ReplaceAll(moved, "1-2:1.0", "1-2.1:1.0")
		delete(sys, name)
		sys[moved] = file
	}
	sys["bus/usb/devices/1-2/uevent"] = &fstest.MapFile{}
	sys["bus/usb/devices/1-2.1/uevent"] = &fstest.MapFile{}
}

func TestSentences(t *testing.T) {
	for _, c := range Codes() {
		fr, en := c.In("fr"), c.In("en")
		if len(fr) < 30 || len(en) < 30 || fr == en || !strings.HasSuffix(fr, ".") || !strings.HasSuffix(en, ".") {
			t.Errorf("%s: %q, %q", c, fr, en)
		}
	}
	if len(sentences()) != len(Codes()) {
		t.Error("not every code is listed")
	}
}

// TestLookOnThisMachine reads a real sysfs.
func TestLookOnThisMachine(t *testing.T) {
	if _, err := Look(os.DirFS("/sys")); err != nil {
		t.Error(err)
	}
	if _, err := Check(os.DirFS("/sys"), "devices/virtual/block/loop0", nil); err == nil {
		t.Error("a loop device is a stick")
	}
}

const added = "add@/" + disk + "\x00ACTION=add\x00DEVPATH=/" + disk + "\x00SUBSYSTEM=block\x00MAJOR=8\x00MINOR=0\x00DEVNAME=sda\x00DEVTYPE=disk\x00SEQNUM=4711\x00"

func TestParse(t *testing.T) {
	e, ok := parse([]byte(added))
	if want := (Event{Action: "add", Path: disk, Subsystem: "block", Kind: "disk", Name: "sda"}); !ok || e != want || !e.Disk() {
		t.Errorf("%+v, %v", e, ok)
	}
	for name, b := range map[string]string{
		"nothing": "", "udev's own": "libudev\x00\xfe\xed\xca\xfe", "cut off": added[:len(added)-3], "another device": "add@/devices/x" + added[strings.Index(added, "\x00"):],
		"another subsystem": strings.Replace(added, "=block", "=input", 1), "a heading alone": "add@/devices/x",
	} {
		if e, ok := parse([]byte(b)); ok {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(added))
	f.Add([]byte("libudev\x00\xfe\xed\xca\xfe"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, ok := parse(b)
		if !ok {
			return
		}
		if e.Subsystem != "block" && e.Subsystem != "usb" {
			t.Errorf("%+v", e)
		}
		_, _ = Check(fstest.MapFS{}, e.Path, nil) // whatever the path is, it is read in sysfs only
	})
}

func FuzzDescriptors(f *testing.F) {
	f.Add(descriptors(interfaceDescriptor(0, 0, 8, 6, 0x50)))
	f.Add(descriptors(interfaceDescriptor(0, 0, 8, 6, 0x50), interfaceDescriptor(0, 1, 8, 6, 0x62)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if onlyStorage(b) != nil {
			return
		}
		// A second reading, from the back: what was let through names no other class.
		for i := 18; i < len(b); i += int(b[i]) {
			if b[i+1] == 4 && b[i+5] != 8 {
				t.Errorf("% x", b)
			}
		}
	})
}

// TestTheKernelsOwnEvents has the kernel announce a loop device. Who uses that
// device meanwhile, such as the tests of another package, has it change once more.
func TestTheKernelsOwnEvents(t *testing.T) {
	const trigger = "/sys/block/loop0/uevent"
	if _, err := os.Stat(trigger); err != nil || os.Getuid() != 0 {
		t.Skip("needs root and a loop device to have the kernel say something")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var heard []Event
	err := Listen(ctx, func() {
		for _, action := range []string{"change", "add"} {
			if err := os.WriteFile(trigger, []byte(action), 0); err != nil {
				t.Fatal(err)
			}
		}
	}, func(e Event) {
		if e.Name == "loop0" && e.Kind == "disk" {
			heard = append(heard, e)
		}
		if len(heard) > 0 && heard[len(heard)-1].Action == "add" {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || len(heard) < 2 {
		t.Fatalf("%v, %+v", err, heard)
	}
	var want []Event
	for _, action := range []string{"change", "add"} {
		want = append(want, Event{Action: action, Path: "devices/virtual/block/loop0", Subsystem: "block", Kind: "disk", Name: "loop0"})
	}
	if got := slices.Compact(heard); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

// TestOnlyTheKernelIsHeard sends what looks like an event, as any program of
// root's may.
func TestOnlyTheKernelIsHeard(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may send to the group")
	}
	if _, err := fs.Stat(os.DirFS("/sys"), "block/loop0/uevent"); err != nil {
		t.Skip("needs a loop device to know that the listener hears at all")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := Listen(ctx, func() {
		if err := send([]byte(added)); err != nil {
			t.Skipf("cannot send: %v", err)
		}
		if err := os.WriteFile("/sys/block/loop0/uevent", []byte("change"), 0); err != nil {
			t.Fatal(err)
		}
	}, func(e Event) {
		if e.Name == "sda" {
			t.Errorf("heard %+v", e)
		}
		if e.Name == "loop0" {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
