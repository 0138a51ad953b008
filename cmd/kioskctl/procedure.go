package main

import (
	"fmt"
	"os"
	"strings"

	"guichet.example/kiosk/procedure"
)

type procedureCommands struct {
	Check  procedureCheck  `cmd:"" help:"Check a pack of procedures, and name everything that is wrong with it."`
	Key    procedureKey    `cmd:"" help:"Make a key to sign packs with, for sites of others, and print its public half."`
	Sign   procedureSign   `cmd:"" help:"Sign a pack for sites of others."`
	Doctor procedureDoctor `cmd:"" help:"Say which sites a kiosk refused to its procedures, which of these break, and what to add."`
}

type procedureCheck struct {
	Dir string `arg:"" type:"existingdir" help:"Directory of the pack, with its pack.toml."`
}

// Run checks the pack; errors of it name file and line.
func (c *procedureCheck) Run(out output) error {
	pack, err := procedure.Load(os.DirFS(c.Dir))
	if err != nil {
		return &hintError{
			fmt.Errorf("check pack %q:\n%w", c.Dir, err),
			"mend the lines named above and run the check again; a kiosk takes a pack whole or not at all",
		}
	}
	_, err = fmt.Fprintf(out, "pack %q is good: %d procedures in %s\n",
		pack.ID, len(pack.Procedures), strings.Join(pack.Languages, ", "))
	return err
}
