package badge

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// nonce is a random source that has one number.
func nonce(t testing.TB, text string) *bytes.Reader { return bytes.NewReader(unhex(t, text)) }

const zeroKey = "00000000000000000000000000000000"

// AN12196 (NTAG 424 DNA), AuthenticateEV2First with key 0.
func TestAuthenticateEV2First(t *testing.T) {
	card, script := cardWith(t,
		"9071000008 0006000000000000 00", "A04C124213C186F22399D33AC2A30215 91AF",
		"90AF000020 35C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D 00",
		"3FA64DB5446D1F34CD6EA311167F5E4985B89690C04A05F17FA7AB2F08120663 9100")
	err := card.AuthenticateEV2First(t.Context(), 0, keyOf(t, zeroKey), nonce(t, "13C5DB8A5930439FC3DEF9A4C675360F"))
	if err != nil {
		t.Fatal(err)
	}
	script.done()
	s := card.session.(*ev2)
	if s.enc != *keyOf(t, "1309C877509E5A215007FF0ED19CA564") || s.mac != *keyOf(t, "4C6626F5E72EA694202139295C7A7FC7") ||
		!bytes.Equal(s.ti[:], unhex(t, "9D00C4DF")) || s.ctr != 0 {
		t.Errorf("session %x %x %x %d", s.enc[:], s.mac[:], s.ti, s.ctr)
	}
	card.Forget()
	if s.enc != (Key{}) || s.mac != (Key{}) || s.ti != [4]byte{} || card.session != nil {
		t.Error("session keys survive Forget")
	}
}

// AN12343 (DESFire Light), table 16.
func TestAuthenticateEV2FirstLight(t *testing.T) {
	card, _ := cardWith(t,
		"9071000008 0006000000000000 00", "24677DDBD46349E623798FD729006E79 91AF",
		"90AF000020 3B50445F21D21D77D500794DEB245E5A754F5F901844259F4C9B31A5C7335ACD 00",
		"04C6DBD67417ED0D31DDDE4D2E3FFAC2B4B074F638EEF7FFF9254963B65C7759 9100")
	err := card.AuthenticateEV2First(t.Context(), 0, keyOf(t, zeroKey), nonce(t, "B04D0787C93EE0CC8CACC8E86F16C6FE"))
	if err != nil {
		t.Fatal(err)
	}
	s := card.session.(*ev2)
	if s.enc != *keyOf(t, "63DC07286289A7A6C0334CA31C314A04") || s.mac != *keyOf(t, "774F26743ECE6AF5033B6AE8522946F6") {
		t.Errorf("session %x %x", s.enc[:], s.mac[:])
	}
}

// AN0945, table 22 (AN12757, table 20).
func TestAuthenticateAES(t *testing.T) {
	card, script := cardWith(t,
		"90AA000001 00 00", "C5537C8EFFFCC7E152C27831AFD383BA 91AF",
		"90AF000020 1EF512D957973AED7E6E13991EB0FB431B373EA23400A3AC0B7749CD6FB1C328 00",
		"FFC212245F03DB0EA0645A495190952A 9100")
	err := card.AuthenticateAES(t.Context(), 0, keyOf(t, zeroKey), nonce(t, "2347C1557F80707ABDFF86BF9D965CA7"))
	if err != nil {
		t.Fatal(err)
	}
	script.done()
	s := card.session.(*ev1)
	if s.key != *keyOf(t, "2347C1551EA0353A9D965CA7B52FCA84") || s.iv != (aesBlock{}) {
		t.Errorf("session %x %x", s.key[:], s.iv)
	}
	card.Forget()
	if s.key != (Key{}) {
		t.Error("session key survives Forget")
	}
}

// A card that does not know EV2 is asked in EV1's way.
func TestAuthenticateFallsBack(t *testing.T) {
	card, script := cardWith(t,
		"9071000008 0206000000000000 00", "911C",
		"90AA000001 02 00", "C5537C8EFFFCC7E152C27831AFD383BA 91AF",
		"90AF000020 1EF512D957973AED7E6E13991EB0FB431B373EA23400A3AC0B7749CD6FB1C328 00",
		"FFC212245F03DB0EA0645A495190952A 9100")
	random := nonce(t, "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF 2347C1557F80707ABDFF86BF9D965CA7")
	if err := card.Authenticate(t.Context(), 2, keyOf(t, zeroKey), random); err != nil {
		t.Fatal(err)
	}
	script.done()
}

