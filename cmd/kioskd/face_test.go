package main

import (
	"bytes"
	"image"
	"image/png"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning"
)

var bothLanguages = []wire.Language{{Code: "fr"}, {Code: "en"}}

func TestNoticesByLanguage(t *testing.T) {
	texts := map[string]string{"notices/a.fr.md": "a-fr\n", "notices/a.en.md": "a-en", "notices/b.fr.md": "b-fr", "notices/c.md": "c",
		"notices/d.de.md": "d-de", "notices/v1.5.md": "v"}
	names := []string{"notices/b.fr.md", "notices/a.en.md", "notices/a.fr.md", "notices/c.md", "notices/d.de.md", "notices/v1.5.md"}
	got, err := notices(names, texts, bothLanguages)
	want := map[string]string{"fr": "b-fr\n\na-fr\n\nc\n\nd-de\n\nv", "en": "b-fr\n\na-en\n\nc\n\nd-de\n\nv"}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	texts["notices/c.md"] = strings.Repeat("c", maxNotices)
	got, err = notices(names, texts, bothLanguages)
	if err == nil || got["fr"] != "b-fr\n\na-fr" {
		t.Errorf("%.40q, %v", got, err)
	}
	if got, err := notices(nil, nil, bothLanguages); got != nil || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// What the home surface gets always fits into a line to the view, and nothing
// in the release keeps the kiosk from opening.
func TestDress(t *testing.T) {
	var drawing bytes.Buffer
	if err := png.Encode(&drawing, image.NewRGBA(image.Rect(0, 0, 2000, 1000))); err != nil {
		t.Fatal(err)
	}
	machine, err := provisioning.Machine{Kiosk: "k-kvm4ma35sigbbitt", Place: "accueil", Logo: provisioning.LogoFile,
		Notices: []string{"notices/a.md", "notices/b.fr.md"}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	file := func(data []byte) *fstest.MapFile { return &fstest.MapFile{Data: data} }
	worst := file(bytes.Repeat([]byte("\x01"), 16<<10))
	whole := fstest.MapFS{provisioning.MachineFile: file(machine), provisioning.LogoFile: file(drawing.Bytes()), "notices/a.md": worst, "notices/b.fr.md": file([]byte("b"))}
	for name, c := range map[string]struct {
		change        func(fstest.MapFS)
		logo, notices bool
		told          bool
	}{
		"whole":       {func(fstest.MapFS) {}, true, true, false},
		"broken logo": {func(f fstest.MapFS) { f[provisioning.LogoFile] = file([]byte("GIF")) }, false, true, true},
		"no notice":   {func(f fstest.MapFS) { delete(f, "notices/a.md") }, true, false, false},
		"older":       {func(f fstest.MapFS) { delete(f, provisioning.MachineFile) }, false, false, false},
		"bad machine": {func(f fstest.MapFS) { f[provisioning.MachineFile] = file([]byte("x")) }, false, false, true},
	} {
		release := maps.Clone(whole)
		c.change(release)
		start := wire.Start{Languages: bothLanguages}
		var log strings.Builder
		dress(&start, release, slog.New(slog.NewTextHandler(&log, nil)))
		if (start.Logo != nil) != c.logo || (start.Notices != nil) != c.notices || (log.Len() > 0) != c.told {
			t.Errorf("%s: logo of %d bytes, %d notices, log %q", name, len(start.Logo), len(start.Notices), log.String())
		}
		if line, err := wire.EncodeToView(start); err != nil || len(line) > wire.MaxDown/2 {
			t.Errorf("%s: %d bytes, %v", name, len(line), err)
		}
	}
}
