package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"strings"
	"testing"
)

func TestActs(t *testing.T) {
	box := newFakeBox()
	url := serve(t, box)
	for _, c := range []struct{ method, path, body, asked string }{
		{"POST", "/api/badge", `{"card":"helper"}`, "badge helper"},
		{"POST", "/api/badge", `{"card":"technician"}`, "badge technician"},
		{"POST", "/api/badge", `{"card":"unknown"}`, "badge unknown"},
		{"POST", "/api/badge", `{"card":"revoked"}`, "badge revoked"},
		{"DELETE", "/api/badge", ``, "remove badge"},
		{"POST", "/api/help-button", ``, "help"},
		{"POST", "/api/help-button", `{}`, "help"},
		{"POST", "/api/stick", `{"image":"/tmp/a.img"}`, "stick /tmp/a.img"},
		{"POST", "/api/example-stick", `{"name":"old"}`, "example old"},
		{"DELETE", "/api/stick", ``, "pull stick"},
		{"POST", "/api/service-switch", ``, "switch"},
		{"POST", "/api/tap", `{"x":0,"y":799}`, "tap 0,799"},
		{"POST", "/api/type", `{"text":"Zoë\n"}`, `type "Zoë\n"`},
		{"POST", "/api/key", `{"key":"Shift+ctrl+I"}`, "key ctrl+shift+i"},
		{"POST", "/api/procedure", `{"id":"demo"}`, "choose demo"},
		{"POST", "/api/end", ``, "end"},
		{"POST", "/api/consent", `{"accept":true}`, "consent true"},
		{"POST", "/api/consent", `{"accept":false}`, "consent false"},
		{"POST", "/api/continue", ``, "continue"},
	} {
		code, answer, _ := do(t, c.method, url+c.path, c.body)
		if asked := box.taken(); code != 200 || answer != "{}" || asked != c.asked {
			t.Errorf("%s %s %s: %d %s, box was asked %q, want %q", c.method, c.path, c.body, code, answer, asked, c.asked)
		}
	}
	for _, f := range Faults() {
		code, _, _ := do(t, "POST", url+"/api/fault", fmt.Sprintf(`{"part":%q,"kind":%q}`, f.Part, f.Kind))
		if asked := box.taken(); code != 200 || asked != "fault "+f.Part+" "+f.Kind {
			t.Errorf("fault %v: %d, box was asked %q", f, code, asked)
		}
	}
}

func TestRefusedBodies(t *testing.T) {
	box := newFakeBox()
	url := serve(t, box)
	for _, c := range []struct{ path, body, says string }{
		{"/api/badge", `{"card":"admin"}`, "helper, helper-pin, random, technician, technician-pin, unknown, revoked, expired, clone, two"},
		{"/api/badge", `{"card":7}`, "string"},
		{"/api/badge", `{"card":null}`, "string"},
		{"/api/badge", `{"Card":"helper"}`, "card"},
		{"/api/badge", `{"card":"helper","x":1}`, "unknown member"},
		{"/api/badge", `{"card":"helper","card":"revoked"}`, "twice"},
		{"/api/badge", `{"card":"helper"} {}`, "one JSON object"},
		{"/api/badge", `["helper"]`, "one JSON object"},
		{"/api/badge", `{"card":"\xff"}`, "one JSON object"},
		{"/api/badge", ``, "missing"},
		{"/api/stick", `{"image":""}`, "path"},
		{"/api/stick", `{}`, "image"},
		{"/api/example-stick", `{"name":"better"}`, "good, old"},
		{"/api/example-stick", `{}`, "name"},
		{"/api/service-switch", `{"image":"a"}`, "unknown member"},
		{"/api/fault", `{"part":"film","kind":"none"}`, "relay, reader, view, clock"},
		{"/api/fault", `{"part":"reader","kind":"stuck-clear"}`, "gone, none"},
		{"/api/fault", `{"part":"relay"}`, "kind"},
		{"/api/tap", `{"x":-1,"y":3}`, "pixels"},
		{"/api/tap", `{"x":1.5,"y":3}`, "int"},
		{"/api/tap", `{"x":99999,"y":3}`, "pixels"},
		{"/api/type", `{"text":""}`, "characters"},
		{"/api/type", `{"text":"\u001b"}`, "printable"},
		{"/api/key", `{"key":"ctrl+nothing"}`, "ctrl+shift+i"},
		{"/api/procedure", `{"id":"other"}`, "demo, demo-pieges"},
		{"/api/consent", `{"accept":"yes"}`, "bool"},
		{"/api/consent", `{}`, "accept"},
		{"/api/end", `{"now":true}`, "none"},
	} {
		code, answer, h := do(t, "POST", url+c.path, c.body)
		if code != 400 || !strings.HasPrefix(answer, `{"error":"`) || !strings.Contains(answer, c.says) {
			t.Errorf("%s %q: %d %s, want 400 with %q", c.path, c.body, code, answer, c.says)
		}
		if h.Get("Content-Type") != "application/json" {
			t.Errorf("%s %q: Content-Type %q", c.path, c.body, h.Get("Content-Type"))
		}
	}
	for _, path := range []string{"/api/badge", "/api/type"} {
		if code, _, _ := do(t, "POST", url+path, `{"card":"`+strings.Repeat("x", maxBody)+`"}`); code != 413 {
			t.Errorf("%s: a body of more than %d bytes gave %d", path, maxBody, code)
		}
	}
	if asked := box.taken(); asked != "" {
		t.Errorf("the box was asked %q", asked)
	}
}

