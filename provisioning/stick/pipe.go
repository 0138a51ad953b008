package stick

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"guichet.example/provisioning/stick/fat"
)

// What goes over the pipe after the word confined is a row of messages: a letter, the length of the
// rest in four bytes (big-endian), the rest.
//
//	T  how many bytes all files have, in eight bytes, before the first of them
//	F  size of a file in eight bytes, then its path below guichet
//	D  the next bytes of that file, as often as it takes
//	E  the end: what the stick is formatted as. Nothing follows
//	R  the end: the code of a refusal. Nothing follows
const (
	messageTotal   = 'T'
	messageFile    = 'F'
	messageData    = 'D'
	messageEnd     = 'E'
	messageRefusal = 'R'
	maxMessage     = 256 << 10 // bytes of the rest
)

// sender is the child's end.
type sender struct {
	w      io.Writer
	buffer []byte
}

func newSender(w io.Writer) *sender { return &sender{w, make([]byte, 5+maxMessage)} }

// send writes one message whose rest is in the buffer from its sixth byte on.
func (s *sender) send(kind byte, n int) error {
	s.buffer[0] = kind
	binary.BigEndian.PutUint32(s.buffer[1:], uint32(n))
	_, err := s.w.Write(s.buffer[:5+n])
	return err
}

func (s *sender) text(kind byte, text string) error { return s.send(kind, copy(s.buffer[5:], text)) }

// total says what is to come.
func (s *sender) total(n int64) error {
	binary.BigEndian.PutUint64(s.buffer[5:], uint64(n))
	return s.send(messageTotal, 8)
}

