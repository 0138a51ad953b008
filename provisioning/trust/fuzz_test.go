package trust_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"guichet.example/provisioning/trust"
)

// judge wants a verdict about a stick: accepted, or refused with a code that
// has a sentence. k knows stick 1.
func judge(t *testing.T, k *kiosk, stick fstest.MapFS) {
	for _, trusted := range []trust.Trusted{k.trusted, {}} {
		v, err := trust.Check(t.Context(), trust.Request{Repository: stick, Kiosk: k.id, Trusted: trusted, Built: built, Clock: today})
		if err == nil {
			for name := range v.Files {
				if _, err := v.Read(t.Context(), name); err != nil {
					t.Errorf("accepted, and then %v", err)
				}
			}
			continue
		}
		var refusal *trust.Refusal
		if !errors.As(err, &refusal) || refusal.In("fr") == "" {
			t.Errorf("refused without a code: %v", err)
		}
	}
}

// FuzzMetadata changes files of a stick as anybody can who holds it.
func FuzzMetadata(f *testing.F) {
	m, k := newMaker(f), newKiosk(f)
	k.accept(m.stick())
	m.withAuthor()
	names := []string{}
	for name, file := range m.files {
		if strings.HasPrefix(name, "metadata/") {
			names = append(names, name)
			f.Add(name, file.Data)
		}
	}
	if len(names) != 7 {
		f.Fatal(names)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		s := m.stick()
		s[name] = &fstest.MapFile{Data: data}
		k := *k
		k.t = t
		judge(t, &k, s)
	})
}

// FuzzSigned changes what a role says before it is signed, as a thief of the
// keys can: whatever it is, the check comes to a verdict.
func FuzzSigned(f *testing.F) {
	k := newKiosk(f)
	k.accept(newMaker(f).stick())
	seed := newMaker(f)
	seed.withAuthor()
	for i, name := range append(four, "pack-nord") {
		file := fmt.Sprintf("metadata/%d.%s.json", seed.roles[name].version, name)
		if name == "timestamp" {
			file = "metadata/timestamp.json"
		}
		var d struct{ Signed json.RawMessage }
		if err := json.Unmarshal(seed.files[file].Data, &d); err != nil {
			f.Fatal(err)
		}
		f.Add(i, []byte(d.Signed))
	}
	f.Fuzz(func(t *testing.T, which int, data []byte) {
		var said doc
		if which < 0 || which > len(four) || json.Unmarshal(data, &said) != nil {
			return
		}
		m := newMaker(t)
		m.withAuthor()
		m.twist[append(four, "pack-nord")[which]] = func(d doc) {
			clear(d)
			for key, value := range said {
				d[key] = value
			}
		}
		m.publish("root", "pack-nord", "targets", "snapshot", "timestamp")
		k := *k
		k.t = t
		judge(t, &k, m.stick())
	})
}
