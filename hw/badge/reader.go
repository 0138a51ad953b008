package badge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"guichet.example/hw"
)

// presentPatience bounds one look for a badge that was there.
const presentPatience = 100 * time.Millisecond

// Seen is what one poll found on the reader.
type Seen int

const (
	SeenNothing    Seen = iota
	SeenBadge           // a badge was read: it is new here, or came back
	SeenSame            // the badge of the last SeenBadge is still there
	SeenSeveral         // two or more: one badge, please
	SeenUnreadable      // something that could not be read to the end
)

// Sighting is the result of one poll.
type Sighting struct {
	Seen
	Role hw.Role // with SeenBadge
	PIN  *PIN    // with SeenBadge and a role: what is asked for first; nil = nothing
	Err  error   // with SeenUnreadable: why; it names no key, UID or content
}

// A Reader polls one PCD for badges of one site. It keeps the link with the
// badge it read, and asks on that whether it is still there: another card,
// which was not activated, stays silent. The answer proves nothing, so a device
// made for it can give it in the badge's place. It gains a badge that counts as
// left behind. One goroutine at a time uses it.
type Reader struct {
	pcd    PCD
	site   *Site
	random io.Reader
	idle   bool  // the field is on, and nothing in it is in the middle of a protocol
	held   *Link // with the badge that was read
	last   found // the badge that was read last, until it counts as gone
	misses int   // polls in a row without it; missedPolls when there is none
}

// NewReader returns a reader that has seen nothing. random is a source of
// random numbers fit for cryptography.
func NewReader(pcd PCD, site *Site, random io.Reader) *Reader {
	return &Reader{pcd: pcd, site: site, random: random, misses: missedPolls}
}

// SetSite puts another site in force, for instance one with a newer revocation
// list. It counts from the next badge that is read.
func (r *Reader) SetSite(s *Site) { r.site = s }

// Poll looks once. An error is the reader's own, or ctx's; what a badge can be
// blamed for is a Sighting. After an error the next call begins from the start,
// and nothing was seen.
func (r *Reader) Poll(ctx context.Context, now time.Time) (Sighting, error) {
	s, err := r.poll(ctx, now)
	if err != nil {
		r.idle, r.held = false, nil
		s = Sighting{}
	}
	switch s.Seen {
	case SeenBadge, SeenSame:
		r.misses = 0
	default:
		r.misses = min(r.misses+1, missedPolls)
	}
	if r.misses == missedPolls {
		r.last = found{} // nothing of a badge stays when it has left
	}
	return s, err
}

func (r *Reader) poll(ctx context.Context, now time.Time) (Sighting, error) {
	if r.held != nil {
		r.held.Patience = presentPatience
		err := r.held.Present(ctx)
		if err == nil || !fromPICC(err) {
			return Sighting{Seen: SeenSame}, err
		}
		r.idle, r.held = false, nil
	}
	if err := r.begin(ctx); err != nil {
		return Sighting{}, err
	}
	f, err := read(ctx, r.pcd, r.site, r.random)
	r.idle = errors.Is(err, ErrNoBadge)
	switch {
	case err == nil:
		return r.came(f, now), nil
	case r.idle:
		return Sighting{Seen: SeenNothing}, nil
	case errors.Is(err, ErrTwoBadges):
		return Sighting{Seen: SeenSeveral}, nil
	case fromPICC(err):
		return Sighting{Seen: SeenUnreadable, Err: err}, nil
	default:
		return Sighting{}, err
	}
}

// begin resets what may be in the field, unless it is known to be idle.
func (r *Reader) begin(ctx context.Context) error {
	if r.idle {
		return nil
	}
	for _, on := range []bool{false, true} {
		if err := r.pcd.Field(ctx, on); err != nil {
			return fmt.Errorf("switch field: %w", err)
		}
	}
	return nil
}

// came tells a badge that comes from one whose link was lost for a moment.
func (r *Reader) came(f found, now time.Time) Sighting {
	same := r.misses < missedPolls && f.known == r.last.known && f.record.Serial == r.last.record.Serial
	r.held, r.last = f.link, f
	if same {
		return Sighting{Seen: SeenSame}
	}
	s := Sighting{Seen: SeenBadge, Role: f.role(r.site, now)}
	if s.Role != hw.RoleNone {
		s.PIN = r.site.PIN(f.record)
	}
	return s
}