// file is fat's Take.
func (s *sender) file(name string, size int64, content io.Reader) error {
	binary.BigEndian.PutUint64(s.buffer[5:], uint64(size))
	if err := s.send(messageFile, 8+copy(s.buffer[13:], name)); err != nil {
		return err
	}
	for {
		n, err := content.Read(s.buffer[5:])
		if n > 0 {
			if err := s.send(messageData, n); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// end says how it went.
func (s *sender) end(kind string, err error) error {
	if err == nil {
		return s.text(messageEnd, kind)
	}
	code := fat.Exhausted
	if r := (*fat.Refusal)(nil); errors.As(err, &r) {
		code = r.Code
	}
	return s.text(messageRefusal, string(code))
}

// sink takes the files that arrive, one after the other.
type sink interface {
	create(name string, size int64) (io.WriteCloser, error)
}

// Contents is what was read.
type Contents struct {
	Kind  string // "FAT12", "FAT16" or "FAT32"
	Files int
	Bytes int64
}

// errSpeech is that the child speaks nonsense: somebody has taken it over.
var errSpeech = errors.New("the reader does not keep to the form")

func nonsense(what string) error {
	return &fat.Refusal{Code: fat.Exhausted, Err: fmt.Errorf("%w: %s", errSpeech, what)}
}

// receiver is the parent's end. It trusts nothing.
type receiver struct {
	r        io.Reader
	limits   fat.Limits
	sink     sink
	contents Contents
	entries  int
	names    map[string]bool // folded paths; true = a folder
	file     io.WriteCloser  // being written; nil = none
	left     int64           // bytes of it that are to come
	total    int64           // of all files, as the child says; 0 = it said nothing
	got      int64           // bytes that have come
	progress func(done, total int64)
}

// receive takes messages until the end, and tells progress, which may be nil,
// how far it is.
func receive(r io.Reader, limits fat.Limits, s sink, progress func(done, total int64)) (Contents, error) {
	rc := &receiver{r: r, limits: limits, sink: s, names: map[string]bool{}, progress: progress}
	for {
		done, err := rc.message()
		if err != nil && rc.file != nil {
			rc.file.Close()
		}
		if done || err != nil {
			return rc.contents, err
		}
	}
}

func (rc *receiver) message() (done bool, err error) {
	var head [5]byte
	if _, err := io.ReadFull(rc.r, head[:]); err != nil {
		return false, &fat.Refusal{Code: fat.Exhausted, Err: fmt.Errorf("the reader fell silent: %w", err)}
	}
	n := int64(binary.BigEndian.Uint32(head[1:]))
	if n > maxMessage {
		return false, nonsense("a message is too long")
	}
	if head[0] == messageData {
		return false, rc.data(n)
	}
	const longest = 8 + 4096
	if n > longest {
		return false, nonsense("a name is too long")
	}
	rest := make([]byte, n)
	if _, err := io.ReadFull(rc.r, rest); err != nil {
		return false, &fat.Refusal{Code: fat.Exhausted, Err: fmt.Errorf("the reader fell silent: %w", err)}
	}
	switch head[0] {
	case messageTotal:
		return false, rc.expect(rest)
	case messageFile:
		return false, rc.begin(rest)
	case messageEnd:
		return true, rc.end(string(rest))
	case messageRefusal:
		if c := fat.Code(rest); c.Known() {
			return false, &fat.Refusal{Code: c}
		}
	}
	return false, nonsense("an unknown message")
}

// expect notes how much is to come. It decides nothing but what progress is
// told, so it may be a lie.
func (rc *receiver) expect(rest []byte) error {
	if len(rest) != 8 || rc.total != 0 || rc.contents.Files > 0 {
		return nonsense("a total out of place")
	}
	total := binary.BigEndian.Uint64(rest)
	if total > uint64(rc.limits.Total) {
		return &fat.Refusal{Code: fat.TooLarge}
	}
	rc.total = int64(total)
	return nil
}

// begin starts a file.
func (rc *receiver) begin(rest []byte) error {
	if len(rest) < 8 || rc.file != nil {
		return nonsense("a file begins in another")
	}
	size, name := binary.BigEndian.Uint64(rest), string(rest[8:])
	if size > uint64(rc.limits.File) || int64(size) > rc.limits.Total-rc.contents.Bytes {
		return &fat.Refusal{Code: fat.TooLarge}
	}
	if err := rc.name(name); err != nil {
		return err
	}
	file, err := rc.sink.create(name, int64(size))
	if err != nil {
		return err
	}
	rc.file, rc.left = file, int64(size)
	rc.contents.Files++
	rc.contents.Bytes += int64(size)
	return rc.finish()
}

// name takes a path that is new and has only folders above it.
func (rc *receiver) name(name string) error {
	parts := strings.Split(name, "/")
	if len(parts)-1 > rc.limits.Depth {
		return &fat.Refusal{Code: fat.TooDeep}
	}
	path := ""
	for i, part := range parts {
		if !fat.CheckName(part) {
			return &fat.Refusal{Code: fat.BadName}
		}
		path += "/" + fat.Fold(part)
		last := i == len(parts)-1
		folder, there := rc.names[path]
		if there && (last || !folder) {
			return nonsense("a name is there twice")
		}
		if rc.names[path] = !last; !there {
			rc.entries++
		}
	}
	if rc.entries > rc.limits.Entries {
		return &fat.Refusal{Code: fat.TooMany}
	}
	return nil
}

// data copies on.
func (rc *receiver) data(n int64) error {
	if rc.file == nil || n == 0 || n > rc.left {
		return nonsense("more bytes than the file has")
	}
	written, err := io.Copy(rc.file, io.LimitReader(rc.r, n))
	if err != nil {
		return err
	}
	if written < n {
		return &fat.Refusal{Code: fat.Exhausted, Err: errors.New("the reader fell silent in a file")}
	}
	rc.left -= n
	if rc.got += n; rc.progress != nil && rc.got <= rc.total {
		rc.progress(rc.got, rc.total)
	}
	return rc.finish()
}

// finish closes the file when it is whole.
func (rc *receiver) finish() error {
	if rc.left > 0 {
		return nil
	}
	file := rc.file
	rc.file = nil
	return file.Close()
}

func (rc *receiver) end(kind string) error {
	if rc.file != nil || kind != "FAT12" && kind != "FAT16" && kind != "FAT32" {
		return nonsense("the end comes too early")
	}
	rc.contents.Kind = kind
	return nil
}
