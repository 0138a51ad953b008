package main

import (
	"fmt"
	"io/fs"
	"os"

	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/procedure/packs/france"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/usage/usagedb"
)

type procedureDoctor struct {
	File string   `arg:"" type:"path" help:"Usage file of a kiosk, or a copy of it. It is not changed."`
	Pack []string `type:"existingdir" placeholder:"DIR" help:"Pack that the kiosk has besides the one built in; may be given several times."`
	JSON bool     `name:"json" help:"Print JSON instead of text."`
	Lang string   `enum:"fr,en" default:"fr" help:"Language of the text: fr or en."`
}

// Run prints the diagnosis.
func (c *procedureDoctor) Run(out output) error {
	book, err := usagedb.Read(c.File)
	if err != nil {
		return readHint(err)
	}
	listed, err := c.listed()
	if err != nil {
		return err
	}
	diagnosis := usage.Diagnose(book, listed)
	if c.JSON {
		return diagnosis.WriteJSON(out)
	}
	return diagnosis.WriteText(out, c.Lang)
}

// listed reads the packs. A procedure that is in several is taken from the last.
func (c *procedureDoctor) listed() (map[string]usage.Listed, error) {
	names, files := []string{"france"}, []fs.FS{france.Files}
	for _, dir := range c.Pack {
		names, files = append(names, dir), append(files, os.DirFS(dir))
	}
	listed := map[string]usage.Listed{}
	for i, f := range files {
		pack, err := procedure.Load(f)
		if err != nil {
			return nil, &hintError{fmt.Errorf("read pack %q:\n%w", names[i], err), "kioskctl procedure check DIR checks a pack alone"}
		}
		for _, p := range pack.Procedures {
			listed[p.ID] = c.entry(p)
		}
	}
	return listed, nil
}

func (c *procedureDoctor) entry(p procedure.Procedure) usage.Listed {
	l := usage.Listed{Title: p.Texts[c.Lang].Title}
	for _, o := range p.Origins {
		l.Origins = append(l.Origins, o.Host)
	}
	return l
}
