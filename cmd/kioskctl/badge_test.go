package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"guichet.example/cmd/kioskctl/issuer"
	"guichet.example/hw"
	"guichet.example/hw/badge"
	"guichet.example/hw/mfrc522"
	"guichet.example/internal/mfrc522sim"
	"guichet.example/internal/picc"
	"guichet.example/kiosk/config"
)

// office is a desk with a badge folder and a reader: the real driver on an
// emulated chip.
type office struct {
	t       *testing.T
	folder  string
	on      []picc.Card // what lies on the reader
	channel func(badge.Channel) badge.Channel
	reader  func(context.Context, readerFlags) (station, error) // nil: the emulated chip
	pins    []string                                            // typed when one is asked for, in this order
	said    strings.Builder                                     // everything, ever
}

const secret = "agrafe lavande tramway neuf"

// newOffice has a folder and the site "mairie".
func newOffice(t *testing.T, organisation string) *office {
	t.Helper()
	o := &office{t: t, folder: filepath.Join(t.TempDir(), "badges")}
	o.ok("init", o.folder, "--organisation", organisation)
	o.ok("site", o.folder, "mairie", o.siteFolder())
	t.Cleanup(o.checkSilence)
	return o
}

func (o *office) siteFolder() string { return filepath.Join(filepath.Dir(o.folder), "mairie") }
func (o *office) listFile() string   { return filepath.Join(filepath.Dir(o.folder), "revoked.list") }

func (o *office) surroundings() surroundings {
	return surroundings{
		now:        func() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) },
		passphrase: func(context.Context, int, bool) ([]byte, error) { return []byte(secret), nil },
		pin: func(context.Context) ([]byte, error) {
			pin := o.pins[0]
			o.pins = o.pins[1:]
			return []byte(pin), nil
		},
		reader: func(ctx context.Context, f readerFlags) (station, error) {
			if o.reader != nil {
				return o.reader(ctx, f)
			}
			st, err := openSim(ctx, o.on...)
			return tapped{st, o.channel}, err
		},
		cost: 2,
	}
}

// openSim is a station with these cards.
func openSim(ctx context.Context, cards ...picc.Card) (station, error) {
	sim := mfrc522sim.New(mfrc522sim.Config{})
	chip, err := mfrc522.Open(ctx, sim.Port(), mfrc522.Config{Interrupt: sim.IRQ()})
	if err != nil {
		return nil, err
	}
	for _, c := range cards {
		sim.Place(c)
	}
	return &chipStation{pcd: chip, close: []io.Closer{chip, emptied{sim, cards}, sim}}, nil
}

// emptied takes the cards away, so that they can lie on the next reader.
type emptied struct {
	sim   *mfrc522sim.Chip
	cards []picc.Card
}

func (e emptied) Close() error {
	for _, c := range e.cards {
		e.sim.Remove(c)
	}
	return nil
}

// tapped is a station whose channel a test listens to.
type tapped struct {
	station
	wrap func(badge.Channel) badge.Channel
}

func (s tapped) Card(ctx context.Context) (badge.PICC, badge.Channel, error) {
	p, c, err := s.station.Card(ctx)
	if err == nil && s.wrap != nil {
		c = s.wrap(c)
	}
	return p, c, err
}

// run gives the badge command, its exit code, and what was said.
func (o *office) run(args ...string) (int, string, string) {
	o.t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(o.t.Context(), append([]string{"badge"}, args...), &stdout, &stderr, o.surroundings())
	o.said.WriteString(stdout.String() + stderr.String())
	return code, stdout.String(), stderr.String()
}

func (o *office) ok(args ...string) string {
	o.t.Helper()
	code, stdout, stderr := o.run(args...)
	if code != exitOK || stderr != "" {
		o.t.Fatalf("%q: exit code %d, said %q", args, code, stderr)
	}
	for _, line := range strings.Split(strings.ReplaceAll(stdout, filepath.Dir(o.folder), "."), "\n") {
		if utf8.RuneCountInString(line) > 80 {
			o.t.Errorf("%q: line longer than 80: %q", args, line)
		}
	}
	return stdout
}

// fails wants an error with these words, and a hint.
func (o *office) fails(want string, args ...string) {
	o.t.Helper()
	code, _, stderr := o.run(args...)
	if code == exitOK || !strings.Contains(stderr, want) || !strings.Contains(stderr, "kioskctl: hint: ") {
		o.t.Errorf("%q: exit code %d, said %q, want %q and a hint", args, code, stderr, want)
	}
}

func (o *office) make(card picc.Card, args ...string) string {
	o.t.Helper()
	o.on = []picc.Card{card}
	return o.ok(makeArgs(o, args...)...)
}

