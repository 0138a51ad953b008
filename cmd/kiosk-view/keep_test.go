//go:build webkit

package main_test

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// keepPicture writes img into the directory that GUICHET_SCREENS names, for
// whoever wants to look.
func keepPicture(t *testing.T, name string, img *image.RGBA) {
	t.Helper()
	dir := os.Getenv("GUICHET_SCREENS")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}
