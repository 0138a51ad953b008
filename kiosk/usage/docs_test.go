package usage

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/usage.md anew")

// TestDocs keeps docs/usage.md equal to the code: go test ./kiosk/usage -update
func TestDocs(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "usage.md")
	want := docs()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("docs/usage.md is stale (%v): go test ./kiosk/usage -update", err)
	}
}

func docs() string {
	var b strings.Builder
	b.WriteString(docsHead)
	list := func(title string, keys []string, words map[string]words) {
		fmt.Fprintf(&b, "\n### %s\n\n| value | French | English |\n|---|---|---|\n", title)
		for _, k := range keys {
			w := words[k]
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k, w.fr, w.en)
		}
	}
	list("Theme", names(Themes()), themeLabels())
	list("Outcome", names(Outcomes()), outcomeLabels())
	b.WriteString("\n### Length\n\n")
	for _, l := range Lengths() {
		fmt.Fprintf(&b, "- `%s` minutes\n", l)
	}
	list("Autonomy", names(Autonomies()), autonomyLabels())
	list("Calls for help", names(CallsList()), callsLabels())
	list("Kind of help", names(Helps()), helpLabels())
	list("Referral", names(Referrals()), referralLabels())
	list("Accessibility aids", names(AidList()), aidLabels())
	fmt.Fprintf(&b, docsTail, len(Themes())*len(Outcomes())*len(Lengths())*len(Autonomies())*len(CallsList())*
		(len(Helps())+1)*(len(Referrals())+1)*(1<<len(AidList()))*7, least, least-1, maxNames, keep, leastNamed, leastJudged,
		strings.Join(wrap(strings.Join(trackers(), ", "), 78), "\n  "))
	return b.String()
}

const docsHead = `# What the kiosk counts

<!-- Generated from kiosk/usage by "go test ./kiosk/usage -update". Do not edit. -->

The kiosk counts sessions. It keeps sums by month, never a session, and no time
finer than the day. Whatever is not in a list on this page cannot be written
down: there is no free text, no address, no name, no badge, no hour.

A helper's own session, opened by their badge, is not counted at all: a place
has few helpers, and a figure would be somebody's working day.

## The lists

One session adds one to a value of each list; to a value of "kind of help" only
when somebody helped, to one of "referral" only when the helper named a place,
and to every aid that was used. Besides these lists a session has the id of its
procedure, from the catalogue, the two-letter code of its language, and the
sites (www.example.org, never a page) that the kiosk refused to reach because
the procedure does not list them.
`

const docsTail = `
## Which sums are kept, and which are not

| sums | why |
|---|---|
| procedure × outcome | which procedures people can finish here |
| procedure × length | how long they take |
| procedure × autonomy | for which ones people need somebody |
| procedure × calls for help | for which ones somebody is missing |
| kind of help, referral | what helping consists of |
| language, each aid | what the kiosk must be able to do |
| day of the week | when somebody should be there |
| procedure × refused site × finished or not | to mend the list of allowed sites |

Each pair answers a question of those who run the kiosk. All lists taken
together have %[1]d combinations for one procedure and one language: nearly every
session would be alone in its own, and the table of sums would be a diary of
persons. So language, aids, help and referral are never kept together with the
procedure or with each other.

The last day on which the kiosk counted is kept as well, and how many sessions
there were since ever: a month is over when that day lies in a later one.

## How it is kept

- Sessions are written in groups of at least five, or at the day's end, or when
  the kiosk is switched off. Only sums are written, so the order in a group is
  lost. A power cut can lose the sessions of a group that is not full: up to
  four.
- An orderly switch-off writes also fewer than five. Kiosks are switched off in
  the evening; otherwise a quiet one would never count anything, and the figures
  would be wrong just where few people come.
- Each time the whole file is written anew and put in the place of the old one.
  It holds no trace of earlier sums, and its modification time says only the day.
  The medium may still hold blocks of the old file until they are reused: that
  is why nothing personal may be in it.
- Whoever has the card of a kiosk with very few sessions in a month can read
  their sums, and with a single session that is its facts. No name is in them.
- Besides sessions one number is kept, of the box: how often the relay of the film
  was energised, for its maintenance. It is written with a group of sessions,
  never by itself, and reports round it down to hundreds.
- A session is counted under the last day that the clock was believed to show.
  A clock that goes back changes nothing. One that jumps more than 45 days ahead
  is believed when it is still there on a second day. A clock before 2026 was
  never set. A month that is over never gets a session again.
- Of refused sites the kiosk knows the name and nothing more: its proxy sees a
  name and a port, not the page, nor whether it was opened or belongs to another
  one. Paths, ports, addresses and users have no place in the type.
- A name is kept only when two sessions of a group were refused it, in whatever
  procedures; then it counts on. That holds for the domain (example.org) and,
  once more, for the exact name (www.example.org) below it. A page chooses which
  names it asks for, and dupont.example.org may be a person. What one session
  alone asked for is a count without a name already while it waits in memory to
  be written: the name is learned from the second session. These two may be the
  same person's, who began again.
- For one procedure and month at most %[4]d such names are kept, and only for the
  two newest months.
- %[5]d months are kept, the one in progress included.

## What a report shows

"kioskctl usage show FILE" reports on each month that is over.

- No figure under %[2]d is printed; zeros are hidden as well.
- Further figures are hidden until no sum from 1 to %[3]d can be computed from what
  is printed, by subtracting or in any other way. What is hidden in a line is at
  least two cells and at least %[2]d sessions.
- Procedures and other rows that may not be shown are one row together. Themes
  are shown where that gives no procedure away.
- With fewer than %[2]d sessions in the month, nothing is printed but that.
- Of the month in progress only the sessions are shown, rounded down to tens:
  the difference between two reports would tell about the sessions in between.
- The report of a month that is over is always the same. Only the refused sites
  leave it when the kiosk drops them.
- Refused sites are rounded down to tens, and shown by domain only.

## What the doctor shows

"kioskctl procedure doctor FILE" is for the technician who mends the list of
allowed sites. It sums up the two newest months.

- It prints counts from %[6]d sessions on, not from %[2]d: a list that waited for %[2]d
  sessions would never be mended for a procedure that few people do. The figures
  are about what a page asked for, they hold nothing that the file does not, and
  whoever runs the doctor holds the file. It is not to be handed on; the report
  is. A site that one session alone was refused is never shown.
- A site is judged by its sessions whose ending is known, in this order:

  | figures | advice |
  |---|---|
  | the pack lists it by now | listed |
  | known to measure visitors, or to advertise | leave it: a tracker |
  | fewer than %[7]d sessions were refused it | too few to judge |
  | half of them or more finished | leave it: not needed |
  | %[7]d or more others did not ask for it, and finished at least twice as often | add it |
  | %[7]d or more others did not ask for it, and did not | look |
  | fewer others, and a quarter of the refused or less finished | add it |
  | otherwise | look |

- A procedure breaks, probably, when some site is to be added; it works when
  nothing is to be added or looked at. The figures are printed beside it: that
  people leave is no proof of why. Who owns a site no figure tells, so "add it"
  always says: if it is the operator's.
- Where a procedure names no page of success, "finished" is what the person said.
- *.example.org stands for names below a domain that differ from session to
  session.
- Known to measure visitors, or to advertise, are:
  %[8]s.
`
