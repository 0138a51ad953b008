package wire

// Sensitive is what a helper has no need to read on the pages of an origin,
// besides what the view knows from a field's type, token or name.
type Sensitive struct {
	Selectors []string `json:"selectors"` // CSS, checked when the pack was read

	// Elsewhere are the procedure's other hosts, "*.host" for all below host and
	// itself. A document that has no host of its own belongs to any: naming
	// where the selectors do not count lets none of these out.
	Elsewhere []string `json:"elsewhere,omitempty"`
}
