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
		(len(Helps())+1)*(len(Referrals())+1)*(1<<len(AidList()))*7, least, least-1, maxDomains, keep)
	return b.String()
}

const docsHead = `# What the kiosk counts

<!-- Generated from kiosk/usage by "go test ./kiosk/usage -update". Do not edit. -->

The kiosk counts sessions. It keeps sums by month, never a session, and no time
finer than the day. Whatever is not in a list on this page cannot be written
down: there is no free text, no address, no name, no badge, no hour.

## The lists

One session adds one to a value of each list; to a value of "kind of help" only
when somebody helped, to one of "referral" only when the helper named a place,
and to every aid that was used. Besides these lists a session has the id of its
procedure, from the catalogue, the two-letter code of its language, and the
domains (example.org, never a page) that the kiosk refused to reach.
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
| procedure × refused domain | to mend the list of allowed sites |

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
- A session is counted under the last day that the clock was believed to show.
  A clock that goes back changes nothing. One that jumps more than 45 days ahead
  is believed when it is still there on a second day. A clock before 2026 was
  never set. A month that is over never gets a session again.
- For one procedure and month at most %[4]d refused domains are kept by name, and
  only for the two newest months. A domain that one session alone of those
  written together was refused is not kept by name: a page chooses which names it
  asks for.
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
- Refused sites are rounded down to tens.
`
