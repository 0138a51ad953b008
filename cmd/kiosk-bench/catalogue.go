package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"strings"

	"guichet.example/cmd/kiosk-bench/control"
	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/procedure/packs/demo"
	"guichet.example/kiosk/procedure/packs/france"
)

// catalogue loads the packs of the bench: first those given, then demo, then
// france.
func catalogue(dirs []string) (procedure.Catalogue, error) {
	var packs []procedure.Pack
	var errs []error
	load := func(name string, files fs.FS) {
		pack, err := procedure.Load(files)
		if err != nil {
			errs = append(errs, fmt.Errorf("load pack %q: %w", name, err))
			return
		}
		packs = append(packs, pack)
	}
	for _, dir := range dirs {
		load(dir, os.DirFS(dir))
	}
	load("demo", demo.Files)
	load("france", france.Files)
	if len(errs) > 0 {
		return procedure.Catalogue{}, errors.Join(errs...)
	}
	return procedure.NewBenchCatalogue(packs...)
}

// startURL answers mapped hosts over plain http, because nobody can hold a
// certificate for somebody else's name, except those mapped over https.
func startURL(mapped, overTLS map[string]string) func(procedure.Procedure) string {
	return func(p procedure.Procedure) string {
		u, err := url.Parse(p.Start)
		if err != nil {
			return p.Start
		}
		host := strings.ToLower(u.Hostname())
		if _, ok := overTLS[host]; ok {
			return u.String()
		}
		if _, ok := mapped[host]; ok {
			u.Scheme = "http"
		}
		return u.String()
	}
}

func infos(procedures []procedure.Procedure) []control.ProcedureInfo {
	var list []control.ProcedureInfo
	for _, p := range procedures {
		info := control.ProcedureInfo{ID: p.ID, Titles: map[string]string{}}
		for language, text := range p.Texts {
			info.Titles[language] = text.Title
		}
		list = append(list, info)
	}
	return list
}

// merge lays what was given on the command line over the demo sites.
func merge(sites, given map[string]string) map[string]string {
	all := maps.Clone(sites)
	for host, address := range given {
		all[strings.ToLower(host)] = address
	}
	return all
}