// A card that does not know the key, or tampers with any byte, is refused.
func TestAuthenticateWrongProof(t *testing.T) {
	good := unhex(t, "3FA64DB5446D1F34CD6EA311167F5E4985B89690C04A05F17FA7AB2F08120663")
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x10
		card, _ := cardWith(t,
			"9071000008 0006000000000000 00", "A04C124213C186F22399D33AC2A30215 91AF",
			"90AF000020 35C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D 00",
			strings.ToUpper(hexOf(bad))+"9100")
		err := card.AuthenticateEV2First(t.Context(), 0, keyOf(t, zeroKey), nonce(t, "13C5DB8A5930439FC3DEF9A4C675360F"))
		// TI and PDcap2 are the card's to choose, in the first and second block
		// they flip bits of what is checked all the same.
		if err == nil && i >= 16 {
			t.Errorf("byte %d may be changed", i)
		}
		if err != nil && (!errors.Is(err, ErrRefused) || card.session != nil) {
			t.Errorf("byte %d: %v", i, err)
		}
	}
}

func TestAuthenticateMalformed(t *testing.T) {
	first := "A04C124213C186F22399D33AC2A30215 91AF"
	second := "90AF000020 35C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D 00"
	for name, answers := range map[string][]string{
		"no status":          {"91"},
		"other standard":     {"6E00"},
		"no challenge":       {"91AF"},
		"ends early":         {"A04C124213C186F22399D33AC2A30215 9100"},
		"refused":            {"91AE"},
		"short challenge":    {"A04C124213C186F22399D33AC2A302 91AF"},
		"long challenge":     {"A04C124213C186F22399D33AC2A3021515 91AF"},
		"goes on":            {first, "3FA64DB5446D1F34CD6EA311167F5E4985B89690C04A05F17FA7AB2F08120663 91AF"},
		"key refused":        {first, "91AE"},
		"short proof":        {first, "3FA64DB5446D1F34CD6EA311167F5E49 9100"},
		"no proof":           {first, "9100"},
		"the number we sent": {first, "35C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D 9100"},
	} {
		pairs := []string{"9071000008 0006000000000000 00", answers[0]}
		if len(answers) > 1 {
			pairs = append(pairs, second, answers[1])
		}
		card, _ := cardWith(t, pairs...)
		err := card.AuthenticateEV2First(t.Context(), 0, keyOf(t, zeroKey), nonce(t, "13C5DB8A5930439FC3DEF9A4C675360F"))
		if !errors.Is(err, ErrRefused) || card.session != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	card, _ := cardWith(t)
	if err := card.AuthenticateEV2First(t.Context(), 0, &Key{}, nonce(t, "00")); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("without random numbers: %v", err)
	}
}

func ev2Session(t *testing.T, enc, mac, ti string, ctr uint16) *ev2 {
	return &ev2{*keyOf(t, enc), *keyOf(t, mac), [4]byte(unhex(t, ti)), ctr}
}

// exchangeVector is a command and its answer as an application note prints
// them.
type exchangeVector struct {
	name         string
	session      session
	cmd          byte
	header, data string
	mode         CommMode
	sent         string
	answer       string
	plain        string
}

func TestMessagingVectors(t *testing.T) {
	const light = "FFBCFE1F41840A09C9A88D0A4B10DF05"
	for _, v := range []exchangeVector{
		{"AN12196 5.3, GetFileSettings",
			ev2Session(t, zeroKey, "8248134A386E86EB7FAF54A52E536CB6", "7A21085E", 0),
			0xF5, "02", "", CommMAC, "02 6597A457C8CD442C",
			"0040EEEE000100D1FE001F00004400004400002000006A0000 2A474282E7A47986",
			"0040EEEE000100D1FE001F00004400004400002000006A0000"},
		{"AN12196 6.12, WriteData",
			ev2Session(t, "7A93D6571E4B180FCA6AC90C9A7488D4", "FC4AF159B62E549B5812394CAB1918CC", "7614281A", 0),
			0x8D, "030000000A0000", "0102030405060708090A", CommFull,
			"030000000A0000 6B5E6804909962FC4E3FF5522CF0F843 6C0C53315B9C73AA", "C26D236E4A7C046D", ""},
		{"AN12196 7.3, GetCardUID",
			ev2Session(t, "2B4D963C014DC36F24F69A50A394F875", "379D32130CE61705DD5FD8C36B95D764", "DF055522", 0),
			0x51, "", "", CommFull, "8E2C155ADDA99BE3",
			"70756055688505B52A5E26E59E329CD6 595F672298EA41B7", "04958CAA5C5E80"},
		{"AN12343 table 24, ReadData with MAC",
			ev2Session(t, "C4C9F2A734F32967FAC80A0F37C764F0", "9366FA195EB566F5BD2BAD4020B83002", "E2D3AF69", 1),
			0xAD, "00000000300000", "", CommMAC, "00000000300000 0D9BE191D5960834",
			strings.Repeat("22", 25) + strings.Repeat("00", 23) + "A49A44222D926666",
			strings.Repeat("22", 25) + strings.Repeat("00", 23)},
		{"AN12343 table 25, WriteData",
			ev2Session(t, light, "37E7234B11BEBEFDE41A8F290090EF80", "CD73D8E5", 0),
			0x8D, "00000000190000", strings.Repeat("22", 25), CommFull,
			"00000000190000 D7446FBC912580C0A65E738D28B609E43ADBB8FB2B4CA68744D1BBEBB37EBD32 700ADF7BB9F62A6C",
			"B9A534A7A73EE0DD", ""},
		{"AN12343 table 26, ReadData",
			ev2Session(t, light, "37E7234B11BEBEFDE41A8F290090EF80", "CD73D8E5", 1),
			0xAD, "00000000300000", "", CommFull, "00000000300000 7CF94F122B3DB05F",
			`8848D0F9B9FD4495770C89925B2A85C7 274D350FA9029C484D43804886662DC4
			2D7F40A6D7A415E4A71EFF79EB8E5721 AC3BF1CAAFE8EB2CAA2DC162E67A97A3 8ED7888F22B3A587`,
			strings.Repeat("22", 25) + strings.Repeat("00", 23)},
		{"trace of an EV1 card, GetKeyVersion",
			&ev1{key: *keyOf(t, "90F7A2019103 6845EC63DECD544B9931")},
			0x64, "00", "", CommMAC, "00", "10 8A8FA36F55CD210D", "10"},
	} {
		t.Run(v.name, func(t *testing.T) { v.check(t) })
	}
}

