package badge

import (
	"errors"
	"strings"
)

// Why a PIN is too weak: what somebody with five guesses tries first.
var (
	ErrPINSame     = errors.New("all six digits are the same")
	ErrPINRow      = errors.New("the digits stand in a row, up or down")
	ErrPINRepeated = errors.New("it repeats two or three digits, or its second half mirrors its first")
	ErrPINDate     = errors.New("it can be read as a date")
	ErrPINCommon   = errors.New("it is one of those that most people choose")
)

// CheckPIN refuses what is no PIN, and weak ones. The error says why and
// nothing of the digits.
func CheckPIN(pin []byte) error {
	if !isPIN(pin) {
		return ErrPINForm
	}
	p := [PINDigits]byte(pin)
	defer clear(p[:])
	switch {
	case equal(p[:], 1):
		return ErrPINSame
	case isRow(p):
		return ErrPINRow
	case isRepeated(p):
		return ErrPINRepeated
	case isDate(p):
		return ErrPINDate
	case isCommon(pin):
		return ErrPINCommon
	}
	return nil
}

// equal says whether every digit is the one period places before it.
func equal(p []byte, period int) bool {
	for i := period; i < len(p); i++ {
		if p[i] != p[i-period] {
			return false
		}
	}
	return true
}

// isRow takes 9 and 0 for neighbours: 890123 is a row.
func isRow(p [PINDigits]byte) bool {
	step := (10 + p[1] - p[0]) % 10
	for i := 1; i < len(p); i++ {
		if (10+p[i]-p[i-1])%10 != step {
			return false
		}
	}
	return step == 1 || step == 9
}

// isRepeated finds 121212, 123123, 112233, 111222 and 123321.
func isRepeated(p [PINDigits]byte) bool {
	pairs := p[0] == p[1] && p[2] == p[3] && p[4] == p[5]
	triples := equal(p[:3], 1) && equal(p[3:], 1)
	mirror := p[0] == p[5] && p[1] == p[4] && p[2] == p[3]
	return equal(p[:], 2) || equal(p[:], 3) || pairs || triples || mirror
}

// isDate finds days with a year of two digits, in the order of France, of
// America and of forms, and months with a year of four, in either order.
func isDate(p [PINDigits]byte) bool {
	two := func(i int) int { return int(p[i]-'0')*10 + int(p[i+1]-'0') }
	a, b, c := two(0), two(2), two(4)
	century := func(n int) bool { return n == 19 || n == 20 }
	return isDay(a, b) || isDay(b, a) || isDay(c, b) || century(a) && isMonth(c) || century(b) && isMonth(a)
}

func isMonth(n int) bool { return n >= 1 && n <= 12 }

func isDay(day, month int) bool {
	const days = "\x1f\x1d\x1f\x1e\x1f\x1e\x1f\x1f\x1e\x1f\x1e\x1f" // of each month
	return isMonth(month) && day >= 1 && day <= int(days[month-1])
}

// common are the numbers of six digits that are left, when the rules above
// have had theirs, of two published lists: the ten most used of Markert and
// others ("This PIN Can Be Easily Guessed", IEEE S&P 2020), and the list of the
// 10 000 most common passwords as the Crown wallet for Android ships it.
const common = `
000001 000007 100000 123457 123654 123789 123987 124038 124578 134679 135790 142536 142857 147258 147852
159357 159753 196969 199999 200000 246810 314159 321654 362436 420000 420247 427900 456123 456321 515000
515051 616913 635241 655321 741852 753159 753951 789123 789456 789654 852456 902100 951753 963852 987456
`

func isCommon(pin []byte) bool {
	for _, c := range strings.Fields(common) {
		if c == string(pin) { // compared where it lies, not copied
			return true
		}
	}
	return false
}