func makeArgs(o *office, args ...string) []string {
	return append([]string{"make", o.folder, "mairie", "--role", "helper", "--until", "2027-03-31"}, args...)
}

// site is what a kiosk knows from the site's folder alone, its lines put into
// a site.toml.
func (o *office) site() *badge.Site {
	o.t.Helper()
	read := func(path string) []byte {
		data, err := os.ReadFile(path)
		if err != nil {
			o.t.Fatal(err)
		}
		return data
	}
	lines := read(filepath.Join(o.siteFolder(), "badge.toml"))
	c, err := config.Decode("site.toml", append(read("../../kiosk/config/example-site.toml"), lines...))
	if err != nil {
		o.t.Fatal(err)
	}
	key, err := badge.ParseKey(strings.TrimSpace(string(read(filepath.Join(o.siteFolder(), filepath.Base(c.Badge.SiteKeyFile))))))
	if err != nil {
		o.t.Fatal(err)
	}
	block, rest := pem.Decode(read(filepath.Join(o.siteFolder(), filepath.Base(c.Badge.IssuerFile))))
	if block == nil || len(rest) > 0 {
		o.t.Fatal("no public key in PEM")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		o.t.Fatal(err)
	}
	return &badge.Site{
		Organisation: c.Badge.Organisation, AID: badge.AID(c.Badge.Application),
		Key: key, Issuer: public.(ed25519.PublicKey),
	}
}

// kiosk reads a card as the kiosks of the site do: with the site's folder, the
// list where there is one, and nothing else.
func (o *office) kiosk(card picc.Card) hw.Role {
	o.t.Helper()
	site := o.site()
	if list, err := os.ReadFile(o.listFile()); err == nil {
		if site.Revoked, err = badge.OpenRevocations(list, site.Issuer, site.Organisation, 0); err != nil {
			o.t.Fatal(err)
		}
	}
	st, err := openSim(o.t.Context(), card)
	if err != nil {
		o.t.Fatal(err)
	}
	defer st.Close()
	pcd := st.(*chipStation).pcd
	if err := pcd.Field(o.t.Context(), true); err != nil {
		o.t.Fatal(err)
	}
	role, err := badge.Read(o.t.Context(), pcd, site, rand.Reader, o.surroundings().now())
	if err != nil {
		o.t.Fatal(err)
	}
	return role
}

func (o *office) reads(card picc.Card, want hw.Role) {
	o.t.Helper()
	if got := o.kiosk(card); got != want {
		o.t.Errorf("the kiosk reads %v, want %v", got, want)
	}
}

func (o *office) register() *issuer.Register {
	o.t.Helper()
	f, err := issuer.Open(o.folder)
	if err != nil {
		o.t.Fatal(err)
	}
	return &f.Register
}

// checkSilence looks through everything that was said for keys and UIDs.
func (o *office) checkSilence() {
	f, err := issuer.Open(o.folder)
	if err != nil {
		return // a test has broken it
	}
	k, err := f.Keys([]byte(secret))
	if err != nil {
		o.t.Error(err)
		return
	}
	site := k.Site("mairie")
	for _, bytes := range [][]byte{k.Master[:], site.Key[:], k.Signer.Seed(), uid(0)[:6]} {
		if strings.Contains(strings.ToLower(o.said.String()), hex.EncodeToString(bytes)) {
			o.t.Error("a key or a UID was said")
		}
	}
}

func uid(n byte) []byte { return []byte{0x04, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, n} }

// card is a new one.
func card(t *testing.T, n byte, c picc.Content) picc.Card {
	t.Helper()
	c.UID = uid(n)
	made, err := picc.NewCard(c)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestBadgeFromFolderToKiosk goes the whole way of a badge.
func TestBadgeFromFolderToKiosk(t *testing.T) {
	for name, content := range map[string]picc.Content{"EV1": {Generation: picc.EV1}, "EV2": {}, "random UID": {RandomUID: true}} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, "217500016")
			helper, technician := card(t, 1, content), card(t, 2, content)
			o.reads(helper, hw.RoleNone)
			o.make(helper, "--label", "Accueil 1")
			o.make(technician, "--role", "technician")
			o.reads(helper, hw.RoleHelper)
			o.reads(technician, hw.RoleTechnician)

			o.on = []picc.Card{helper}
			if said := o.ok("show", o.folder); !strings.Contains(said, "Badge n° 1\n") || !strings.Contains(said, "Accueil 1") || !strings.Contains(said, "en service") {
				t.Errorf("show said %q", said)
			}
			o.ok("revoke", o.folder, "1")
			o.reads(helper, hw.RoleHelper) // until the list comes
			o.ok("revocations", o.folder, o.listFile(), "--until", "2027-01-31")
			o.reads(helper, hw.RoleNone)
			o.reads(technician, hw.RoleTechnician)
			if said := o.ok("show", o.folder); !strings.Contains(said, "retiré") {
				t.Errorf("show said %q", said)
			}

			o.make(helper) // revoked: no --renew needed
			o.reads(helper, hw.RoleHelper)
			o.fails("card is badge 3 of this site already", makeArgs(o)...)
			o.make(helper, "--renew")
			o.ok("revocations", o.folder, o.listFile(), "--until", "2027-01-31")
			o.reads(helper, hw.RoleHelper)
			if got := o.register().Refused(); numbers(got) != "1, 3" {
				t.Errorf("refused: %v", got)
			}
		})
	}
}

