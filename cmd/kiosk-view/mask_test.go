//go:build webkit

package main_test

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"os"
	"strings"
	"testing"
	"time"

	"guichet.example/kiosk/view/wire"
)

// blocks fill where they can be read; dots of them do not.
const blocks = "████████"

// A field of the test page, in a cell of its own.
type cell struct {
	name   string
	html   string // its text is red blocks
	masked bool
}

// cells is a page with a cell for each. Whatever it says, the test says in the
// engine's own terms: text is red, nothing else is.
func cells(all []cell) string {
	var page strings.Builder
	page.WriteString(`<meta charset=utf-8><style>
		body { background: white; margin: 0 } div.cell { position: fixed; width: 440px; height: 40px; overflow: hidden }
		.cell, .cell * { font: 24px monospace; color: red; border: 0; padding: 0; margin: 0; background: white; outline: 0 }
		iframe { width: 440px; height: 40px } .drawn::before { content: "` + blocks + `" } .picture { background: red; width: 200px; height: 30px; display: block }
		</style>`)
	for i, c := range all {
		fmt.Fprintf(&page, `<div class=cell style="left:%dpx;top:%dpx">%s</div>`, i%2*455+5, i/2*44+2, c.html)
	}
	return page.String()
}

// inFrame is a page in a frame that holds what a cell holds.
func inFrame(html string) string {
	return `<meta charset=utf-8><style>* { font: 24px monospace; color: red; border: 0; padding: 0; margin: 0; background: white }</style>` + html
}

// reds counts what is red in each cell.
func reds(img *image.RGBA, n int) []int {
	counts := make([]int, n)
	for i := range counts {
		for y := range 40 {
			for x := range 440 {
				if isRed(img.RGBAAt(332+i%2*455+5+x, 96+i/2*44+y)) {
					counts[i]++
				}
			}
		}
	}
	return counts
}

func sensitive(on string, selectors ...string) wire.Sensitive {
	s := wire.Sensitive{Selectors: selectors}
	for _, host := range []string{"demo.test", "other.test", "*.third.test"} {
		if host != on {
			s.Elsewhere = append(s.Elsewhere, host)
		}
	}
	return s
}

