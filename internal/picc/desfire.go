package picc

import (
	"crypto/rand"
	"fmt"
	"io"
	"time"
)

// A Status is how a DESFire says how a command ended.
type Status byte

// Status codes of MIFARE DESFire.
const (
	OperationOK         Status = 0x00
	OutOfEEPROM         Status = 0x0E
	IllegalCommand      Status = 0x1C
	IntegrityError      Status = 0x1E
	NoSuchKey           Status = 0x40
	LengthError         Status = 0x7E
	PermissionDenied    Status = 0x9D
	ParameterError      Status = 0x9E
	ApplicationNotFound Status = 0xA0
	AuthenticationError Status = 0xAE
	AdditionalFrame     Status = 0xAF
	BoundaryError       Status = 0xBE
	CommandAborted      Status = 0xCA
	CountError          Status = 0xCE
	DuplicateError      Status = 0xDE
	FileNotFound        Status = 0xF0
)

// Generation is the generation of a DESFire.
type Generation int

// EV1 knows AuthenticateAES; EV2 AuthenticateEV2First too.
const (
	EV2 Generation = iota
	EV1
)

// An AID names an application; its bytes are in the order in which they are
// sent, least significant first.
type AID [3]byte

// Comm is how a file's data travel.
type Comm byte

// Communication modes.
const (
	Plain Comm = 0x00
	MACed Comm = 0x01
	Full  Comm = 0x03
)

// Rights are the numbers of the keys that open a file; 0E is everybody, 0F
// nobody.
type Rights struct{ Read, Write, ReadWrite, Change byte }

// A File is a standard data file.
type File struct {
	No     byte // 0 to 31
	Comm   Comm
	Rights Rights
	Data   []byte // its length is the file's size
}

// An Application is one on the card, of AES keys.
type Application struct {
	AID AID
	// Settings are the key settings: who changes keys in the high half; bits
	// 3 settings changeable, 2 files made and deleted freely, 1 listed freely,
	// 0 master key changeable. A new application has 0F.
	Settings byte
	Keys     []Key // 1 to 14, key 0 is the master key
	Files    []File
}

// Content is what is on a card, before anybody has spoken to it.
type Content struct {
	Generation Generation
	UID        []byte
	// RandomUID is as in Config. GetVersion then hides the UID, GetCardUID
	// tells it to who is authenticated.
	RandomUID bool
	// MasterKey is the card's own, of AES. nil is a card as it leaves the
	// factory, where it is one of DES: no AES authentication at card level
	// succeeds, but applications can be made without.
	MasterKey *Key
	// Settings are the card's key settings: bit 2 applications made without
	// authentication, bit 1 listed freely. 0 is 0F, the factory's.
	Settings     byte
	Applications []Application
	Delays       Delays
	// Rand is where challenges and transaction identifiers come from; nil is
	// crypto/rand.
	Rand io.Reader
}

// Delays are how long the card thinks. What a real one takes differs from
// generation to generation; none are assumed, see Thinking.
type Delays struct {
	Command      time.Duration // any command
	Authenticate time.Duration // added to each half of an authentication
	Messaging    time.Duration // added to a command in an authenticated session
}

// Thinking is how long a DESFire EV2 or EV3 is taken to think, on the safe
// side. NXP publishes no times of commands. What was measured is a DESFire that
// answered a reader of HID at 106 kbit/s (RfidResearchGroup/proxmark3,
// traces/hf_mfdes_sniff.trace at commit 1c8c3b78): between the end of the
// command and the begin of the answer, the frame delay of 91 µs included, lie
//
//	SelectApplication               0.77 ms
//	selection by ISO/IEC 7816-4     1.24 ms
//	Authenticate, its two halves    2.47 and 2.03 ms
//	GetFileSettings, authenticated  1.02 ms
//	ReadData, authenticated         1.07 ms
//
// That authentication was of two-key triple DES, without the session keys of
// EV2, and the file was not one of full encryption. So the longest of each kind
// is taken twice, and a command in a session for as long as half an
// authentication. Cards far from the reader, with little power, think longer;
// nothing is known of how much.
func Thinking() Delays {
	return Delays{Command: 2500 * time.Microsecond, Authenticate: 2500 * time.Microsecond, Messaging: 2500 * time.Microsecond}
}

const (
	eepromSize      = 8192
	maxApplications = 28
	maxKeys         = 14
	maxFileNo       = 31
	frameData       = 59 // data of one frame of a longer answer
)

// DESFire is a Processor.
type DESFire struct {
	content   Content
	picc      Application // card level: AID 000000, one key
	apps      []*Application
	randomUID bool
	selected  *Application
	session   session
	pending   func(data []byte) ([]byte, Status) // what AF goes on with
	took      time.Duration
}

