package usage

import (
	"encoding/json"
	"strconv"
)

// Figure is a number of a report.
type Figure struct {
	Kind FigureKind
	N    int // of an Exact or AtLeast figure; at least 10
}

// FigureKind says how much of a number a report tells.
type FigureKind int

const (
	Hidden  FigureKind = iota // under 11, or it would give one away that is
	Exact                     // N
	AtLeast                   // N rounded down to tens, or hundreds
)

func hidden() Figure       { return Figure{} }
func exactly(n int) Figure { return Figure{Exact, n} }

// tens is n rounded down to tens; n is at least 10.
func tens(n int) Figure { return Figure{AtLeast, n / 10 * 10} }

// hundreds is n rounded down to hundreds, for what no single session may show
// in.
func hundreds(n int) Figure {
	if n < 100 {
		return hidden()
	}
	return Figure{AtLeast, n / 100 * 100}
}

func shown(n int, hide bool) Figure {
	if hide {
		return hidden()
	}
	return exactly(n)
}

// String returns "12", "10+" or "·".
func (f Figure) String() string {
	switch f.Kind {
	case Exact:
		return strconv.Itoa(f.N)
	case AtLeast:
		return strconv.Itoa(f.N) + "+"
	default:
		return "·"
	}
}

// MarshalJSON returns null, {"exactly":12} or {"at_least":10}.
func (f Figure) MarshalJSON() ([]byte, error) {
	switch f.Kind {
	case Exact:
		return json.Marshal(map[string]int{"exactly": f.N})
	case AtLeast:
		return json.Marshal(map[string]int{"at_least": f.N})
	default:
		return []byte("null"), nil
	}
}

// fields returns kind and number.
func (f Figure) fields() []string {
	switch f.Kind {
	case Exact:
		return []string{"exactly", strconv.Itoa(f.N)}
	case AtLeast:
		return []string{"at_least", strconv.Itoa(f.N)}
	default:
		return []string{"hidden", ""}
	}
}
