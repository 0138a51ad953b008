package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strings"
)

//go:embed text/*.json
var texts embed.FS

// words are what the kiosk says in one language, by key.
type words map[string]string

// say returns the text of key with its gaps filled in.
func (w words) say(key string, args ...any) string {
	if len(args) == 0 {
		return w[key]
	}
	return fmt.Sprintf(w[key], args...)
}

// catalog holds the words by language code.
type catalog map[string]words

func readCatalog() (catalog, error) {
	files, err := texts.ReadDir("text")
	if err != nil {
		return nil, fmt.Errorf("list words: %w", err)
	}
	all := catalog{}
	for _, f := range files {
		data, err := texts.ReadFile(path.Join("text", f.Name()))
		if err != nil {
			return nil, fmt.Errorf("read words: %w", err)
		}
		var w words
		if err := json.Unmarshal(data, &w); err != nil {
			return nil, fmt.Errorf("read words %q: %w", f.Name(), err)
		}
		all[strings.TrimSuffix(f.Name(), ".json")] = w
	}
	return all, nil
}

// in returns the words of code. A language that a site offers for its
// procedures but that we do not speak ourselves gets French.
func (c catalog) in(code string) words {
	if w, ok := c[code]; ok {
		return w
	}
	return c["fr"]
}
