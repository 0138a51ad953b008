package residue

import (
	"encoding/json"
	"io"
	"net/http"

	"guichet.example/internal/testsite"
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
	conn, sent, err := testsite.WebSocket(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer conn.Close()
	if message, err := frame(sent); err == nil {
		head := []byte{0x81, byte(len(message))}
		if len(message) > 125 {
			head = []byte{0x81, 126, byte(len(message) >> 8), byte(len(message))}
		}
		_, _ = conn.Write(append(head, message...)) // the browser has gone
	}
	_, _ = io.Copy(io.Discard, sent) // until it goes
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
	return testsite.PDF(
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 60] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		testsite.PDFStream("", "BT /F1 12 Tf 20 20 Td ("+text+") Tj ET"),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	)
}
