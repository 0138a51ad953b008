package testsite

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"guichet.example/kiosk/procedure"
)

// A bench takes what is written.
func TestPack(t *testing.T) {
	dir := t.TempDir()
	p := Pack{ID: "trial", Procedure: "try", French: "Site d’essai", English: "Trial site",
		Hosts: []string{"try.localhost", "*.try.localhost"}}
	if err := p.Write(dir); err != nil {
		t.Fatal(err)
	}
	loaded, err := procedure.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := procedure.NewBenchCatalogue(loaded); err != nil {
		t.Error(err)
	}
	if loaded.ID != p.ID || len(loaded.Procedures) != 1 {
		t.Fatalf("loaded %+v", loaded)
	}
	got := loaded.Procedures[0]
	if got.ID != p.Procedure || got.Start != "https://try.localhost/" || len(got.Origins) != 2 || got.Texts["fr"].Title != p.French {
		t.Errorf("loaded %+v", got)
	}
	if err := p.Write(dir); err == nil {
		t.Error("writes into a directory that is not empty")
	}
}

// Every object stands where the table says.
func TestPDF(t *testing.T) {
	objects := []string{"<< /Type /Catalog >>", PDFStream("/A 1 ", "data"), "(é)"}
	file := PDF(objects...)
	_, rest, ok := bytes.Cut(file, []byte("\nstartxref\n"))
	var start, first, n int
	if _, err := fmt.Sscan(string(rest), &start); !ok || err != nil {
		t.Fatalf("%q: %v", rest, err)
	}
	table := string(file[start:])
	if _, err := fmt.Sscanf(table, "xref\n%d %d\n", &first, &n); err != nil || first != 0 || n != len(objects)+1 {
		t.Fatalf("%q: %v", table, err)
	}
	for i, line := range strings.Split(table, "\n")[3:][:len(objects)] {
		var at int
		if _, err := fmt.Sscanf(line, "%010d 00000 n ", &at); err != nil || len(line) != 19 {
			t.Fatalf("%q: %v", line, err)
		}
		if want := fmt.Sprintf("%d 0 obj\n%s\nendobj\n", i+1, objects[i]); !bytes.HasPrefix(file[at:], []byte(want)) {
			t.Errorf("object %d: %.40q", i+1, file[at:])
		}
	}
}

// The key and its answer are the example of RFC 6455, 1.3.
func TestWebSocket(t *testing.T) {
	answered := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, sent, err := WebSocket(w, r)
		if err == nil {
			_, err = sent.ReadByte()
			conn.Close()
		}
		answered <- err
	}))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
		r.Header.Set(name, value)
	}
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Sec-WebSocket-Accept"); res.StatusCode != http.StatusSwitchingProtocols || got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("%s, %q", res.Status, got)
	}
	if _, err := fmt.Fprint(res.Body.(io.Writer), "x"); err != nil {
		t.Error(err)
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
}
