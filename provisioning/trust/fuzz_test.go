package trust_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

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

// tampered wants that whoever has no key can at most choose which of the site's
// own sticks a kiosk takes: what is accepted is one of them, to the byte.
func tampered(t *testing.T, k *kiosk, stick fstest.MapFS, own ...map[string]trust.File) {
	t.Helper()
	v, err := k.check(stick)
	if err == nil && !slices.ContainsFunc(own, func(files map[string]trust.File) bool { return maps.Equal(files, v.Files) }) {
		t.Errorf("accepted what the site has not made: %v", v.Files)
	}
}

// Bytes are changed, cut out, doubled and swapped all over a stick.
func TestTampering(t *testing.T) {
	m, k := newMaker(t), newKiosk(t)
	first := k.accept(m.stick()).Files
	m.withAuthor()
	stick := m.stick()
	v, err := k.check(stick)
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(stick))
	accepted := 0
	rapid.Check(t, func(r *rapid.T) {
		s := maps.Clone(stick)
		for range rapid.IntRange(1, 3).Draw(r, "changes") {
			name := rapid.SampledFrom(names).Draw(r, "file")
			data := slices.Clone(s[name].Data)
			from := rapid.IntRange(0, len(data)).Draw(r, "from")
			to := min(len(data), from+rapid.IntRange(0, 40).Draw(r, "length"))
			switch rapid.IntRange(0, 3).Draw(r, "kind") {
			case 0:
				data = slices.Concat(data[:from], data[to:])
			case 1:
				data = slices.Concat(data[:to], data[from:])
			case 2:
				data = stick[rapid.SampledFrom(names).Draw(r, "other")].Data
			default:
				data = slices.Concat(data[:from], rapid.SliceOfN(rapid.Byte(), to-from, to-from).Draw(r, "bytes"), data[to:])
			}
			s[name] = &fstest.MapFile{Data: data}
		}
		tampered(t, k, s, first, v.Files)
		if _, err := k.check(s); err == nil {
			accepted++
		}
	})
	if accepted == 0 || accepted > 90 {
		t.Errorf("%d of the changed sticks were accepted: the changes are not what they should be", accepted)
	}
}

// FuzzMetadata changes files of a stick as anybody can who holds it.
func FuzzMetadata(f *testing.F) {
	m, k := newMaker(f), newKiosk(f)
	first := k.accept(m.stick()).Files
	m.withAuthor()
	good, err := k.check(m.stick())
	if err != nil {
		f.Fatal(err)
	}
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
		tampered(t, &k, s, first, good.Files)
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
