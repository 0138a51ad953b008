// Package revocations keeps the list of a kiosk's revoked badges: it reads the
// file anew that the organisation's newest list is brought to, refuses what is
// no newer list of the organisation, and remembers what it has accepted. What
// a list is and what it says of a badge is decided in package badge.
//
// It may be imported by programs and tests.
//
// # What is remembered
//
// The last list that was accepted is copied, whole, to a file of this package's
// own, for this user alone, named after the issuer. The copy is at once the
// highest number ever accepted, the content that goes with this number, and
// the list that goes on where the file brought is lost or broken. It is
// replaced whole, so a power cut leaves the one before or the new one.
//
// # What holds when
//
//	file brought       copy      in force
//	newer              any       the file; then copied
//	older, broken,
//	another of the
//	same number, gone  good      the copy; the log says why
//	good               none      the file; then copied
//	broken or gone     none      Open fails: this kiosk was not set up
//	any                damaged   a list that lets nobody in
//	not configured     good      the copy; the log says that it is no longer brought
//	not configured     none      no list: the organisation has issued none
//
// A list that goes on ends by itself: after its last day helpers are refused
// (badge.Site.Judge). So who keeps newer lists away gains the days that the
// organisation has signed, and no more. A damaged copy cannot say which
// numbers are too old, and everything could be brought then; whoever is root
// removes it (the log names it) and takes the number on themselves.
//
// That a list will end within a week, and that it has, is logged once each:
// nobody at the kiosk is told why a helper is refused.
//
// A list that could not be copied is in force all the same, since it only
// refuses more; copying is tried again at each look.
package revocations

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"guichet.example/hw/badge"
	"guichet.example/internal/atomicfile"
	"guichet.example/internal/ownfile"
)

// interval is between two looks at the file brought. Somebody brings a list by
// hand or over a slow network a few times a year; one lstat in ten seconds
// costs nothing beside the reader's polls, and unlike inotify it sees a
// directory that was exchanged or mounted over.
const interval = 10 * time.Second

// warning is for how many days before its last one a list is said to end.
const warning = 7

// maxSize is that of the longest list, in bytes, and some.
const maxSize = 8*badge.MaxRevoked + 1024

// Config says whose lists count and where they are.
type Config struct {
	File         string // brought by the organisation; "" where it has issued none
	Dir          string // for the copy; it outlasts a restart
	Issuer       ed25519.PublicKey
	Organisation uint32
	Log          *slog.Logger
}

// A List is the revocation list in force. One goroutine at a time uses it.
type List struct {
	Config
	keep func(path string, data []byte, perm fs.FileMode) error // atomicfile.WriteFile, but in tests

	force  *badge.RevocationList // nil where there is none
	data   []byte                // of force
	print  ownfile.Print         // of File, when it was read last
	judged bool                  // that could be read
	fault  error                 // why File is not what is in force; nil when it is
	closed bool                  // the copy is damaged
	copied bool                  // force is on the medium
	failed bool                  // copying, and the log says so
	ending bool                  // the log says that force will end
	ended  bool                  // and that it has
}

// Open decides which list is in force. It writes nothing. An error says that
// there is no list though one is configured.
func Open(c Config) (*List, error) {
	l := &List{Config: c, keep: atomicfile.WriteFile}
	switch err := l.recall(); {
	case errors.Is(err, fs.ErrNotExist):
		l.copied = true // there is nothing to copy
	case err != nil:
		// No organisation has the number 0: this list refuses everybody.
		l.force, l.closed, l.copied = &badge.RevocationList{}, true, true
		l.fault = fmt.Errorf("no badge counts: the copy of the last list is damaged; remove it when the newest list is in place: %w", err)
		l.Log.Error("revocation list lost", "error", l.fault)
		return l, nil
	}
	if c.File == "" && l.force != nil {
		l.fault = errors.New("revocations_file is not set any more: the last list goes on")
		l.Log.Warn("revocation list", "error", l.fault)
	}
	l.Look()
	if l.force == nil && l.fault != nil {
		return nil, l.fault
	}
	l.age()
	return l, nil
}

// InForce is the list to judge badges with, nil where the organisation has
// issued none. It is never changed.
func (l *List) InForce() *badge.RevocationList { return l.force }

// Fault says why the file that was brought is not what is in force, or that
// what is in force has ended.
func (l *List) Fault() error {
	if l.fault == nil && l.ended {
		return fmt.Errorf("the revocation list %q ended on %v: no helper is let in until a newer one comes", l.File, l.force.Expires)
	}
	return l.fault
}

