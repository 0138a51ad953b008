package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"guichet.example/internal/residue"
)

// Hosts of a session: the town hall of the demonstration, which every
// contender's list allows, and where the peers' home page stands.
const (
	townHall = "mairie.localhost"
	hall     = "accueil.localhost"
)

// sat is what came of sessions on one kiosk.
type sat struct {
	planted   []string          // canaries that were found while the session lasted
	left      map[string]string // those found after it, and where
	read      map[string]string // what the next person's page could read, by canary
	onDisk    []string          // canaries of removed files that the disk still holds
	resets    []float64         // ms from the command to the home surface
	memory    float64           // MiB, PSS of all its processes in the session
	processes int               // how many they were
	written   int64             // bytes to the disk from the home surface to the end of the session
}

// sessions measures a kiosk. host is how the site's address looks from it.
type sessions struct {
	contender
	disk *loop
	set  *residue.Set
	site *residue.Site
	log  io.Writer
	home *image.RGBA
}

// serveSite serves a site that plants canaries, over TLS, until ctx ends.
func serveSite(ctx context.Context, set *residue.Set, authority *residue.Authority) (*residue.Site, string, error) {
	certificate, err := authority.Certificate(townHall)
	if err != nil {
		return nil, "", err
	}
	site, err := residue.NewSite(set)
	if err != nil {
		return nil, "", err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, "", fmt.Errorf("serve site: %w", err)
	}
	server := &http.Server{ReadHeaderTimeout: patience, Handler: site, TLSConfig: site.TLS(certificate),
		ErrorLog: log.New(io.Discard, "", 0)} // browsers that are killed break off
	context.AfterFunc(ctx, func() { _ = server.Close() }) // nobody is left to tell
	go func() { _ = server.ServeTLS(l, "", "") }()        // until then
	return site, l.Addr().String(), nil
}

// measure runs the sessions: one that is searched before and after its end,
// one that looks for what the first left, and others for the time alone.
func (s *sessions) measure(ctx context.Context, rounds int) (*sat, error) {
	var result sat
	var err error
	if s.home, err = s.Home(ctx); err != nil {
		return nil, err
	}
	if err := s.first(ctx, &result); err != nil {
		return nil, fmt.Errorf("session with canaries: %w", err)
	}
	if err := s.next(ctx, &result); err != nil {
		return nil, fmt.Errorf("session after it: %w", err)
	}
	for range rounds {
		if err := s.round(ctx, &result); err != nil {
			return nil, fmt.Errorf("session to be timed: %w", err)
		}
	}
	return &result, nil
}

// first is the session that leaves as much as it can.
func (s *sessions) first(ctx context.Context, r *sat) error {
	before, err := s.disk.written()
	if err != nil {
		return err
	}
	if err := s.plant(ctx); err != nil {
		return err
	}
	pids, err := browsers()
	if err != nil {
		return err
	}
	r.memory, r.processes = proportional(pids), len(pids)
	after, err := s.disk.written()
	if err != nil {
		return err
	}
	r.written = after - before
	found, err := s.search(false)
	if err != nil {
		return err
	}
	r.planted = names(found)
	if _, err := reset(ctx, s, s.home); err != nil {
		return err
	}
	return s.after(ctx, r)
}

// after searches what is left, once the next person could begin.
func (s *sessions) after(ctx context.Context, r *sat) error {
	if err := s.Ready(ctx); err != nil {
		return err
	}
	found, err := s.search(true)
	if err != nil {
		return err
	}
	r.left = map[string]string{}
	for _, id := range names(found) {
		r.left[id] = strings.Join(found.Lines(id), "; ")
		fmt.Fprintf(s.log, "   left: %s\n", r.left[id])
	}
	if err := s.disk.flush(); err != nil {
		return err
	}
	found = residue.Found{}
	if err := s.set.File(found, s.disk.device, "disk"); err != nil {
		return err
	}
	for _, id := range names(found) {
		if _, known := r.left[id]; !known {
			r.onDisk = append(r.onDisk, id)
			fmt.Fprintf(s.log, "   left: %s\n", strings.Join(found.Lines(id), "; "))
		}
	}
	return nil
}

