package procedure_test

import (
	"regexp"
	"strings"
	"testing"

	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/procedure/packs/demo"
	"guichet.example/kiosk/procedure/packs/france"
)

func shipped(t *testing.T) []procedure.Pack {
	t.Helper()
	national, err := procedure.Load(france.Files)
	if err != nil {
		t.Fatalf("pack france:\n%v", err)
	}
	made, err := procedure.Load(demo.Files)
	if err != nil {
		t.Fatalf("pack demo:\n%v", err)
	}
	return []procedure.Pack{national, made}
}

func TestShippedPacksLoad(t *testing.T) {
	packs := shipped(t)
	if n := len(packs[0].Procedures); n < 14 {
		t.Errorf("pack france has %d procedures, want at least 14", n)
	}
	if _, err := procedure.NewCatalogue(packs[0]); err != nil {
		t.Error(err)
	}
	if _, err := procedure.NewCatalogue(packs...); err == nil {
		t.Error("a catalogue for a real kiosk took the demonstration")
	}
	c, err := procedure.NewBenchCatalogue(packs...)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Speaks([]string{"fr", "en"}); err != nil {
		t.Error(err)
	}
}

// The bench and its tests hold on to these words.
func TestDemonstrationKeepsItsContract(t *testing.T) {
	p := shipped(t)[1].Procedures[0]
	if p.ID != "demo" || p.Start != "https://mairie.localhost/" || p.Success != "mairie.localhost/recu/*" {
		t.Errorf("first procedure: %s, start %s, success %s", p.ID, p.Start, p.Success)
	}
	for _, p := range shipped(t)[1].Procedures {
		for _, o := range p.Origins {
			if helpers := p.Audience == procedure.AudienceHelper; helpers != (o.Host == "aidants.localhost") ||
				!helpers && o.Host != "mairie.localhost" && o.Host != "connexion.localhost" {
				t.Errorf("%s may reach %s", p.ID, o.Host)
			}
		}
	}
}

// sentences returns the sentences of every text a person reads.
func sentences(x procedure.Text) []string {
	var all []string
	for _, s := range append(append([]string{x.Purpose}, x.Bring...), x.Steps...) {
		all = append(all, regexp.MustCompile(`[.!?]\s+`).Split(s, -1)...)
	}
	return all
}

// Easy language: short sentences, no abbreviation left unexplained, no signs
// that have to be known, formal address in French, every sentence closed.
func TestShippedTextsAreEasyToRead(t *testing.T) {
	capitals := regexp.MustCompile(`\b\p{Lu}{2,}\b`)
	familiar := regexp.MustCompile(`(?i)(^|[^\p{L}])(tu|toi|ton|ta|tes|t’[aeiouyéèh]\p{L}*)([^\p{L}]|$)`)
	if !familiar.MatchString("Prends ta carte.") || familiar.MatchString("Votre attestation.") {
		t.Fatal("the check for familiar address does not work")
	}
	for _, pack := range shipped(t) {
		for _, p := range pack.Procedures {
			for code, x := range p.Texts {
				where := pack.ID + "/" + p.ID + "/" + code + ".md"
				whole := strings.Join(append([]string{x.Title, x.Purpose}, append(x.Bring, x.Steps...)...), "\n")
				for _, s := range sentences(x) {
					if n := len(strings.Fields(strings.ReplaceAll(explained(s), "’", " "))); n > 15 {
						t.Errorf("%s: %d words, at most 15: %s", where, n, s)
					}
				}
				for _, s := range append(append([]string{x.Purpose}, x.Bring...), x.Steps...) {
					if !strings.HasSuffix(s, ".") {
						t.Errorf("%s: no full stop: %s", where, s)
					}
				}
				for _, word := range capitals.FindAllString(whole, -1) {
					if !strings.Contains(whole, word+" (") {
						t.Errorf("%s: %s is not explained; write \"%s (its meaning)\" once", where, word, word)
					}
				}
				if strings.ContainsAny(whole, "/&%§;:'\"") {
					t.Errorf("%s: a sign that has to be known, or a straight apostrophe", where)
				}
				if code == "fr" && familiar.MatchString(whole) {
					t.Errorf("%s: familiar address: %s", where, familiar.FindString(whole))
				}
			}
		}
	}
}

// explained takes the explanations in brackets out: they are read once.
func explained(s string) string { return regexp.MustCompile(`\s*\([^)]*\)`).ReplaceAllString(s, "") }

// One look for all tiles: same grid, same two inks.
func TestShippedPictogramsAreOneFamily(t *testing.T) {
	colour := regexp.MustCompile(`#[0-9a-fA-F]{3,8}`)
	seen := map[string]string{}
	for _, pack := range shipped(t) {
		for _, p := range pack.Procedures {
			if !strings.Contains(p.Pictogram, `viewBox="0 0 48 48"`) {
				t.Errorf("%s: not on the 48 by 48 grid", p.ID)
			}
			for _, c := range colour.FindAllString(p.Pictogram, -1) {
				if c != "#12324a" && c != "#0b7a75" {
					t.Errorf("%s: colour %s is not one of the two inks", p.ID, c)
				}
			}
			if other, ok := seen[p.Pictogram]; ok {
				t.Errorf("%s and %s have the same pictogram", p.ID, other)
			}
			seen[p.Pictogram] = p.ID
		}
	}
}
