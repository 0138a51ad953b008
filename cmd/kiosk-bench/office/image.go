package office

import (
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"guichet.example/provisioning"
	"guichet.example/provisioning/stick/fat"
)

const mebi = 1 << 20

// foreignFormat is a stick in a format that kiosks do not read, nil for others:
// the sector by which any computer knows it, and nothing behind it.
func foreignFormat(e Example) []byte {
	first, at := "", 0
	switch e {
	case ExFAT:
		first = "\xeb\x76\x90EXFAT   "
	case NTFS:
		first = "\xeb\x52\x90NTFS    "
	case Mac:
		first, at = "H+\x00\x04", 1024
	default:
		return nil
	}
	data := make([]byte, mebi)
	copy(data[at:], first)
	if at == 0 {
		data[510], data[511] = 0x55, 0xaa
	}
	return data
}

// emptyStick is formatted and has room for what a kiosk writes.
func emptyStick(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = f.Truncate(8 * mebi)
	if err == nil {
		err = fat.Format(f, 8*mebi, 16)
	}
	return errors.Join(err, f.Close())
}

func copyFile(to, from string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}

// tamper changes a kiosk's settings on a stick, as somebody does who has no
// key.
func tamper(image string) (err error) {
	f, err := os.OpenFile(image, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	v, err := fat.Find(f, info.Size())
	if err != nil {
		return err
	}
	limits := fat.Limits{Entries: provisioning.MaxFiles, File: provisioning.MaxTarget, Total: provisioning.MaxRepository, Depth: provisioning.MaxDepth + 2}
	name, settings := "", []byte(nil)
	err = v.Walk(limits, func(path string, _ int64, content io.Reader) error {
		if !strings.HasSuffix(path, provisioning.SiteFile) {
			return nil
		}
		name = path
		settings, err = io.ReadAll(content)
		return err
	})
	if err != nil {
		return err
	}
	if name == "" {
		return errors.New("there are no settings on the stick")
	}
	return v.Write(f, name, append(settings, "# not the site's\n"...), time.Now())
}
