package hostile

import "guichet.example/internal/testsite"

// Procedure is the id of the pack's one procedure.
const Procedure = "attack"

// WritePack writes, into an empty directory, a pack for the bench whose one
// procedure begins on the site and allows its origins.
func WritePack(dir string) error {
	return testsite.Pack{ID: "hostile", Procedure: Procedure, French: "Site hostile", English: "Hostile site",
		Hosts: []string{Attack, Login, Dead}}.Write(dir)
}
