package upkeep

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
)

// Trial is what a release is tried with.
type Trial struct {
	Procedures []procedure.Procedure
	Start      func(procedure.Procedure) string // nil: the procedure's own
	Gates      Gates
	Proxy      bool // Gates lead through the proxy of the release that runs, where it names one
	// Badges returns once the badge reader has answered; nil where none is
	// configured.
	Badges func(context.Context) error
	// Server asks the site's server whether it answers; nil where none is
	// configured.
	Server func(context.Context) error
	// Brought says that the release came from the server. Then the way there must
	// still be open, or no mistake in it could be mended from afar.
	Brought bool
	// Again says that it may be tried once more where nothing has answered it: that
	// may be an outage.
	Again  bool
	Roots  *x509.CertPool // nil: the system's
	Within time.Duration  // until a first site must have answered; 0 = a minute
}

// Gates are those of kiosk/egress.
type Gates interface {
	Attend(view int, l net.Listener)
	Allow(view int, origins []string) error
	Close(view int)
}

// trialView is no view's number: those count from 1.
const trialView = -1

const (
	firstSite   = time.Minute // a network that comes up after a restart
	badgeReader = 10 * time.Second
	atOnce      = 4 // sites tried at the same time
	mostNamed   = 5 // sites that do not answer
)

// report is what was tried so far.
type report []text

func (r report) work(step wire.Step) wire.Work {
	return wire.Work{Step: step, Lines: lines(func(lang string) []string {
		said := make([]string, len(r))
		for i, t := range r {
			said[i] = t.in(lang)
		}
		return said
	})}
}

// Test implements kiosk.Upkeep.
func (u *Upkeep) Test(ctx context.Context, tell func(wire.Work)) wire.Work {
	u.mu.Lock()
	defer u.mu.Unlock()
	told := report{{"Film : il suit.", "Film: it follows."}} // else the machine had taken the release back
	steps := []func(context.Context) (report, Code){u.tryBadges, u.tryNetwork, u.tryServer, u.tryRest}
	for i, step := range steps {
		now := told.work(wire.StepTesting)
		now.Percent = 100 * (i + 1) / (len(steps) + 1)
		tell(now)
		said, code := step(ctx)
		told = append(told, said...)
		if code != "" {
			again := u.mayReturn(ctx, code)
			u.again.Store(again)
			u.config.Log.Warn("a release on trial does not work", "release", u.config.Running.Version, "code", string(code), "may come again", again)
			failed := told.work(wire.StepFailed)
			failed.Code, failed.Says = string(code), says(code.In)
			return failed
		}
	}
	err := ctx.Err()
	if err == nil {
		err = u.confirm(ctx)
	}
	if err != nil {
		u.config.Log.Error("confirm a release", "err", err)
		return inWords(wire.StepFailed, err)
	}
	return told.work(wire.StepDone)
}

// mayReturn says whether nothing is known against a release but that nothing has
// answered it. A test that was ended from outside has failed for another reason.
func (u *Upkeep) mayReturn(ctx context.Context, code Code) bool {
	t := u.config.Trial
	return (code == NoNetwork || code == NoServer) && t.Brought && t.Again && ctx.Err() == nil
}

func (u *Upkeep) tryBadges(ctx context.Context) (report, Code) {
	if u.config.Trial.Badges == nil {
		return report{{"Lecteur de badges : il n’y en a pas.", "Badge reader: there is none."}}, ""
	}
	ctx, cancel := context.WithTimeout(ctx, badgeReader)
	defer cancel()
	if err := u.config.Trial.Badges(ctx); err != nil {
		return nil, NoReader
	}
	return report{{"Lecteur de badges : il répond.", "Badge reader: it answers."}}, ""
}

// tryNetwork tries each site that a procedure starts at. When one has answered
// the others are not waited for: they had the same time.
func (u *Upkeep) tryNetwork(ctx context.Context) (report, Code) {
	sites := u.startPages()
	if len(sites) == 0 {
		return report{{"Réseau : aucune démarche n’en a besoin.", "Network: no procedure needs it."}}, ""
	}
	deadline := time.Now().Add(u.within())
	for {
		silent, err := u.trySites(ctx, sites)
		if err != nil {
			u.config.Log.Error("try the network", "err", err)
			return nil, Machine
		}
		if len(silent) < len(sites) {
			return answered(len(sites), silent), ""
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return nil, NoNetwork
		}
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Second):
		}
	}
}