func TestErrorsOfTheBox(t *testing.T) {
	box := newFakeBox()
	url := serve(t, box)
	for _, c := range []struct {
		err  error
		code int
	}{
		{fmt.Errorf("%w: no session is open", ErrNotNow), 409},
		{fmt.Errorf("%w: the screen is 64x40", ErrInvalid), 400},
		{errors.New("open display: no such file"), 500},
	} {
		box.answer(c.err)
		for path, body := range map[string]string{"/api/end": "", "/api/tap": `{"x":1,"y":1}`, "/api/type": `{"text":"a"}`,
			"/api/badge": `{"card":"helper"}`, "/api/procedure": `{"id":"demo"}`} {
			code, answer, _ := do(t, "POST", url+path, body)
			if code != c.code || answer != fmt.Sprintf(`{"error":%q}`, c.err) {
				t.Errorf("%s with %v: %d %s", path, c.err, code, answer)
			}
		}
	}
	box.answer(nil)
	if _, answer, _ := do(t, "GET", url+"/api/bench", ""); !strings.Contains(answer, `"card":""`) {
		t.Errorf("a badge that was refused lies on the reader: %s", answer)
	}
}

func TestMethodsAndPaths(t *testing.T) {
	url := serve(t, newFakeBox())
	for _, c := range []struct {
		method, path string
		code         int
		allow        string
	}{
		{"PUT", "/api/badge", 405, "DELETE, POST"},
		{"GET", "/api/end", 405, "POST"},
		{"POST", "/api/state", 405, "GET"},
		{"DELETE", "/", 405, "GET"},
		{"GET", "/api", 404, ""},
		{"GET", "/api/state/", 404, ""},
		{"GET", "/page/index.html", 404, ""},
		{"HEAD", "/api/state", 200, ""},
		{"HEAD", "/api/events", 200, ""},
	} {
		code, _, h := do(t, c.method, url+c.path, "")
		if code != c.code || h.Get("Allow") != c.allow {
			t.Errorf("%s %s: %d, Allow %q", c.method, c.path, code, h.Get("Allow"))
		}
	}
}

func TestState(t *testing.T) {
	const want = `{"session":{"state":"idle","mode":"","procedure":"","help_called":false,"pad":false},` +
		`"film":{"commanded":"private","sensed":"private"},"indicator":"off",` +
		`"view":{"host":"","spare":true,"isolation":"full",` +
		`"checks":[{"name":"no swap","holds":false,"needed":false,"why":"/dev/zram0 in use"}],"memory_limit_mib":700},"wipe":{"count":1,"last":"verified","millis":42},` +
		`"usage":{"pending":2,"committed":5},"work":{"step":"","code":"","says":null}}`
	code, answer, _ := do(t, "GET", serve(t, newFakeBox())+"/api/state", "")
	if code != 200 || answer != want {
		t.Errorf("%d %s\nwant %s", code, answer, want)
	}
}

