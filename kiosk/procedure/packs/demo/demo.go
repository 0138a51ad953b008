// Package demo holds a pack of made-up procedures whose sites are part of the
// bench, for procedure.Load. Only cmd/kiosk-bench may import it; a catalogue
// refuses the pack anywhere else.
package demo

import "embed"

// Files is the pack.
//
//go:embed pack.toml */*.toml */*.md */*.svg
var Files embed.FS
