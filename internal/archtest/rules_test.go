package archtest

// tier says what a package may do. Arrows only point down: main, loop,
// adapter, pure.
type tier int

const (
	pure    tier = iota // values in, values out
	adapter             // one piece of the outside world each
	loop                // owns the state, knows parts by interface
	command             // the only place that names real parts
	support             // tests, and what anybody may use
)

func (t tier) String() string {
	return [...]string{"pure", "adapter", "loop", "command", "support"}[t]
}

const module = "guichet.example/"

// tiers lists every package. One that is missing fails the test: deciding
// where a package stands is part of adding it.
var tiers = map[string]tier{
	"hw":                           pure,
	"hw/badge":                     pure,
	"kiosk/config":                 pure,
	"kiosk/procedure":              pure,
	"kiosk/procedure/packs/demo":   pure,
	"kiosk/procedure/packs/france": pure,
	"kiosk/session":                pure,
	"kiosk/usage":                  pure,
	"kiosk/view/wire":              pure,
	"provisioning":                 pure,
	"provisioning/content":         pure,
	"provisioning/fleet":           pure,
	"provisioning/report":          pure,
	"provisioning/stick/fat":       pure,
	"provisioning/repository":      adapter,
	"provisioning/trust":           adapter,
	"hw/badgereader":               adapter,
	"hw/mfrc522":                   adapter,
	"hw/periphboard":               adapter,
	"hw/pintries":                  adapter,
	"hw/simboard":                  adapter,
	"hw/revocations":               adapter,
	"hw/spidev":                    adapter,
	"kiosk/chime":                  adapter,
	"kiosk/egress":                 adapter,
	"kiosk/usage/usagedb":          adapter,
	"kiosk/view":                   adapter,
	"kiosk/wipe":                   adapter,
	"provisioning/apply":           adapter,
	"provisioning/identity":        adapter,
	"provisioning/stick":           adapter,
	"provisioning/usb":             adapter,
	"provisioning/web":             adapter,
	"kiosk":                        loop,
	"cmd/kiosk-bench":              command,
	"cmd/kiosk-bench/control":      command,
	"cmd/kiosk-bench/demosite":     command,
	"cmd/kiosk-bench/desk":         command,
	"cmd/kiosk-bench/display":      command,
	"cmd/kiosk-bench/office":       command,
	"cmd/kiosk-view":               command,
	"cmd/kioskctl":                 command,
	"cmd/kioskctl/issuer":          command,
	"cmd/kioskctl/sitefolder":      command,
	"cmd/kioskd":                   command,
	"cmd/kioskd/hwcheck":           command,
	"cmd/kioskd/testoffice":        command,
	"cmd/kioskd/renew":             command,
	"cmd/kioskd/upkeep":            command,
	"firmware":                     support,
	"hw/hwtest":                    support,
	"internal/archtest":            support,
	"internal/board":               support,
	"internal/board/guest":         support,
	"internal/atomicfile":          support,
	"internal/confine":             support,
	"internal/docsection":          support,
	"internal/e2e":                 support,
	"internal/escape":              support,
	"internal/hostile":             support,
	"internal/keyfile":             support,
	"internal/mfrc522sim":          support,
	"internal/ownfile":             support,
	"internal/peers":               support,
	"internal/picc":                support,
	"internal/residue":             support,
	"internal/storm":               support,
	"internal/stricttoml":          pure,
	"internal/testsite":            support,
	"internal/unlocked":            support,
	"kiosk/usage/usagetest":        support,
	"provisioning/stick/fattest":   support,
}

// impure are standard packages that touch the outside world.
var impure = map[string]string{
	"os":        "a pure package gets its input as values",
	"os/exec":   "a pure package starts nothing",
	"net":       "a pure package talks to nobody",
	"net/http":  "a pure package talks to nobody",
	"syscall":   "a pure package knows no kernel",
	"log":       "a pure package returns what happened",
	"log/slog":  "a pure package returns what happened",
	"math/rand": "a pure package is repeatable",
	"unsafe":    "nothing here needs it",
}

