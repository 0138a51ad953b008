package main

import (
	"bytes"
	"context"
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
func passphrase(ctx context.Context, fd int, fresh bool) ([]byte, error) {
	p, err := readPassphrase(ctx, fd, fresh)
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

func readPassphrase(ctx context.Context, fd int, fresh bool) ([]byte, error) {
	if fd >= 0 {
		return lineOf(os.NewFile(uintptr(fd), fmt.Sprintf("file descriptor %d", fd)))
	}
	in := int(os.Stdin.Fd())
	if !term.IsTerminal(in) {
		return nil, &hintError{errors.New("there is no terminal to ask for the passphrase"),
			"run it in a terminal, or give the passphrase with --passphrase-fd 0 < FILE"}
	}
	const ask = "Phrase secrète / Passphrase: "
	if !fresh {
		return prompt(ctx, in, ask)
	}
	return askTwice(ctx, in, ask)
}

// askTwice asks for something new, and once more.
func askTwice(ctx context.Context, in int, text string) ([]byte, error) {
	p, err := prompt(ctx, in, text)
	if err != nil {
		return p, err
	}
	again, err := prompt(ctx, in, "Encore une fois / Once more: ")
	defer clear(again)
	if err == nil && !bytes.Equal(p, again) {
		err = errors.New("the two answers differ")
	}
	return p, err
}

// prompt asks without showing the answer. The goroutine ends with the line, or
// with the process: nothing can take a read from a terminal back.
func prompt(ctx context.Context, in int, text string) ([]byte, error) {
	state, err := term.GetState(in)
	if err != nil {
		return nil, fmt.Errorf("read from terminal: %w", err)
	}
	type result struct {
		line []byte
		err  error
	}
	read := make(chan result, 1)
	fmt.Fprint(os.Stderr, text)
	go func() {
		line, err := term.ReadPassword(in)
		read <- result{line, err}
	}()
	var got result
	select {
	case got = <-read:
	case <-ctx.Done():
		got.err = errors.Join(ctx.Err(), term.Restore(in, state))
	}
	fmt.Fprintln(os.Stderr)
	if got.err != nil {
		return nil, fmt.Errorf("read from terminal: %w", got.err)
	}
	return got.line, nil
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

// secretValue asks for a password or key, twice.
func secretValue(ctx context.Context, name string) ([]byte, error) {
	in := int(os.Stdin.Fd())
	if !term.IsTerminal(in) {
		return nil, &hintError{fmt.Errorf("there is no terminal to ask for %s", name), "give it with --file FILE"}
	}
	return askTwice(ctx, in, name+": ")
}
