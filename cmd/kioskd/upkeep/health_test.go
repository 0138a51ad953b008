package upkeep

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"guichet.example/provisioning/apply"
	reports "guichet.example/provisioning/report"
)

// TestFaults: counts last over restarts, a damaged file begins anew, and the
// file's time does not say when the fault was.
func TestFaults(t *testing.T) {
	dir, log := t.TempDir(), slog.New(slog.NewTextHandler(io.Discard, nil))
	f := OpenFaults(dir, log)
	for range 3 {
		f.Count(reports.FaultFilm)
	}
	f = OpenFaults(dir, log)
	f.Count(reports.FaultWipe)
	got := OpenFaults(dir, log).counted()
	if got[reports.FaultFilm] != 3 || got[reports.FaultWipe] != 1 || got[reports.FaultView] != 0 {
		t.Errorf("%v", got)
	}
	info, err := os.Stat(filepath.Join(dir, faultsFile))
	if err != nil || !info.ModTime().Equal(info.ModTime().Truncate(24*time.Hour)) {
		t.Errorf("%v: the file tells when: %v", err, info.ModTime())
	}
	for _, bad := range []string{"", "{", `{"film":"x"}`, "null"} {
		if err := os.WriteFile(filepath.Join(dir, faultsFile), []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		f = OpenFaults(dir, log)
		if f.Count(reports.FaultView); f.counted()[reports.FaultView] != 1 {
			t.Errorf("after %q: %v", bad, f.counted())
		}
	}
}

// TestHealth: whatever the box says, the report of it can go out.
func TestHealth(t *testing.T) {
	u := &Upkeep{config: Config{Data: t.TempDir(), Firmware: "v1.2 (\"devel\")\n"}}
	for _, s := range []apply.State{{}, {Current: apply.Release{Number: 3, Version: "12"}, Trial: true, TakenBack: "11"}} {
		h := u.health(s)
		r := reports.Report{Kiosk: "k-abcdefghijklmnop", ID: "a", Number: 1, Day: "2026-11-22", Collected: []string{"health"}, Health: &h}
		if _, err := r.Encode(); err != nil {
			t.Error(err)
		}
		if h.Free == reports.FreeUnknown || h.Uptime == reports.UptimeUnknown || h.Firmware != "v1.2(devel)" {
			t.Errorf("%+v", h)
		}
	}
}

// TestMark: a kiosk goes on counting from whatever a stick can have set it to;
// only what no kiosk has written begins anew.
func TestMark(t *testing.T) {
	dir := t.TempDir()
	for n, want := range map[int]int{0: 0, 7: 7, maxNumber: maxNumber, maxNumber + 1: maxNumber + 1, 3 * maxNumber: 0, -1: 0} {
		if err := (mark{Number: n}).keep(dir); err != nil {
			t.Fatal(err)
		}
		if m, err := readMark(dir); err != nil || m.Number != want {
			t.Errorf("%d became %d, %v", n, m.Number, err)
		}
	}
}
