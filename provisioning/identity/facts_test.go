package identity

import (
	"strings"
	"testing"
	"testing/fstest"

	"guichet.example/provisioning"
)

func TestReadFacts(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  Facts
	}{
		"Raspberry Pi 4": {map[string]string{
			"proc/device-tree/model":         "Raspberry Pi 4 Model B Rev 1.4\x00",
			"proc/device-tree/serial-number": "10000000a1b2c3d4\x00",
			"proc/cpuinfo":                   "processor\t: 0\n\nHardware\t: BCM2835\nSerial\t\t: other\nModel\t\t: other\n",
		}, Facts{"10000000a1b2c3d4", "Raspberry Pi 4 Model B Rev 1.4"}},
		"without device tree": {map[string]string{
			"proc/cpuinfo": "processor\t: 0\nprocessor\t: 1\nSerial\t\t: 00000000deadbeef\nModel\t\t: Raspberry Pi 3 Model B\n",
		}, Facts{"00000000deadbeef", "Raspberry Pi 3 Model B"}},
		"a PC":     {map[string]string{"proc/cpuinfo": "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nmodel name\t: Another\n"}, Facts{"", "Some CPU @ 2 GHz"}},
		"nothing":  {nil, Facts{}},
		"no colon": {map[string]string{"proc/cpuinfo": "Serial\nModel"}, Facts{}},
		"huge":     {map[string]string{"proc/cpuinfo": strings.Repeat("x", 1<<20) + "\nSerial: 1\n"}, Facts{}},
		"zeros":    {map[string]string{"proc/device-tree/model": strings.Repeat("\x00", 100)}, Facts{}},
	} {
		files := fstest.MapFS{}
		for path, content := range c.files {
			files[path] = &fstest.MapFile{Data: []byte(content)}
		}
		if got := ReadFacts(files); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestEnrolment writes the file of a board that says hostile things.
func TestEnrolment(t *testing.T) {
	id, _ := fresh(t)
	for _, f := range []Facts{{}, {"10000000a1b2c3d4", "Raspberry Pi 4"}, {"\"\n[x]\n", strings.Repeat("é\x00\\\"", 500)}} {
		e := id.Enrolment(f, "v1.2.3")
		if again, err := provisioning.ParseEnrolment("k.toml", e.Encode()); err != nil || again != e || again.Kiosk != id.Kiosk() {
			t.Errorf("%+v: %+v %v", f, again, err)
		}
		if secret := id.key.String()[16:]; strings.Contains(strings.ToUpper(string(e.Encode())), secret) {
			t.Error("the key is in it")
		}
	}
}
