package e2e

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
)

// diagnosed lets kioskctl read which sites were refused: the third party, in
// each of the sessions, and by name.
func diagnosed(b *bench, sessions int) {
	t := b.t
	t.Helper()
	kioskctl := func(args ...string) []byte {
		cmd := exec.Command(filepath.Join(programs, "kioskctl"), append(args, filepath.Join(b.data, "usage.db"))...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
		}
		return out
	}
	var said struct {
		Procedures []struct {
			ID       string
			Sessions int
			Refused  []struct {
				Origin   string
				Sessions int
			}
		}
	}
	if err := json.Unmarshal(kioskctl("procedure", "doctor", "--json"), &said); err != nil {
		t.Fatal(err)
	}
	if len(said.Procedures) != 1 || said.Procedures[0].ID != "demo" || said.Procedures[0].Sessions != sessions {
		t.Fatalf("kioskctl procedure doctor: %+v", said)
	}
	if r := said.Procedures[0].Refused; len(r) != 1 || r[0].Origin != "pisteur.localhost" || r[0].Sessions != sessions {
		t.Errorf("refused: %+v", r)
	}
	t.Logf("kioskctl procedure doctor:\n%s", kioskctl("procedure", "doctor", "--pack", "../../kiosk/procedure/packs/demo"))
}
