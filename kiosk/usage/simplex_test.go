package usage

import "math"

// program is a system of linear equations over unknowns that are not
// negative, and a corner of what it leaves open.
type program struct {
	n       int // unknowns
	rows    [][]float64
	basis   []int
	pending []equation
}

type equation struct {
	coefficients map[int]float64
	value        float64
}

const tiny = 1e-7

func (p *program) unknown() int { p.n++; return p.n - 1 }

// equal adds: the sum of the unknowns in plus, less those in minus, is value.
func (p *program) equal(value int, plus, minus []int) {
	e := equation{map[int]float64{}, float64(value)}
	for _, i := range plus {
		e.coefficients[i]++
	}
	for _, i := range minus {
		e.coefficients[i]--
	}
	p.pending = append(p.pending, e)
}

// solve finds a first corner with one artificial unknown for each equation,
// and says whether the equations can hold at all.
func (p *program) solve() bool {
	m := len(p.pending)
	for k, e := range p.pending {
		row := make([]float64, p.n+m+1)
		sign := 1.0
		if e.value < 0 {
			sign = -1
		}
		for i, c := range e.coefficients {
			row[i] = sign * c
		}
		row[p.n+k], row[p.n+m] = 1, sign*e.value
		p.rows, p.basis = append(p.rows, row), append(p.basis, p.n+k)
	}
	cost := make([]float64, p.n+m)
	for k := range m {
		cost[p.n+k] = -1
	}
	p.maximize(cost)
	for k, b := range p.basis {
		if b >= p.n && p.last(k) > 1e-5 {
			return false
		}
	}
	p.dropArtificial()
	return true
}

func (p *program) last(k int) float64 { return p.rows[k][len(p.rows[k])-1] }

func (p *program) dropArtificial() {
	var rows [][]float64
	var basis []int
	for k := range p.rows {
		for j := 0; j < p.n && p.basis[k] >= p.n; j++ {
			if math.Abs(p.rows[k][j]) > tiny {
				p.pivot(k, j)
			}
		}
	}
	for k, row := range p.rows {
		if p.basis[k] < p.n { // otherwise the equation follows from the others
			rows = append(rows, append(append([]float64{}, row[:p.n]...), p.last(k)))
			basis = append(basis, p.basis[k])
		}
	}
	p.rows, p.basis = rows, basis
}

// maximize goes from corner to corner until cost cannot grow; after many steps
// it takes Bland's rule, which cannot go in circles.
func (p *program) maximize(cost []float64) {
	price := append([]float64{}, cost...)
	for k, b := range p.basis {
		if c := price[b]; c != 0 {
			for j := range price {
				price[j] -= c * p.rows[k][j]
			}
		}
	}
	for step := 0; ; step++ {
		in, best := -1, tiny
		for j, c := range price {
			if c > best {
				in, best = j, c
				if step > 500 {
					break
				}
			}
		}
		if in < 0 {
			return
		}
		out, ratio := -1, math.Inf(1)
		for k := range p.rows {
			if a := p.rows[k][in]; a > tiny {
				if r := p.last(k) / a; r < ratio-1e-12 || r < ratio+1e-12 && out >= 0 && p.basis[k] < p.basis[out] {
					out, ratio = k, r
				}
			}
		}
		if out < 0 {
			return // no bound: this cost can grow for ever
		}
		p.pivot(out, in)
		c := price[in]
		for j := range price {
			price[j] -= c * p.rows[out][j]
		}
	}
}

func (p *program) pivot(out, in int) {
	row := p.rows[out]
	f := row[in]
	for j := range row {
		row[j] /= f
	}
	for k := range p.rows {
		if c := p.rows[k][in]; k != out && c != 0 {
			for j := range row {
				p.rows[k][j] -= c * row[j]
			}
		}
	}
	p.basis[out] = in
}

// corner returns the unknowns at the corner reached.
func (p *program) corner() []float64 {
	x := make([]float64, p.n)
	for k, b := range p.basis {
		x[b] = p.last(k)
	}
	return x
}
