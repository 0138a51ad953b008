package upkeep

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning"
	"guichet.example/provisioning/apply"
	"guichet.example/provisioning/usb"
)

// Limits of what goes on when nobody waits any more.
const (
	storeWithin = 10 * time.Minute
	backWithin  = time.Minute
)

var errPulled = errors.New("the stick is not in the port any more")

func pulled() error { return &usb.Refusal{Code: usb.Gone, Err: errPulled} }

func pulledUnless(err error) error {
	if err != nil {
		return nil
	}
	return pulled()
}

// enrolmentName is the name below the folder that the child writes in.
func enrolmentName(id provisioning.KioskID) string {
	return strings.TrimPrefix(provisioning.EnrolmentFile(id), provisioning.Folder+"/")
}

// Install implements kiosk.Upkeep. It needs the stick no more.
func (u *Upkeep) Install(ctx context.Context, tell func(wire.Work)) wire.Work {
	u.mu.Lock()
	defer u.mu.Unlock()
	defer u.dropOrLog()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeWithin)
	defer cancel()
	if err := u.install(ctx, tell); err != nil {
		u.config.Log.Error("store what a stick brings", "err", err)
		return inWords(wire.StepFailed, err)
	}
	return wire.Work{Step: wire.StepInstalled, Percent: 100}
}

func (u *Upkeep) install(ctx context.Context, tell func(wire.Work)) error {
	if u.plan == nil {
		return pulled()
	}
	return u.withSite(ctx, func(site *apply.Site) error { return u.plan.Bring(ctx, site, progress(wire.StepInstalling, tell)) })
}

// progress tells a step's percentage when it changes. What goes back or past
// the end, as the reader of a stick may claim, is not told.
func progress(step wire.Step, tell func(wire.Work)) func(done, total int64) {
	percent := -1
	return func(done, total int64) {
		if now := int(100 * done / max(total, 1)); percent < now && now <= 100 {
			percent = now
			tell(wire.Work{Step: step, Percent: percent})
		}
	}
}

func (u *Upkeep) withSite(ctx context.Context, act func(*apply.Site) error) error {
	site, err := OpenSite(ctx, filepath.Join(u.config.Data, SiteDir))
	if err != nil {
		return err
	}
	return errors.Join(act(site), site.Close())
}

// TakeBack implements kiosk.Upkeep. What is not this process's own trial it
// leaves alone: somebody has decided otherwise since. What nothing has answered is
// only put off, where it may be tried once more.
func (u *Upkeep) TakeBack(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), backWithin)
	defer cancel()
	return u.withSite(ctx, func(site *apply.Site) error {
		if s := site.State(); !s.Trial || s.Current != u.config.Running {
			return nil
		}
		if u.again.Load() {
			return site.PutOff()
		}
		return site.TakeBack()
	})
}

// confirm ends the trial of what this process runs.
func (u *Upkeep) confirm(ctx context.Context) error {
	return u.withSite(ctx, func(site *apply.Site) error {
		s := site.State()
		if s.Current != u.config.Running {
			return ErrMeanwhile
		}
		if !s.Trial { // by hand, meanwhile
			return nil
		}
		return site.Confirm()
	})
}
