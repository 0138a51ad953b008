package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"guichet.example/hw/periphboard"
	"guichet.example/internal/atomicfile"
	"guichet.example/kiosk/config"
)

// safeStateCommand puts every output at rest.
type safeStateCommand struct{}

// Run puts the outputs safe that the configuration names and those that the
// daemon drove when it last ran, which can be others: a configuration may have
// been changed, or broken, since. Nothing stops it halfway. It fails with what
// is wrong with the configuration only after all that could be done.
func (safeStateCommand) Run(flags *Flags, p process) error {
	configured, confErr := configuredOutputs(flags.configuration())
	remembered, err := recall(flags.Runtime)
	outputs := slices.Clone(configured)
	for _, o := range remembered {
		if !slices.Contains(outputs, o) {
			outputs = append(outputs, o)
		}
	}
	if len(outputs) > 0 {
		err = errors.Join(err, p.release(outputs))
	}
	for _, o := range outputs {
		if err == nil {
			fmt.Fprintf(p.stdout, "%s on %s is safe.\n", o.Part, o.Line)
		}
	}
	if confErr != nil {
		confErr = &setupError{fmt.Errorf("%w\n%s", confErr, reach(outputs))}
	}
	if err != nil {
		err = &hintError{err, "while kioskd serves it holds the lines: systemctl stop kioskd puts them safe; otherwise compare site.toml with gpioinfo, and take the film's power away until this works"}
	}
	return errors.Join(confErr, err)
}

// reach says how far safe-state came without a whole configuration.
func reach(outputs []periphboard.Output) string {
	if slices.ContainsFunc(outputs, func(o periphboard.Output) bool { return o.Part == "relay" }) {
		return "its outputs could be told all the same"
	}
	return "it does not tell where the relay is: take the film's power away until that is mended"
}

func configuredOutputs(name string) ([]periphboard.Output, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	read, err := config.ReadOutputs(name, data)
	var outputs []periphboard.Output
	if read.Relay != nil {
		outputs = append(outputs, periphboard.Output{Part: "relay", Line: *line(read.Relay)})
	}
	if read.Indicator != nil {
		outputs = append(outputs, periphboard.Output{Part: "indicator", Line: *line(read.Indicator)})
	}
	return outputs, err
}

// outputsFile is where the daemon leaves word of what it drives: on a tmpfs,
// and for safe-state alone.
const outputsFile = "outputs.json"

func remember(dir string, outputs []periphboard.Output) error {
	data, err := json.Marshal(outputs)
	if err == nil {
		err = atomicfile.WriteFile(filepath.Join(dir, outputsFile), data, 0o600)
	}
	if err != nil {
		return fmt.Errorf("remember outputs: %w", err)
	}
	return nil
}

// recall returns what remember wrote; nothing when the daemon has not run.
func recall(dir string) ([]periphboard.Output, error) {
	var outputs []periphboard.Output
	data, err := os.ReadFile(filepath.Join(dir, outputsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &outputs)
	}
	if err != nil {
		return nil, fmt.Errorf("read which outputs kioskd drove: %w", err)
	}
	return outputs, nil
}
