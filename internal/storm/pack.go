package storm

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
)

// Procedure is the id of the pack's one procedure.
const Procedure = "storm"

//go:embed pack
var packFiles embed.FS

// WritePack writes, into an empty directory, a pack for the bench whose one
// procedure begins on the site and allows its origins.
func WritePack(dir string) error {
	pack, err := fs.Sub(packFiles, "pack")
	if err == nil {
		err = os.CopyFS(dir, pack)
	}
	if err != nil {
		return fmt.Errorf("write pack of the exhausting site: %w", err)
	}
	return nil
}
