package badge

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// wupa is what every activation begins with.
func wupa(answer string) step { return step{send: "52", bits: 7, answer: answer} }

// sel is SELECT and SAK.
func sel(send, sak string) step { return step{send: send, crc: true, answer: sak} }

func TestActivate(t *testing.T) {
	for name, c := range map[string]struct {
		steps  []step
		uid    string
		sak    byte
		random bool
	}{
		"four bytes": {[]step{wupa("0400"), {send: "9320", answer: "01020304 04"}, sel("9370 01020304 04", "20")},
			"01020304", 0x20, false},
		"four random bytes": {[]step{wupa("0403"), {send: "9320", answer: "08ABCDEF 81"}, sel("9370 08ABCDEF 81", "20")},
			"08ABCDEF", 0x20, true},
		"four bytes that begin with 88": {[]step{wupa("0400"), {send: "9320", answer: "88010203 88"}, sel("9370 88010203 88", "08")},
			"88010203", 0x08, false},
		"DESFire, seven bytes": {[]step{
			wupa("4403"),
			{send: "9320", answer: "8804782E DA"}, sel("9370 8804782E DA", "24"),
			{send: "9520", answer: "21801D80 3C"}, sel("9570 21801D80 3C", "20")},
			"04782E21801D80", 0x20, false},
		"ten bytes": {[]step{
			wupa("8403"),
			{send: "9320", answer: "88010203 88"}, sel("9370 88010203 88", "04"),
			{send: "9520", answer: "88040506 8F"}, sel("9570 88040506 8F", "04"),
			{send: "9720", answer: "0708090A 0C"}, sel("9770 0708090A 0C", "20")},
			"0102030405060708090A", 0x20, false},
		"garbled ATQA, one card": {[]step{
			{send: "52", bits: 7, err: ErrParity}, {send: "9320", answer: "01020304 04"}, sel("9370 01020304 04", "20")},
			"01020304", 0x20, false},
		"collision that was none": {[]step{
			wupa("0400"),
			{send: "9320", answer: "0100", clash: 10}, // bit 10 is the second of 02
			{send: "9332 0102", bits: 2, align: 2, answer: "02 0304 04"},
			sel("9370 01020304 04", "20"),
			lostFrame("5000"), {send: "26", bits: 7, err: ErrNoAnswer},
			wupa("0400"), {send: "9320", answer: "01020304 04"}, sel("9370 01020304 04", "20")},
			"01020304", 0x20, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{t: t, steps: c.steps}
			p, err := Activate(t.Context(), s)
			if err != nil || !bytes.Equal(p.UID, unhex(t, c.uid)) || p.SAK != c.sak || p.Random() != c.random {
				t.Fatalf("%x %+v %v", p.UID, p, err)
			}
			s.done()
		})
	}
}

// another selects a PICC, halts it and asks who else is there.
func another(selecting string, answer step) []step {
	answer.send, answer.bits = "26", 7
	return []step{sel(selecting, "20"), lostFrame("5000"), answer}
}

