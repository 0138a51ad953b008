package upkeep

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/cmd/kioskd/testoffice"
	"guichet.example/kiosk/view/wire"
	"guichet.example/provisioning"
)

// TestSecretsStayInMemory takes a stick with secrets all the way to the confirmed
// release, and one whose secrets are no good, and looks for them afterwards: on
// the data partition, in the log, and in all that was told.
func TestSecretsStayInMemory(t *testing.T) {
	b := newBox(t)
	var said bytes.Buffer
	tell := func(w wire.Work) { fmt.Fprintf(&said, "%+v\n", w) }
	trial := online(t)
	u, _ := b.start(trial)
	u.config.Log = slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for _, key := range []string{badgeKey + "00", badgeKey} { // the first is no key
		b.Own(provisioning.SecretsFile, testoffice.Seal(t, b.Enrolment.Recipient, key))
		b.plug(image(t, b.Publish()))
		tell(u.Read(t.Context(), tell))
	}
	tell(u.Install(t.Context(), tell))
	log := u.config.Log
	u, state := b.start(trial)
	u.config.Log = log
	w := u.Test(t.Context(), tell)
	tell(w)
	check(t, w, wire.StepDone, "", "")
	if state.Current.Version != "2" || !strings.Contains(said.String(), "G-TUF-CONTENT") {
		t.Fatalf("%+v\n%s", state, said.String())
	}
	pepper := strings.Repeat("5c", 32) // as testoffice has it
	for name, data := range everything(t, b.data, said.Bytes()) {
		for _, secret := range []string{badgeKey, pepper} {
			if form := reveals(data, secret); form != "" {
				t.Errorf("%s reveals a secret, as %s", name, form)
			}
		}
	}
	for _, form := range []string{badgeKey, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", "AAECAwQFBgcICQoLDA0ODw"} {
		if reveals([]byte("before"+form+"after"), badgeKey) == "" {
			t.Errorf("%q would not be found", form)
		}
	}
}

// everything is each file below a directory, and what was said.
func everything(t *testing.T, dir string, said []byte) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"what was said": said}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		all[path], err = os.ReadFile(path)
		return err
	})
	if err != nil || len(all) < 6 {
		t.Fatalf("%d files, %v", len(all), err)
	}
	return all
}

// reveals says in which form data has a secret of hexadecimal digits; "" for none.
func reveals(data []byte, secret string) string {
	raw, err := hex.DecodeString(secret)
	if err != nil {
		return "no secret"
	}
	for name, form := range map[string][]byte{"digits": []byte(secret), "bytes": raw,
		"base64": []byte(base64.RawStdEncoding.EncodeToString(raw)), "base64 of digits": []byte(base64.RawStdEncoding.EncodeToString([]byte(secret)))} {
		if bytes.Contains(bytes.ToLower(data), bytes.ToLower(form)) {
			return name
		}
	}
	return ""
}
