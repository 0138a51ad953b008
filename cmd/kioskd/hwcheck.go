package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"guichet.example/cmd/kioskd/hwcheck"
	"guichet.example/hw/periphboard"
	"guichet.example/kiosk/config"
	"guichet.example/kiosk/usage"
	"guichet.example/kiosk/usage/usagedb"
)

// hwCommands are about the hardware.
type hwCommands struct {
	Check hwCheckCommand `cmd:"" help:"Walk through relay, contact, lamp, buttons and reader, with a technician at the box. kioskd must not be serving."`
}

// hwCheckCommand walks a technician through the box.
type hwCheckCommand struct {
	Lang  string        `enum:"fr,en," default:"" help:"fr or en; without it that of $$LANG, or fr."`
	Limit time.Duration `default:"1m" help:"Time for each answer and each act."`
}

// Run opens the board as the daemon does, so that what is checked is what will
// serve. Packs that are wrong do not matter here.
func (c *hwCheckCommand) Run(ctx context.Context, flags *Flags, p process) (err error) {
	name := flags.configuration()
	data, err := os.ReadFile(name)
	if err != nil {
		return &setupError{fmt.Errorf("read configuration: %w", err)}
	}
	site, err := config.Decode(name, data)
	if err != nil {
		return &setupError{err}
	}
	board, err := p.board(lines(site))
	switch {
	case errors.Is(err, periphboard.ErrInUse):
		return &hintError{err, "kioskd serves and holds the lines: systemctl stop kioskd, check, then systemctl start kioskd"}
	case err != nil:
		return &setupError{&hintError{err, wiringHint}}
	}
	badges, err := flags.openBadges(ctx, site.Badge, board, slog.New(slog.DiscardHandler))
	if err != nil {
		return errors.Join(err, board.Close())
	}
	parts := hwcheck.Parts{Relay: board.Relay, Film: board.Film, Follow: site.Film.FollowWithin, Switched: switched(site)}
	if board.Indicator != nil {
		parts.Indicator = board.Indicator
	}
	if board.HelpButton != nil {
		parts.Help = board.HelpButton
	}
	if board.ServiceSwitch != nil {
		parts.Service = board.ServiceSwitch
	}
	if badges != nil {
		parts.Badges = badges
		defer func() { err = errors.Join(err, badges.Close()) }()
	}
	talk := hwcheck.Talk{In: p.stdin, Out: p.stdout, Language: languageOf(c.Lang), Limit: max(c.Limit, time.Second)}
	return errors.Join(hwcheck.Run(ctx, parts, talk), board.Close())
}

// switched is what the usage file tells of the relay. A box without such a file
// has hardware to check all the same.
func switched(site config.Site) string {
	book, err := usagedb.Read(site.Usage.File)
	if err != nil {
		return ""
	}
	f := usage.NewReport(book).Switched
	if f.Kind == usage.Hidden {
		return ""
	}
	return f.String()
}

// languageOf is French where nobody says otherwise.
func languageOf(asked string) string {
	if asked == "" && strings.HasPrefix(os.Getenv("LANG"), "en") {
		return "en"
	}
	return asked
}

// badgeHint goes with a badge reader that cannot be set up.
const badgeHint = "compare [badge] of site.toml with the files it names; kioskd check reads them too"

// wiringHint goes with a board that cannot be opened.
const wiringHint = "compare [film], [indicator], [help_button] and [service_switch] of site.toml with what gpiodetect and gpioinfo print"
