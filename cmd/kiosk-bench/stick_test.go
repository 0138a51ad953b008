package main

import (
	"os"
	"strings"
	"testing"

	"guichet.example/cmd/kiosk-bench/office"
)

// TestPageNamesEachStick: the control page has a name and an explanation for
// each example, in both languages.
func TestPageNamesEachStick(t *testing.T) {
	words, err := os.ReadFile("control/page/words.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range office.Examples() {
		for _, key := range []string{"k_", "kt_"} {
			word := key + string(e)
			if n := strings.Count(string(words), word+": ") + strings.Count(string(words), `"`+word+`": `); n != 2 {
				t.Errorf("%q stands %d times", word, n)
			}
		}
	}
}
