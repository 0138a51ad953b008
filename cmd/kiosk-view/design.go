package main

import "embed"

// What the kiosk looks like: widgets, their style, our icons.
var (
	//go:embed ui/*.ui
	designFiles embed.FS

	//go:embed style.css
	styleSheet string

	//go:embed icons/*.svg
	drawingFiles embed.FS
)