func TestBadgeOfAnotherOrganisation(t *testing.T) {
	ours, theirs := newOffice(t, "217500016"), newOffice(t, "210100012")
	c := card(t, 1, picc.Content{})
	theirs.make(c)
	ours.reads(c, hw.RoleNone)
	ours.on = []picc.Card{c}
	if said := ours.ok("show", ours.folder, "--lang", "en"); said != "Lay one card on the reader, and leave it there.\nThis card is no badge of organisation 217500016.\n" {
		t.Errorf("show said %q", said)
	}
	ours.make(c, "--role", "technician") // a card serves both
	ours.reads(c, hw.RoleTechnician)
	theirs.reads(c, hw.RoleHelper)
}

// The same number and name, but other keys: what is on the card stays.
func TestBadgeOfANamesake(t *testing.T) {
	ours, theirs := newOffice(t, "217500016"), newOffice(t, "217500016")
	c := card(t, 1, picc.Content{})
	theirs.make(c)
	ours.on = []picc.Card{c}
	ours.fails("application of somebody else", makeArgs(ours)...)
	theirs.reads(c, hw.RoleHelper)
	ours.reads(c, hw.RoleNone)
}

// A card that leaves in the middle of any frame is no badge, or one that the
// next list refuses; made again it is one with another number.
func TestBadgeInterrupted(t *testing.T) {
	listener := &picc.Recorder{Card: card(t, 1, picc.Content{})}
	newOffice(t, "217500016").make(listener)
	for n := 4; n < len(listener.Exchanges); n++ {
		o := newOffice(t, "217500016")
		leaving := picc.Leaving(card(t, 1, picc.Content{}), n, 20)
		o.on = []picc.Card{leaving}
		code, _, stderr := o.run(makeArgs(o)...)
		if code == exitOK {
			continue // the last frames say goodbye
		}
		if !strings.Contains(stderr, "hint: ") {
			t.Errorf("frame %d: said %q", n, stderr)
		}
		begun := len(o.register().Badges)
		leaving.Back()
		o.make(leaving)
		o.ok("revocations", o.folder, o.listFile(), "--until", "2027-01-31")
		o.reads(leaving, hw.RoleHelper)
		r := o.register()
		if len(r.Badges) != begun+1 || len(r.Refused()) != begun {
			t.Errorf("frame %d: register %+v", n, r.Badges)
		}
	}
}

