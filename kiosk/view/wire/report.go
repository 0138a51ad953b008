package wire

// Report is a message together with the number of the view that sent it.
// Views are numbered from 1 in the order in which they were started; a number
// is never used twice in the life of a daemon.
type Report struct {
	View int
	Msg  FromView
}

// Traces is what must be gone when a view has ended: the wipe proves it.
type Traces struct {
	View           int
	PID            int    // first process of the view's tree, in the daemon's pid namespace
	PIDNamespace   uint64 // inode of the tree's pid namespace; 0 when it shares ours
	MountNamespace uint64 // inode of the tree's mount namespace; 0 when it shares ours
	Mark           string // "GUICHET_VIEW=<random>": in the environment of every process of the tree
	Dir            string // the view's directory outside its namespaces
	Cgroup         string // directory of the tree's cgroup; "" when it has none of its own
}
