package provisioning

import (
	"fmt"
	"slices"
	"time"

	"guichet.example/internal/stricttoml"
)

const machineFormat = 1

// Machine is machine.toml: what a site decides about the system around kioskd.
// It holds no secret; a password is in Secrets under the name of its table.
type Machine struct {
	Format  int64    `toml:"format"`
	Kiosk   string   `toml:"kiosk"` // KioskID of the kiosk it was made for
	Place   string   `toml:"place"` // where the kiosk stands, in the staff's words
	Hours   *Hours   `toml:"hours,omitempty"`
	Network Network  `toml:"network"`
	Printer *Printer `toml:"printer,omitempty"`
	Fleet   *Fleet   `toml:"fleet,omitempty"`
	Notices []string `toml:"notices,omitempty"` // targets, in the order they are shown
	Logo    string   `toml:"logo,omitempty"`    // target, "" for none
	Reports *Reports `toml:"reports,omitempty"` // nil where none are asked for
}

// Hours are the times of the day at which the place is open, each "08:30-12:00".
// A day without any is a day on which it is closed.
type Hours struct {
	Monday    []string `toml:"monday,omitempty"`
	Tuesday   []string `toml:"tuesday,omitempty"`
	Wednesday []string `toml:"wednesday,omitempty"`
	Thursday  []string `toml:"thursday,omitempty"`
	Friday    []string `toml:"friday,omitempty"`
	Saturday  []string `toml:"saturday,omitempty"`
	Sunday    []string `toml:"sunday,omitempty"`
	Closed    []string `toml:"closed,omitempty"` // days besides, "2026-12-25"
}

// Days returns the times by day, Monday first.
func (h Hours) Days() [7][]string {
	return [7][]string{h.Monday, h.Tuesday, h.Wednesday, h.Thursday, h.Friday, h.Saturday, h.Sunday}
}

// Open says whether the place is open at t, by t's own wall clock.
func (h Hours) Open(t time.Time) bool {
	if slices.Contains(h.Closed, t.Format(time.DateOnly)) {
		return false
	}
	minute := t.Hour()*60 + t.Minute()
	for _, text := range h.Days()[(int(t.Weekday())+6)%7] {
		if from, to, ok := span(text); ok && from <= minute && minute < to {
			return true
		}
	}
	return false
}

// Network is how a kiosk reaches the network. Without any table it is a cable
// and DHCP.
type Network struct {
	Wired *Wired `toml:"wired,omitempty"`
	WiFi  *WiFi  `toml:"wifi,omitempty"`
	Proxy *Proxy `toml:"proxy,omitempty"`
	CA    string `toml:"ca,omitempty"` // target of the organisation's certificates, "" for none
}

// Wired is a fixed address.
type Wired struct {
	Address string   `toml:"address"` // "192.0.2.10/24" or "2001:db8::10/64"
	Gateway string   `toml:"gateway"`
	DNS     []string `toml:"dns"`
}

// WiFi is the wireless network; its password is Secrets.WiFi.
type WiFi struct {
	SSID      string `toml:"ssid"`
	Country   string `toml:"country"`            // two letters: which channels the law allows
	Security  string `toml:"security"`           // WiFiPersonal or WiFiEnterprise
	Hidden    bool   `toml:"hidden,omitempty"`   // the network does not tell its name
	Method    string `toml:"method,omitempty"`   // of WPA-Enterprise: "peap" or "ttls"
	Inner     string `toml:"inner,omitempty"`    // inside "ttls": "pap" or "mschapv2"; "peap" has the latter
	Identity  string `toml:"identity,omitempty"` // of WPA-Enterprise
	Anonymous string `toml:"anonymous_identity,omitempty"`
	Server    string `toml:"server,omitempty"` // name in the certificate of the RADIUS server
}

// Kinds of Wi-Fi security.
const (
	WiFiPersonal   = "personal"
	WiFiEnterprise = "enterprise"
)

// Proxy is the site's way to the web; its password is Secrets.Proxy.
type Proxy struct {
	Host string `toml:"host"`
	Port int    `toml:"port"`
	User string `toml:"user,omitempty"`
}

// Printer is the one printer of a kiosk.
type Printer struct {
	URI      string `toml:"uri"`                 // "usb", or ipp:// or ipps:// with host and path
	Paper    string `toml:"paper,omitempty"`     // "A4", also where it is left out, or "A5"
	TwoSided bool   `toml:"two_sided,omitempty"` // the printer can
	Pages    int    `toml:"pages,omitempty"`     // of one session at most; 0 = no limit
}

// Fleet is the server that a kiosk asks for news of its site.
type Fleet struct {
	URL      string `toml:"url"`                // https, of the folder with metadata and targets
	Interval string `toml:"interval,omitempty"` // mean time between two questions, MinInterval to MaxInterval
}

// Bounds of Fleet.Interval, and what it is without the line.
const (
	MinInterval     = 15 * time.Minute
	DefaultInterval = 30 * time.Minute
	MaxInterval     = 24 * time.Hour
)

// Period is the mean time between two questions, as checked.
func (f Fleet) Period() time.Duration {
	d, err := time.ParseDuration(f.Interval)
	if err != nil {
		return DefaultInterval
	}
	return d
}

// Encode writes the file.
func (m Machine) Encode() ([]byte, error) {
	m.Format = machineFormat
	data, err := stricttoml.Encode(m)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", MachineFile, err)
	}
	return data, nil
}

// ParseMachine reads a machine.toml called name; its errors name file and line.
func ParseMachine(name string, data []byte) (Machine, error) {
	if len(data) > maxText {
		return Machine{}, fmt.Errorf("%s:1: longer than %d bytes", name, maxText)
	}
	if err := stricttoml.Format(name, data, machineFormat); err != nil {
		return Machine{}, err
	}
	var m Machine
	doc, err := stricttoml.Decode(name, data, &m)
	c := checker{doc: doc}
	c.fault(err)
	if doc.Whole() {
		if _, err := ParseKioskID(m.Kiosk); err != nil {
			c.wrong([]any{"kiosk"}, "%w", err)
		}
		c.place(m.Place)
		c.machine(m)
		c.reports(m.Reports)
	}
	if err := c.err(); err != nil {
		return Machine{}, err
	}
	return m, nil
}