// TestBadgeRegisterCannotBeWritten blocks the register's file before the card
// is written, and after.
func TestBadgeRegisterCannotBeWritten(t *testing.T) {
	o := newOffice(t, "217500016")
	c := card(t, 1, picc.Content{})
	obstacle := filepath.Join(o.folder, "register.toml.new", "obstacle")
	block := func() {
		if err := os.MkdirAll(obstacle, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	clear := func() {
		if err := os.RemoveAll(filepath.Dir(obstacle)); err != nil {
			t.Fatal(err)
		}
	}
	block()
	o.on = []picc.Card{c}
	if code, _, stderr := o.run(makeArgs(o)...); code != exitFailed || !strings.Contains(stderr, "register.toml") {
		t.Errorf("exit code %d, said %q", code, stderr)
	}
	clear()
	o.reads(c, hw.RoleNone)
	if n := len(o.register().Badges); n != 0 {
		t.Errorf("%d badges in the register", n)
	}

	o.channel = func(ch badge.Channel) badge.Channel { return &listening{ch, 0xC4, block} } // ChangeKey
	o.fails("badge 1 is on the card but not in the register", makeArgs(o)...)
	clear()
	o.channel = nil
	if b := o.register().Badges; len(b) != 1 || b[0].State != issuer.Unfinished {
		t.Errorf("register %+v", b)
	}
	o.make(c)
	o.ok("revocations", o.folder, o.listFile(), "--until", "2027-01-31")
	o.reads(c, hw.RoleHelper)
}

// listening does something when a command is sent.
type listening struct {
	badge.Channel
	cmd byte
	do  func()
}

func (l *listening) Exchange(ctx context.Context, message []byte) ([]byte, error) {
	if message[1] == l.cmd {
		l.do()
	}
	return l.Channel.Exchange(ctx, message)
}

func TestBadgeRefusals(t *testing.T) {
	o := newOffice(t, "217500016")
	o.fails("more than one badge", o.with(card(t, 1, picc.Content{}), card(t, 2, picc.Content{}))...)
	o.fails("no badge on the reader", append(o.with(), "--wait", "150ms")...)
	transit, err := picc.New(picc.Config{UID: []byte{1, 2, 3, 4}})
	if err != nil {
		t.Fatal(err)
	}
	o.fails("not a DESFire card", o.with(transit)...)
	closed := card(t, 3, picc.Content{MasterKey: &picc.Key{Value: [16]byte{1}}, Settings: 0x08})
	o.fails("take a new DESFire", o.with(closed)...)
	o.fails("--until 2026-11-21 is over", makeArgs(o, "--until", "2026-11-21")...)
	o.fails("day is not written like", makeArgs(o, "--until", "31/03/2027")...)
	o.fails("--role must be one of", makeArgs(o, "--role", "mayor")...)
	o.fails("label has quotes", makeArgs(o, "--label", "a\"b")...)
	o.fails("label is longer", makeArgs(o, "--label", strings.Repeat("é", 25))...)
	o.fails(`site "gare" is not in the register; it has: mairie`, "make", o.folder, "gare", "--role", "helper", "--until", "2027-03-31")
	o.fails("name of a site", "site", o.folder, "Mairie", o.siteFolder()+"2")
	o.fails("there is something already", "site", o.folder, "mairie", o.siteFolder())
	o.fails("there is another file", "revocations", o.folder, filepath.Join(o.siteFolder(), "issuer.pem"), "--until", "2027-03-31")
	o.fails("is over", "revocations", o.folder, o.listFile(), "--until", "2026-03-31")
	o.fails("badge 9: no such badge", "revoke", o.folder, "9")
	o.fails("there is something already", "init", o.folder, "--organisation", "1")
	o.fails("no such file", "list", o.folder+"2")
	if r := o.register(); len(r.Refused()) != len(r.Badges) || r.List != 0 {
		t.Errorf("the register has changed: %+v", r)
	}
}

func (o *office) with(cards ...picc.Card) []string {
	o.on = cards
	return makeArgs(o)
}

// An old copy of the register would give numbers twice.
func TestBadgeOldRegister(t *testing.T) {
	o := newOffice(t, "217500016")
	path := filepath.Join(o.folder, "register.toml")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := card(t, 1, picc.Content{})
	o.make(c)
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	o.fails("which the register does not know", makeArgs(o)...)
	if said := o.ok("show", o.folder); !strings.Contains(said, "inconnu du registre") {
		t.Errorf("show said %q", said)
	}
}

// TestBadgeList holds the list to the files beside it, at most 80 columns wide.
func TestBadgeList(t *testing.T) {
	r := &issuer.Register{Organisation: 217500016, Sites: []string{"mairie-centre", "espace-france-services", "gare"}, List: 4}
	until := func(text string) badge.Day {
		d, err := badge.ParseDay(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for i, b := range []issuer.Badge{
		{Site: "mairie-centre", Role: hw.RoleHelper, Label: "Accueil 1", Until: until("2027-03-31"), State: issuer.Ready},
		{Site: "mairie-centre", Role: hw.RoleTechnician, Label: "Services techniques, été", Until: until("2029-09-30"), State: issuer.Revoked},
		{Site: "espace-france-services", Role: hw.RoleHelper, Until: until("2026-11-21"), State: issuer.Ready},
		{Site: "espace-france-services", Role: hw.RoleHelper, Until: until("2026-11-22"), State: issuer.Ready},
		{Site: "mairie-centre", Role: hw.RoleHelper, Label: "Guichet 3", Until: until("2027-02-01"), State: issuer.Unfinished},
	} {
		b.Serial = uint64(i) + 1
		r.Badges = append(r.Badges, b)
	}
	for _, lang := range []string{"fr", "en"} {
		got := listText(r, until("2026-11-22"), lang)
		want, err := os.ReadFile(filepath.Join("testdata", "badge-list."+lang))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v; the list is\n%s", lang, err, got)
		}
		for _, line := range strings.Split(string(got), "\n") {
			if utf8.RuneCountInString(line) > 80 {
				t.Errorf("longer than 80: %q", line)
			}
		}
	}
}
