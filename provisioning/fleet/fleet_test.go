package fleet

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guichet.example/provisioning"
)

// Period is that of a site which sets none.
const Period = provisioning.DefaultInterval

func TestWaits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		chance, failures := rapid.Uint32().Draw(t, "chance"), rapid.IntRange(-2, 1<<40).Draw(t, "failures")
		if d := First(Period, chance); d < 0 || d >= Period*3/2 {
			t.Fatalf("first after %v", d)
		}
		d := Wait(Period, failures, chance)
		mean := time.Duration(min(float64(Period)*math.Pow(2, float64(max(failures, 0))), float64(longest)))
		if d < mean/2 || d >= mean*3/2 {
			t.Fatalf("%v of %v after %d failures", d, mean, failures)
		}
		if d < Wait(Period, 0, chance) {
			t.Fatalf("failures make it ask more often: %v", d)
		}
	})
	for _, c := range []struct {
		chance uint32
		want   time.Duration
	}{{0, Period / 2}, {1 << 31, Period}, {math.MaxUint32, Period * 3 / 2}} {
		if d := Wait(Period, 0, c.chance); d-c.want > time.Microsecond || c.want-d > time.Microsecond {
			t.Errorf("%d: %v, want %v", c.chance, d, c.want)
		}
	}
}

func kiosk(n int) provisioning.KioskID { return provisioning.KioskIDOf(fmt.Sprint("age1", n)) }

func TestIncluded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := provisioning.KioskID("k-" + rapid.StringMatching(`[a-z2-7]{16}`).Draw(t, "id"))
		in := false
		for percent := -5; percent <= 105; percent++ {
			now := Included(id, percent)
			if in && !now {
				t.Fatalf("%s is out again at %d %%", id, percent)
			}
			if percent <= 0 && now || percent >= 100 && !now {
				t.Fatalf("%s at %d %%: %v", id, percent, now)
			}
			in = now
		}
	})
}

// TestIncludedIsUniform counts 100 000 kiosks at each percentage: 5 standard
// deviations at most from what chance alone gives.
func TestIncludedIsUniform(t *testing.T) {
	const kiosks = 100_000
	var in [101]int
	for n := range kiosks {
		id := kiosk(n)
		low, high := 0, 100 // monotone, so the first percentage is found by halving
		for low < high {
			if mid := (low + high) / 2; Included(id, mid) {
				high = mid
			} else {
				low = mid + 1
			}
		}
		in[low]++
	}
	sum := 0
	for percent, n := range in {
		sum += n
		p := float64(percent) / 100
		if off := math.Abs(float64(sum) - kiosks*p); off > 5*math.Sqrt(kiosks*p*(1-p)) {
			t.Errorf("%d %%: %d of %d", percent, sum, kiosks)
		}
	}
}

// TestIncludedStays holds the answers for some kiosks: another version of the
// program must not draw others.
func TestIncludedStays(t *testing.T) {
	var got strings.Builder
	for n := range 60 {
		if Included(kiosk(n), 25) {
			fmt.Fprint(&got, n, " ")
		}
	}
	if want := "2 4 6 9 10 14 17 20 23 24 25 31 33 34 36 37 38 39 43 45 48 51 "; got.String() != want {
		t.Errorf("%q", got.String())
	}
}

// TestLoad simulates the day of the package comment.
func TestLoad(t *testing.T) {
	const day, down, up = 24 * 3600, 10 * 3600, 12 * 3600 // seconds
	for _, kiosks := range []int{1_000, 10_000, 100_000} {
		r := mathrand.New(mathrand.NewPCG(1, uint64(kiosks)))
		var asked [day]int
		for range kiosks {
			failures := 0
			for at := First(Period, r.Uint32()); at < day*time.Second; {
				second := int(at / time.Second)
				asked[second]++
				if second >= down && second < up {
					failures++
				} else {
					failures = 0
				}
				at += Wait(Period, failures, r.Uint32())
			}
		}
		total, firstHour, busiest, back := 0, 0, 0, 0
		for second, n := range asked {
			total += n
			if second < 3600 {
				firstHour += n
			}
			busiest = max(busiest, n)
			if second >= up && second < up+3600 {
				back = max(back, n)
			}
		}
		mean := float64(kiosks) / Period.Seconds()
		t.Logf("%d kiosks: %.1f a second should be, %.1f are; busiest second %d, in the hour after the outage %d",
			kiosks, mean, float64(total)/day, busiest, back)
		if float64(total)/day > mean*1.02 {
			t.Errorf("%d kiosks ask %.2f times a second", kiosks, float64(total)/day)
		}
		if off := math.Abs(float64(firstHour) - 3600*mean); off > 5*math.Sqrt(3600*mean) {
			t.Errorf("%d kiosks ask %d times in the first hour, not %.0f", kiosks, firstHour, 3600*mean)
		}
		if limit := mean + 6*math.Sqrt(mean) + 5; float64(busiest) > limit {
			t.Errorf("%d kiosks ask %d times in one second, more than chance: %.0f", kiosks, busiest, limit)
		}
	}
}

// TestTransfer counts the bytes of one question with nothing new.
func TestTransfer(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"9"`)
		http.ServeContent(w, r, "timestamp.json", time.Time{}, strings.NewReader(strings.Repeat("x", 600)))
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(t)}, MinVersion: tls.VersionTLS13}
	server.StartTLS()
	defer server.Close()
	var moved atomic.Int64
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots(t, server), ServerName: "site.example"},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			return &counted{c, &moved}, err
		},
		DisableKeepAlives: true,
	}}
	for _, c := range []struct {
		tag    string
		status int
	}{{`"8"`, http.StatusOK}, {`"9"`, http.StatusNotModified}} {
		moved.Store(0)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/metadata/timestamp.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("If-None-Match", c.tag)
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != c.status {
			t.Fatal(response.Status, err)
		}
		if err := response.Body.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes", response.Status, moved.Load())
		if c.status == http.StatusNotModified && (moved.Load() < 3400 || moved.Load() > 3800) {
			t.Errorf("%d bytes; the package comment says 3.6 KB", moved.Load())
		}
	}
}

// counted counts what goes through a connection, both ways.
type counted struct {
	net.Conn
	moved *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.moved.Add(int64(n))
	return n, err
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.moved.Add(int64(n))
	return n, err
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"site.example"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func roots(t *testing.T, server *httptest.Server) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	parsed, err := x509.ParseCertificate(server.TLS.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(parsed)
	return pool
}
