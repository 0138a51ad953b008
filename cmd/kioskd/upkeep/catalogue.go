package upkeep

import (
	"fmt"
	"io/fs"

	"guichet.example/kiosk/config"
	"guichet.example/kiosk/procedure"
	"guichet.example/kiosk/procedure/packs/france"
)

// Catalogue reads the packs that a configuration names, which open opens by
// their directories, after the one built in: what the kiosk offers, whole or not
// at all.
func Catalogue(site config.Site, open func(dir string) (fs.FS, error)) (procedure.Catalogue, error) {
	pack, err := procedure.Load(france.Files)
	if err != nil {
		return procedure.Catalogue{}, fmt.Errorf("load built-in pack: %w", err)
	}
	packs := []procedure.Pack{pack}
	for _, dir := range site.Packs.Directories {
		files, err := open(dir)
		if err == nil {
			pack, err = procedure.Load(files)
		}
		if err != nil {
			return procedure.Catalogue{}, fmt.Errorf("load pack %q: %w", dir, err)
		}
		packs = append(packs, pack)
	}
	all, err := procedure.NewCatalogue(packs...)
	if err == nil && len(site.Packs.Procedures) > 0 {
		all, err = all.Select(site.Packs.Procedures)
	}
	if err == nil {
		err = all.Speaks(site.Languages)
	}
	return all, err
}
