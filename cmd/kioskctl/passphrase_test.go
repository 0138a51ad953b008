package main

import (
	"strings"
	"testing"
	"testing/iotest"
)

func TestPassphraseLine(t *testing.T) {
	long := strings.Repeat("a", longest)
	for _, c := range []struct{ in, want string }{
		{"six words\nmore\n", "six words"}, {"six words\r\n", "six words"}, {"six words", "six words"},
		{" kept ", " kept "}, {"", ""}, {"\n", ""}, {long + "\r\n", long}, {long, long},
	} {
		if got, err := lineOf(strings.NewReader(c.in)); err != nil || string(got) != c.want {
			t.Errorf("%q: %q, %v", c.in, got, err)
		}
	}
	if got, err := lineOf(strings.NewReader(long + "aaaa\n")); err == nil {
		t.Errorf("took %d bytes", len(got))
	}
	if _, err := lineOf(iotest.ErrReader(iotest.ErrTimeout)); err == nil {
		t.Error("took nothing for a passphrase")
	}
}
