package repository

import (
	"fmt"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"guichet.example/provisioning"
)

// replace drops everything but the roots, and adds next.
func (s Set) replace(next Set) {
	for name := range s {
		if !strings.HasSuffix(name, ".root.json") {
			delete(s, name)
		}
	}
	for name, data := range next {
		s[name] = data
	}
}

// Version is that of the newest publication, 0 where there is none.
func (s Set) Version() (int64, error) {
	v, _, err := s.last()
	return v, err
}

// Made is when the newest publication was made, which kiosks that have it take for
// the earliest date that it can be. It is zero where there is none, and where the
// newest root has another key for sticks since: kiosks forget the date with it.
func (s Set) Made() (time.Time, error) {
	if s["timestamp.json"] == nil {
		return time.Time{}, nil
	}
	root, err := s.root()
	if err != nil {
		return time.Time{}, err
	}
	timestamp, err := metadata.Timestamp().FromBytes(s["timestamp.json"])
	if err != nil {
		return time.Time{}, fmt.Errorf("read timestamp.json: %w", err)
	}
	if root.VerifyDelegate(metadata.TIMESTAMP, timestamp) != nil {
		return time.Time{}, nil
	}
	text, _ := timestamp.Signed.UnrecognizedFields[provisioning.MadeField].(string)
	made, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("read timestamp.json: %w", err)
	}
	return made, nil
}

// last returns the version of the last publication and what its snapshot
// listed.
func (s Set) last() (int64, map[string]*metadata.MetaFiles, error) {
	if s["timestamp.json"] == nil {
		return 0, map[string]*metadata.MetaFiles{}, nil
	}
	timestamp, err := metadata.Timestamp().FromBytes(s["timestamp.json"])
	if err != nil {
		return 0, nil, fmt.Errorf("read timestamp.json: %w", err)
	}
	name := fmt.Sprintf("%d.snapshot.json", timestamp.Signed.Version)
	snapshot, err := metadata.Snapshot().FromBytes(s[name])
	if err != nil {
		return 0, nil, fmt.Errorf("read %s: %w", name, err)
	}
	return timestamp.Signed.Version, snapshot.Signed.Meta, nil
}
