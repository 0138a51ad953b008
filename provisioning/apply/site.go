package apply

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
)

const (
	releases = "releases"
	targets  = "targets"
	metadata = "metadata"

	currentName = "current"
)

var (
	// ErrTrial is returned where the release in force must first be confirmed
	// or taken back.
	ErrTrial = errors.New("a release is on trial: confirm it or take it back first")
	// ErrNoTrial is returned by Confirm and PutOff when nothing is on trial.
	ErrNoTrial = errors.New("no release is on trial")
	// ErrNothingBefore is returned by TakeBack when there is nothing to go
	// back to.
	ErrNothingBefore = errors.New("there is no release to go back to")
	// ErrNothingStaged is returned by Try when no release was staged since the
	// site was opened.
	ErrNothingStaged = errors.New("no release is staged")
)

// Site is the directory DATA/site, opened by one owner at a time. Its methods
// are not safe for concurrent use.
type Site struct {
	fs     FS
	state  State
	staged Release // whole on the disk and named by no state; zero: none
	broken error   // why nothing may change any more: what the disk holds is unknown
}

// New reads the state of the site that fsys holds, and takes fsys over. Without
// a state it makes an empty one; a kiosk that has releases but no state is
// damaged.
func New(fsys FS) (*Site, error) {
	s := &Site{fs: fsys}
	if err := s.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("open site: %w", err), fsys.Close())
	}
	return s, nil
}

// load reads the state or makes one. The state is there before the directory of
// releases, so that later the one without the other tells of damage.
func (s *Site) load() error {
	state, found, err := readState(s.fs)
	if err != nil {
		return err
	}
	s.state = state
	there, err := fs.ReadDir(s.fs, releases)
	none := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !none:
		return fmt.Errorf("list releases: %w", err)
	case !found && !none, found && !state.among(there):
		return fmt.Errorf("state and releases do not belong together: %w", ErrDamaged)
	case found && !none:
		return nil
	case !found:
		if err := s.writeState(State{}); err != nil {
			return err
		}
	}
	if err := s.fs.Mkdir(releases); err != nil {
		return fmt.Errorf("make directory of releases: %w", full(err))
	}
	if err := s.fs.SyncDir("."); err != nil {
		return fmt.Errorf("make directory of releases: %w", full(err))
	}
	return nil
}

// Close gives the site free. What was staged and not tried is removed by the
// next Boot or Stage.
func (s *Site) Close() error { return s.fs.Close() }

// State returns what is in force.
func (s *Site) State() State { return s.state }

// Boot is called once when the daemon starts, before anything of the release
// in force is used. It counts the start of a release on trial, or takes it back
// when it has none left, and removes what a power cut has left behind. After an
// error nothing on trial may be used: its start was not counted.
func (s *Site) Boot() (State, error) {
	if s.broken != nil {
		return State{}, s.broken
	}
	if s.state.Trial {
		next := s.state
		next.Boots--
		if next.Boots < 0 {
			next = s.state.takenBack()
		}
		if err := s.writeState(next); err != nil {
			return State{}, fmt.Errorf("count start of release %d: %w", s.state.Current.Number, err)
		}
	}
	s.clean()
	return s.state, nil
}

// Link points DATA/site/current at the files of the release in force, or
// removes it where none is. Whoever starts using a release calls it, once: what
// reads by that path sees the other release from then on.
func (s *Site) Link() error {
	if s.state.Current.Number == 0 {
		if err := s.fs.Remove(currentName); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove link: %w", err)
		}
		return nil
	}
	if err := s.fs.Link(path.Join(dir(s.state.Current.Number), targets), currentName); err != nil {
		return fmt.Errorf("link release %d: %w", s.state.Current.Number, full(err))
	}
	return nil
}

// Try puts the staged release in force, on trial.
func (s *Site) Try() error {
	switch {
	case s.broken != nil:
		return s.broken
	case s.state.Trial:
		return ErrTrial
	case s.staged.Number == 0:
		return ErrNothingStaged
	}
	next := s.state
	next.Current, next.Previous, next.Trial, next.Boots = s.staged, s.state.Current, true, TrialBoots
	if err := s.writeState(next); err != nil {
		return err
	}
	s.staged = Release{}
	return nil
}

// Confirm ends the trial: the release in force stays, and its metadata is
// trusted from now on.
func (s *Site) Confirm() error {
	switch {
	case s.broken != nil:
		return s.broken
	case !s.state.Trial:
		return ErrNoTrial
	}
	next := s.state
	next.Trial, next.Boots, next.Trusted, next.TakenBack = false, 0, s.state.Current.Number, ""
	if err := s.writeState(next); err != nil {
		return err
	}
	s.clean()
	return nil
}

// TakeBack puts the release before in force again: on trial, when the self-test
// has failed, even where none was before; later, when a technician wants it,
// once. The trusted metadata stays, as the package comment explains.
func (s *Site) TakeBack() error {
	switch {
	case s.broken != nil:
		return s.broken
	case !s.state.Trial && s.state.Previous.Number == 0:
		return ErrNothingBefore
	}
	if err := s.writeState(s.state.takenBack()); err != nil {
		return err
	}
	s.clean()
	return nil
}

// PutOff puts the release before the one on trial in force again, as TakeBack
// does, and leaves TakenBack as it was: what has failed was not the release.
func (s *Site) PutOff() error {
	switch {
	case s.broken != nil:
		return s.broken
	case !s.state.Trial:
		return ErrNoTrial
	}
	next := s.state.takenBack()
	next.TakenBack = s.state.TakenBack
	if err := s.writeState(next); err != nil {
		return err
	}
	s.clean()
	return nil
}

func (s State) takenBack() State {
	return State{Current: s.Previous, Trusted: s.Trusted, TakenBack: s.Current.Version}
}

// Held is a release opened for reading. It stays on the disk until it is
// closed, whatever is applied meanwhile.
type Held struct {
	Release
	fs.FS // its files under their logical names, such as site.toml
	tree  Tree
}

// Close gives the release free.
func (h *Held) Close() error { return h.tree.Close() }

// Current opens the release in force and holds it; the site may be closed
// then. The error is fs.ErrNotExist where no release is in force.
func (s *Site) Current() (*Held, error) {
	r := s.state.Current
	if r.Number == 0 {
		return nil, fmt.Errorf("open release: none is in force: %w", fs.ErrNotExist)
	}
	tree, err := s.fs.Hold(dir(r.Number))
	if err != nil {
		return nil, fmt.Errorf("open release %d: %w", r.Number, err)
	}
	files, err := fs.Sub(tree, targets)
	if err != nil {
		return nil, errors.Join(err, tree.Close())
	}
	return &Held{r, files, tree}, nil
}

// Trusted returns the trusted metadata by file name, empty where none is
// trusted yet.
func (s *Site) Trusted() (map[string][]byte, error) {
	all := map[string][]byte{}
	if s.state.Trusted == 0 {
		return all, nil
	}
	from := path.Join(dir(s.state.Trusted), metadata)
	entries, err := fs.ReadDir(s.fs, from)
	if err == nil && len(entries) == 0 {
		err = ErrDamaged // no metadata would be trust in anybody
	}
	if err != nil {
		return nil, fmt.Errorf("read trusted metadata: %w", err)
	}
	for _, e := range entries {
		if all[e.Name()], err = readFile(s.fs, path.Join(from, e.Name()), maxMetadata); err != nil {
			return nil, fmt.Errorf("read trusted metadata: %w", err)
		}
	}
	return all, nil
}

func dir(number int) string { return path.Join(releases, strconv.Itoa(number)) }