// NewDESFire makes the application side of a card; Card gives it its radio.
func NewDESFire(c Content) (*DESFire, error) {
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Settings == 0 {
		c.Settings = 0x0F
	}
	d := &DESFire{content: c, randomUID: c.RandomUID}
	d.picc = Application{Settings: c.Settings}
	if c.MasterKey != nil {
		d.picc.Keys = []Key{*c.MasterKey}
	}
	for _, a := range c.Applications {
		if err := d.install(a); err != nil {
			return nil, err
		}
	}
	d.Reset()
	return d, nil
}

func (d *DESFire) install(a Application) error {
	if len(a.Keys) < 1 || len(a.Keys) > maxKeys || a.AID == (AID{}) || d.find(a.AID) != nil {
		return fmt.Errorf("make card: application %x: wants 1 to %d keys and a name of its own", a.AID, maxKeys)
	}
	own := a
	own.Keys = append([]Key(nil), a.Keys...)
	own.Files = nil
	for _, f := range a.Files {
		if f.No > maxFileNo || own.file(f.No) != nil || len(f.Data) == 0 {
			return fmt.Errorf("make card: application %x: file %d: wants a number up to %d of its own, and data", a.AID, f.No, maxFileNo)
		}
		f.Data = append([]byte(nil), f.Data...)
		own.Files = append(own.Files, f)
	}
	d.apps = append(d.apps, &own)
	if d.free() < 0 {
		return fmt.Errorf("make card: application %x: the card holds %d bytes", a.AID, eepromSize)
	}
	return nil
}

// Card is the DESFire with a radio: c's UID and processor are filled in.
func (d *DESFire) Card(c Config) (*TypeA, error) {
	c.UID, c.Processor = d.content.UID, d
	p, err := New(c)
	if err != nil {
		return nil, err
	}
	p.randomUID = func() bool { return d.randomUID || c.RandomUID }
	return p, nil
}

// NewCard is a DESFire with the usual radio.
func NewCard(c Content) (*TypeA, error) {
	d, err := NewDESFire(c)
	if err != nil {
		return nil, err
	}
	return d.Card(Config{})
}

// Reset implements Processor: the card's own level is selected, nobody is
// authenticated.
func (d *DESFire) Reset() {
	d.selected, d.session, d.pending = &d.picc, nil, nil
}

// Applications are copies of what is on the card now.
func (d *DESFire) Applications() []Application {
	var all []Application
	for _, a := range d.apps {
		c := *a
		c.Keys = append([]Key(nil), a.Keys...)
		c.Files = nil
		for _, f := range a.Files {
			f.Data = append([]byte(nil), f.Data...)
			c.Files = append(c.Files, f)
		}
		all = append(all, c)
	}
	return all
}

func (d *DESFire) find(aid AID) *Application {
	for _, a := range d.apps {
		if a.AID == aid {
			return a
		}
	}
	return nil
}

func (a *Application) file(no byte) *File {
	for i := range a.Files {
		if a.Files[i].No == no {
			return &a.Files[i]
		}
	}
	return nil
}

func (d *DESFire) free() int {
	left := eepromSize
	for _, a := range d.apps {
		left -= 32
		for _, f := range a.Files {
			left -= (len(f.Data) + 31) / 32 * 32
		}
	}
	return left
}

// Exchange implements Processor: a native command, or one wrapped in an APDU
// of class 90.
func (d *DESFire) Exchange(command []byte) ([]byte, time.Duration) {
	d.took = d.content.Delays.Command
	if len(command) == 0 {
		return []byte{byte(LengthError)}, d.took
	}
	if command[0] != 0x90 {
		out, s := d.command(command[0], command[1:])
		return append([]byte{byte(s)}, out...), d.took
	}
	ins, data, s := unwrap(command)
	var out []byte
	if s == OperationOK {
		out, s = d.command(ins, data)
	}
	return append(append([]byte(nil), out...), 0x91, byte(s)), d.took
}

// unwrap reads CLA INS P1 P2 [Lc data] [Le].
func unwrap(apdu []byte) (ins byte, data []byte, s Status) {
	switch {
	case len(apdu) < 4:
		return 0, nil, LengthError
	case apdu[2] != 0 || apdu[3] != 0:
		return 0, nil, ParameterError
	case len(apdu) <= 5:
		return apdu[1], nil, OperationOK
	}
	end := 5 + int(apdu[4])
	if apdu[4] == 0 || len(apdu) < end || len(apdu) > end+1 {
		return 0, nil, LengthError
	}
	return apdu[1], apdu[5:end], OperationOK
}