// maskable are fields of every kind, each with what is to become of it.
func maskable() []cell {
	input := func(attributes string) string { return `<input size=12 value="` + blocks + `" ` + attributes + `>` }
	return []cell{
		{"nothing special", input(`name=city`), false},
		{"a name", input(`name=num_secu`), true},
		{"a token", input(`autocomplete="section-a billing cc-number"`), true},
		{"a token on a select", `<select autocomplete=cc-type><option>` + blocks + `</select>`, true},
		{"a password shown as text", input(`type=password id=a autocomplete=current-password onfocus=""`) +
			`<script>document.querySelector('#a').type = 'text'</script>`, true},
		{"a selector on a field", input(`class=dossier`), true},
		{"a selector on a value", input(`name="user[file]"`), true},
		{"a selector on a text area", `<textarea id=story rows=1 cols=12>` + blocks + `</textarea>`, true},
		{"a selector on a select", `<select class=dossier><option>` + blocks + `</select>`, true},
		{"a select", `<select><option>` + blocks + `</select>`, false},
		{"a selector on text that can be edited", `<p contenteditable class=dossier>` + blocks + `</p>`, true},
		{"a selector on text", `<dl><dt></dt><dd>` + blocks + `</dd></dl>`, true},
		{"a selector around what says no", `<p class=dossier><b style="-webkit-text-security: none !important">` + blocks + `</b></p>`, true},
		{"a selector on what a style draws", `<p class="dossier drawn"></p>`, true},
		{"what a style draws", `<p class=drawn></p>`, false},
		{"a selector on a picture", `<p class=dossier><svg class=picture></svg></p>`, true},
		{"a selector on a background", `<p class="dossier picture" style="background:linear-gradient(red,red)"></p>`, true},
		{"in a closed shadow tree", `<p class=shade></p><script>document.querySelector('.shade').attachShadow({mode: 'closed'}).innerHTML =
			'<style>* { font: 24px monospace; color: red; border: 0; -webkit-text-security: none !important }</style><input class=dossier size=12 value="` + blocks + `">'</script>`, true},
		{"in a frame", `<iframe src=/frame></iframe>`, true},
		{"in a frame of another origin", `<iframe src="http://other.test/other"></iframe>`, true},
		{"a selector of elsewhere", input(`class=autre`), false},
		{"in a frame of elsewhere", `<iframe src="http://other.test/frame"></iframe>`, false},
		{"by type in a frame of elsewhere", `<iframe src="http://x.third.test/typed"></iframe>`, true},
		{"in a frame without an address", `<iframe srcdoc="` + strings.ReplaceAll(inFrame(`<input class=dossier size=12 value=`+blocks+`>`), `"`, "&quot;") + `"></iframe>`, true},
		{"in a frame that was written", `<iframe id=written></iframe><script>document.querySelector('#written').contentDocument.write('` +
			inFrame(`<input class=dossier size=12 value=`+blocks+`>`) + `')</script>`, true},
		{"in a frame made of a blob", `<iframe id=blob></iframe><script>document.querySelector('#blob').src = URL.createObjectURL(new Blob(['` +
			inFrame(`<input class=dossier size=12 value=`+blocks+`>`) + `'], {type: 'text/html'}))</script>`, true},
		{"in a sandboxed frame", `<iframe sandbox src=/frame></iframe>`, true},
		{"a selector on a list of lines", `<select multiple size=2 class=dossier style="height:40px"><option>` + blocks + `</select>`, true},
		{"a selector on a picture that fades", `<p class=dossier><svg class=picture style="transition:all 1s"></svg></p>`, true},
		{"a name on a field that fades", input(`name=iban style="transition:all 1s allow-discrete"`), true},
		{"in svg", `<svg class=dossier width=440 height=40><text y=24 fill=red>` + blocks + `</text></svg>`, true},
	}
}

func maskPages() map[string]string {
	return map[string]string{
		"/":      cells(maskable()),
		"/frame": inFrame(`<input class=dossier size=12 value=` + blocks + `>`),
		"/other": inFrame(`<input class=autre size=12 value=` + blocks + `>`),
		"/typed": inFrame(`<input name=iban size=12 value=` + blocks + `>`),
	}
}

func maskOpening(url string) wire.Open {
	open := opening(url)
	open.Sensitive = []wire.Sensitive{
		sensitive("demo.test", ".dossier", `input[name="user[file]"]`, "#story", "dl > dd:nth-child(2)"),
		sensitive("other.test", ".autre"),
	}
	return open
}

// readyToMask is a session whose guide is folded into nothing that changes.
func readyToMask(t *testing.T, pages map[string]string, path string) (*display, *view) {
	t.Helper()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	d := startDisplay(t)
	v := startView(t, bin, d, startOf(site(t, pages)))
	await[wire.Ready](t, v)
	v.send(t, maskOpening("http://demo.test"+path))
	v.send(t, wire.Show{Surface: wire.SurfaceSession})
	await[wire.At](t, v)
	return d, v
}

// TestWhatIsMasked looks at fields of every kind, in every kind of frame: each
// can be read before, and again after.
func TestWhatIsMasked(t *testing.T) {
	t.Parallel()
	all := maskable()
	d, v := readyToMask(t, maskPages(), "/")
	var plain []int
	d.eventually(t, "every field", func(img *image.RGBA) bool {
		plain = reds(img, len(all))
		for _, n := range plain {
			if n < 1000 {
				return false
			}
		}
		return true
	})
	v.send(t, wire.Mask{On: true})
	await[wire.Masked](t, v)
	img := d.shot(t) // at once
	keepPicture(t, "masked", img)
	for i, n := range reds(img, len(all)) {
		if all[i].masked && n > plain[i]/2 || !all[i].masked && n != plain[i] {
			t.Errorf("%s: %d of %d red", all[i].name, n, plain[i])
		}
	}
	v.send(t, wire.Mask{On: false})
	d.eventually(t, "all of it again", func(img *image.RGBA) bool {
		for i, n := range reds(img, len(all)) {
			if n != plain[i] {
				return false
			}
		}
		return true
	})
}

