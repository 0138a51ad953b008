package e2e

import "runtime"

// begin starts the program from a thread that stays: the death signal comes
// when the thread ends that forked, not the process.
func (b *bench) begin() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: no other goroutine ends this thread
		err := b.cmd.Start()
		started <- err
		if err == nil {
			<-b.exited
		}
	}()
	return <-started
}
