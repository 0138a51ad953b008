package escape

import (
	"context"
	"fmt"
	"image"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/jezek/xgb/xproto"

	"guichet.example/cmd/kiosk-bench/display"
)

// scene is all that can be seen of a subject from outside.
type scene struct {
	steady    []image.Rectangle
	picture   *image.RGBA
	windows   []display.Window
	processes map[string]int // how many of each name
	files     map[string]bool
}

// survey looks at a subject.
func survey(ctx context.Context, s Subject, token string) (scene, error) {
	picture, err := s.Screen().Capture(ctx)
	if err != nil {
		return scene{}, err
	}
	windows, err := s.Screen().Windows(ctx)
	if err != nil {
		return scene{}, err
	}
	return scene{steady: s.Steady(), picture: picture, windows: windows, processes: programs(s.Root()),
		files: made(s.Places(), token)}, nil
}

// differences are what is in the scene now and should not be.
func (now scene) differences(before scene) []Evidence {
	var found []Evidence
	ids := map[xproto.Window]bool{}
	for _, w := range before.windows {
		ids[w.ID] = true
	}
	for _, w := range now.windows {
		if !ids[w.ID] {
			found = append(found, Evidence{Window, w.String()})
		}
		delete(ids, w.ID)
	}
	if len(ids) > 0 {
		found = append(found, Evidence{Gone, fmt.Sprintf("%d windows", len(ids))})
	}
	for _, name := range slices.Sorted(maps.Keys(now.processes)) {
		if before.processes[name] == 0 && !isEngine(name) {
			found = append(found, Evidence{Process, name})
		}
	}
	for _, path := range slices.Sorted(maps.Keys(now.files)) {
		if !before.files[path] {
			found = append(found, Evidence{File, path})
		}
	}
	for _, r := range now.steady {
		if share := differing(now.picture, before.picture, r); share > 0.2 { // a focus ring moves
			found = append(found, Evidence{Over, fmt.Sprintf("%.0f %% of the pixels in %v", 100*share, r)})
		}
	}
	if at, ok := backdrop(now.picture); ok {
		found = append(found, Evidence{Behind, fmt.Sprintf("at %v", at)})
	}
	return found
}

// isEngine tells the helpers that an engine starts when a page needs them.
func isEngine(name string) bool {
	for _, known := range []string{"WebKit", "bwrap", "xdg-dbus-proxy", "gst-plugin-scan", "gst-ptp-helper", "chrom", "WPE", "dconf"} {
		if strings.HasPrefix(name, known) {
			return true
		}
	}
	return false
}

// differing is the share of clearly different pixels in a rectangle.
func differing(a, b *image.RGBA, r image.Rectangle) float64 {
	different, all := 0, 0
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		for x := r.Min.X; x < r.Max.X; x += 2 {
			p, q := a.RGBAAt(x, y), b.RGBAAt(x, y)
			all++
			if far(p.R, q.R) || far(p.G, q.G) || far(p.B, q.B) {
				different++
			}
		}
	}
	return float64(different) / float64(max(1, all))
}

func far(a, b uint8) bool { return max(a, b)-min(a, b) > 24 }

// backdrop looks for what lies behind the browser.
func backdrop(picture *image.RGBA) (image.Point, bool) {
	for y := picture.Rect.Min.Y; y < picture.Rect.Max.Y; y += 4 {
		for x := picture.Rect.Min.X; x < picture.Rect.Max.X; x += 4 {
			if p := picture.RGBAAt(x, y); p.R == 0xff && p.G == 0 && p.B == 0xff {
				return image.Pt(x, y), true
			}
		}
	}
	return image.Point{}, false
}

// programs counts the processes below root by name. Those that run Go's
// runtime's or a shell's way to another program are not known by name yet.
func programs(root int) map[string]int {
	names := map[string]int{}
	for _, pid := range Tree(root) {
		comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if err != nil {
			continue // it has ended
		}
		names[strings.TrimSpace(string(comm))]++
	}
	return names
}

// Tree lists a process and everything below it.
func Tree(root int) []int {
	list := []int{root}
	for i := 0; i < len(list); i++ {
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", list[i]))
		for _, path := range threads {
			text, err := os.ReadFile(path)
			if err != nil {
				continue // it has ended
			}
			for _, field := range strings.Fields(string(text)) {
				if pid, err := strconv.Atoi(field); err == nil {
					list = append(list, pid)
				}
			}
		}
	}
	return list
}

// made lists files that a page may have made: those that bear its token, and
// all in folders where people look for theirs.
func made(places []string, token string) map[string]bool {
	const deep = 7
	files := map[string]bool{}
	for _, place := range places {
		_ = filepath.WalkDir(place, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return fs.SkipDir // gone, or a mount of somebody else's
			case d.IsDir() && strings.Count(path[len(place):], "/") > deep:
				return fs.SkipDir
			case !d.IsDir() && (strings.Contains(d.Name(), token) || forPeople(path)):
				files[path] = true
			}
			return nil
		})
	}
	return files
}

func forPeople(path string) bool {
	for _, folder := range []string{"/Downloads/", "/Documents/", "/Desktop/", "/" + handed + "/"} {
		if strings.Contains(path, folder) {
			return true
		}
	}
	return strings.HasSuffix(path, "/output.pdf")
}

// handed is the folder in which the recorder that stands for every other
// program writes what it was asked to open.
const handed = "handed"
