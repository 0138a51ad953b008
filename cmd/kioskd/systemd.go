package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"guichet.example/kiosk"
	"guichet.example/kiosk/session"
)

// watch tells systemd that the kiosk serves, and then feeds its watchdog as
// long as the loop answers. It ends with the returned function.
func watch(ctx context.Context, k *kiosk.Kiosk, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := feed(ctx, k); err != nil {
			log.Warn("tell systemd", "err", err)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// feed asks the loop itself, not merely this goroutine, before each sign of
// life: a loop that is stuck gets the daemon restarted.
func feed(ctx context.Context, k *kiosk.Kiosk) error {
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return err
	}
	if interval == 0 {
		interval = 20 * time.Second // no watchdog: only readiness and status are told
	}
	for ready := false; ; {
		asked, cancel := context.WithTimeout(ctx, interval/4)
		err := k.Ping(asked)
		cancel()
		if err == nil {
			message := "WATCHDOG=1\nSTATUS=" + k.State().Session.String()
			if !ready && k.State().Session != session.Wiping {
				message, ready = "READY=1\n"+message, true
			}
			if _, err := daemon.SdNotify(false, message); err != nil {
				return err
			}
		}
		pause := interval / 4
		if !ready {
			pause = 100 * time.Millisecond
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}
