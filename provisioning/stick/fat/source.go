package fat

import "io"

// source is the device, or a part of it. Reads outside it are refused.
type source struct {
	r     io.ReaderAt
	start int64
	size  int64
}

// read fills b from offset.
func (s source) read(b []byte, offset int64) error {
	if offset < 0 || offset > s.size || int64(len(b)) > s.size-offset {
		return refuse(Damaged, "%d bytes at %d of %d are asked for", len(b), offset, s.size)
	}
	if n, err := s.r.ReadAt(b, s.start+offset); n < len(b) {
		return &Refusal{Unread, err}
	}
	return nil
}

// part is what stands at start in s. It may be shorter than a table of
// partitions says: the file systems in it have to fit into what is there.
func (s source) part(start, size int64) (source, bool) {
	if start <= 0 || start >= s.size || size <= 0 {
		return source{}, false
	}
	return source{s.r, s.start + start, min(size, s.size-start)}, true
}
