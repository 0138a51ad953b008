package storm

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"guichet.example/internal/testsite"
)

// huge is what large things have, in bytes.
const huge = 4 << 30

// pause after each piece leaves the processor to the others: a gibibyte a second
// is more than a browser takes.
const pause = time.Millisecond

// stream sends huge bytes as fast as they are taken, and counts mebibytes.
func (s *Site) stream(w http.ResponseWriter, r *http.Request) {
	_, visit := s.armed()
	head, piece := "", bytes.Repeat([]byte("<p>all work and no play "), 1<<20/24)
	kind := map[string]string{"html": "text/html", "text": "text/plain", "attachment": "application/octet-stream",
		"wav": "audio/wav", "fetch": "application/octet-stream"}[r.PathValue("kind")]
	w.Header().Set("Content-Type", kind)
	switch r.PathValue("kind") {
	case "attachment":
		w.Header().Set("Content-Disposition", `attachment; filename="all.bin"`)
		w.Header().Set("Content-Length", fmt.Sprint(huge))
	case "wav":
		head = wavHead
	case "fetch":
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}
	_, _ = io.WriteString(w, head) // an error shows below
	for range huge >> 20 {
		if _, err := w.Write(piece); err != nil {
			return
		}
		s.add(visit, "mib", 1)
		time.Sleep(pause)
	}
}

// wavHead begins 8 kHz mono sound of 8 bits that does not end.
const wavHead = "RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\xff\xff\xff\xff"

// slow answers a byte a second: kind head never ends its head, kind body
// never its body. It counts those that wait at the same time.
func (s *Site) slow(w http.ResponseWriter, r *http.Request) {
	_, visit := s.armed()
	c, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	s.add(visit, "waiting", 1)
	defer s.add(visit, "waiting", -1)
	if r.PathValue("kind") == "head" {
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nX: ")
	} else {
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n<!doctype html><h1>slow</h1>")
	}
	gone := make(chan struct{})
	go func() { // ends with the connection
		defer close(gone)
		_, _ = io.Copy(io.Discard, c)
	}()
	for tick := time.NewTicker(time.Second); ; {
		select {
		case <-gone:
			tick.Stop()
			return
		case <-tick.C:
			_, _ = c.Write([]byte("x")) // its end shows in gone
		}
	}
}

// bomb sends little that unfolds into much.
func (s *Site) bomb(w http.ResponseWriter, r *http.Request) {
	_, visit := s.armed()
	s.add(visit, "bombs", 1)
	switch r.PathValue("kind") {
	case "png":
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(s.picture()) // fails when the browser has gone
	default:
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		for piece := bytes.Repeat([]byte("<i>x"), 1<<18); ; {
			if _, err := z.Write(piece); err != nil {
				return
			}
			s.add(visit, "mib", 1)
			time.Sleep(pause)
		}
	}
}

// png returns a white picture of one bit a pixel (PNG, second edition, 11.2).
func png(width, height uint32) []byte {
	var b, pixels bytes.Buffer
	z := zlib.NewWriter(&pixels)
	row := bytes.Repeat([]byte{0xff}, int(1+width/8))
	row[0] = 0 // no filter
	for range height {
		_, _ = z.Write(row) // a buffer takes everything
	}
	_ = z.Close()
	chunk := func(name string, data []byte) {
		_ = binary.Write(&b, binary.BigEndian, uint32(len(data)))
		body := append([]byte(name), data...)
		b.Write(body)
		_ = binary.Write(&b, binary.BigEndian, crc32.ChecksumIEEE(body))
	}
	b.WriteString("\x89PNG\r\n\x1a\n")
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	chunk("IHDR", append(head, 1, 0, 0, 0, 0))
	chunk("IDAT", pixels.Bytes())
	chunk("IEND", nil)
	return b.Bytes()
}

// font sends the largest font of this machine that browsers take.
func font(w http.ResponseWriter, r *http.Request) {
	var best []byte
	paths, _ := filepath.Glob("/usr/share/fonts/truetype/dejavu/DejaVuSans*.ttf") // the pattern is well-formed
	for _, path := range paths {
		if data, err := os.ReadFile(path); err == nil && len(data) > len(best) {
			best = data
		}
	}
	w.Header().Set("Content-Type", "font/ttf")
	_, _ = w.Write(best)
}

// socket floods a WebSocket (RFC 6455) and takes whatever comes.
func (s *Site) socket(w http.ResponseWriter, r *http.Request) {
	_, visit := s.armed()
	c, sent, err := testsite.WebSocket(w, r)
	if err != nil {
		return
	}
	defer c.Close()
	s.add(visit, "sockets", 1)
	go func() { _, _ = io.Copy(io.Discard, sent) }() // ends with the connection
	frames := []byte(strings.Repeat("\x81\x7e\x04\x00"+strings.Repeat("x", 1024), 64))
	for {
		if _, err := c.Write(frames); err != nil {
			return
		}
		s.add(visit, "messages", 64)
		time.Sleep(pause)
	}
}
