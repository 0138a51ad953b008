package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"guichet.example/internal/escape"
	"guichet.example/internal/hostile"
)

// attacked is what came of all escapes on one kiosk.
type attacked struct {
	results []escape.Result
}

// heard tells evidence that is no way out of a browser of others: a page that
// learns of a key may be using it as any page does.
func heard(e escape.Evidence) bool {
	return e.Kind == escape.Saw && strings.HasPrefix(e.What, "the key ")
}

// outside tells evidence of a way out that nobody could call a matter of
// taste: a server, a window, a program, a file, the kiosk's own gone. A menu or
// a notice that a browser shows over its page, and what a page learns, such as
// that there was a right click, are counted apart.
func outside(e escape.Evidence) bool {
	switch e.Kind {
	case escape.Saw:
		return false
	case escape.Window:
		return !strings.HasPrefix(e.What, "popup ")
	default:
		return true
	}
}

// way is the weightiest evidence of a success.
func way(r escape.Result) (escape.Evidence, bool) {
	if i := slices.IndexFunc(r.Found, outside); i >= 0 {
		return r.Found[i], true
	}
	if len(r.Found) == 0 {
		return escape.Evidence{}, false
	}
	return r.Found[0], true
}

// tried counts the tries that could be made.
func (a *attacked) tried() (n int) {
	for _, r := range a.results {
		if r.Err == nil || len(r.Found) > 0 {
			n++
		}
	}
	return n
}

// lost counts those after which the page did not hear the keyboard any more:
// something of the browser's own had come between, which is no proof of a way
// out, and no reason to be calm either.
func (a *attacked) lost() (n int) {
	for _, r := range a.results {
		if r.Err != nil && len(r.Found) == 0 && strings.Contains(r.Err.Error(), "does not hear the keyboard") {
			n++
		}
	}
	return n
}

// out counts those that led outside.
func (a *attacked) out() int { return a.by(outside) }

// by counts those whose weightiest evidence is of one sort.
func (a *attacked) by(sort func(escape.Evidence) bool) (n int) {
	for _, r := range a.results {
		if e, ok := way(r); ok && sort(e) {
			n++
		}
	}
	return n
}

// vectors counts those that were tried, or those that led outside alone.
func (a *attacked) vectors(success bool) int {
	seen := map[string]bool{}
	for _, r := range a.results {
		if e, ok := way(r); ok && outside(e) || !success {
			seen[r.Vector.ID] = true
		}
	}
	return len(seen)
}

// attack tries every vector on a kiosk and writes a line for each try.
func attack(ctx context.Context, log io.Writer, s escape.Subject, site *hostile.Site, vectors []escape.Vector) (attacked, error) {
	r := &escape.Runner{Subject: s, Site: site, Ignore: heard,
		Picture: func(id, try string, screen image.Image) { picture(id+" "+try+" on "+s.Name(), screen) }}
	var a attacked
	for _, v := range vectors {
		results, err := r.Run(ctx, v)
		a.results = append(a.results, results...)
		for _, one := range results {
			fmt.Fprintf(log, "   %s %v\n", s.Name(), one)
		}
		if err != nil {
			return a, fmt.Errorf("try %s on %s: %w", v.ID, s.Name(), err)
		}
	}
	return a, nil
}

// attackPeer opens a browser of others on the hostile site and attacks it.
func attackPeer(ctx context.Context, log io.Writer, p *peer, vectors []escape.Vector) (attacked, error) {
	site, err := hostile.Start(ctx)
	if err != nil {
		return attacked{}, err
	}
	defer func() { _ = site.Close() }() // nothing more is asked of it
	site.Arm("keys")
	var origins []string
	for _, host := range []string{hostile.Attack, hostile.Login, hostile.Dead} {
		_, port, _ := strings.Cut(site.Maps()[host], ":")
		origins = append(origins, "http://"+host+":"+port)
	}
	r, err := p.open(ctx, site.URL(), origins)
	if err != nil {
		return attacked{}, err
	}
	s := subject{r}
	err = errors.Join(r.screen.Paint(ctx, escape.Backdrop), s.shown(ctx), s.wake(ctx))
	var a attacked
	if err == nil {
		a, err = attack(ctx, log, s, site, vectors)
	}
	return a, errors.Join(err, r.Close())
}

// attackGuichet attacks our own.
func attackGuichet(ctx context.Context, log io.Writer, vectors []escape.Vector) (attacked, error) {
	site, err := hostile.Start(ctx)
	if err != nil {
		return attacked{}, err
	}
	defer func() { _ = site.Close() }() // nothing more is asked of it
	pack := filepath.Join("/tmp", "pack")
	if err := errors.Join(os.MkdirAll(pack, 0o755), hostile.WritePack(pack)); err != nil {
		return attacked{}, err
	}
	site.Arm("keys")
	g, err := openGuichet(ctx, hostile.Procedure, pack, site.Maps(), site.MapsTLS())
	if err != nil {
		return attacked{}, err
	}
	k, err := escape.AttachKiosk(ctx, g.cmd.Process.Pid, g.base, disk, "/tmp", "/dev/shm")
	if err != nil {
		return attacked{}, errors.Join(err, g.Close())
	}
	a, err := attack(ctx, log, k, site, vectors)
	return a, errors.Join(err, k.Close(), g.Close())
}
