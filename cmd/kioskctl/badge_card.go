package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"guichet.example/cmd/kioskctl/issuer"
	"guichet.example/hw/badge"
)

// lookEvery is the pause between two looks for a card.
const lookEvery = 100 * time.Millisecond

// station is a reader on this computer.
type station interface {
	// Card makes the one card on the reader ready for commands, as if it had
	// just been laid there. It returns badge.ErrNoBadge when there is none.
	Card(context.Context) (badge.PICC, badge.Channel, error)
	Close() error
}

// readerFlags say where the reader is.
type readerFlags struct {
	Reader    string        `enum:"spi,pcsc" default:"${reader}" help:"Kind of reader: spi (an MFRC522 on this computer's SPI port) or pcsc (any reader for PC/SC, in a kioskctl built with -tags pcsc)."`
	SPI       string        `name:"spi" default:"/dev/spidev0.0" placeholder:"DEVICE" help:"SPI port of the MFRC522 (${default})."`
	Chip      string        `default:"pinctrl-bcm2711" placeholder:"LABEL" help:"GPIO chip of the two lines below (${default})."`
	Reset     int           `default:"-1" placeholder:"LINE" help:"Line of the MFRC522's reset; without it the chip is reset by command."`
	Interrupt int           `default:"-1" placeholder:"LINE" help:"Line of the MFRC522's interrupt; without it the chip is polled."`
	PCSC      string        `name:"pcsc" placeholder:"NAME" help:"Part of the name of the PC/SC reader, where there are several."`
	Wait      time.Duration `default:"1m" placeholder:"TIME" help:"How long to wait for a card (${default})."`
}

// card waits for a card.
func (f readerFlags) card(ctx context.Context, st station) (badge.PICC, badge.Channel, error) {
	over := time.After(f.Wait)
	for {
		picc, channel, err := st.Card(ctx)
		if !errors.Is(err, badge.ErrNoBadge) {
			return picc, channel, err
		}
		select {
		case <-ctx.Done():
			return badge.PICC{}, nil, ctx.Err()
		case <-over:
			return badge.PICC{}, nil, err
		case <-time.After(lookEvery):
		}
	}
}

