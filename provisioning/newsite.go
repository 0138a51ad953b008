package provisioning

import (
	_ "embed"
	"regexp"
	"strings"
)

//go:embed example-site.toml
var exampleSite string

// NewSiteFile is the site.toml of a new site: everything explained, the least
// of it set. name is the organisation's, without quotes and backslashes.
func NewSiteFile(name string) []byte {
	text := strings.Replace(exampleSite, `name = "Mairie de Valbourg"`, `name = "`+name+`"`, 1)
	text = regexp.MustCompile(`(?m)^place = .*$`).ReplaceAllLiteralString(text, `place = "`+name+`"`)
	return []byte(text)
}
