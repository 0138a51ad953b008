package hwcheck

import (
	"bufio"
	"context"
	"io"
	"strings"
	"time"
)

// lines returns what is typed, line by line; the channel is closed when the
// input ends. The goroutine ends with its input, which for a terminal is the
// end of the process.
func lines(in io.Reader) <-chan string {
	typed := make(chan string)
	go func() {
		defer close(typed)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			typed <- strings.ToLower(strings.TrimSpace(scanner.Text()))
		}
	}()
	return typed
}

// yes asks a question, again when the answer is neither yes nor no. No answer
// in time is no.
func (c *checker) yes(ctx context.Context, question string) bool {
	ctx, cancel := context.WithTimeout(ctx, c.Limit)
	defer cancel()
	if c.late {
		c.dropLate()
	}
	for {
		c.say("     %s %s ", question, c.words.choice)
		select {
		case <-ctx.Done():
			c.late = true
			c.say("\n")
			c.tell(c.words.noAnswer, c.Limit)
			return false
		case answer, ok := <-c.answers:
			switch {
			case !ok:
				c.say("\n")
				c.tell("%s", c.words.noInput)
				return false
			case answer == "o" || answer == "oui" || answer == "y" || answer == "yes":
				return true
			case answer == "n" || answer == "non" || answer == "no":
				return false
			}
		}
	}
}

// dropLate forgets an answer that was typed after its question had timed out.
func (c *checker) dropLate() {
	c.late = false
	select {
	case <-c.answers:
	case <-time.After(10 * time.Millisecond): // as long as the reader needs to hand over what it holds
	}
}
