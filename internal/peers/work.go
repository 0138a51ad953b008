package main

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/internal/escape"
	"guichet.example/internal/residue"
)

// ours is our name in the table.
const ours = "Guichet"

// work is one run.
type work struct {
	options
	disk      *loop
	authority *residue.Authority
	log       io.Writer
}

// all measures everybody, one after the other, and prints the table.
func (w *work) all(ctx context.Context, out io.Writer) error {
	began := time.Now()
	der, err := w.trust()
	if err != nil {
		return err
	}
	var columns []column
	for _, p := range append([]*peer{nil}, peers(der)...) {
		name := ours
		if p != nil {
			name = p.name
		}
		if len(w.only) > 0 && !slices.Contains(w.only, strings.ToLower(name)) {
			continue
		}
		c := column{name: name, version: version(ctx, p), reset: "Finish: cover, kill, wipe, look whether anything is left, show the spare"}
		if p != nil {
			c.reset = p.reset
		}
		if !slices.Contains(w.skip, "sessions") {
			w.say("%s: sessions", name)
			if c.sat, err = w.sit(ctx, p); err != nil {
				w.say("%s: %v; it said %q", name, err, said(name))
				c.failed = append(c.failed, err)
			}
		}
		if !slices.Contains(w.skip, "escapes") {
			w.say("%s: escapes", name)
			a, err := w.attack(ctx, p)
			if err != nil {
				w.say("%s: %v", name, err)
				c.failed = append(c.failed, err)
			}
			c.attacked = a
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		columns = append(columns, c)
	}
	return write(out, began.Format("2 January 2006, 15:04"), machine(), columns)
}

func (w *work) say(format string, args ...any) {
	fmt.Fprintf(w.log, "== %s %s\n", time.Now().Format("15:04:05"), fmt.Sprintf(format, args...))
}

func (w *work) attack(ctx context.Context, p *peer) (*attacked, error) {
	vectors := slices.DeleteFunc(escape.Vectors(), func(v escape.Vector) bool {
		return len(v.Tries) == 0 || len(w.vectors) > 0 && !slices.Contains(w.vectors, v.ID)
	})
	var a attacked
	var err error
	if p == nil {
		a, err = attackGuichet(ctx, w.log, vectors)
	} else {
		a, err = attackPeer(ctx, w.log, p, vectors)
	}
	return &a, errors.Join(err, w.clear())
}

// sit measures the sessions of one kiosk.
func (w *work) sit(ctx context.Context, p *peer) (*sat, error) {
	set := residue.NewSet()
	ctx, stop := context.WithCancel(ctx) // ends the servers
	defer stop()
	site, address, err := serveSite(ctx, set, w.authority)
	if err != nil {
		return nil, err
	}
	c, err := w.contend(ctx, p, address)
	if err != nil {
		return nil, err
	}
	s := &sessions{contender: c, disk: w.disk, set: set, site: site, log: w.log}
	if err := os.Setenv("XAUTHORITY", c.Screen().Client().Xauthority); err != nil { // for the search of selections
		return nil, errors.Join(err, c.Close())
	}
	result, err := s.measure(ctx, w.rounds)
	if err != nil {
		keep(context.WithoutCancel(ctx), c.Screen(), "failed")
		return nil, errors.Join(err, c.Close())
	}
	return result, errors.Join(c.Close(), w.clear())
}

// contend starts a kiosk for sessions on a site.
func (w *work) contend(ctx context.Context, p *peer, address string) (contender, error) {
	if p == nil {
		return openGuichet(ctx, "demo", "", nil, map[string]string{townHall: address, "*." + townHall: address})
	}
	_, port, _ := strings.Cut(address, ":")
	session := "https://" + townHall + ":" + port
	start, err := serveHome(ctx, hall, session+"/")
	if err != nil {
		return nil, err
	}
	return p.open(ctx, start, []string{strings.TrimSuffix(start, "/"), session})
}

// clear empties the disk before the next.
func (w *work) clear() error {
	entries, err := os.ReadDir(disk)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == "lost+found" {
			continue
		}
		if err := os.RemoveAll(disk + "/" + e.Name()); err != nil {
			return err
		}
	}
	return nil
}

// version tells what is measured, by the versions of its packages; our own
// program comes with its engine alone.
func version(ctx context.Context, p *peer) string {
	packages := []string{"libwebkit2gtk-4.1-0"}
	if p != nil {
		packages = p.packages
	}
	var all []string
	for _, name := range packages {
		out, err := exec.CommandContext(ctx, "dpkg-query", "-W", "-f=${Version}", name).Output()
		if err != nil {
			out = []byte("of an unknown version")
		}
		all = append(all, name+" "+string(out))
	}
	return strings.Join(all, ", ")
}

// said is the end of what a browser has said.
func said(name string) string {
	const most = 600
	text, err := os.ReadFile(filepath.Join(journal, strings.ToLower(name)))
	if err != nil {
		return ""
	}
	return string(text[max(0, len(text)-most):])
}

// authorities is where Debian keeps whose certificates are believed.
const authorities = "/etc/ssl/certs/ca-certificates.crt"

// trust makes this world believe an authority of our own, and returns its
// certificate in the form DER.
func (w *work) trust() ([]byte, error) {
	all, err := os.ReadFile(authorities)
	if err != nil {
		return nil, fmt.Errorf("trust the site's certificate: %w", err)
	}
	if w.authority, err = residue.NewAuthority(); err != nil {
		return nil, err
	}
	const bundle = "/tmp/authorities.crt"
	own := w.authority.PEM()
	err = errors.Join(os.WriteFile(bundle, append(all, own...), 0o644), unix.Mount(bundle, authorities, "", unix.MS_BIND, ""))
	if err != nil {
		return nil, fmt.Errorf("trust the site's certificate: %w", err)
	}
	block, _ := pem.Decode(own)
	return block.Bytes, nil
}
