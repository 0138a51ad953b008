package hwcheck

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guichet.example/hw"
)

// sensor knows what a contact, which tells changes only, said last.
type sensor struct {
	contact hw.FilmContact
	last    hw.Film
}

// await returns once the contact says want.
func (s *sensor) await(ctx context.Context, want hw.Film, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for s.last != want {
		film, err := s.contact.Next(ctx)
		s.last = film
		if err != nil {
			return err
		}
	}
	return nil
}

// stays says whether the contact keeps saying the same.
func (s *sensor) stays(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	film, err := s.contact.Next(ctx)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil
	case err == nil:
		s.last = film
		return fmt.Errorf("the contact changed to %v by itself", film)
	default:
		s.last = hw.FilmUnknown
		return err
	}
}
