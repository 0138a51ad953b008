package main

// A pulse finds out whether the page still answers. It is counted in ticks of
// the main loop, not in time: a main loop that was held up itself must not
// take that for a fault of the page.
type pulse struct {
	number  int  // of the last ping
	waiting int  // ticks since it was sent; 0 = answered
	idle    int  // ticks since the last answer
	paused  bool // the page waits for an answer of the person
	gone    bool // the page's process ended; only a new start ends that
}

// A tick is half a second.
const (
	ticksBetween = 2  // from an answer to the next ping
	ticksLate    = 4  // the page counts as not alive
	ticksHung    = 16 // the page is ended
)

// tick returns the number of a ping to send, or 0, and whether the page hangs.
func (p *pulse) tick() (ping int, hung bool) {
	switch {
	case p.paused || p.gone:
		return 0, false
	case p.waiting > 0:
		p.waiting++
		if p.waiting > ticksHung {
			p.stop()
			return 0, true
		}
		return 0, false
	}
	p.idle++
	if p.idle < ticksBetween {
		return 0, false
	}
	p.number++
	p.waiting, p.idle = 1, 0
	return p.number, false
}

func (p *pulse) answered(number int) {
	if number == p.number {
		p.waiting = 0
	}
}

func (p *pulse) pause() { *p = pulse{number: p.number, paused: true, gone: p.gone} }

// stop is for a process that ended. What the engine tells afterwards, such as
// an empty address, must not make a dead page look like one that hangs.
func (p *pulse) stop() { *p = pulse{number: p.number, gone: true} }

// start is for a page that is loaded into a new process, if need be.
func (p *pulse) start() { *p = pulse{number: p.number} }

// resume forgets a ping that was under way: its answer may be lost with the
// page it was sent to.
func (p *pulse) resume() { *p = pulse{number: p.number, gone: p.gone} }

func (p *pulse) alive() bool { return p.waiting <= ticksLate }
