package e2e

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"guichet.example/internal/residue"
	"guichet.example/internal/testsite"
)

const residueHost = "residu.localhost"

// needRoot skips where the scanners would see nothing.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("not run: searching other processes, a disk of its own and a certificate of its own need root")
	}
}

// visitor is a kiosk on a disk of its own, with the site that plants canaries
// as its first procedure, over real TLS.
type visitor struct {
	*bench
	set    *residue.Set
	site   *residue.Site
	disk   disk
	start  time.Time
	shows  string        // the mark of the view that showed canaries when that was last asked
	held   residue.Found // what was in its memory then
	before []string      // starts a program that trusts the site's certificate
	args   []string
}

func newVisitor(t *testing.T, compositor string, site *residue.Site, set *residue.Set) *visitor {
	t.Helper()
	v := &visitor{set: set, site: site, start: time.Now().Add(-time.Second)}
	address, bundle := serveTLS(t, site, site.TLS)
	v.disk = newDisk(t, 48)
	t.Setenv("TMPDIR", v.disk.dir("tmp")) // of the test too: all that is written is on that disk
	v.before = trusting(bundle)
	v.args = append(showsResidue(t, address), "--compositor", compositor)
	v.bench = startBehind(t, v.before, v.disk.dir("data"), v.args...)
	return v
}

// restart starts the daemon again on the same disk.
func (v *visitor) restart() {
	v.t.Helper()
	v.bench = startBehind(v.t, v.before, v.data, v.args...)
}

// serveTLS serves a handler under a certificate for residueHost, and returns
// where, and a file of all authorities of this machine and the one that signed.
func serveTLS(t *testing.T, h http.Handler, config func(tls.Certificate) *tls.Config) (address, bundle string) {
	t.Helper()
	authority, err := residue.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := authority.Certificate(residueHost)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h, TLSConfig: config(certificate), ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan error, 1)
	go func() { done <- server.ServeTLS(l, "", "") }()
	t.Cleanup(func() {
		server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	all, err := os.ReadFile(authorities)
	if err != nil {
		t.Skipf("not run: %v (Debian package ca-certificates)", err)
	}
	bundle = filepath.Join(t.TempDir(), "authorities.crt")
	if err := os.WriteFile(bundle, append(all, authority.PEM()...), 0o644); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String(), bundle
}

const authorities = "/etc/ssl/certs/ca-certificates.crt"

// trusting starts a program in a mount namespace of its own, where it finds
// the bundle in the place of the machine's.
func trusting(bundle string) []string {
	return []string{"unshare", "--mount", "--propagation", "private", "sh", "-c",
		`mount --bind "$0" ` + authorities + ` && exec "$@"`, bundle}
}

// showsResidue returns the arguments by which a bench has a procedure whose site
// is residueHost and all below it, at an address over TLS.
func showsResidue(t *testing.T, address string) []string {
	t.Helper()
	below := "*." + residueHost
	pack := testsite.Pack{ID: "residu", Procedure: "residu", French: "Essai", English: "Trial", Hosts: []string{residueHost, below}}
	return shows(t, pack.Write, nil, map[string]string{residueHost: address, below: address})
}

// disk is a file system whose every block can be read.
type disk struct{ image, mount string }

func newDisk(t *testing.T, mebibytes int64) disk {
	t.Helper()
	dir := open755(t) // and short: sockets have to fit
	d := disk{filepath.Join(dir, "image"), filepath.Join(dir, "mount")}
	if err := errors.Join(os.WriteFile(d.image, nil, 0o600), os.Truncate(d.image, mebibytes<<20), os.Mkdir(d.mount, 0o755)); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"mkfs.ext4", "-q", d.image}, {"mount", "-o", "loop", d.image, d.mount}} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Skipf("not run: %v: %v: %s", command, err, out)
		}
	}
	t.Cleanup(func() {
		if err := unix.Unmount(d.mount, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return d
}

// dir makes a directory on the disk that other users may pass.
func (d disk) dir(name string) string {
	path := filepath.Join(d.mount, name)
	if err := os.Mkdir(path, 0o755); err != nil {
		panic(err) // the disk is new
	}
	return path
}

// blocks searches every block of the disk, in use or not.
func (d disk) blocks(found residue.Found, set *residue.Set) error {
	top, err := os.Open(d.mount)
	if err != nil {
		return err
	}
	defer top.Close()
	if err := unix.Syncfs(int(top.Fd())); err != nil {
		return err
	}
	return set.File(found, d.image, "blocks of the disk")
}

func (v *visitor) reached(step string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), time.Minute)
	defer cancel()
	if err := v.site.Await(ctx, step); err != nil {
		v.keep("residue-" + step)
		v.t.Fatalf("%v; it said %v", err, v.site.Evidence())
	}
}