// modules says which third-party module each adapter, command or pure package
// may import: one each, so that a module can be replaced in one place.
var modules = map[string]map[string]string{
	"hw/badge":                {"golang.org/x/crypto": "Argon2id, which makes trying PINs slow"},
	"hw/mfrc522":              {"periph.io/x/conn/v3": "the bus and pins, as interfaces"},
	"hw/periphboard":          {"periph.io/x": "the one driver of real pins"},
	"hw/spidev":               {"periph.io/x/conn/v3": "what it is to drivers"},
	"internal/stricttoml":     {"github.com/pelletier/go-toml/v2": "TOML with line numbers"},
	"kiosk/procedure":         {"golang.org/x/net": "IDNA and the public suffix list"},
	"kiosk/egress":            {"golang.org/x/net": "IDNA and the public suffix list"},
	"kiosk/usage/usagedb":     {"go.etcd.io/bbolt": "the store"},
	"kiosk/view":              {"golang.org/x/sys": "namespaces"},
	"kiosk/wipe":              {"golang.org/x/sys": "openat, pidfd, mountinfo"},
	"provisioning/stick":      {"golang.org/x/sys": "what a child gives up"},
	"provisioning/usb":        {"golang.org/x/sys": "netlink"},
	"provisioning/apply":      {"golang.org/x/sys": "openat2 and locks"},
	"provisioning/identity":   {"filippo.io/age": "the key, and what is sealed to it"},
	"provisioning/repository": {"github.com/theupdateframework/go-tuf/v2": "TUF metadata", "github.com/sigstore/sigstore": "what go-tuf calls a signer"},
	"provisioning/trust":      {"github.com/theupdateframework/go-tuf/v2": "TUF metadata"},
	"cmd/kiosk-bench/display": {"github.com/jezek/xgb": "the X protocol"},
	"cmd/kiosk-view":          {"github.com/webview/webview_go": "hosts the engine"},
	"cmd/kioskctl": {
		"github.com/alecthomas/kong": "command line", "golang.org/x/term": "a passphrase that is not shown",
		"periph.io/x/conn/v3": "what a pin is, to wire the reader chip", "github.com/ebfe/scard": "PC/SC, with the tag pcsc",
	},
	"cmd/kiosk-bench":       {"github.com/alecthomas/kong": "command line", "golang.org/x/sys": "signals to a page's process"},
	"cmd/kioskd/testoffice": {"filippo.io/age": "secrets sealed as kioskctl seals them"},
	"cmd/kioskd":            {"github.com/alecthomas/kong": "command line", "github.com/coreos/go-systemd/v22": "readiness and watchdog"},
}

// forbidden says what must not be linked into a program, even indirectly.
var forbidden = map[string]map[string]string{
	"cmd/kioskd": {
		module + "cmd/kioskd/testoffice":      "tests stay out of programs",
		module + "provisioning/repository":    "a kiosk signs nothing",
		module + "internal/keyfile":           "a kiosk knows no passphrase",
		module + "hw/simboard":                "no simulator in a real kiosk",
		module + "internal/mfrc522sim":        "no simulator in a real kiosk",
		module + "internal/picc":              "no software cards in a real kiosk",
		module + "cmd/kiosk-bench/desk":       "no keys of the bench in a real kiosk",
		module + "hw/hwtest":                  "tests stay out of programs",
		module + "cmd/kiosk-bench":            "no simulator in a real kiosk",
		module + "kiosk/procedure/packs/demo": "no play procedures in a real kiosk",
		"testing":                             "tests stay out of programs",
		"runtime/cgo":                         "the daemon is one static file",
		"github.com/webview/webview_go":       "the engine lives in its own process",
		"periph.io/x/host/v3":                 "it takes every pin of a Pi over /dev/mem; gpioioctl alone is enough",
	},
	"cmd/kiosk-bench": { // not "testing", which xgb's testingTools.go brings in
		"periph.io/x/host": "the bench has no pins",
		"runtime/cgo":      "the bench builds without a C compiler",
	},
	"cmd/kiosk-view": {
		"go.etcd.io/bbolt":    "a view counts nothing",
		"periph.io/x":         "a view drives nothing",
		module + "kiosk":      "a view knows only the wire",
		module + "kiosk/view": "a view knows only the wire",
		"net/http":            "only the engine talks to the network",
	},
	"cmd/kioskctl": {
		"periph.io/x/host/v3":    "it takes every pin of a Pi over /dev/mem; gpioioctl alone is enough",
		module + "hw/simboard":   "no simulator in a real program",
		module + "internal/picc": "no simulator in a real program",
		"testing":                "tests stay out of programs",
		"runtime/cgo":            "it is one file for three systems",
		module + "kiosk":         "it is not a kiosk",
	},
}
