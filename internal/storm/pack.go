package storm

import "guichet.example/internal/testsite"

// Procedure is the id of the pack's one procedure.
const Procedure = "storm"

// WritePack writes, into an empty directory, a pack for the bench whose one
// procedure begins on the site and allows its origins.
func WritePack(dir string) error {
	return testsite.Pack{ID: "storm", Procedure: Procedure, French: "Site épuisant", English: "Exhausting site",
		Hosts: []string{Host, Second}}.Write(dir)
}