func TestBenchRemembers(t *testing.T) {
	url := serve(t, newFakeBox())
	for _, c := range []struct{ method, path, body, has string }{
		{"POST", "/api/badge", `{"card":"helper"}`, `"card":"helper"`},
		{"DELETE", "/api/badge", ``, `"card":""`},
		{"POST", "/api/fault", `{"part":"relay","kind":"stuck-clear"}`, `"faults":{"relay":"stuck-clear"}`},
		{"POST", "/api/fault", `{"part":"view","kind":"hang"}`, `"faults":{"relay":"stuck-clear"}`},
		{"POST", "/api/fault", `{"part":"relay","kind":"none"}`, `"faults":{"relay":"none"}`},
	} {
		do(t, c.method, url+c.path, c.body)
		if _, answer, _ := do(t, "GET", url+"/api/bench", ""); !strings.Contains(answer, c.has) {
			t.Errorf("after %s %s %s: %s has no %s", c.method, c.path, c.body, answer, c.has)
		}
	}
}

func TestScreen(t *testing.T) {
	box := newFakeBox()
	url := serve(t, box) + "/api/screen.png"
	m := image.NewRGBA(image.Rect(0, 0, 64, 40))
	m.Set(3, 2, color.RGBA{200, 10, 20, 255})
	box.show(m)
	code, body, h := do(t, "GET", url, "")
	got, err := png.Decode(strings.NewReader(body))
	if code != 200 || err != nil || got.Bounds().Dx() != 64 || color.RGBAModel.Convert(got.At(3, 2)) != m.At(3, 2) {
		t.Fatalf("%d, %v: not the picture", code, err)
	}
	if h.Get("Content-Type") != "image/png" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("header %v", h)
	}
	tag := h.Get("ETag")
	if code, body, _ := do(t, "GET", url, "", "If-None-Match", tag); code != 304 || body != "" {
		t.Errorf("the same picture again: %d with %d bytes", code, len(body))
	}
	// Another type of image and one changed pixel.
	n := image.NewNRGBA(m.Rect)
	copy(n.Pix, m.Pix)
	n.Set(9, 9, color.White)
	box.show(n)
	if code, _, h := do(t, "GET", url, "", "If-None-Match", tag); code != 200 || h.Get("ETag") == tag {
		t.Errorf("a changed picture: %d, tag %s", code, h.Get("ETag"))
	}
	box.answer(errors.New("the display is gone"))
	if code, answer, _ := do(t, "GET", url, ""); code != 500 || !strings.Contains(answer, "the display is gone") {
		t.Errorf("no display: %d %s", code, answer)
	}
}

func TestPage(t *testing.T) {
	url := serve(t, newFakeBox())
	for path, mime := range map[string]string{"/": "text/html", "/control.css": "text/css", "/control.js": "text/javascript",
		"/screen.js": "text/javascript", "/sound.js": "text/javascript", "/sticks.js": "text/javascript", "/words.js": "text/javascript", "/favicon.svg": "image/svg+xml"} {
		code, body, h := do(t, "GET", url+path, "")
		if code != 200 || !strings.HasPrefix(h.Get("Content-Type"), mime) || len(body) < 100 {
			t.Errorf("%s: %d %s, %d bytes", path, code, h.Get("Content-Type"), len(body))
		}
		// The page works without network and asks nobody else for anything.
		if text := strings.ReplaceAll(body, "http://www.w3.org/", ""); strings.Contains(text, "http://") || strings.Contains(text, "https://") {
			t.Errorf("%s names another server", path)
		}
		if !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: header %v", path, h)
		}
	}
}

func FuzzParseObject(f *testing.F) {
	for _, s := range []string{`{}`, `{"card":"helper"}`, `{"x":1,"y":2}`, `{"a":{"b":[1]}}`, `[1]`, `{"a":1}x`, `{"a":1,"a":2}`, "\xff", `{"a"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := parseObject(body)
		// What it accepts, encoding/json reads as the same members.
		var want map[string]json.RawMessage
		if err == nil && (json.Unmarshal(body, &want) != nil || len(want) != len(o)) {
			t.Errorf("%q: %d members, json says %d", body, len(o), len(want))
		}
		for name, value := range want {
			if string(bytes.TrimSpace(o[name])) != string(bytes.TrimSpace(value)) {
				t.Errorf("%q: member %q is %s, json says %s", body, name, o[name], value)
			}
		}
		if err != nil && status(err) != http.StatusBadRequest {
			t.Errorf("status %d", status(err))
		}
	})
}
