package control

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestParseText(t *testing.T) {
	for body, want := range map[string]string{
		`{"text":"abc"}`:                    "abc",
		" {\n\t\"text\" : \"é è ç à @\" } ": "é è ç à @",
		`{"text":"\u00e9\n\t\"\\\/"}`:       "é\n\t\"\\/",
		`{"text":"\ud83d\ude00"}`:           "😀",
	} {
		got, err := parseText([]byte(body), make([]rune, 0, maxText))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", body, string(got), err)
		}
	}
	for _, body := range []string{``, `{}`, `[]`, `{"text":""}`, `{"text":1}`, `{"text":null}`, `{"text":"a"`, `{"text":"a"}x`,
		`{"text":"a","x":1}`, `{"text":"a","text":"b"}`, `{"Text":"a"}`, `{"text":"a\x"}`, `{"text":"\u12"}`, `{"text":"\ud83d"}`,
		`{"text":"\ud83d\u0041"}`, `{"text":"\u0007"}`, `{"text":"\r"}`, "{\"text\":\"a\x01\"}", "{\"text\":\"a\xff\"}",
		`{"text":"` + strings.Repeat("a", maxText+1) + `"}`} {
		if got, err := parseText([]byte(body), make([]rune, 0, maxText)); err == nil {
			t.Errorf("%q gave %q", body, string(got))
		}
	}
}

// FuzzParseText: what it accepts, encoding/json reads the same.
func FuzzParseText(f *testing.F) {
	f.Add([]byte(`{"text":"aé\u00e9\n"}`))
	f.Add([]byte(`{"text":"\ud83d\ude00"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := parseText(body, make([]rune, 0, maxText))
		if err != nil {
			return
		}
		var want struct {
			Text string `json:"text"`
		}
		if err := json.Unmarshal(body, &want); err != nil || want.Text != string(got) {
			t.Errorf("%q: %q, json says %q, %v", body, string(got), want.Text, err)
		}
	})
}
