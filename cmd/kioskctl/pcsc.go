//go:build pcsc

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ebfe/scard"

	"guichet.example/hw/badge"
)

const defaultReader = "pcsc"

// pcscStation is a reader for PC/SC. It speaks ISO/IEC 14443-4 itself and
// takes whole commands; it tells of one card only, so two on it are not seen.
type pcscStation struct {
	context *scard.Context
	reader  string
	card    *scard.Card // nil while there is none
}

// openPCSC opens the one reader whose name contains f.PCSC.
func openPCSC(f readerFlags) (station, error) {
	c, err := scard.EstablishContext()
	if err != nil {
		return nil, &hintError{fmt.Errorf("open PC/SC: %w", err), "install and start pcscd: apt install pcscd"}
	}
	names, err := c.ListReaders()
	if err != nil && !errors.Is(err, scard.ErrNoReadersAvailable) {
		return nil, errors.Join(fmt.Errorf("list readers: %w", err), c.Release())
	}
	var found []string
	for _, n := range names {
		if strings.Contains(n, f.PCSC) {
			found = append(found, n)
		}
	}
	if len(found) != 1 {
		err := fmt.Errorf("%d readers with %q in their name: %q", len(found), f.PCSC, names)
		return nil, errors.Join(&hintError{err, "plug in one reader for contactless cards, or name it with --pcsc"}, c.Release())
	}
	return &pcscStation{context: c, reader: found[0]}, nil
}

// Card implements station. A card that was there is reset.
func (s *pcscStation) Card(context.Context) (badge.PICC, badge.Channel, error) {
	if err := s.drop(); err != nil {
		return badge.PICC{}, nil, err
	}
	card, err := s.context.Connect(s.reader, scard.ShareExclusive, scard.ProtocolAny)
	switch {
	case errors.Is(err, scard.ErrNoSmartcard), errors.Is(err, scard.ErrRemovedCard):
		return badge.PICC{}, nil, badge.ErrNoBadge
	case err != nil:
		return badge.PICC{}, nil, fmt.Errorf("connect to card: %w", err)
	}
	s.card = card
	// PC/SC part 3, 3.2.2.1.3: GET DATA, the UID.
	answer, err := transmit(card, []byte{0xFF, 0xCA, 0, 0, 0})
	n := len(answer) - 2
	switch {
	case err != nil:
		return badge.PICC{}, nil, err
	case n < 0 || answer[n] != 0x90 || answer[n+1] != 0:
		return badge.PICC{}, nil, errors.New("reader does not tell the UID of the card")
	case n != 4 && n != 7 && n != 10:
		return badge.PICC{}, nil, errNotDESFire
	}
	return badge.PICC{UID: answer[:n]}, pcscChannel{card}, nil
}

func (s *pcscStation) drop() error {
	if s.card == nil {
		return nil
	}
	err := s.card.Disconnect(scard.ResetCard)
	s.card = nil
	if err == nil || errors.Is(err, scard.ErrRemovedCard) || errors.Is(err, scard.ErrNoSmartcard) {
		return nil
	}
	return fmt.Errorf("leave card: %w", err)
}

// Close implements station.
func (s *pcscStation) Close() error { return errors.Join(s.drop(), s.context.Release()) }

// errTaken says that the card was there and is no more.
var errTaken = fmt.Errorf("card was taken away: %w", badge.ErrNoAnswer)

// pcscChannel is a badge.Channel.
type pcscChannel struct{ card *scard.Card }

// Exchange sends one command. PC/SC gives no way to end it early, so ctx is
// looked at before.
func (c pcscChannel) Exchange(ctx context.Context, message []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return transmit(c.card, message)
}

func transmit(card *scard.Card, message []byte) ([]byte, error) {
	answer, err := card.Transmit(message)
	for _, gone := range []error{scard.ErrRemovedCard, scard.ErrNoSmartcard, scard.ErrResetCard, scard.ErrNotTransacted} {
		if errors.Is(err, gone) {
			return nil, errTaken
		}
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("talk to card: %w", err)
	case len(answer) < 2: // no card answers without a status: the reader has lost it
		return nil, errTaken
	default:
		return answer, nil
	}
}
