package main

import (
	"context"
	"errors"
	"io"
	"time"

	"guichet.example/hw/badge"
)

// patience bounds writing one card: it takes some of it to erase memory.
const patience = 10 * time.Second

// openReader opens the reader that the flags name.
func openReader(ctx context.Context, f readerFlags) (station, error) {
	if f.Reader == "pcsc" {
		return openPCSC(f)
	}
	return openSPI(ctx, f)
}

// chipStation is a station with a reader chip that knows only frames.
type chipStation struct {
	pcd   badge.PCD
	close []io.Closer // in this order
}

// Card implements station.
func (s *chipStation) Card(ctx context.Context) (badge.PICC, badge.Channel, error) {
	for _, on := range []bool{false, true} {
		if err := s.pcd.Field(ctx, on); err != nil {
			return badge.PICC{}, nil, err
		}
	}
	picc, err := badge.Activate(ctx, s.pcd)
	if err != nil {
		return badge.PICC{}, nil, err
	}
	if !picc.Speaks4() {
		return badge.PICC{}, nil, errNotDESFire
	}
	link, err := badge.Connect(ctx, s.pcd, patience)
	if err != nil {
		return badge.PICC{}, nil, err
	}
	return picc, link, nil
}

// Close implements station.
func (s *chipStation) Close() error {
	var errs []error
	for _, c := range s.close {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
