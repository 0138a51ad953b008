package identity

import (
	"bufio"
	"bytes"
	"io"
	"io/fs"
	"strings"
)

// maxFacts is how much of a file of the kernel is read, in bytes.
const maxFacts = 64 << 10

// Facts are what the board says of itself; "" where it says nothing. None of
// it is secret, and none is believed: it helps people to tell boxes apart.
type Facts struct {
	Serial string
	Model  string
}

// ReadFacts reads them from the root file system: from the device tree, which
// a Raspberry Pi has, else from /proc/cpuinfo.
func ReadFacts(root fs.FS) Facts {
	cpu := cpuinfo(root)
	return Facts{
		Serial: first(deviceTree(root, "serial-number"), cpu["Serial"]),
		Model:  first(deviceTree(root, "model"), cpu["Model"], cpu["model name"]),
	}
}

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// deviceTree reads a text of the device tree, which ends with a zero byte.
func deviceTree(root fs.FS, name string) string {
	text, _, _ := bytes.Cut(readSome(root, "proc/device-tree/"+name), []byte{0})
	return strings.TrimSpace(string(text))
}

// cpuinfo reads "name : value" lines; of several the first holds.
func cpuinfo(root fs.FS) map[string]string {
	values := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(readSome(root, "proc/cpuinfo"))); lines.Scan(); {
		name, value, ok := strings.Cut(lines.Text(), ":")
		name = strings.TrimSpace(name)
		if ok && values[name] == "" {
			values[name] = strings.TrimSpace(value)
		}
	}
	return values
}

// readSome reads the beginning of a file; what cannot be read is empty.
func readSome(root fs.FS, name string) []byte {
	f, err := root.Open(name)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // read only
	data, err := io.ReadAll(io.LimitReader(f, maxFacts))
	if err != nil {
		return nil
	}
	return data
}
