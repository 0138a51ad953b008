package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestTyped(t *testing.T) {
	pin := PIN([]byte("402817"))
	line, err := EncodeFromView(Typed{&pin})
	if err != nil || string(line) != `{"typed":{"pin":"402817"}}`+"\n" {
		t.Fatalf("%q, %v", line, err)
	}
	for _, l := range [][]byte{line, bytes.TrimSuffix(line, []byte("\n"))} {
		msg, err := DecodeFromView(l)
		typed, ok := msg.(Typed)
		if err != nil || !ok || *typed.PIN != pin {
			t.Fatalf("%#v, %v", msg, err)
		}
		typed.PIN.Clear()
		if *typed.PIN != (PIN{}) || pin == (PIN{}) {
			t.Error("Clear clears too little or too much")
		}
	}
	if _, err := EncodeFromView(Typed{new(PIN)}); err == nil {
		t.Error("no digits were written")
	}
	if _, err := EncodeFromView(Typed{}); err == nil {
		t.Error("no PIN was written")
	}
}

func TestTypedRefused(t *testing.T) {
	for _, line := range []string{
		`{"typed":{"pin":"40281"}}`, `{"typed":{"pin":"4028170"}}`, `{"typed":{"pin":"40281a"}}`, `{"typed":{"pin":"402817"}} `,
		`{"typed":{"pin":"402817","x":1}}`, `{"typed":{"pin": "402817"}}`, `{"typed":{"PIN":"402817"}}`, `{"typed":{"pin":402817}}`,
		`{"typed":{}}`, `{"typed":{"pin":null}}`, `{"typed":{"pin":"402817"}}` + "\n\n", `{"Typed":{"pin":"402817"}}`, `{"typed":{"pin":""}}`,
		`{"typed":{"pin":"`, `{"ready":{},"typed":{"pin":"402817"}}`,
	} {
		msg, err := DecodeFromView([]byte(line))
		if err == nil {
			t.Errorf("%s: taken as %#v", line, msg)
		} else if strings.Contains(err.Error(), "4028") {
			t.Errorf("the error tells the digits: %v", err)
		}
	}
}

func TestTypedPrintsNothing(t *testing.T) {
	pin := PIN([]byte("402817"))
	m := Typed{&pin}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "msg", m, "pin", &pin, "report", Report{1, m})
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "msg", m, "pin", &pin, "report", Report{1, m})
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	said := log.String() + string(text) + fmt.Sprintf("%v %+v %#v %s %x %v %d", m, m, m, m, m, &pin, &pin)
	for _, digits := range []string{"402817", "343032", "52 48", "0x34"} {
		if strings.Contains(said, digits) {
			t.Errorf("printed: %s", said)
		}
	}
	if strings.Count(said, "PIN") < 10 {
		t.Errorf("printed: %s", said)
	}
}
