package usage

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// crowd draws valid sessions as a kiosk sees them: few procedures often, many
// seldom.
type crowd struct {
	*rand.Rand
	procedures int
}

func newCrowd(seed uint64, procedures int) crowd {
	return crowd{rand.New(rand.NewPCG(seed, 1)), procedures}
}

// skewed returns 0 most often, n-1 seldom.
func (c crowd) skewed(n int) int { return int(float64(n) * c.Float64() * c.Float64() * c.Float64()) }

func draw[T any](c crowd, list []T) T { return list[c.skewed(len(list))] }

func (c crowd) session() Session {
	ids := []string{"ameli-droits", "caf-aide-au-logement", "impots-declarer", "france-travail-actualiser",
		"ants-titre-de-sejour", "casier-judiciaire", "carte-grise", "retraite-releve", "msa-droits",
		"permis-points", "caf-rsa", "timbre-fiscal"}
	i := c.skewed(min(c.procedures, len(ids)))
	s := Session{
		Procedure: ids[i], Theme: Themes()[i*7%4], Outcome: draw(c, Outcomes()),
		Length: draw(c, Lengths()), Autonomy: draw(c, Autonomies()), Calls: draw(c, CallsList()),
		Language: draw(c, []string{"fr", "en", "ar", "uk"}),
	}
	if s.Autonomy != AutonomyAlone {
		s.Help = Helps()[c.IntN(len(Helps()))]
		if c.IntN(2) == 0 {
			s.Referral = draw(c, Referrals())
		}
	}
	for _, a := range AidList() {
		if c.IntN(5) == 0 {
			s.Aids = append(s.Aids, a)
		}
	}
	for _, host := range []string{"ad.doubleclick.net", "stats.doubleclick.net", "xiti.com", "www.caf.fr"} {
		if c.IntN(3) > 0 {
			s.Refused = append(s.Refused, site(host))
		}
	}
	slices.SortFunc(s.Refused, Site.Compare)
	return s
}

// month returns a book with n sessions in October 2026, which is over.
func (c crowd) month(t testing.TB, n int) *Book {
	b := &Book{}
	for i := range n {
		b.Calendar = Calendar{Day: day(2026, time.October, 1+i*28/max(n, 1))}
		if err := b.Add(c.session()); err != nil {
			t.Fatal(err)
		}
	}
	b.Calendar = Calendar{Day: day(2026, time.November, 1)}
	return b
}

// site makes a Site of a host whose domain is its last two labels.
func site(host string) Site {
	labels := strings.Split(host, ".")
	s, err := NewSite(host, strings.Join(labels[max(0, len(labels)-2):], "."))
	if err != nil {
		panic(err)
	}
	return s
}

func sites(hosts ...string) []Site {
	var list []Site
	for _, h := range hosts {
		list = append(list, site(h))
	}
	slices.SortFunc(list, Site.Compare)
	return list
}

func day(y int, m time.Month, d int) Day { return DayOf(time.Date(y, m, d, 12, 0, 0, 0, time.UTC)) }

func shuffled[T any](c crowd, list []T) []T {
	list = slices.Clone(list)
	c.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}
