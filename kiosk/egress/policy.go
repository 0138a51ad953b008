package egress

import (
	"errors"
	"fmt"
	"strings"
)

// Policy says which hosts may be reached, by https on port 443. It is a value
// that never changes; the zero Policy allows nothing.
type Policy struct {
	exact map[string]bool // canonical hosts
	under map[string]bool // canonical parents of the hosts that "*.PARENT" allows
}

// wantOrigin ends every error of Compile.
const wantOrigin = `want a host like "www.caf.fr" or "*.caf.fr"`

// Compile makes a Policy of origins as a procedure lists them: "www.caf.fr"
// is that host alone, "*.caf.fr" every host below caf.fr, at any depth, but
// not caf.fr itself. Names may be written in Unicode or in Punycode.
//
// The error names every malformed origin and what is expected; the Policy is
// then the zero one. A wildcard right under a public suffix ("*.fr",
// "*.gouv.fr") is malformed: it would cover sites of strangers.
func Compile(origins []string) (Policy, error) {
	p := Policy{exact: map[string]bool{}, under: map[string]bool{}}
	var errs []error
	for _, origin := range origins {
		name, wildcard, err := parseOrigin(origin)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("origin %q: %w; %s", origin, err, wantOrigin))
		case wildcard:
			p.under[name] = true
		default:
			p.exact[name] = true
		}
	}
	if len(errs) > 0 {
		return Policy{}, errors.Join(errs...)
	}
	return p, nil
}

func parseOrigin(origin string) (name string, wildcard bool, err error) {
	if err := checkOrigin(origin); err != nil {
		return "", false, err
	}
	rest, wildcard := strings.CutPrefix(origin, "*.")
	if strings.Contains(rest, "*") {
		return "", false, errors.New(`has "*" elsewhere than as its first label`)
	}
	name, err = canonical(rest)
	switch {
	case wildcard && (errors.Is(err, errHostLabels) || err == nil && isPublicSuffix(name)):
		return "", false, errors.New("covers a whole public suffix")
	case err != nil:
		return "", false, fmt.Errorf("is %w", err)
	}
	return name, wildcard, nil
}

// checkOrigin tells the common mistakes apart, for the message; what it lets
// pass may still not be a name.
func checkOrigin(origin string) error {
	switch {
	case origin == "":
		return errors.New("is empty")
	case strings.Contains(origin, "://"):
		return errors.New("has a scheme")
	case strings.Contains(origin, "@"):
		return errors.New("has user information")
	case strings.ContainsAny(origin, `/\?#`):
		return errors.New("has a path")
	case isAddress(origin):
		return fmt.Errorf("is %w", errHostAddress)
	case strings.Contains(origin, ":"):
		return errors.New("has a port")
	case strings.HasSuffix(origin, "."):
		return errors.New("ends in a dot")
	}
	return nil
}

// Allows says whether host may be reached. host is taken as it stands in a
// request, without port: it is brought to its canonical form first, and what
// has none is not allowed.
func (p Policy) Allows(host string) bool {
	name, err := canonical(host)
	return err == nil && p.allows(name)
}

func (p Policy) allows(name string) bool {
	if p.exact[name] {
		return true
	}
	for {
		_, parent, found := strings.Cut(name, ".")
		if !found {
			return false
		}
		if p.under[parent] {
			return true
		}
		name = parent
	}
}
