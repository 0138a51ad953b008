package renew

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"guichet.example/cmd/kioskd/upkeep"
	"guichet.example/internal/atomicfile"
	"guichet.example/provisioning/web"
)

// mostFailures is more than lead to the longest wait.
const mostFailures = 20

// memory is what outlasts a restart. Nothing is believed for it: at worst a
// server is asked once more.
type memory struct {
	Program  string         `json:"program"`  // that has judged Settled
	Server   string         `json:"server"`   // whose words they are
	Settled  web.Validators `json:"settled"`  // of the timestamp that needs no second look
	Stamp    string         `json:"stamp"`    // hash of that timestamp, for servers that name one thing in several ways
	Over     time.Time      `json:"over"`     // when the last good timestamp counts no more
	Failures int            `json:"failures"` // since the last answer
	Tried    string         `json:"tried"`    // version last put on trial; "" where it was put off
	Content  string         `json:"content"`  // hash of its files
	Tries    int            `json:"tries"`    // of these files, on trial
}

// recall reads the memory. One that is damaged is none. Another program may be
// able to use what that one could not, and another server means something else
// by the same words: both look again.
func recall(name, program, server string) memory {
	fresh := memory{Program: program, Server: server}
	data, err := os.ReadFile(name)
	if err != nil {
		return fresh
	}
	var m memory
	if json.Unmarshal(data, &m) != nil || m.Failures < 0 || m.Failures > mostFailures || m.Tries < 0 {
		return fresh
	}
	if m.Program != program || m.Server != server {
		m.Program, m.Server, m.Settled, m.Stamp = program, server, web.Validators{}, ""
	}
	return m
}

// remember writes what has changed.
func (f *Fleet) remember(change func(*memory)) {
	before := f.memory
	change(&f.memory)
	if f.memory == before {
		return
	}
	data, err := json.Marshal(f.memory)
	if err == nil {
		err = atomicfile.WriteFile(filepath.Join(f.config.Data, memoryFile), append(data, '\n'), 0o600)
	}
	if err != nil {
		f.config.Log.Warn("remember what the site's server has", "err", err)
	}
}

// contentOf is a hash of all that a release would bring, without its number.
func contentOf(c *upkeep.Checked) string {
	var all strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		fmt.Fprintf(&all, "%x %s\n", c.Files[name].SHA256, name)
	}
	return hashOf([]byte(all.String()))
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
