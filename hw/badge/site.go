package badge

import (
	"crypto/ed25519"
	"time"

	"guichet.example/hw"
)

// Numbers of the application's keys and of its file.
const (
	keyAdmin    = 0
	keyIdentify = 1
	keyRead     = 2
	recordFile  = 1
)

// A Site is what a kiosk knows to judge a badge.
type Site struct {
	Organisation uint32            // whose badges count
	AID          AID               // application of this site's badges
	Key          Key               // of this site: SiteKey
	Issuer       ed25519.PublicKey // signs records and lists of the organisation
	// Revoked is the newest list of the organisation. nil says that it has
	// never issued one; a list that expired is not nil.
	Revoked *RevocationList
}

// Judge says what a record entitles to on the day of now.
//
// A clock that went back is not believed: no day is before the one on which
// the list was issued. When the list has expired, helpers are refused until a
// new one comes; technicians, who bring it, are let in.
func (s *Site) Judge(r Record, now time.Time) hw.Role {
	today := DayOf(now)
	if s.Revoked != nil {
		today = max(today, s.Revoked.Issued)
	}
	switch {
	case r.check() != nil || r.Organisation != s.Organisation || today > r.NotAfter:
		return hw.RoleNone
	case s.Revoked == nil:
		return r.Role
	case s.Revoked.Organisation != s.Organisation || s.Revoked.Revoked(r.Serial):
		return hw.RoleNone
	case today > s.Revoked.Expires && r.Role != hw.RoleTechnician:
		return hw.RoleNone
	default:
		return r.Role
	}
}
