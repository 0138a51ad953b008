package upkeep

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"guichet.example/internal/atomicfile"
	"guichet.example/provisioning/apply"
	reports "guichet.example/provisioning/report"
)

// Names in Config.Data.
const (
	markFile   = "reports.json" // what was reported last
	faultsFile = "faults.json"  // how often which fault was
)

// maxRecord is far above the length of these files, in bytes.
const maxRecord = 4 << 10

// mark is what a kiosk keeps of its reports.
type mark struct {
	Number    int      `json:"number"`    // of the last that was begun
	Day       string   `json:"day"`       // of the last that was delivered, with what follows
	Collected []string `json:"collected"` // what it holds
	Recipient string   `json:"recipient"` // whom it is sealed to
	SHA256    string   `json:"sha256"`    // of the file
}

// readMark reads it. One that is damaged is as none: its number may have been
// given before, and the organisation sees that by the day. A stick can have set
// it to maxNumber; from there it counts on.
func readMark(dir string) (m mark, err error) {
	data, err := readRecord(dir, markFile)
	if err != nil || json.Unmarshal(data, &m) != nil || m.Number < 0 || m.Number > 2*maxNumber {
		return mark{}, err
	}
	return m, nil
}

func (m mark) keep(dir string) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(dir, markFile), data, 0o600)
}

// readRecord reads a file of ours; nothing where there is none.
func readRecord(dir, name string) ([]byte, error) {
	info, err := os.Stat(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() > maxRecord {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, name))
}

// health looks at the box.
func (u *Upkeep) health(s apply.State) reports.Health {
	h := reports.Health{
		Firmware: reports.VersionOf(u.config.Firmware), Release: reports.VersionOf(s.Current.Version), Trial: s.Trial,
		TakenBack: reports.VersionOf(s.TakenBack), Uptime: reports.UptimeOf(uptime()), Free: reports.FreeUnknown,
		Faults: map[reports.Fault]reports.Number{},
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(u.config.Data, &disk); err == nil {
		h.Free = reports.FreeOf(disk.Bavail, disk.Blocks)
	}
	counted := u.config.Faults.counted()
	for _, f := range reports.Faults() {
		h.Faults[f] = reports.NumberOf(counted[f])
	}
	return h
}

// uptime is since when the kernel runs; below 0 where it does not say.
func uptime() time.Duration {
	data, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return -1
	}
	text, _, _ := strings.Cut(string(data), ".")
	seconds, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return time.Duration(seconds) * time.Second
}

// Faults counts the faults of a box, over restarts: a failed wipe ends in one.
// It is a kiosk.Faults; nil counts nothing.
type Faults struct {
	dir string
	log *slog.Logger
	mu  sync.Mutex
	of  map[reports.Fault]int
}

// OpenFaults goes on with what the directory holds. A damaged file begins anew.
func OpenFaults(dir string, log *slog.Logger) *Faults {
	f := &Faults{dir: dir, log: log, of: map[reports.Fault]int{}}
	data, err := readRecord(dir, faultsFile)
	if err == nil && data != nil {
		err = json.Unmarshal(data, &f.of)
	}
	if err != nil || f.of == nil {
		log.Warn("counts of faults begin anew", "err", err)
		f.of = map[reports.Fault]int{}
	}
	return f
}

// Count adds one, and writes it down. The time of the file says the day alone:
// that of a fault may be that of a session.
func (f *Faults) Count(fault reports.Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.of[fault]++
	data, err := json.Marshal(f.of)
	if err == nil {
		err = atomicfile.Build(filepath.Join(f.dir, faultsFile), 0o600, func(tmp string) error {
			day := time.Now().Truncate(24 * time.Hour)
			return errors.Join(os.WriteFile(tmp, data, 0o600), os.Chtimes(tmp, day, day))
		})
	}
	if err != nil {
		f.log.Warn("write down a fault", "err", err)
	}
}

func (f *Faults) counted() map[reports.Fault]int {
	all := map[reports.Fault]int{}
	if f == nil {
		return all
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for fault, n := range f.of {
		all[fault] = n
	}
	return all
}
