package procedure

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// checkOrigin says what is wrong with the host of an origin. bench lets names
// below localhost through.
func checkOrigin(host string, bench bool) error {
	if strings.ContainsAny(host, ":/@?#") {
		return fmt.Errorf("origin %q must be a host name alone, such as \"www.caf.fr\": no https://, port or path", host)
	}
	name, wild := strings.CutPrefix(host, "*.")
	ascii, err := idna.Lookup.ToASCII(name)
	if err != nil || name == "" {
		return fmt.Errorf("origin %q is not a host name; expected one such as \"www.caf.fr\" or \"*.caf.fr\"", host)
	}
	if ascii != name {
		return fmt.Errorf("origin %q must be written %q", host, strings.TrimSuffix(host, name)+ascii)
	}
	if strings.HasSuffix(name, ".") {
		return fmt.Errorf("origin %q must be written without the dot at its end", host)
	}
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		if bench && !(wild && name == "localhost") {
			return nil
		}
		return fmt.Errorf("origin %q is this machine itself: only a pack with bench = true may name hosts below localhost", host)
	}
	return checkPublic(host, name)
}

// checkPublic refuses what no single institution can own: addresses, names
// that are on no public network, and suffixes under which anybody registers.
func checkPublic(host, name string) error {
	if last := name[strings.LastIndex(name, ".")+1:]; strings.Trim(last, "0123456789") == "" {
		return fmt.Errorf("origin %q is not a name on the public internet but an address; expected one such as \"www.caf.fr\"", host)
	}
	suffix, icann := publicsuffix.PublicSuffix(name)
	if !icann && !strings.Contains(suffix, ".") {
		return fmt.Errorf("origin %q is not a name on the public internet; expected one such as \"www.caf.fr\"", host)
	}
	if suffix == name {
		return fmt.Errorf("origin %q covers everybody below %q; name the operator's own domain, such as \"*.caf.fr\"", host, suffix)
	}
	return nil
}

// covered says whether one of the origins lets host through.
func covered(origins []Origin, host string) bool {
	for _, o := range origins {
		if suffix, wild := strings.CutPrefix(o.Host, "*"); wild {
			if strings.HasSuffix(host, suffix) && len(host) > len(suffix) {
				return true
			}
		} else if o.Host == host {
			return true
		}
	}
	return false
}

// checkStart says what is wrong with the address of a first page.
func checkStart(start string, origins []Origin) error {
	if start == "" {
		return errors.New("start is missing; expected the address of the first page, such as \"https://www.caf.fr/\"")
	}
	u, err := url.Parse(start)
	if err != nil || len(start) > 500 || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Port() != "" || u.Path == "" {
		return fmt.Errorf("start %q must be an address of at most 500 characters such as \"https://www.caf.fr/\": "+
			"https, without port or user name", start)
	}
	if !covered(origins, u.Host) {
		return fmt.Errorf("start is on %q, which is none of the procedure's origins: add that host to them", u.Host)
	}
	return nil
}

// checkSuccess says what is wrong with the pattern of the page that means
// "done".
func checkSuccess(pattern string, origins []Origin) error {
	host, path, ok := strings.Cut(pattern, "/")
	path = strings.TrimSuffix(path, "*")
	if !ok || host == "" || len(pattern) > 300 || strings.ContainsAny(path, "*?# ") || strings.ContainsAny(host, "*:@") {
		return fmt.Errorf("success %q must be a host and a path with at most one * at its end, "+
			"such as \"www.caf.fr/recu/*\", without https://", pattern)
	}
	if !covered(origins, host) {
		return fmt.Errorf("success is on %q, which is none of the procedure's origins: add that host to them", host)
	}
	return nil
}
