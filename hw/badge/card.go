package badge

import (
	"context"
	"errors"
	"fmt"
)

const (
	// maxCommand is the longest data of one wrapped command: Lc is one byte.
	maxCommand = 255
	// maxFrames bounds the additional frames of one answer.
	maxFrames = 16
	// maxData bounds what all of them bring together.
	maxData = 1024
)

// errMalformed is a DESFire answer that has not the form it must have.
var errMalformed = fmt.Errorf("malformed answer of the card: %w", ErrRefused)

// A Channel carries a message to a PICC and brings its answer back. A Link is
// one; a reader that speaks ISO/IEC 14443-4 itself, as those of PC/SC do, is
// another. A message has at most 261 bytes, an answer at most 258.
type Channel interface {
	Exchange(ctx context.Context, message []byte) ([]byte, error)
}

// A Card speaks DESFire's native commands, wrapped as ISO/IEC 7816-4 wants
// them, over a channel. It is authenticated from an Authenticate that succeeded
// until the next error or SelectApplication.
type Card struct {
	channel Channel
	session session
}

// NewCard returns the DESFire card at the other end of a channel.
func NewCard(c Channel) *Card { return &Card{channel: c} }

// session is secure messaging after an authentication.
type session interface {
	// protect turns header and data of a command into what is sent.
	protect(cmd byte, header, data []byte, mode CommMode) ([]byte, error)
	// open checks an answer with status OK and returns its plain data. EV1 does
	// not mark the end of encrypted data: lengths are those they may have, the
	// likely one first.
	open(answer []byte, mode CommMode, lengths ...int) ([]byte, error)
	// changeKey returns what ChangeKey sends; own says that the key is the
	// one of this session, and then old is not looked at.
	changeKey(keyNo byte, own bool, old, fresh *Key, version byte) ([]byte, error)
	// end overwrites the session's keys.
	end()
}

// Forget ends the authentication on our side and overwrites its keys.
func (c *Card) Forget() {
	if c.session != nil {
		c.session.end()
		c.session = nil
	}
}

// frame sends one wrapped command, 90 CMD 00 00 Lc data 00, and returns data
// and status of the answer, data 91 SS.
func (c *Card) frame(ctx context.Context, cmd byte, data []byte) ([]byte, Status, error) {
	if len(data) > maxCommand {
		return nil, 0, errors.New("command too long for the card")
	}
	apdu := []byte{0x90, cmd, 0, 0}
	if len(data) > 0 {
		apdu = append(append(apdu, byte(len(data))), data...)
	}
	answer, err := c.channel.Exchange(ctx, append(apdu, 0))
	if err != nil {
		return nil, 0, err
	}
	return parseAnswer(answer)
}

// parseAnswer takes status and data of a wrapped answer apart.
func parseAnswer(answer []byte) ([]byte, Status, error) {
	n := len(answer) - 2
	if n < 0 {
		return nil, 0, fmt.Errorf("answer without a status: %w", errMalformed)
	}
	if answer[n] != 0x91 {
		return nil, 0, fmt.Errorf("card does not speak DESFire: %w", ErrRefused)
	}
	return answer[:n], Status(answer[n+1]), nil
}

// collect sends a command and fetches additional frames until the card has
// said everything.
func (c *Card) collect(ctx context.Context, cmd byte, data []byte) ([]byte, error) {
	var all []byte
	for range maxFrames {
		got, status, err := c.frame(ctx, cmd, data)
		if err != nil {
			return nil, err
		}
		if len(all)+len(got) > maxData {
			return nil, fmt.Errorf("answer longer than %d bytes: %w", maxData, errMalformed)
		}
		all = append(all, got...)
		switch status {
		case StatusOK:
			return all, nil
		case StatusMore:
			cmd, data = byte(StatusMore), nil
		default:
			return nil, status
		}
	}
	return nil, fmt.Errorf("answer in more than %d frames: %w", maxFrames, errMalformed)
}

// do runs one command under the session there is. Any error ends the
// authentication, on the card's side too.
func (c *Card) do(ctx context.Context, cmd byte, header, data []byte, mode CommMode, lengths ...int) ([]byte, error) {
	got, err := c.try(ctx, cmd, header, data, mode, lengths)
	if err != nil {
		c.Forget()
	}
	return got, err
}

func (c *Card) try(ctx context.Context, cmd byte, header, data []byte, mode CommMode, lengths []int) ([]byte, error) {
	if c.session == nil {
		return c.collect(ctx, cmd, append(append([]byte{}, header...), data...))
	}
	sent, err := c.session.protect(cmd, header, data, mode)
	if err != nil {
		return nil, err
	}
	answer, err := c.collect(ctx, cmd, sent)
	if err != nil {
		return nil, err
	}
	return c.session.open(answer, mode, lengths...)
}
