package board

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

type object map[string]any

// monitor speaks QMP (qemu, docs/interop/qmp-intro.txt).
type monitor struct {
	mu    sync.Mutex // one command at a time
	conn  net.Conn
	words *json.Decoder
}

func openMonitor(conn net.Conn) (*monitor, error) {
	m := &monitor{conn: conn, words: json.NewDecoder(conn)}
	return m, m.ask("qmp_capabilities", nil, nil)
}

// ask gives a command and waits for its answer.
func (m *monitor) ask(command string, arguments object, into any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	whole := object{"execute": command}
	if arguments != nil {
		whole["arguments"] = arguments
	}
	text, err := json.Marshal(whole)
	if err != nil {
		return err
	}
	if _, err := m.conn.Write(append(text, '\n')); err != nil {
		return err
	}
	for {
		var answer struct {
			Return json.RawMessage
			Error  *struct{ Desc string }
		}
		if err := m.words.Decode(&answer); err != nil {
			return err
		}
		switch {
		case answer.Error != nil:
			return fmt.Errorf("%s: %s", text, answer.Error.Desc)
		case answer.Return != nil && into != nil:
			return json.Unmarshal(answer.Return, into)
		case answer.Return != nil: // else the greeting, or an event
			return nil
		}
	}
}

// medium is the name of a device's image, and of its block device.
type medium struct {
	image string
	slow  bool // 1 MB/s, so that it can be pulled while it is read
}

// thing is what is plugged in, one device after the other.
type thing struct {
	media   []medium
	devices []object // "id" of those that are plugged into a port; others hang on them
}

// things are those that a technician, or somebody else, may plug in.
func things() map[string]thing {
	disk := func(id, node string) object {
		return object{"driver": "usb-storage", "id": id, "bus": "usb.0", "drive": node}
	}
	unit := func(kind, bus, node string, lun int) object {
		return object{"driver": kind, "bus": bus + ".0", "lun": lun, "drive": node}
	}
	bridge := func(kind string) object { return object{"driver": kind, "id": "bridge", "bus": "usb.0"} }
	one, two := medium{image: "blank"}, medium{image: "second"}
	keyboard := object{"driver": "usb-kbd", "id": "keyboard", "bus": "usb.0"}
	behind := object{"driver": "usb-storage", "id": "behind", "bus": "usb.0", "port": "1.1", "drive": "blank"}
	return map[string]thing{
		"blank": {[]medium{one}, []object{disk("stick", "blank")}},
		"slow":  {[]medium{{"large", true}}, []object{disk("stick", "large")}},
		"small": {[]medium{{image: "small"}}, []object{disk("stick", "small")}},
		"site":  {[]medium{{image: "site"}}, []object{bridge("usb-uas"), unit("scsi-hd", "bridge", "site", 0)}},

		"bot-two":  {[]medium{one, two}, []object{bridge("usb-bot"), unit("scsi-hd", "bridge", "blank", 0), unit("scsi-hd", "bridge", "second", 1)}},
		"uas-two":  {[]medium{one, two}, []object{bridge("usb-uas"), unit("scsi-hd", "bridge", "blank", 0), unit("scsi-hd", "bridge", "second", 1)}},
		"disc":     {[]medium{one}, []object{bridge("usb-bot"), unit("scsi-cd", "bridge", "blank", 0)}},
		"keyboard": {[]medium{one}, []object{keyboard, disk("stick", "blank")}},
		"hub":      {[]medium{one}, []object{{"driver": "usb-hub", "id": "hub", "bus": "usb.0", "port": "1"}, behind}},
	}
}

// plug plugs a thing in.
func (e *emulator) plug(name string) error {
	what, ok := things()[name]
	if !ok {
		return fmt.Errorf("there is no %q", name)
	}
	e.office.plugged = what
	for _, m := range what.media {
		if err := e.monitor.addMedium(m, e.office.image(m.image)); err != nil {
			return err
		}
	}
	for _, d := range what.devices {
		if err := e.monitor.ask("device_add", d, nil); err != nil {
			return err
		}
	}
	if what.devices[0]["id"] == "bridge" { // it is attached once its media are there
		return e.monitor.ask("qom-set", object{"path": "/machine/peripheral/bridge", "property": "attached", "value": true}, nil)
	}
	return nil
}

func (m *monitor) addMedium(of medium, file string) error {
	raw := object{"driver": "raw", "file": object{"driver": "file", "filename": file}}
	if of.slow {
		// The group stays when the medium goes.
		if err := m.ask("object-add", object{"qom-type": "throttle-group", "id": "slow", "limits": object{"bps-read": 1 << 20}}, nil); err != nil {
			return err
		}
		raw = object{"driver": "throttle", "throttle-group": "slow", "file": raw}
	}
	raw["node-name"] = of.image
	return m.ask("blockdev-add", raw, nil)
}

// pull pulls what was plugged in, all at once, as a hand does.
func (e *emulator) pull() error {
	for i := range e.office.plugged.devices {
		if id, ok := e.office.plugged.devices[len(e.office.plugged.devices)-1-i]["id"]; ok {
			if err := e.monitor.ask("device_del", object{"id": id}, nil); err != nil {
				return err
			}
		}
	}
	for _, m := range e.office.plugged.media {
		if err := await(func() error { return e.monitor.ask("blockdev-del", object{"node-name": m.image}, nil) }); err != nil {
			return err
		}
	}
	e.office.plugged = thing{}
	return nil
}

// awaitRead returns once so many bytes of a medium were read.
func (m *monitor) awaitRead(bytes int64) error {
	return await(func() error {
		var blocks []struct {
			Stats struct {
				Read int64 `json:"rd_bytes"`
			}
		}
		err := m.ask("query-blockstats", nil, &blocks)
		for _, b := range blocks {
			if b.Stats.Read >= bytes {
				return nil
			}
		}
		return errors.Join(err, fmt.Errorf("%d bytes were not read: %+v", bytes, blocks))
	})
}

// await tries until it works, for 20 s at most.
func await(try func() error) error {
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if err := try(); err == nil || time.Since(began) > 20*time.Second {
			return err
		}
	}
}