// TestEngineTakesEverySelector tries what kiosk/procedure lets through, together
// with what the mask adds to it.
func TestEngineTakesEverySelector(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile("../../kiosk/procedure/testdata/selectors.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := json.Marshal(strings.Split(strings.TrimSuffix(string(list), "\n"), "\n"))
	if err != nil {
		t.Fatal(err)
	}
	tried := func(more string) string {
		return `<body style="background:red"><script>
			const taken = s => ['', ' *', '::before', ' *::after', ':is(img, [type="radio"])', ' :is(img, svg)'].every(end => {
				const sheet = new CSSStyleSheet()
				sheet.replaceSync(s + end + ' { color: red }')
				return sheet.cssRules.length == 1 && document.querySelector(s) !== undefined })
			try { if (` + string(lines) + more + `.every(taken)) document.body.style.background = 'green'; else throw 0 }
			catch { document.body.style.background = 'blue' }</script>`
	}
	d, v := ready(t, map[string]string{"/": tried(""), "/no": tried(".concat('#1')")}, "/")
	d.eventuallyColour(t, pageX, pageY, green)
	v.send(t, opening("http://demo.test/no"))
	d.eventuallyColour(t, pageX, pageY, blue)
}

// isRed says whether p is of the text of the test pages.
func isRed(p color.RGBA) bool { return p.R > 200 && p.G < 100 && p.B < 100 }

// redIn counts it in the page.
func redIn(img *image.RGBA) (n int) {
	for y := 94; y < screenHeight; y++ {
		for x := 332; x < screenWidth; x++ {
			if isRed(img.RGBAAt(x, y)) {
				n++
			}
		}
	}
	return n
}

// watch looks at the screen as often as it can, until the page is of colour.
// It returns the most red that was seen on the way.
func (d *display) watch(t *testing.T, until color.RGBA) (most, looks int) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		img := d.shot(t)
		looks++
		most = max(most, redIn(img))
		if img.RGBAAt(pageX, pageY) == until {
			return most, looks
		}
	}
	keepPicture(t, "never", d.shot(t))
	t.Fatalf("the page never was %v", until)
	return 0, 0
}

const bigField = `<meta charset=utf-8><style>input { position: fixed; left: 20px; top: 20px; width: 850px; font: 60px monospace; color: red; border: 0 }</style>
	<input name=num_secu size=12 value="` + blocks + `">`

// TestNextPageComesMasked: what comes while a helper looks is masked from its
// first frame, in the same process, in another, in a popup and in the opener.
func TestNextPageComesMasked(t *testing.T) {
	t.Parallel()
	// Its colour is drawn a while after the field.
	page := func(colour, click string) string {
		return `<body style="background:white">` + bigField + `<script>setTimeout(() => { document.body.style.background = '` + colour + `' }, 400)
			addEventListener('click', () => { ` + click + ` })</script>`
	}
	d, v := readyToMask(t, map[string]string{
		"/":      page("blue", "location = '/two'"),
		"/two":   page("green", "location = 'http://other.test/three'"),
		"/three": page("black", "open('/four')"),
		"/four":  page("teal", "close()")}, "/")
	d.eventuallyColour(t, pageX, pageY, blue)
	var plain int
	d.eventually(t, "the field", func(img *image.RGBA) bool { plain = redIn(img); return plain > 5000 })
	v.send(t, wire.Mask{On: true})
	await[wire.Masked](t, v)
	limit := redIn(d.shot(t)) * 11 / 10
	if limit > plain/2 {
		t.Fatalf("%d red of %d", limit, plain)
	}
	for _, next := range []color.RGBA{green, black, {0, 128, 128, 255}, black} {
		d.click(pageX, pageY)
		if most, looks := d.watch(t, next); most > limit {
			t.Errorf("%v: %d red in one of %d looks, masked are %d", next, most, looks, limit)
		}
	}
}
