package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"golang.org/x/term"
)

const (
	// shortest passphrase that is accepted, in characters.
	shortest = 12
	// longest is in bytes.
	longest = 1024
)

// passphrase reads one from file descriptor fd, or from the terminal where fd
// is below 0. A fresh one is asked for twice and has to be long enough.
func passphrase(fd int, fresh bool) ([]byte, error) {
	p, err := readPassphrase(fd, fresh)
	if err == nil && fresh && utf8.RuneCount(p) < shortest {
		err = &hintError{fmt.Errorf("passphrase has fewer than %d characters", shortest),
			"take five or six words that nobody connects with you"}
	}
	if err == nil && len(p) == 0 {
		err = errors.New("passphrase is empty")
	}
	if err != nil {
		clear(p)
		return nil, err
	}
	return p, nil
}

func readPassphrase(fd int, fresh bool) ([]byte, error) {
	if fd >= 0 {
		return lineOf(os.NewFile(uintptr(fd), fmt.Sprintf("file descriptor %d", fd)))
	}
	in := int(os.Stdin.Fd())
	if !term.IsTerminal(in) {
		return nil, &hintError{errors.New("there is no terminal to ask for the passphrase"),
			"run it in a terminal, or give the passphrase with --passphrase-fd 0 < FILE"}
	}
	p, err := prompt(in, "Phrase secrète / Passphrase: ")
	if err != nil || !fresh {
		return p, err
	}
	again, err := prompt(in, "Encore une fois / Once more: ")
	defer clear(again)
	if err == nil && !bytes.Equal(p, again) {
		err = errors.New("the two passphrases differ")
	}
	return p, err
}

func prompt(in int, text string) ([]byte, error) {
	fmt.Fprint(os.Stderr, text)
	p, err := term.ReadPassword(in)
	fmt.Fprintln(os.Stderr)
	if err != nil {
		return nil, fmt.Errorf("read passphrase: %w", err)
	}
	return p, nil
}

// lineOf reads the first line.
func lineOf(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, longest+2))
	if err != nil {
		return nil, fmt.Errorf("read passphrase: %w", err)
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) > longest {
		return nil, fmt.Errorf("passphrase is longer than %d bytes", longest)
	}
	return line, nil
}