// open opens the reader and asks for a card.
func (f readerFlags) open(ctx context.Context, out output, s surroundings, lang string) (station, error) {
	st, err := s.reader(ctx, f)
	if err != nil {
		return nil, err
	}
	if err := say(out, lang, textLay()); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

// cardHint adds what to do about a card.
func cardHint(err error) error {
	switch {
	case errors.Is(err, badge.ErrNoBadge):
		return &hintError{err, "lay a card flat on the reader and run the command again"}
	case errors.Is(err, badge.ErrTwoBadges):
		return &hintError{err, "leave one card on the reader and run the command again"}
	case errors.Is(err, badge.StatusPermissionDenied), errors.Is(err, badge.StatusAuthentication):
		return &hintError{err, "this card belongs to somebody else or is closed to new uses: take a new DESFire EV1, EV2 or EV3 card"}
	case errors.Is(err, badge.ErrRefused), errors.Is(err, errNotDESFire):
		return &hintError{err, "take a DESFire EV1, EV2 or EV3 card"}
	case errors.Is(err, context.Canceled), err == nil:
		return err
	default:
		return &hintError{err, "leave the card still on the reader and run the command again"}
	}
}

// errNotDESFire is a card that cannot be a badge.
var errNotDESFire = errors.New("card is not a DESFire card")

type badgeMake struct {
	folderArg
	siteArg
	Role  string `required:"" enum:"helper,technician" help:"helper: may help a person who agrees. technician: may maintain the kiosk."`
	Until dayArg `required:"" placeholder:"DATE" help:"Last day on which the badge counts, as 2027-03-31."`
	Label string `placeholder:"TEXT" help:"Your own short word for the card, such as \"Accueil 1\". Never a person's name: the register holds none."`
	Renew bool   `help:"Make the card a new badge although it is one of this site already; the old number then counts no more."`
	pinFlag
	readerFlags
	secretFlag
	langFlag
}

// Run makes the badge. Its number is in the register before anything is on
// the card.
func (c *badgeMake) Run(ctx context.Context, out output, s surroundings) (err error) {
	b := issuer.Badge{Site: c.Site, Label: strings.TrimSpace(c.Label), Until: c.Until.Day, Made: s.today()}
	if b.Role, err = issuer.ParseRole(c.Role); err != nil {
		return err
	}
	if b.Until < b.Made {
		return &hintError{fmt.Errorf("--until %v is over", c.Until), "give a day to come; the badge counts until its end"}
	}
	folder, keys, err := c.openKeys(ctx, s, c.secretFlag)
	if err != nil {
		return err
	}
	defer keys.Clear()
	if err := folder.CheckBadge(b); err != nil {
		return &hintError{err, "kioskctl badge site makes a site known; a label is your own word for the card"}
	}
	pin, err := c.ask(ctx, s)
	if err != nil {
		return err
	}
	defer clear(pin)
	st, err := c.open(ctx, out, s, c.Lang)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	serial, err := c.write(ctx, st, folder, keys, b, pin)
	if err != nil {
		return err
	}
	return say(out, c.Lang, textMade(pin != nil), serial, word(c.Lang, b.Role.String()), plainDay(b.Until, c.Lang))
}

// write makes the card on the reader a badge and returns its number.
func (c *badgeMake) write(ctx context.Context, st station, folder *issuer.Folder, keys *issuer.Keys, b issuer.Badge, pin []byte) (uint64, error) {
	picc, channel, err := c.card(ctx, st)
	if err != nil {
		return 0, cardHint(err)
	}
	old, err := c.old(ctx, picc, channel, folder, keys)
	if err != nil {
		return 0, err
	}
	serial, err := folder.Begin(b)
	if err != nil {
		return 0, badgeHint(err)
	}
	press := keys.Press(c.Site, rand.Reader)
	defer press.Site.Clear()
	defer press.Admin.Clear()
	record := badge.Record{Role: b.Role, Organisation: keys.Organisation, Serial: serial, NotAfter: b.Until}
	if pin != nil {
		if record.PIN, err = badge.NewVerifier(&press.Site, record.Organisation, serial, pin); err != nil {
			return 0, err
		}
	}
	if err := press.WriteCard(ctx, picc, channel, record); err != nil {
		return 0, cardHint(fmt.Errorf("badge %d is not finished and will be refused: %w", serial, err))
	}
	if err := folder.Finish(serial, old, b.Made); err != nil {
		return 0, &hintError{fmt.Errorf("badge %d is on the card but not in the register: %w", serial, err),
			"mend that and make the card again; until then its number will be refused"}
	}
	return serial, nil
}

// old looks at the card before it is written, and returns the number of the
// badge that it is, 0 for none. Only a badge that counts needs --renew.
func (c *badgeMake) old(ctx context.Context, picc badge.PICC, channel badge.Channel, folder *issuer.Folder, keys *issuer.Keys) (uint64, error) {
	site := keys.Site(c.Site)
	defer site.Key.Clear()
	r, err := badge.ReadRecord(ctx, picc, channel, site, rand.Reader)
	switch {
	case errors.Is(err, badge.ErrRefused):
		return 0, nil
	case err != nil:
		return 0, cardHint(err)
	}
	known := folder.Register.Find(r.Serial)
	switch {
	case known == nil:
		return 0, &hintError{fmt.Errorf("card is badge %d, which the register does not know", r.Serial),
			"this is not the newest register: take that one, or numbers would be given twice"}
	case known.State == issuer.Ready && !c.Renew:
		return 0, &hintError{fmt.Errorf("card is badge %d of this site already", r.Serial),
			fmt.Sprintf("--renew makes it a new badge, and number %d counts no more", r.Serial)}
	}
	return r.Serial, nil
}

type badgeShow struct {
	folderArg
	readerFlags
	secretFlag
	langFlag
}

// Run looks for a badge of each site of the register.
func (c *badgeShow) Run(ctx context.Context, out output, s surroundings) (err error) {
	folder, keys, err := c.openKeys(ctx, s, c.secretFlag)
	if err != nil {
		return err
	}
	defer keys.Clear()
	st, err := c.open(ctx, out, s, c.Lang)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	picc, channel, err := c.card(ctx, st)
	if err != nil {
		return cardHint(err)
	}
	var text []byte
	for _, name := range folder.Register.Sites {
		site := keys.Site(name)
		r, err := badge.ReadRecord(ctx, picc, channel, site, rand.Reader)
		site.Key.Clear()
		switch {
		case err == nil:
			text = append(text, showText(name, r, &folder.Register, s.today(), c.Lang)...)
		case !errors.Is(err, badge.ErrRefused):
			return cardHint(err)
		}
	}
	if len(text) == 0 {
		return say(out, c.Lang, textNoBadge(), keys.Organisation)
	}
	_, err = out.Write(text)
	return err
}
