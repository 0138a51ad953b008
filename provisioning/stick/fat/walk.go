package fat

import (
	"io"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"guichet.example/provisioning"
)

// Limits bound what is taken from a stick.
type Limits struct {
	Entries int   // files and folders below guichet
	File    int64 // bytes of one
	Total   int64 // bytes of all
	Depth   int   // folders in one another below guichet; 0 = files only
}

// Take is called with each file, in the order of the stick: its path below
// guichet with slashes, its size and its content, of which Take may read as
// much as it wants.
type Take func(name string, size int64, content io.Reader) error

// Walk hands on every file below the folder guichet. What systems leave on
// sticks by themselves is passed over; any other name must be one that
// CheckName takes.
func (v *Volume) Walk(limits Limits, take Take) error {
	root, err := v.openRoot()
	if err != nil {
		return err
	}
	e, ok := v.lookup(root, Folder)
	if !ok || !e.folder() {
		return refuse(NoFolder, "%s without it", v.Kind())
	}
	w := &walk{v: v, limits: limits, take: take, been: map[uint32]bool{}}
	return w.folder(e.cluster, "", 0)
}

// walk is one going through the folder.
type walk struct {
	v       *Volume
	limits  Limits
	take    Take
	entries int
	total   int64
	been    map[uint32]bool // first clusters of folders
}

func (w *walk) folder(cluster uint32, name string, depth int) error {
	if w.been[cluster] {
		return refuse(Damaged, "a folder is inside itself, or twice there")
	}
	w.been[cluster] = true
	f, err := w.v.openFolder(cluster)
	if err != nil {
		return err
	}
	var all []entry
	names := map[string]bool{}
	w.v.entries(f, func(e entry) bool {
		if ignored(e.name) {
			return true
		}
		folded := Fold(e.name)
		switch w.entries++; {
		case w.entries > w.limits.Entries:
			err = refuse(TooMany, "more than %d", w.limits.Entries)
		case !CheckName(e.name):
			err = refuse(BadName, "of %d bytes", len(e.name))
		case names[folded]:
			err = refuse(Damaged, "two files have one name")
		}
		names[folded] = true
		all = append(all, e)
		return err == nil
	})
	if err != nil {
		return err
	}
	f.raw = nil // it is not held while its folders are read
	for _, e := range all {
		if err := w.entry(e, name, depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) entry(e entry, parent string, depth int) error {
	if depth == 0 && e.folder() {
		e.name = canonical(e.name)
	}
	name := path.Join(parent, e.name)
	if e.folder() {
		if depth == w.limits.Depth {
			return refuse(TooDeep, "more than %d", w.limits.Depth)
		}
		return w.folder(e.cluster, name, depth+1)
	}
	if e.size > w.limits.File || e.size > w.limits.Total-w.total {
		return refuse(TooLarge, "a file of %d bytes after %d", e.size, w.total)
	}
	w.total += e.size
	content := &content{v: w.v, left: e.size}
	if e.size > 0 {
		c, err := w.v.chainFrom(e.cluster)
		if err != nil {
			return err
		}
		content.chain = c
	}
	return w.take(name, e.size, content)
}

// content reads a file. A chain that is shorter than the file is an error.
type content struct {
	v      *Volume
	chain  chain
	within int64 // read of the cluster at hand
	left   int64 // of the file
}

func (c *content) Read(b []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	if c.within == c.v.cluster {
		if err := c.chain.advance(); err != nil {
			return 0, err
		}
		if c.within = 0; c.chain.at == 0 {
			return 0, refuse(Damaged, "a file ends %d bytes too early", c.left)
		}
	}
	// Clusters that follow one another are read at once.
	at, n := c.v.offset(c.chain.at)+c.within, c.v.cluster-c.within
	for n < min(c.left, int64(len(b))) {
		next, err := c.v.next(c.chain.at)
		if err != nil {
			return 0, err
		}
		if next != c.chain.at+1 {
			break
		}
		if err := c.chain.advance(); err != nil {
			return 0, err
		}
		n += c.v.cluster
	}
	take := min(n, c.left, int64(len(b)))
	if err := c.v.read(b[:take], at); err != nil {
		return 0, err
	}
	c.within = c.v.cluster - (n - take)
	c.left -= take
	return int(take), nil
}

// ignored are the names of what Windows, macOS and file managers leave.
func ignored(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains([]string{
		"system volume information", "$recycle.bin", "recycler", "thumbs.db", "ehthumbs.db", "desktop.ini", "indexervolumeguid"}, Fold(name))
}

// canonical writes the folders that mean something to a kiosk as it expects
// them: systems of old keep capital letters only.
func canonical(name string) string {
	if i := slices.IndexFunc(folders(), func(known string) bool { return strings.EqualFold(known, name) }); i >= 0 {
		return folders()[i]
	}
	return name
}

func folders() []string {
	all := []string{provisioning.MetadataFolder, provisioning.TargetsFolder, provisioning.EnrolmentFolder, provisioning.ReportsFolder}
	for i := range all {
		all[i] = path.Base(all[i])
	}
	return all
}

// Fold returns a name so that two that FAT holds for one become equal.
func Fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }

// maxName is in bytes of UTF-8; it is that of Linux.
const maxName = 255

// CheckName says whether a file or folder below guichet may be called so: what
// FAT itself allows in long names, in valid Unicode, that no system hides,
// mangles or reads as a path.
func CheckName(name string) bool {
	if name == "" || len(name) > maxName || !utf8.ValidString(name) || strings.ContainsAny(name, "\"*/:<>?\\|\uFFFD") {
		return false
	}
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, " ") || strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}
