package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/term"

	"guichet.example/hw/badge"
)

// pinFlag is of badge make.
type pinFlag struct {
	PIN bool `name:"pin" help:"Ask for a PIN of six digits, twice, and make the badge ask for it. Whoever will carry the badge types it; kiosks let it in with the badge only."`
}

// ask returns the PIN that was typed, nil where none is wanted. The caller
// overwrites it.
func (f pinFlag) ask(ctx context.Context, s surroundings) ([]byte, error) {
	if !f.PIN {
		return nil, nil
	}
	pin, err := s.pin(ctx)
	if err == nil {
		err = pinHint(badge.CheckPIN(pin))
	}
	if err != nil {
		clear(pin)
		return nil, err
	}
	return pin, nil
}

// pinHint says of a weak PIN what to take instead.
func pinHint(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, badge.ErrPINForm):
		return &hintError{err, "type six digits, 0 to 9"}
	default:
		return &hintError{fmt.Errorf("PIN is too easy to guess: %w", err),
			"take six digits that say nothing: draw them, for instance with six throws of a die of ten"}
	}
}

// askPIN asks twice for a PIN, at the terminal.
func askPIN(ctx context.Context) ([]byte, error) {
	in := int(os.Stdin.Fd())
	if !term.IsTerminal(in) {
		return nil, &hintError{errors.New("there is no terminal to ask for the PIN"), "run it in a terminal; a PIN is in no file and no argument"}
	}
	pin, err := prompt(ctx, in, "PIN: ")
	if err != nil {
		return nil, err
	}
	again, err := prompt(ctx, in, "Encore une fois / Once more: ")
	defer clear(again)
	if err == nil && !bytes.Equal(pin, again) {
		err = &hintError{errors.New("the two PINs differ"), "run the command again"}
	}
	if err != nil {
		clear(pin)
		return nil, err
	}
	return pin, nil
}
