package provisioning

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Reports is what a site asks its kiosks to leave on a stick: a table of the
// administrator's site.toml and of machine.toml.
type Reports struct {
	Recipient string   `toml:"recipient"` // of the organisation's age key: "age1…"
	Collect   []string `toml:"collect"`   // of CollectAll; in the administrator's file none = nothing is asked
}

// What a site may ask for.
const (
	CollectUsage      = "usage"      // the figures of the months that are over
	CollectHealth     = "health"     // how the box is
	CollectProcedures = "procedures" // what to mend in the lists of allowed sites
)

// CollectAll lists what a site may ask for.
func CollectAll() []string { return []string{CollectUsage, CollectHealth, CollectProcedures} }

// Asks says whether the site asks for it.
func (r *Reports) Asks(what string) bool { return r != nil && slices.Contains(r.Collect, what) }

// MaxReport is the length of a sealed report on a stick, in bytes.
const MaxReport = 2 << 20

const reportEnd = ".age"

// ReportFile is the path on a stick of the n-th report of a kiosk, from 1 on.
func ReportFile(id KioskID, n int) string {
	return fmt.Sprintf("%s/%s-%d%s", ReportsFolder, id, n, reportEnd)
}

// ParseReportFile reads such a path; ok says whether it is one.
func ParseReportFile(path string) (id KioskID, n int, ok bool) {
	name, inFolder := strings.CutPrefix(path, ReportsFolder+"/")
	at := strings.LastIndexByte(name, '-')
	if !inFolder || at < 0 {
		return "", 0, false
	}
	id, err := ParseKioskID(name[:at])
	n, bad := strconv.Atoi(strings.TrimSuffix(name[at+1:], reportEnd))
	return id, n, err == nil && bad == nil && n > 0 && path == ReportFile(id, n)
}

// reports checks the table.
func (c *checker) reports(r *Reports) {
	if r == nil || r.Recipient == "" && len(r.Collect) == 0 {
		return
	}
	if _, err := RecipientKey(r.Recipient); err != nil {
		c.wrong([]any{"reports", "recipient"}, "not a public key of age: leave the line as kioskctl site init or rotate has written it")
	}
	for i, what := range r.Collect {
		if !slices.Contains(CollectAll(), what) || slices.Index(r.Collect, what) != i {
			c.wrong([]any{"reports", "collect", i}, "%q: expected some of %s, each once", what, strings.Join(CollectAll(), ", "))
		}
	}
}

// WithReports returns an administrator's site.toml with this recipient for
// reports. All else stays as it is, but for the ends of lines on Windows. The
// caller parses the result: a file that people write can have the table in ways
// that are not seen here.
func WithReports(siteToml []byte, recipient string) []byte {
	line := `recipient = "` + recipient + `"` + "\n"
	text := strings.ReplaceAll(string(siteToml), "\r\n", "\n")
	at := regexp.MustCompile(`(?m)^[ \t]*\[[ \t]*reports[ \t]*\].*\n`).FindStringIndex(text)
	if at == nil {
		return []byte(strings.TrimRight(text, "\n") + "\n\n[reports]\n" + line)
	}
	table := text[at[1]:]
	rest := ""
	if next := regexp.MustCompile(`(?m)^[ \t]*\[`).FindStringIndex(table); next != nil {
		table, rest = table[:next[0]], table[next[0]:]
	}
	old := regexp.MustCompile(`(?m)^[ \t]*recipient[ \t]*=.*\n`)
	example := regexp.MustCompile(`(?m)^# recipient = .*\n`)
	switch {
	case old.MatchString(table):
		table = old.ReplaceAllLiteralString(table, line)
	case example.MatchString(table):
		table = example.ReplaceAllLiteralString(table, line)
	default:
		table = line + table
	}
	return []byte(text[:at[1]] + table + rest)
}