// plant goes to the site and does by hand what its page cannot.
func (s *sessions) plant(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := s.enter(ctx, residue.Plant, "planted"); err != nil {
		return err
	}
	if err := s.Screen().Type(ctx, []rune(string(s.set.Canary("R17")))); err != nil {
		return err
	}
	s.step(ctx, "typed")
	if err := s.keys(ctx, "Tab", "ctrl+a", "ctrl+c"); err != nil {
		return err
	}
	s.step(ctx, "copied")
	if err := s.keys(ctx, "shift+Tab"); err != nil {
		return err
	}
	if err := s.gestures(ctx); err != nil {
		return err
	}
	pause(ctx, time.Second) // all that is to be written is under way
	return nil
}

// gestures does what needs a hand. Not every browser comes to the end of it:
// cog follows the link to a download instead of refusing it, and the page is
// gone.
func (s *sessions) gestures(ctx context.Context) error {
	for _, gesture := range []string{"download", "print", "files"} {
		if err := s.keys(ctx, "Return"); err != nil {
			return err
		}
		pause(ctx, 500*time.Millisecond)              // what it opens, opens
		if err := s.keys(ctx, "Escape"); err != nil { // and closes
			return err
		}
		if !s.step(ctx, gesture) {
			return nil
		}
	}
	if err := s.keys(ctx, "Return"); err != nil {
		return err
	}
	pause(ctx, 500*time.Millisecond)
	if err := s.keys(ctx, "Return"); err != nil { // the prompt's OK
		return err
	}
	if !s.step(ctx, "dialog") {
		return s.keys(ctx, "Tab", "Return") // where its text has the keyboard first
	}
	return nil
}

func (s *sessions) keys(ctx context.Context, combinations ...string) error {
	for _, c := range combinations {
		if err := s.Screen().Key(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// step waits for the page's word, but not for long: some browsers do not let
// it happen.
func (s *sessions) step(ctx context.Context, name string) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	err := s.site.Await(ctx, name)
	if err != nil {
		fmt.Fprintf(s.log, "   the page did not come to %q\n", name)
		keep(context.WithoutCancel(ctx), s.Screen(), "missed-"+name)
	}
	return err == nil
}

// next is the next person's session, which asks every place what it knows.
func (s *sessions) next(ctx context.Context, r *sat) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := s.enter(ctx, residue.Read, "read"); err != nil {
		return err
	}
	r.read = map[string]string{}
	for id, said := range s.site.Evidence() {
		if id == "R11" {
			continue // the home page that led there, once for each touch
		}
		if strings.HasPrefix(id, "R") && said != "0" && !strings.HasPrefix(said, "error") {
			r.read[id] = said
		}
	}
	_, err := reset(ctx, s, s.home)
	return err
}

// round is a session whose end is timed.
func (s *sessions) round(ctx context.Context, r *sat) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := s.enter(ctx, residue.Plant, "planted"); err != nil {
		return err
	}
	pause(ctx, 500*time.Millisecond) // what it has drawn is on the screen
	took, err := reset(ctx, s, s.home)
	if err != nil {
		return err
	}
	r.resets = append(r.resets, float64(took.Microseconds())/1000)
	return nil
}

// enter begins a session once the home surface stands still.
func (s *sessions) enter(ctx context.Context, mode residue.Mode, until string) error {
	if err := s.Ready(ctx); err != nil {
		return err
	}
	if _, err := still(ctx, s.Screen()); err != nil {
		return err
	}
	s.site.Open(mode)
	asked := s.site.Asked("/")
	begun := func() bool { return s.site.Asked("/") > asked }
	return errors.Join(s.Enter(ctx, begun), s.site.Await(ctx, until), covered(ctx, s, s.home))
}

// search looks everywhere but into ourselves, who know every canary; after
// the session's end into what was copied, too.
func (s *sessions) search(ended bool) (residue.Found, error) {
	all, err := processes()
	if err != nil {
		return nil, err
	}
	pids, err := browsers()
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if !p.zombie && slices.Contains(stage(), p.name) {
			pids = append(pids, p.pid)
		}
	}
	found := residue.Found{}
	s.set.Memory(found, pids...)
	s.set.OpenFiles(found, pids...)
	if _, err := s.set.Mounts(found, pids...); err != nil {
		return nil, err
	}
	err = errors.Join(s.set.Files(found, disk), s.set.Told(found))
	if ended { // to ask for them leaves them in the X server's buffers
		err = errors.Join(err, s.set.Selections(found, s.Screen().Client().X11))
	}
	return found, err
}

// names lists the canaries that were found whole, sorted.
func names(f residue.Found) []string {
	var ids []string
	for h := range f {
		if h.ID != "?" && !slices.Contains(ids, h.ID) {
			ids = append(ids, h.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
