package e2e

import (
	"bytes"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"guichet.example/cmd/kioskd/testoffice"
	"guichet.example/provisioning"
	"guichet.example/provisioning/stick/fat"
	"guichet.example/provisioning/stick/fattest"
)

// TestStick sets a kiosk up with a stick: it puts its name on one, gets its
// site on the next, starts with it on trial, and confirms it.
func TestStick(t *testing.T) {
	t.Parallel()
	b := startBench(t, t.TempDir(), "--compositor", "x11")
	image := filepath.Join(t.TempDir(), "stick.img")
	writeStick(t, image, nil)
	from := b.mark()
	b.putIn("/api/stick", map[string]string{"image": image})
	b.inOrder(from, "session maintenance", "work enrolled")
	b.settle()
	b.keep("stick-enrolled")
	office := testoffice.New(t, enrolmentOn(t, image))
	b.takeOut()

	office.Configure(string(provisioning.NewSiteFile("Mairie")))
	writeStick(t, image, office.Publish())
	from = b.mark()
	b.putIn("/api/stick", map[string]string{"image": image})
	b.inOrder(from, "session maintenance", "work plan")
	b.coloured("the button that installs", 700, 741, color.RGBA{0x0b, 0x4a, 0x85, 0xff})
	b.settle()
	b.keep("stick-plan")
	from = b.mark()
	b.post("/api/tap", map[string]int{"x": 940, "y": 741}) // "install"
	b.inOrder(from, "work installing", "work installed")
	b.settle()
	b.keep("stick-installed")
	from = b.mark()
	b.do("DELETE", "/api/badge", nil)
	b.do("DELETE", "/api/stick", nil)
	b.inOrder(from, "restart", "work testing", "work done")
	b.coloured("the end", 24, 741, color.RGBA{0x00, 0x61, 0x2a, 0xff})
	b.settle()
	b.keep("stick-done")
	b.post("/api/tap", map[string]int{"x": 640, "y": 741}) // "close"
	b.until("at anybody's service", func(s state) bool { return s.Session.State == "idle" && s.View.Spare })
	b.leavesReport(office, image)
	b.refusesExamples()
}

// refusesExamples puts in what the control page has, which is of a site that
// the kiosk does not belong to, or no stick for kiosks at all.
func (b *bench) refusesExamples() {
	b.t.Helper()
	for example, code := range map[string]string{"good": "G-TUF-SITE", "exfat": "G-STICK-EXFAT"} {
		b.putIn("/api/example-stick", map[string]string{"name": example})
		b.until(example+" is refused", func(s state) bool { return s.Work.Code == code })
		b.takeOut()
	}
}

// putIn puts a stick in and lays a technician's badge down, once the kiosk knows
// of the stick: a badge without one is nobody's who works here.
func (b *bench) putIn(path string, stick map[string]string) {
	b.t.Helper()
	from := b.mark()
	b.post(path, stick)
	b.await(from, "stick", "in")
	b.post("/api/badge", map[string]string{"card": "technician"})
}

// takeOut takes badge and stick away and waits for the home surface: before it,
// neither of the next would be taken notice of.
func (b *bench) takeOut() {
	b.t.Helper()
	b.do("DELETE", "/api/badge", nil)
	b.do("DELETE", "/api/stick", nil)
	b.until("home", func(s state) bool { return s.Session.State == "idle" && s.View.Spare })
}

// leavesReport has the kiosk leave a report, with a plan beside it.
func (b *bench) leavesReport(office *testoffice.Office, image string) {
	b.t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		b.t.Fatal(err)
	}
	asks := strings.Replace(string(provisioning.NewSiteFile("Mairie")), "# collect = ", "collect = ", 1)
	office.Configure(string(provisioning.WithReports([]byte(asks), key.Recipient().String())))
	writeStick(b.t, image, office.Publish())
	from := b.mark()
	b.putIn("/api/stick", map[string]string{"image": image})
	b.inOrder(from, "session maintenance", "work plan")
	b.settle()
	b.keep("stick-report")
	name := strings.TrimPrefix(provisioning.ReportFile(office.Enrolment.Kiosk, 1), provisioning.Folder+"/")
	sealed := filesOn(b.t, image)[name]
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(sealed)), key)
	if err != nil {
		b.t.Fatalf("%s: %v", name, err)
	}
	if text, err := io.ReadAll(r); err != nil || !bytes.Contains(text, []byte(`"collected":["usage","health","procedures"]`)) {
		b.t.Errorf("%v\n%s", err, text)
	}
	b.takeOut()
}

func writeStick(t *testing.T, image string, files map[string][]byte) {
	t.Helper()
	m, err := fattest.Make(8<<20, 16, "mbr", files)
	if err == nil {
		err = os.WriteFile(image, m, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// enrolmentOn reads what a kiosk has put on a stick.
func enrolmentOn(t *testing.T, image string) (e provisioning.Enrolment) {
	t.Helper()
	for name, text := range filesOn(t, image) {
		if strings.HasPrefix(name, "enrolment/") {
			var err error
			if e, err = provisioning.ParseEnrolment(name, text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if e.Recipient == "" {
		t.Fatal("no kiosk has put its name on the stick")
	}
	return e
}

// filesOn reads what stands below guichet.
func filesOn(t *testing.T, image string) map[string][]byte {
	t.Helper()
	data, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	v, err := fat.Find(fattest.Memory(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	err = v.Walk(fat.Limits{Entries: 100, File: 1 << 20, Total: 1 << 20, Depth: 5}, func(name string, _ int64, content io.Reader) error {
		text, err := io.ReadAll(content)
		files[name] = text
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
