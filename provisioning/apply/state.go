package apply

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"guichet.example/internal/stricttoml"
)

const (
	stateName   = "state"
	stateNew    = "state.new" // being written
	stateFormat = 1
	maxState    = 4096 // bytes; a full one has about 300
)

// TrialBoots is how many starts a release on trial has. The second and third
// are for a cable pulled out or a daemon killed for another reason.
const TrialBoots = 3

// ErrDamaged is returned when the state cannot be read although it was written
// whole: the medium has lost it. Nothing is guessed then, because an older
// state would let old sticks in again.
var ErrDamaged = errors.New("what the kiosk knows of its releases is damaged; replace the memory card and set the kiosk up again")

// Release names a release.
type Release struct {
	Number  int    // of its directory; given again once that is removed; 0: none
	Version string // the candidate's
}

// State says which release is in force. Its zero value is a kiosk that was
// never set up.
type State struct {
	Current  Release // in force
	Previous Release // was in force before; what TakeBack returns to
	// Trusted is the number of the release whose metadata is trusted: the
	// newest that was ever confirmed. 0: none.
	Trusted int
	Trial   bool // Current is neither confirmed nor taken back
	Boots   int  // starts left while on trial, 0 to TrialBoots
	// TakenBack is the version last taken back, not put off, "" once another is
	// confirmed.
	// Who fetches releases without a person does not try it again.
	TakenBack string
}

// stateFile is the form of the file. A line with the hash of all lines before
// it stands at the end.
type stateFile struct {
	Format          int    `toml:"format"`
	Current         int    `toml:"current"`
	CurrentVersion  string `toml:"current_version"`
	Previous        int    `toml:"previous"`
	PreviousVersion string `toml:"previous_version"`
	Trusted         int    `toml:"trusted"`
	Trial           bool   `toml:"trial"`
	Boots           int    `toml:"boots"`
	TakenBack       string `toml:"taken_back"`
}

const sumPrefix = "# sha256 "

func (s State) encode() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "format = %d\ncurrent = %d\ncurrent_version = %q\n", stateFormat, s.Current.Number, s.Current.Version)
	fmt.Fprintf(&b, "previous = %d\nprevious_version = %q\ntrusted = %d\n", s.Previous.Number, s.Previous.Version, s.Trusted)
	fmt.Fprintf(&b, "trial = %t\nboots = %d\ntaken_back = %q\n", s.Trial, s.Boots, s.TakenBack)
	return []byte(b.String() + sumLine(b.String()))
}

func sumLine(text string) string {
	sum := sha256.Sum256([]byte(text))
	return sumPrefix + hex.EncodeToString(sum[:]) + "\n"
}

func decodeState(data []byte) (State, error) {
	text, _, found := strings.Cut(string(data), sumPrefix)
	if !found || text+sumLine(text) != string(data) {
		return State{}, fmt.Errorf("its hash is wrong: %w", ErrDamaged)
	}
	if err := stricttoml.Format(stateName, []byte(text), stateFormat); err != nil {
		return State{}, err // whole, but of another version of kioskd
	}
	var f stateFile
	if _, err := stricttoml.Decode(stateName, []byte(text), &f); err != nil {
		return State{}, err
	}
	s := State{Release{f.Current, f.CurrentVersion}, Release{f.Previous, f.PreviousVersion}, f.Trusted, f.Trial, f.Boots, f.TakenBack}
	return s, s.check()
}

// check refuses what no sequence of steps leads to.
func (s State) check() error {
	for _, r := range []Release{s.Current, s.Previous, {Number: s.Trusted}} {
		if r.Number < 0 || r.Number == 0 && r.Version != "" {
			return fmt.Errorf("release %d %q: %w", r.Number, r.Version, ErrDamaged)
		}
	}
	if s.Boots < 0 || s.Boots > TrialBoots || !s.Trial && s.Boots > 0 || s.Trial && s.Current.Number == 0 ||
		s.Current.Number == s.Previous.Number && s.Current.Number > 0 {
		return fmt.Errorf("trial %t, %d starts, releases %d and %d: %w", s.Trial, s.Boots, s.Current.Number, s.Previous.Number, ErrDamaged)
	}
	return nil
}

// keeps says whether the state needs a release.
func (s State) keeps(number int) bool {
	return number > 0 && (number == s.Current.Number || number == s.Previous.Number || number == s.Trusted)
}

// among says whether every release that the state needs is there.
func (s State) among(there []fs.DirEntry) bool {
	on := map[int]bool{0: true}
	for _, e := range there {
		if n, ok := releaseNumber(e); ok && e.IsDir() {
			on[n] = true
		}
	}
	return on[s.Current.Number] && on[s.Previous.Number] && on[s.Trusted]
}

// readState reads the state; found is false where there never was one.
func readState(fsys FS) (s State, found bool, err error) {
	data, err := readFile(fsys, stateName, maxState)
	if errors.Is(err, fs.ErrNotExist) {
		return State{}, false, nil
	}
	if err != nil {
		return State{}, false, fmt.Errorf("read state: %w", err)
	}
	if s, err = decodeState(data); err != nil {
		return State{}, false, fmt.Errorf("read state: %w", err)
	}
	return s, true, nil
}

// readFile reads a file of at most limit bytes.
func readFile(fsys fs.FS, name string, limit int64) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%q has more than %d bytes", name, limit)
	}
	return data, err
}

// writeState replaces the state by one rename. After an error before the
// rename the old state holds, on the disk and in s; after one behind it nobody
// knows, and s takes no further change.
func (s *Site) writeState(next State) error {
	if err := s.beside(next); err != nil {
		return fmt.Errorf("write state: %w", full(err))
	}
	if err := s.fs.Rename(stateNew, stateName); err != nil {
		return fmt.Errorf("write state: %w", full(err))
	}
	if err := s.fs.SyncDir("."); err != nil {
		s.broken = fmt.Errorf("write state: flush: %w", err)
		return s.broken
	}
	s.state = next
	return nil
}

// beside writes the state under its temporary name.
func (s *Site) beside(next State) error {
	if err := s.fs.Remove(stateNew); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := s.fs.Create(stateNew)
	if err != nil {
		return err
	}
	_, err = f.Write(next.encode())
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
