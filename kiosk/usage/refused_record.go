package usage

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// otherSites begins the line of the sites that are not kept by name. No name has
// a single label.
const otherSites = "other"

func (p *procedureTally) recordRefused(b *strings.Builder, n siteNames) {
	domains, others := p.domains(n)
	if others.sessions() > 0 {
		fmt.Fprintf(b, "  %s %s\n", otherSites, joined(others[:]))
	}
	for _, d := range domains {
		fmt.Fprintf(b, "  %s %s", d.domain, joined(d.endings[:]))
		for _, h := range d.hosts {
			fmt.Fprintf(b, " %s %s", h.label(), joined(h.endings[:]))
		}
		b.WriteByte('\n')
	}
}

// parseRefused reads the line of a domain and its hosts, or that of all others.
func (p *tallyParser) parseRefused(words []string) error {
	if len(words) == 2 && words[0] == otherSites {
		return p.parseEndings(words[1], &p.last.others)
	}
	domain, err := siteAt("@", words[0])
	if err != nil || p.format == formatDomains && len(words) > 2 {
		return errors.Join(err, errSite)
	}
	whole, err := p.parseSite(domain.whole(), words[1], endingsOf(p.last))
	for i := 2; i < len(words) && err == nil; i += 2 {
		var host Site
		if host, err = siteAt(words[i], words[0]); err == nil {
			_, err = p.parseSite(host, words[i+1], whole)
		}
	}
	return err
}

// endingsOf is how the sessions of p ended. Any of them may be one of which
// that is not known.
func endingsOf(p *procedureTally) endings {
	finished := p.outcome[slices.Index(Outcomes(), OutcomeFinished)]
	return endings{p.sessions() - finished, finished, p.sessions()}
}

func (p *tallyParser) parseSite(s Site, text string, most endings) (endings, error) {
	var e endings
	if err := p.parseEndings(text, &e); err != nil {
		return e, err
	}
	m := p.names.mark(s)
	if _, twice := p.last.refused[m]; twice || e.sessions() == 0 || !e.isPart(most) || e.sessions() > p.last.sessions() {
		return e, fmt.Errorf("a site refused there twice, or in more sessions than there were, or in none")
	}
	p.names.of[m], p.last.refused[m] = s, e
	return e, nil
}

func (p *tallyParser) parseEndings(text string, e *endings) (err error) {
	if p.format == formatDomains {
		e[endedUnsaid], err = parseCount(text)
		return err
	}
	return parseList(text, e[:])
}