// age logs that the list in force comes to its end.
func (l *List) age() {
	if l.force == nil || l.closed {
		return
	}
	left := int(l.force.Expires) - int(badge.DayOf(time.Now()))
	switch {
	case left < 0 && !l.ended:
		l.ended = true
		l.Log.Error("revocation list has ended: no helper is let in until a newer one comes", "number", l.force.Sequence, "last_day", l.force.Expires)
	case left >= 0 && left < warning && !l.ending:
		l.ending = true
		l.Log.Warn("revocation list ends soon: bring a newer one", "number", l.force.Sequence, "last_day", l.force.Expires)
	}
}

// Copy is the file of the last list that was accepted. Its name is made from
// issuer and organisation: what came from another issuer, before all badges
// were made again, does not count.
func (l *List) Copy() string {
	of := sha256.Sum256(binary.BigEndian.AppendUint32(bytes.Clone(l.Issuer), l.Organisation))
	return filepath.Join(l.Dir, "revoked-"+hex.EncodeToString(of[:8])+".list")
}

// recall takes the copy. fs.ErrNotExist says that there was never a list.
func (l *List) recall() error {
	data, err := ownfile.Read(l.Copy(), maxSize, ownfile.Secret)
	if err != nil {
		return err
	}
	list, err := badge.OpenRevocations(data, l.Issuer, l.Organisation, 0)
	if err != nil {
		return fmt.Errorf("read %q: %w", l.Copy(), err)
	}
	l.force, l.data, l.copied = list, data, true
	return nil
}

// Look reads the file if it has changed, and says whether another list is in
// force now. What is refused changes nothing and is logged once.
func (l *List) Look() bool {
	if l.File == "" || l.closed {
		return false
	}
	now := ownfile.Look(l.File)
	if l.judged && now == l.print {
		return false
	}
	l.print = now
	data, err := ownfile.Read(l.File, maxSize, ownfile.Unwritten)
	l.judged = err == nil // what could not be read now may be readable the next time
	if err == nil && l.force != nil && bytes.Equal(data, l.data) {
		l.note(nil)
		return false
	}
	var list *badge.RevocationList
	if err == nil {
		list, err = l.newer(data)
	}
	l.note(err)
	if err != nil {
		return false
	}
	l.force, l.data, l.copied = list, data, false
	l.ending, l.ended = false, false
	l.age()
	l.Log.Info("revocation list in force", "number", list.Sequence, "badges", list.Len(), "issued", list.Issued, "expires", list.Expires)
	return true
}

// newer opens a list that is to replace the one in force.
func (l *List) newer(data []byte) (*badge.RevocationList, error) {
	least := uint64(0)
	if l.force != nil {
		least = l.force.Sequence
	}
	list, err := badge.OpenRevocations(data, l.Issuer, l.Organisation, least)
	if err == nil && l.force != nil && list.Sequence == least {
		return nil, fmt.Errorf("another list has had the number %d", least)
	}
	return list, err
}

// note keeps what is wrong with the file, nil where nothing is, and logs what
// was not logged before.
func (l *List) note(err error) {
	was := l.fault
	if l.fault = nil; err != nil {
		l.fault = fmt.Errorf("read revocations %q: %w", l.File, err)
	}
	switch {
	case err == nil && was != nil:
		l.Log.Info("revocation list is right again")
	case err != nil && l.force != nil && (was == nil || was.Error() != l.fault.Error()):
		l.Log.Error("revocation list refused, the last one goes on", "error", l.fault, "number", l.force.Sequence)
	}
}

// Keep copies the list in force, if that has not been done.
func (l *List) Keep() {
	if l.copied {
		return
	}
	err := l.keep(l.Copy(), l.data, 0o600)
	if err != nil && !l.failed {
		l.Log.Error("revocation list is not copied: after a restart an older one could be brought", "error", err)
	}
	l.copied, l.failed = err == nil, err != nil
}

// Follow keeps the list, looks until ctx ends and passes each list that comes
// into force to changed. It waits for nobody: changed may not either.
func (l *List) Follow(ctx context.Context, changed func(*badge.RevocationList)) {
	look := time.NewTicker(interval)
	defer look.Stop()
	for l.Keep(); ; l.Keep() {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		if l.Look() {
			changed(l.force)
		}
		l.age()
	}
}
