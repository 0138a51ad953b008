// Package france holds the pack of procedures of the great French operators,
// for procedure.Load. Main programs may import it.
package france

import "embed"

// Files is the pack.
//
//go:embed pack.toml README.md */*.toml */*.md */*.svg
var Files embed.FS
