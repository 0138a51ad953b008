package main

import (
	"regexp"
	"testing"
)

// Once in some hundred times the viewer's own sheet comes too late, and the
// document never. A test cannot hold it up from outside, so it holds the words.
func TestViewerStartsBeforeItsStyle(t *testing.T) {
	if !regexp.MustCompile(`#viewerContainer \{[^}]*position: absolute !important`).MatchString(pdfStyle) {
		t.Error("the viewer's container gets its position from the viewer's own sheet only")
	}
}
