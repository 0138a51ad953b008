package residue

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// echo tells the page what the browser sent along by itself.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(map[string]string{ // the browser has gone
		"cookie": r.Header.Get("Cookie"), "authorization": r.Header.Get("Authorization"),
	})
}

// ticket says whether the TLS session was resumed, and ends the connection so
// that the next request needs another.
func ticket(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Connection", "close")
	_ = json.NewEncoder(w).Encode(map[string]bool{"resumed": r.TLS != nil && r.TLS.DidResume}) // the browser has gone
}

// socket is a WebSocket (RFC 6455) that sends one short message back.
func socket(w http.ResponseWriter, r *http.Request) {
	const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + magic))
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer conn.Close()
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:]))
	if message, err := frame(buffered); err == nil {
		head := []byte{0x81, byte(len(message))}
		if len(message) > 125 {
			head = []byte{0x81, 126, byte(len(message) >> 8), byte(len(message))}
		}
		_, _ = conn.Write(append(head, message...)) // the browser has gone
	}
	_, _ = io.Copy(io.Discard, buffered) // until it goes
}

// frame reads one masked text frame of up to 64 KiB.
func frame(r io.Reader) ([]byte, error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	n := int(head[1] & 0x7f)
	if n == 126 {
		if _, err := io.ReadFull(r, head); err != nil {
			return nil, err
		}
		n = int(head[0])<<8 | int(head[1])
	}
	body := make([]byte, 4+n)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	for i := range body[4:] {
		body[4+i] ^= body[i%4]
	}
	return body[4:], nil
}

// pdf is a document of one page with one line of text.
func pdf(text string) []byte {
	content := "BT /F1 12 Tf 20 20 Td (" + text + ") Tj ET"
	var b bytes.Buffer
	var offsets []int
	b.WriteString("%PDF-1.4\n")
	for i, object := range []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 60]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(content), content),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	} {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj%sendobj\n", i+1, object)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, start)
	return b.Bytes()
}
