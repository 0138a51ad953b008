package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strings"

	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning"
	"guichet.example/provisioning/content"
)

// maxNotices bounds the notices in one language, in bytes: with it Start stays
// far under wire.MaxDown.
const maxNotices = 32 << 10

// dress puts the logo and the notices of the release in force on the home
// surface. What cannot be shown is left out: they are no reason to be closed.
func dress(start *wire.Start, release fs.FS, log *slog.Logger) {
	err := dressWith(start, release)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("logo or notices of the site are not shown", "err", err)
	}
}

func dressWith(start *wire.Start, release fs.FS) error {
	data, err := fs.ReadFile(release, provisioning.MachineFile)
	if err != nil {
		return err
	}
	machine, err := provisioning.ParseMachine(provisioning.MachineFile, data)
	if err != nil {
		return err
	}
	var logoErr error
	if machine.Logo != "" {
		start.Logo, logoErr = logo(release, machine.Logo)
	}
	texts := map[string]string{}
	for _, name := range machine.Notices {
		text, err := fs.ReadFile(release, name)
		if err != nil {
			return errors.Join(logoErr, fmt.Errorf("read notice: %w", err))
		}
		texts[name] = string(text)
	}
	var noticesErr error
	start.Notices, noticesErr = notices(machine.Notices, texts, start.Languages)
	return errors.Join(logoErr, noticesErr)
}

func logo(release fs.FS, name string) ([]byte, error) {
	data, err := fs.ReadFile(release, name)
	if err != nil {
		return nil, fmt.Errorf("read logo: %w", err)
	}
	small, err := content.Logo(data)
	if err != nil {
		return nil, fmt.Errorf("read logo: %w", err)
	}
	return small, nil
}

// notices returns what people read in each language: every notice once, in
// their order, in that language, else the first that there is in the order of
// languages, else the one without a language in its name.
func notices(names []string, texts map[string]string, languages []wire.Language) (map[string]string, error) {
	var all map[string]string
	var err error
	for _, lang := range languages {
		var said []string
		length := 0
		told := map[string]bool{}
		for _, name := range names {
			notice, _ := spoken(name)
			if told[notice] {
				continue
			}
			told[notice] = true
			text := texts[best(notice, names, append([]wire.Language{lang}, languages...))]
			if length += len(text); length > maxNotices {
				err = fmt.Errorf("read notices: more than %d bytes in %q; the last are left out", maxNotices, lang.Code)
				break
			}
			said = append(said, strings.TrimSpace(text))
		}
		if len(said) > 0 {
			if all == nil {
				all = map[string]string{}
			}
			all[lang.Code] = strings.Join(said, "\n\n")
		}
	}
	return all, err
}

// best is the file of a notice in the first of languages that it has.
func best(notice string, names []string, languages []wire.Language) (file string) {
	for _, lang := range languages {
		for _, name := range names {
			if n, l := spoken(name); n == notice && l == lang.Code {
				return name
			}
		}
	}
	for _, name := range names {
		if n, l := spoken(name); n == notice && (l == "" || file == "") {
			file = name
		}
	}
	return file
}

// spoken takes "notices/donnees.fr.md" apart: "donnees" in "fr", "" for no language.
func spoken(name string) (notice, lang string) {
	notice = strings.TrimSuffix(path.Base(name), ".md")
	if lang = path.Ext(notice); len(lang) != len(".fr") {
		return notice, ""
	}
	return strings.TrimSuffix(notice, lang), lang[1:]
}