func TestActivateFails(t *testing.T) {
	first := []step{wupa("0400"), {send: "9320", answer: "01020304 04"}}
	level := func(n byte) []step {
		return []step{{send: fmt.Sprintf("%02x20", 0x91+2*n), answer: "88010203 88"}, sel(fmt.Sprintf("%02x70 88010203 88", 0x91+2*n), "04")}
	}
	broken := errors.New("wire cut")
	for name, c := range map[string]struct {
		steps []step
		want  error
	}{
		"nothing there":               {[]step{{send: "52", bits: 7, err: ErrNoAnswer}}, ErrNoBadge},
		"reader broken":               {[]step{{send: "52", bits: 7, err: broken}}, broken},
		"short ATQA":                  {[]step{wupa("04")}, ErrProtocol},
		"long ATQA":                   {[]step{wupa("040000")}, ErrProtocol},
		"wrong BCC":                   {[]step{wupa("0400"), {send: "9320", answer: "01020304 05"}}, ErrFraming},
		"short UID":                   {[]step{wupa("0400"), {send: "9320", answer: "010203"}}, ErrProtocol},
		"long UID":                    {[]step{wupa("0400"), {send: "9320", answer: "010203040404"}}, ErrProtocol},
		"odd bits":                    {[]step{wupa("0400"), {send: "9320", answer: "0102030404", last: 3}}, ErrProtocol},
		"gone before anticollision":   {[]step{wupa("0400"), {send: "9320", err: ErrNoAnswer}}, ErrNoAnswer},
		"gone before select":          {append(first[:2:2], step{send: "9370 01020304 04", crc: true, err: ErrNoAnswer}), ErrNoAnswer},
		"select garbled":              {append(first[:2:2], step{send: "9370 01020304 04", crc: true, err: ErrCRC}), ErrCRC},
		"no SAK":                      {append(first[:2:2], sel("9370 01020304 04", "")), ErrProtocol},
		"long SAK":                    {append(first[:2:2], sel("9370 01020304 04", "2000")), ErrProtocol},
		"cascade without tag":         {append(first[:2:2], sel("9370 01020304 04", "24")), ErrProtocol},
		"cascade without end":         {append(append(append([]step{wupa("0400")}, level(1)...), level(2)...), level(3)...), ErrProtocol},
		"collision in the check byte": {[]step{wupa("0400"), {send: "9320", answer: "0102030400", clash: 35}}, ErrFraming},
		"impossible collision":        {[]step{wupa("0400"), {send: "9320", answer: "01", clash: 9}}, ErrFraming},
		"collision, then nobody":      {[]step{wupa("0400"), {send: "9320", answer: "00", clash: 1}, {send: "9321 01", bits: 1, align: 1, err: ErrNoAnswer}}, ErrNoAnswer},
		"collision in what is known":  {[]step{wupa("0400"), {send: "9320", answer: "0100", clash: 10}, {send: "9332 0102", bits: 2, align: 2, answer: "02", clash: 1}}, ErrFraming},
		"impossible bits":             {[]step{wupa("0400"), {send: "9320", answer: "01020304 04", last: -1}}, ErrFraming},
		"two badges":                  {append([]step{{send: "52", bits: 7, answer: "4003", clash: 3}, {send: "9320", answer: "00", clash: 1}, {send: "9321 01", bits: 1, align: 1, answer: "00020304 04"}}, another("9370 01020304 04", step{answer: "0400"})...), ErrTwoBadges},
		"three badges":                {append([]step{wupa("4403"), {send: "9320", answer: "00", clash: 1}, {send: "9321 01", bits: 1, align: 1, answer: "01", clash: 3}, {send: "9323 05", bits: 3, align: 3, answer: "00020304 00"}}, another("9370 05020304 00", step{err: ErrParity})...), ErrTwoBadges},
		"two badges, a byte known":    {append([]step{wupa("4403"), {send: "9320", answer: "8804", clash: 16}, {send: "9340 8884", answer: "0203 0D"}}, another("9370 88840203 0D", step{answer: "0400", clash: 7})...), ErrTwoBadges},
		"the same UID twice":          {[]step{wupa("0400"), {send: "9320", answer: "01020304 04"}, {send: "9370 01020304 04", crc: true, answer: "20", clash: 4}}, ErrTwoBadges},
		"reader breaks at the second": {append([]step{wupa("0400"), {send: "9320", answer: "00", clash: 1}, {send: "9321 01", bits: 1, align: 1, answer: "00020304 04"}}, another("9370 01020304 04", step{err: broken})...), broken},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{t: t, steps: c.steps}
			if _, err := Activate(t.Context(), s); !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			s.done()
		})
	}
}

func TestHalt(t *testing.T) {
	for _, c := range []struct {
		s  step
		ok bool
	}{
		{step{send: "5000", crc: true, err: ErrNoAnswer}, true},
		{step{send: "5000", crc: true, answer: "0A"}, false},
		{step{send: "5000", crc: true, err: ErrCRC}, false},
	} {
		if err := Halt(t.Context(), &script{t: t, steps: []step{c.s}}); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.s, err)
		}
	}
}

func TestParseATS(t *testing.T) {
	for name, c := range map[string]struct {
		data string
		want ATS
		ok   bool
	}{
		"DESFire":                 {"067577810280", newATS(5, 8, 1), true},
		"only a length":           {"01", newATS(2, 4, 0), true},
		"no interface bytes":      {"0208", newATS(8, 4, 0), true},
		"reserved size":           {"020F", newATS(8, 4, 0), true},
		"TA and TC":               {"0455 00 02", newATS(5, 4, 0), true},
		"TB alone":                {"0325 A3", newATS(5, 10, 3), true},
		"reserved times":          {"0325 FF", newATS(5, 4, 0), true},
		"historical bytes":        {"0578778002", newATS(8, 8, 0), true},
		"empty":                   {"", ATS{}, false},
		"length zero":             {"00", ATS{}, false},
		"longer than it says":     {"0675778102 8000", ATS{}, false},
		"shorter than it says":    {"06757781", ATS{}, false},
		"announces what is not":   {"0275", ATS{}, false},
		"announces, ends after A": {"0375 00", ATS{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseATS(unhex(t, c.data))
			if (err == nil) != c.ok || got != c.want {
				t.Errorf("%+v %v", got, err)
			}
			if err != nil && !errors.Is(err, ErrProtocol) {
				t.Error(err)
			}
		})
	}
	a := newATS(5, 8, 1)
	if a.FSC != 64 || a.FWT.Microseconds() != 77328 || a.SFGT.Microseconds() != 660 {
		t.Errorf("DESFire's ATS means %+v", a)
	}
}
