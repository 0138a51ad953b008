package fat

import (
	"bytes"
	"errors"
	"strings"
)

var errOther = errors.New("what was written is not what is read")

// Holds says whether the file of this name below guichet has this content. A
// Refusal says why not; Unwritten where it is another.
func (v *Volume) Holds(name string, data []byte) error {
	f, err := v.openRoot()
	if err != nil {
		return err
	}
	parts := strings.Split(Folder+"/"+name, "/")
	for i, part := range parts {
		e, ok := v.lookup(f, part)
		last := i == len(parts)-1
		switch {
		case !ok || e.folder() == last || last && e.size != int64(len(data)):
			return &Refusal{Unwritten, errOther}
		case last:
			return v.compare(e.cluster, data)
		}
		if f, err = v.openFolder(e.cluster); err != nil {
			return err
		}
	}
	return nil
}

// compare reads a chain of clusters.
func (v *Volume) compare(cluster uint32, data []byte) error {
	c, err := v.chainFrom(cluster)
	b := make([]byte, v.cluster)
	for ; err == nil && c.at != 0 && len(data) > 0; err = c.advance() {
		part := data[:min(int64(len(data)), v.cluster)]
		if err := v.read(b[:len(part)], v.offset(c.at)); err != nil {
			return err
		}
		if !bytes.Equal(b[:len(part)], part) {
			return &Refusal{Unwritten, errOther}
		}
		data = data[len(part):]
	}
	if err == nil && (len(data) > 0 || c.at != 0) {
		err = &Refusal{Unwritten, errOther}
	}
	return err
}