func (v exchangeVector) check(t *testing.T) {
	sent, err := v.session.protect(v.cmd, unhex(t, v.header), unhex(t, v.data), v.mode)
	if err != nil || !bytes.Equal(sent, unhex(t, v.sent)) {
		t.Errorf("sent %X %v", sent, err)
	}
	var saved session
	switch s := v.session.(type) {
	case *ev2:
		c := *s
		saved = &c
	case *ev1:
		c := *s
		saved = &c
	}
	plain, err := v.session.open(unhex(t, v.answer), v.mode)
	if err != nil || !bytes.Equal(plain, unhex(t, v.plain)) {
		t.Errorf("plain %X %v", plain, err)
	}
	bad := unhex(t, v.answer)
	for i := range bad {
		bad[i] ^= 1
		if _, err := clone(saved).open(bad, v.mode); !errors.Is(err, ErrRefused) {
			t.Errorf("changed byte %d: %v", i, err)
		}
		bad[i] ^= 1
		if _, err := clone(saved).open(bad[:i], v.mode); !errors.Is(err, ErrRefused) {
			t.Errorf("cut to %d bytes: %v", i, err)
		}
	}
}

func clone(s session) session {
	if e, ok := s.(*ev2); ok {
		c := *e
		return &c
	}
	c := *s.(*ev1)
	return &c
}

// AN12196, ChangeKey of another and of the own key; and traces of EV1 cards.
func TestChangeKeyVectors(t *testing.T) {
	enc, mac := "4CF3CB41A22583A61E89B158D252FC53", "5529860B2FC5FB6154B7F28361D30BF9"
	for _, v := range []struct {
		name    string
		session session
		keyNo   byte
		own     bool
		old     string
		fresh   string
		version byte
		sent    string
	}{
		{"other key", ev2Session(t, enc, mac, "7614281A", 2), 2, false, zeroKey, "F3847D627727ED3BC9C4CC050489B966", 1,
			"02 2CF362B7BF4311FF3BE1DAA295E8C68DE09050560D19B9E16C2393AE9CD1FAC7 5D0CE20BCD1D06E6"},
		{"own key", ev2Session(t, enc, mac, "7614281A", 3), 0, true, zeroKey, "5004BF991F408672B1EF00F08F9E8647", 1,
			"00 C0EB4DEEFEDDF0B513A03A95A75491818580503190D4D05053FF75668A01D6FD A6610234BDED6432"},
		{"EV1, own key", &ev1{*keyOf(t, "90F7A20191036845EC63DECD544B9931"), aesBlock(unhex(t, "8A8FA36F55CD210DD8054658AC70D99A"))},
			0, true, zeroKey, zeroKey, 0,
			"00 63 53 75 E4 91 9F 8A F2 E9 E8 6B 1C 1B A5 5B 0C 08 07 EA F4 84 D7 A7 EF 6E 0C 30 84 16 0F 5A 61"},
		{"EV1, other key", &ev1{key: *keyOf(t, "C2A1E47BD8100044FE6D00A74D7AB17C")},
			1, false, zeroKey, "00102030405060708090A0B0B0A09080", 0x10,
			"01 E7ECCB6BD1CA64BC161A12B1C024F71430337408C8A87EACAB7A1FF18951FCA3"},
	} {
		t.Run(v.name, func(t *testing.T) {
			got, err := v.session.changeKey(v.keyNo, v.own, keyOf(t, v.old), keyOf(t, v.fresh), v.version)
			if err != nil || !bytes.Equal(got, unhex(t, v.sent)) {
				t.Errorf("%X %v", got, err)
			}
		})
	}
	if got := crc(unhex(t, "F3847D627727ED3BC9C4CC050489B966")); !bytes.Equal(got, unhex(t, "789DFADC")) {
		t.Errorf("CRC %X", got)
	}
}
