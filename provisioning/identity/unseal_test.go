package identity

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"pgregory.net/rapid"

	"guichet.example/provisioning"
)

// marker stands in every secret of these tests; no error may have it.
const marker = "geheimnis"

func someSecrets() provisioning.Secrets {
	return provisioning.Secrets{BadgeKey: strings.Repeat("0b", 16), PINPepper: strings.Repeat("5c", 32), WiFi: marker + "-wifi", Proxy: marker}
}

func seal(t testing.TB, content []byte, to ...age.Recipient) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to...)
	if err == nil {
		_, err = w.Write(content)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func encoded(t testing.TB) []byte {
	t.Helper()
	text, err := someSecrets().Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestUnseal(t *testing.T) {
	id, _ := fresh(t)
	other, _ := fresh(t)
	for name, to := range map[string][]age.Recipient{
		"alone":    {id.key.Recipient()},
		"of two":   {other.key.Recipient(), id.key.Recipient()},
		"of eight": append(many(t, maxRecipients-1), id.key.Recipient()),
	} {
		if got, err := id.Unseal(seal(t, encoded(t), to...)); err != nil || got != someSecrets() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func many(t testing.TB, n int) []age.Recipient {
	t.Helper()
	var all []age.Recipient
	for range n {
		key, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, key.Recipient())
	}
	return all
}

func TestUnsealRefuses(t *testing.T) {
	id, _ := fresh(t)
	mine := id.key.Recipient()
	passphrase, err := age.NewScryptRecipient("x")
	if err != nil {
		t.Fatal(err)
	}
	passphrase.SetWorkFactor(2)
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	good := seal(t, encoded(t), mine)
	bomb := bytes.Replace(good, []byte("-> X25519"), []byte("-> scrypt AAAAAAAAAAAAAAAAAAAAAA 40\nAAAA\n-> X25519"), 1)
	for name, c := range map[string]struct {
		sealed []byte
		want   error
	}{
		"other kiosk":     {seal(t, encoded(t), many(t, 1)...), ErrOtherKiosk},
		"passphrase":      {seal(t, encoded(t), passphrase), ErrSealed},
		"scrypt bomb":     {bomb, ErrSealed},
		"hybrid":          {seal(t, encoded(t), hybrid.Recipient()), ErrSealed},
		"nine recipients": {seal(t, encoded(t), append(many(t, maxRecipients), mine)...), ErrSealed},
		"too long":        {seal(t, bytes.Repeat([]byte("#"), provisioning.MaxSecrets), mine), ErrSealed},
		"no file":         {nil, ErrSealed},
		"not sealed":      {encoded(t), ErrSealed},
		"armored":         {[]byte("-----BEGIN AGE ENCRYPTED FILE-----\n"), ErrSealed},
		"more behind":     {append(bytes.Clone(good), 'x'), ErrSealed},
		"header only":     {[]byte("age-encryption.org/v1\n"), ErrSealed},
		"endless header":  {append([]byte("age-encryption.org/v1\n"), bytes.Repeat([]byte("A"), 8000)...), ErrSealed},
	} {
		begin := time.Now()
		got, err := id.Unseal(c.sealed)
		if !errors.Is(err, c.want) || got != (provisioning.Secrets{}) {
			t.Errorf("%s: %v", name, err)
		}
		if d := time.Since(begin); d > 2*time.Second {
			t.Errorf("%s takes %v", name, d)
		}
	}
}

// TestEveryByteCounts changes and cuts a sealed file everywhere.
func TestEveryByteCounts(t *testing.T) {
	id, _ := fresh(t)
	good := seal(t, encoded(t), id.key.Recipient())
	for i := range good {
		changed := bytes.Clone(good)
		changed[i] ^= 1
		for _, sealed := range [][]byte{changed, good[:i]} {
			if got, err := id.Unseal(sealed); err == nil || got != (provisioning.Secrets{}) {
				t.Errorf("byte %d of %d: opened", i, len(good))
			} else if !errors.Is(err, ErrSealed) && !errors.Is(err, ErrOtherKiosk) {
				t.Errorf("byte %d: %v", i, err)
			}
		}
	}
}

// TestErrorsQuoteNothing seals wrong secrets of all sorts.
func TestErrorsQuoteNothing(t *testing.T) {
	id, _ := fresh(t)
	wrong := []string{
		"", marker, "format = 1\n" + marker, "format = 1\n" + marker + " = 1", "format = 1\nwifi = " + marker, "format = \"" + marker + "\"",
		"format = 2\nwifi = \"" + marker + "\"", "format = 1\nwifi = 3\nproxy = \"" + marker + "\"", "format = 1\nbadge_key = \"" + marker + "\"",
		"format = 1\npin_pepper = \"" + marker + "\"", "format = 1\n[" + marker + "]", "format = 1\nwifi = \"" + marker + "\"\nwifi = \"" + marker + "\"",
		string(bytes.Replace(encoded(t), []byte(marker+"-wifi"), []byte(marker+"\x01"), 1)),
		string(bytes.Replace(encoded(t), []byte(marker+"-wifi"), bytes.Repeat([]byte(marker), 20), 1)),
	}
	check := func(text string) error {
		_, err := id.Unseal(seal(t, []byte(text), id.key.Recipient()))
		if err == nil {
			return errors.New("it is opened")
		}
		for _, shown := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err)} {
			if strings.Contains(shown, marker) {
				return fmt.Errorf("it is quoted: %s", shown)
			}
		}
		return nil
	}
	for _, text := range wrong {
		if err := check(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := check(string(encoded(t))); err == nil {
		t.Error("this test could not fail")
	}
	if t.Failed() {
		return
	}
	rapid.Check(t, func(t *rapid.T) { // any text with the marker somewhere
		text := rapid.String().Draw(t, "before") + marker + rapid.String().Draw(t, "after")
		if err := check(text); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzUnseal(f *testing.F) {
	id, _ := fresh(f)
	good := seal(f, encoded(f), id.key.Recipient())
	for _, seed := range [][]byte{good, good[:100], seal(f, encoded(f), many(f, 3)...), []byte("age-encryption.org/v1\n-> scrypt AAAA 30\nAAAA\n--- AAAA\n"),
		[]byte("age-encryption.org/v1\n-> X25519 AAAA\n\n--- AAAA\n"), bytes.Repeat([]byte("-> X25519 A\n"), 500)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := id.Unseal(data)
		if (err == nil) != (got != provisioning.Secrets{}) || err == nil && !bytes.HasPrefix(data, []byte("age-encryption.org/v1\n")) {
			t.Errorf("%q: %v", data, err)
		}
		if err != nil && strings.Contains(err.Error(), marker) {
			t.Error("quoted")
		}
		if sealed := seal(t, data, id.key.Recipient()); len(sealed) <= provisioning.MaxSecrets { // what is inside may be hostile too
			_, _ = id.Unseal(sealed)
		}
	})
}
