package upkeep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"guichet.example/kiosk"
	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/identity"
	"guichet.example/provisioning/stick"
	"guichet.example/provisioning/stick/fat"
	"guichet.example/provisioning/trust"
)

// Names in Config.Data.
const (
	SiteDir  = "site"         // releases
	KeyFile  = "identity.key" // the kiosk's own
	incoming = "incoming"     // copy of a stick, while somebody works with it
)

// A Port is where sticks are plugged in.
type Port interface {
	// Next is that of kiosk.Upkeep.
	Next(ctx context.Context) (kiosk.Port, error)
	// Stick returns the path of the device that is in the port now, or of an
	// image of one. Where it may not be used, or is gone, the error is a
	// *usb.Refusal.
	Stick() (string, error)
}

// Config is what a kiosk has for it.
type Config struct {
	Data     string // directory on the data partition, for root alone
	Port     Port
	Reader   stick.Reader
	Built    time.Time // when the program was built, as far as known
	Firmware string    // its version, for an enrolment
	Usage    string    // usage file, for reports; "" for none
	Faults   *Faults   // for reports; nil for none
	// Running is the release that this process has read; the zero value where
	// it is none of a site's.
	Running apply.Release
	Trial   Trial
	Log     *slog.Logger
}

// Upkeep is a kiosk.Upkeep.
type Upkeep struct {
	config Config
	mu     sync.Mutex  // held by the work in hand
	plan   *Checked    // that is on screen
	copy   *os.Root    // that it was made from
	again  atomic.Bool // what was tried may come again; TakeBack may come from another goroutine
}

// New removes what a power cut has left of a stick.
func New(c Config) (*Upkeep, error) {
	u := &Upkeep{config: c}
	return u, u.drop()
}

// Close removes the copy of a stick.
func (u *Upkeep) Close() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.drop()
}

// Next implements kiosk.Upkeep. With the stick goes its copy, unless it is
// being worked with: then the work removes it.
func (u *Upkeep) Next(ctx context.Context) (kiosk.Port, error) {
	what, err := u.config.Port.Next(ctx)
	if err == nil && what == kiosk.StickOut && u.mu.TryLock() {
		u.dropOrLog()
		u.mu.Unlock()
	}
	return what, err
}

func (u *Upkeep) copied() string { return filepath.Join(u.config.Data, incoming) }

// drop forgets the plan and removes the copy.
func (u *Upkeep) drop() error {
	u.plan = nil
	if u.copy != nil {
		_ = u.copy.Close() // of a directory, opened for reading
		u.copy = nil
	}
	if err := os.RemoveAll(u.copied()); err != nil {
		return fmt.Errorf("remove copy of a stick: %w", err)
	}
	return nil
}

func (u *Upkeep) dropOrLog() {
	if err := u.drop(); err != nil {
		u.config.Log.Warn("what is left of a stick", "err", err)
	}
}

// Read implements kiosk.Upkeep.
func (u *Upkeep) Read(ctx context.Context, tell func(wire.Work)) wire.Work {
	u.mu.Lock()
	defer u.mu.Unlock()
	err := u.drop()
	var work wire.Work
	if err == nil {
		work, err = u.read(ctx, tell)
	}
	if err != nil {
		u.config.Log.Info("a stick is refused", "err", err)
		work = inWords(wire.StepRefused, err)
	}
	if work.Step != wire.StepPlan || ctx.Err() != nil {
		u.dropOrLog()
	}
	return work
}

func (u *Upkeep) read(ctx context.Context, tell func(wire.Work)) (wire.Work, error) {
	id, err := identity.Open(filepath.Join(u.config.Data, KeyFile))
	if err != nil {
		return wire.Work{}, err
	}
	site, err := OpenSite(ctx, filepath.Join(u.config.Data, SiteDir))
	if err != nil {
		return wire.Work{}, err
	}
	checked, device, err := u.check(ctx, site, id, tell)
	state := site.State()
	fresh := state.Current == apply.Release{} // also where the first release was taken back
	err = errors.Join(err, site.Close())
	switch {
	case err != nil && fresh && device != "" && nothingForUs(err):
		return u.enrol(ctx, device, id)
	case err != nil:
		return wire.Work{}, err
	}
	reported := u.collect(ctx, device, collection{id, checked.Reports, checked.Plan.ID, state})
	if checked.Plan.Same() && !checked.Rekeyed {
		return wire.Work{Step: wire.StepNothing, Lines: lines(func(lang string) []string { return below(checked.Plan.In(lang), reported(lang)) })}, nil
	}
	u.plan = checked
	return wire.Work{Step: wire.StepPlan, Lines: lines(func(lang string) []string {
		said := checked.Plan.In(lang)
		if checked.Rekeyed && !checked.Plan.First {
			said = append(said, text{"Les clés du site sont remplacées.", "The keys of the site are replaced."}.in(lang))
		}
		return below(said, reported(lang))
	})}, nil
}

// check copies the stick and checks the copy. device is "" where there is none
// that may be used.
func (u *Upkeep) check(ctx context.Context, site *apply.Site, id *identity.Identity, tell func(wire.Work)) (*Checked, string, error) {
	device, err := u.config.Port.Stick()
	if err != nil {
		return nil, "", err
	}
	reader := u.config.Reader
	reader.Progress = progress(wire.StepReading, tell)
	contents, used, err := reader.Read(ctx, device, u.copied())
	if err != nil {
		return nil, device, err
	}
	u.config.Log.Info("a stick is copied", "kind", contents.Kind, "files", contents.Files, "bytes", contents.Bytes, "took", used.Time, "memory", used.Memory)
	again, err := u.config.Port.Stick() // it may have shown more of itself
	if err != nil || again != device {
		return nil, "", errors.Join(err, pulledUnless(err))
	}
	tell(wire.Work{Step: wire.StepChecking})
	if u.copy, err = os.OpenRoot(u.copied()); err != nil {
		return nil, device, err
	}
	checked, err := Check(ctx, u.copy.FS(), site, id, u.config.Built, progress(wire.StepChecking, tell))
	return checked, device, err
}

// nothingForUs says that a stick is whole and holds nothing for this kiosk.
func nothingForUs(err error) bool {
	if r := new(fat.Refusal); errors.As(err, &r) {
		return r.Code == fat.NoFolder
	}
	r := new(trust.Refusal)
	return errors.As(err, &r) && (r.Code == trust.None || r.Code == trust.WrongKiosk)
}

// enrol leaves word of this kiosk on the stick.
func (u *Upkeep) enrol(ctx context.Context, device string, id *identity.Identity) (wire.Work, error) {
	if again, err := u.config.Port.Stick(); err != nil || again != device { // it may have shown more of itself
		return wire.Work{}, errors.Join(err, pulledUnless(err))
	}
	e := id.Enrolment(identity.ReadFacts(os.DirFS("/")), u.config.Firmware)
	if _, err := u.config.Reader.Write(ctx, device, enrolmentName(e.Kiosk), e.Encode()); err != nil {
		return wire.Work{}, err
	}
	u.config.Log.Info("the enrolment is on the stick", "kiosk", string(e.Kiosk))
	file := provisioning.EnrolmentFile(e.Kiosk)
	return wire.Work{Step: wire.StepEnrolled, Lines: map[string][]string{
		"fr": {"La borne a écrit sur la clé le fichier " + file + ".",
			"Il contient le numéro de la borne, son modèle et sa clé publique. Rien n’y est secret."},
		"en": {"The kiosk has written the file " + file + " on the stick.",
			"It holds the kiosk’s number, its model and its public key. Nothing in it is secret."},
	}}, nil
}
