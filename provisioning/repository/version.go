package repository

import (
	"fmt"
	"strings"

	"github.com/theupdateframework/go-tuf/v2/metadata"
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