// tryServer asks the site's server. One that does not answer fails only what it
// has brought itself: a stick may come before the server is there.
func (u *Upkeep) tryServer(ctx context.Context) (report, Code) {
	t := u.config.Trial
	if t.Server == nil {
		return nil, ""
	}
	deadline := time.Now().Add(u.within())
	for {
		err := t.Server(ctx)
		switch {
		case err == nil:
			return report{{"Serveur des bornes : il répond.", "Server for kiosks: it answers."}}, ""
		case !t.Brought:
			return report{{"Serveur des bornes : pas de réponse pour le moment.", "Server for kiosks: no answer for now."}}, ""
		case time.Now().After(deadline) || ctx.Err() != nil:
			u.config.Log.Error("try the site's server", "err", err)
			return nil, NoServer
		}
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Second):
		}
	}
}

// within is how long the network has.
func (u *Upkeep) within() time.Duration {
	if u.config.Trial.Within == 0 {
		return firstSite
	}
	return u.config.Trial.Within
}

func answered(all int, silent []string) report {
	good := all - len(silent)
	said := report{{fmt.Sprintf("Réseau : il fonctionne. Sites qui répondent : %d sur %d.", good, all),
		fmt.Sprintf("Network: it works. Sites that answer: %d of %d.", good, all)}}
	if len(silent) == 0 {
		return said
	}
	names, end := silent, "."
	if len(names) > mostNamed {
		names, end = names[:mostNamed], ", …"
	}
	list := strings.Join(names, ", ") + end
	return append(said, text{"Sans réponse pour le moment : " + list, "No answer for now: " + list})
}

// startPages returns where procedures start, "https://HOST", sorted.
func (u *Upkeep) startPages() []*url.URL {
	found := map[string]*url.URL{}
	for _, p := range u.config.Trial.Procedures {
		start := p.Start
		if u.config.Trial.Start != nil {
			start = u.config.Trial.Start(p)
		}
		if at, err := url.Parse(start); err == nil { // as packs were checked
			found[at.Scheme+at.Host] = &url.URL{Scheme: at.Scheme, Host: at.Host}
		}
	}
	sites := make([]*url.URL, 0, len(found))
	for _, key := range slices.Sorted(maps.Keys(found)) {
		sites = append(sites, found[key])
	}
	return sites
}

// trySites returns the hosts that do not answer, sorted.
func (u *Upkeep) trySites(ctx context.Context, sites []*url.URL) (silent []string, err error) {
	gate, err := openGate(ctx, u.config.Trial, sites)
	if err != nil {
		return nil, err
	}
	defer gate.close()
	var mu sync.Mutex
	var wait sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for _, site := range sites {
		wait.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			if gate.reach(ctx, site) != nil {
				mu.Lock()
				defer mu.Unlock()
				silent = append(silent, site.Host)
			}
		})
	}
	wait.Wait()
	slices.Sort(silent)
	return silent, nil
}

// tryRest tells what no kiosk can try yet, and what was tried with the network.
func (u *Upkeep) tryRest(ctx context.Context) (said report, code Code) {
	var machine provisioning.Machine
	err := u.withSite(ctx, func(site *apply.Site) error {
		held, err := site.Current()
		if err != nil {
			return err
		}
		data, err := fs.ReadFile(held, provisioning.MachineFile)
		if err == nil {
			machine, err = provisioning.ParseMachine(provisioning.MachineFile, data)
		}
		return errors.Join(err, held.Close())
	})
	if err != nil {
		u.config.Log.Error("read what is on trial", "err", err)
		return nil, Machine
	}
	if machine.Printer != nil {
		said = append(said, text{"Imprimante : la borne ne l’utilise pas encore. Elle n’est pas essayée.",
			"Printer: the kiosk does not use it yet. It is not tried."})
	}
	switch {
	case machine.Network.Proxy == nil:
	case u.config.Trial.Proxy && len(u.config.Trial.Procedures) > 0: // a site has answered
		said = append(said, text{"Proxy : il laisse passer la borne.", "Proxy: it lets the kiosk through."})
	default:
		said = append(said, text{"Proxy : il n’est pas essayé.", "Proxy: it is not tried."})
	}
	return said, ""
}
