package provisioning

import (
	"encoding/hex"
	"path"
	"strings"
)

// Folders of a stick. Everything else on it is left alone.
const (
	Folder          = "guichet"
	MetadataFolder  = Folder + "/metadata"
	TargetsFolder   = Folder + "/targets"
	EnrolmentFolder = Folder + "/enrolment"
	ReportsFolder   = Folder + "/reports"
)

// Where a kiosk keeps its site. SiteRoot is the release in force, with the
// logical names below it; RuntimeFolder is in memory and holds what secrets
// become while the kiosk runs.
const (
	DataFolder    = "/var/lib/guichet"
	SiteRoot      = DataFolder + "/site/current"
	RuntimeFolder = "/run/guichet"
	// SiteKeyFile is where kioskd looks for the key of the site's badges.
	SiteKeyFile = RuntimeFolder + "/badge/site.key"
)

// Logical names of targets, in a repository and below a kiosk's SiteRoot.
const (
	SiteFile        = "site.toml"    // of kioskd, for one kiosk
	MachineFile     = "machine.toml" // of the system around kioskd, for one kiosk
	SecretsFile     = "secrets.age"  // sealed to one kiosk
	IssuerFile      = "badge/issuer.pem"
	RevocationsFile = "badge/revocations"
	LogoFile        = "logo.png"
	CAFile          = "network/ca.pem"
	packsFolder     = "packs"
	noticesFolder   = "notices"
	kiosksFolder    = "kiosks"
)

// Limits, in bytes where nothing else is said. Whoever reads a stick holds to
// them before it trusts anything there.
const (
	MaxRepository = 512 << 20 // all files of a repository together
	MaxTarget     = 16 << 20  // one target
	MaxFiles      = 10_000    // files of a repository, metadata included
	MaxDepth      = 5         // folders below TargetsFolder
	MaxName       = 120       // of a target without the hash that is put before it
	MaxKiosks     = 2_000     // in one repository
	MaxPacks      = 20
	MaxRoot       = 64 << 10
	MaxTimestamp  = 16 << 10
	MaxSnapshot   = 64 << 10
	MaxTargets    = 2 << 20 // targets.json, and that of a delegate; go-tuf takes 50 times as much memory
	MaxRoots      = 1_000   // root metadata after one another
)

// EnrolmentFile is the path of a kiosk's enrolment on a stick.
func EnrolmentFile(id KioskID) string { return EnrolmentFolder + "/" + string(id) + ".toml" }

// KioskTarget is the target that a file of one kiosk has in a repository.
func KioskTarget(id KioskID, file string) string { return kiosksFolder + "/" + string(id) + "/" + file }

// PackFolder is where a pack lies, in a repository and below SiteRoot.
func PackFolder(pack string) string { return packsFolder + "/" + pack }

// PackRole is the name of the TUF role of somebody else who signs a pack.
func PackRole(pack string) string { return "pack-" + pack }

// IsPackName says whether a pack can have this name.
func IsPackName(name string) bool {
	return name != "" && len(name) <= 40 && only(name, lowerDigits+"-") &&
		!strings.HasPrefix(name, "-") && !strings.HasSuffix(name, "-") && !strings.Contains(name, "--")
}

const lowerDigits = "abcdefghijklmnopqrstuvwxyz0123456789"

// only says whether text is made of these characters. It is asked thousands of
// times for one stick.
func only(text, characters string) bool {
	for i := range len(text) {
		if strings.IndexByte(characters, text[i]) < 0 {
			return false
		}
	}
	return true
}

// StoredTarget is where a target of this content lies below TargetsFolder.
func StoredTarget(target string, d Digest) string {
	return path.Join(path.Dir(target), hex.EncodeToString(d[:])+"."+path.Base(target))
}

// LogicalTarget is the target that lies at a path below TargetsFolder, and the
// content that it says to have.
func LogicalTarget(stored string) (target string, d Digest, ok bool) {
	sum, base, _ := strings.Cut(path.Base(stored), ".")
	b, err := hex.DecodeString(sum)
	if err != nil || len(b) != len(d) || base == "" {
		return "", Digest{}, false
	}
	target, d = path.Join(path.Dir(stored), base), Digest(b)
	return target, d, StoredTarget(target, d) == stored
}

// MadeField is the field of timestamp.json that says when a stick was made, in
// RFC 3339. A kiosk without a clock of its own takes it for the earliest time
// that it can be.
const MadeField = "x-guichet-made"

// RolloutField is the field of timestamp.json that says for how many of a
// hundred kiosks it is when a server has it; without it, for all.
const RolloutField = "x-guichet-rollout"

// LocalName says under which name the kiosk id keeps a target, and whether the
// target is for this kiosk at all.
func LocalName(target string, id KioskID) (name string, ours bool) {
	if own, ok := strings.CutPrefix(target, KioskTarget(id, "")); ok {
		return own, own == SiteFile || own == MachineFile || own == SecretsFile
	}
	return target, !strings.HasPrefix(target, kiosksFolder+"/")
}

// CheckTarget says whether a repository may have a target of this name. What
// is not on the list is refused, so that nothing can hide in one.
func CheckTarget(target string) bool {
	if !cleanName(target) {
		return false
	}
	switch target {
	case IssuerFile, RevocationsFile, LogoFile, CAFile:
		return true
	}
	part := strings.Split(target, "/")
	switch part[0] {
	case kiosksFolder:
		if len(part) != 3 {
			return false
		}
		id, err := ParseKioskID(part[1])
		_, ours := LocalName(target, id)
		return err == nil && ours
	case packsFolder:
		return len(part) >= 3 && IsPackName(part[1])
	case noticesFolder:
		return len(part) == 2
	}
	return false
}

// cleanName accepts names that every system writes the same way: no letter
// case to fold, nothing hidden, no device of Windows, nothing that climbs.
func cleanName(name string) bool {
	if len(name) > MaxName || path.Clean(name) != name || strings.Count(name, "/") >= MaxDepth {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || !only(part, lowerDigits+"_.-") || part[0] == '.' || part[0] == '-' || strings.HasSuffix(part, ".") || windowsDevice(part) {
			return false
		}
	}
	return true
}

// windowsDevice says whether Windows takes a file name for a device.
func windowsDevice(part string) bool {
	stem, _, _ := strings.Cut(part, ".")
	if n := len(stem) - 1; n == 3 && stem[n] >= '0' && stem[n] <= '9' {
		return stem[:n] == "com" || stem[:n] == "lpt"
	}
	return stem == "con" || stem == "prn" || stem == "aux" || stem == "nul"
}
