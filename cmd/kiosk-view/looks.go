package main

import (
	"maps"
	"strconv"
	"strings"

	"guichet.example/kiosk/view/wire"
)

// look is what one widget shows. Widgets not named keep what they have.
type look struct {
	Text     string // label or caption; "" leaves it
	Name     string // accessible name; "" = Text
	Hidden   bool
	Disabled bool
	On       bool   // the CSS class "on": chosen, active
	Note     string // accessible description: says what On shows
	Bare     bool   // the icon alone, for large type
	Tone     tone   // of the icon, 0 = its own
}

// screen is everything our own widgets show.
type screen struct {
	Scale    int
	Contrast bool
	Surface  string
	Over     string // stack that the panels stand in: "content" of the session, "home-content", or "surfaces" itself
	Panel    string // its child in view
	Focus    string // widget that a new panel gives the focus to
	Entry    string // preset of the dialog's entry
	Dots     bool   // what stands in it shows as dots: nobody knows what a page asks for there
	Looks    map[string]look
	Lists    map[string][]line // box -> its lines
	Tiles    []tile
	Columns  int
	Step     wire.Step // of a technician's work
	Progress int       // of it, per cent
	Cells    int       // places of the grid to fill, 0 = as many as tiles
	Offered  bool      // the tiles are a helper's
	Tongues  []tongue
}

// line is one line of a list: its mark and its text.
type line struct{ Mark, Text string }

// tile is one procedure on the home surface.
type tile struct{ Procedure, Pictogram, Title, Purpose, Minutes string }

// name is what a screen reader says: the tile's texts as sentences.
func (t tile) name() string {
	var said strings.Builder
	for _, text := range []string{t.Title, t.Purpose, t.Minutes} {
		switch {
		case text == "":
			continue
		case said.Len() > 0 && !strings.ContainsAny(said.String()[said.Len()-1:], ".!?"):
			said.WriteString(". ")
		case said.Len() > 0:
			said.WriteString(" ")
		}
		said.WriteString(text)
	}
	return said.String()
}

// tongue is one language button of the home surface.
type tongue struct {
	Code, Name string
	Note       string // accessible description: says what On shows
	On         bool
}

func (l *loop) words() words { return l.catalog.in(l.language) }

// large reports whether captions of the bar must give way to the text size.
func (l *loop) large() bool { return l.scale >= 150 }

func (l *loop) grid() grid {
	width, height := l.win.size()
	return fit(width, height, l.scale, len(l.shelf()))
}

// screen says what is to be seen now.
func (l *loop) screen() screen {
	w := l.words()
	s := screen{Scale: l.scale, Contrast: l.contrast, Looks: map[string]look{}, Lists: map[string][]line{}}
	for _, part := range []map[string]look{l.homeLooks(w), l.toolLooks(w), l.barLooks(w), l.guideLooks(w),
		l.coverLooks(w), l.questionLooks(w), l.troubleLooks(w), l.dialogLooks(w), l.closedLooks(w), l.asideLooks(w), l.offerLooks(w), l.noticesLooks(w), l.pinLooks(w), l.workLooks(w)} {
		maps.Copy(s.Looks, part)
	}
	g := l.grid()
	s.Tiles, s.Columns, s.Offered = l.tiles(w, g), g.Columns, l.offered()
	if g.pages(len(l.shelf())) > 1 {
		s.Cells = g.size()
	}
	for _, lang := range l.start.Languages {
		on := lang.Code == l.language
		s.Tongues = append(s.Tongues, tongue{lang.Code, lang.Name, chosen(w, on), on})
	}
	l.lists(w, s.Lists)
	s.Surface = string(l.surface)
	s.Over, s.Panel, s.Focus = l.panel()
	s.Dots, s.Step, s.Progress = l.masked, l.work.Step, l.percent()
	if l.dialog != nil {
		s.Entry = l.dialog.Preset
	}
	return s
}

// focuses is what gets the focus in each panel that the daemon asks for.
var focuses = map[wire.Panel]string{wire.PanelWarning: "warning-continue", wire.PanelConsent: "consent-refuse",
	wire.PanelQuestion: "help-explained"}

// panel is what lies over the page or over the tiles of the home surface, the
// stack it lies in, and what in it gets the focus. What the daemon asks for
// goes before what happened to the page.
func (l *loop) panel() (over, name, focus string) {
	over = "content"
	if l.surface == wire.SurfaceHome {
		over = "home-content"
	}
	if l.padUp() {
		return "surfaces", "pin", "pin-cancel"
	}
	if l.workUp() {
		return "surfaces", string(wire.SurfaceMaintenance), l.workFocus()
	}
	if focus := focuses[l.cover.value.Panel]; focus != "" {
		return over, string(l.cover.value.Panel), focus
	}
	switch {
	case l.surface == wire.SurfaceHome && l.reading:
		return over, "notices", "notices-back"
	case l.surface == wire.SurfaceHome:
		return over, "choice", ""
	case l.trouble != troubleNone:
		return over, "trouble", l.way.button()
	case l.dialog != nil && l.dialog.Entry:
		return over, "dialog", "dialog-entry"
	case l.dialog != nil:
		return over, "dialog", "dialog-ok"
	case l.aside != asideNone:
		return over, "aside", "aside-back"
	}
	return over, "page", ""
}

// chosen says on, for those who do not see it.
func chosen(w words, on bool) string {
	if on {
		return w["chosen"]
	}
	return ""
}

// tiles returns those of the page of the home surface in view.
func (l *loop) tiles(w words, g grid) []tile {
	all := l.shelf()
	l.page = min(l.page, g.pages(len(all))-1)
	first := l.page * g.size()
	var out []tile
	for _, t := range all[first:min(len(all), first+g.size())] {
		text := inLanguage(l, t.Texts)
		out = append(out, tile{t.Procedure, t.Pictogram, text.Title, text.Purpose, minutes(w, text.Minutes)})
	}
	return out
}

func minutes(w words, m [2]int) string {
	switch {
	case m[1] <= 0:
		return ""
	case m[0] <= 0 || m[0] == m[1]:
		return w.say("tile.minutes", m[1])
	}
	return w.say("tile.range", m[0], m[1])
}

func (l *loop) homeLooks(w words) map[string]look {
	pages := l.grid().pages(len(l.shelf()))
	return map[string]look{
		"home-place":   {Text: l.start.Place},
		"home-logo":    {Name: l.start.Place, Hidden: len(l.start.Logo) == 0},
		"home-promise": {Text: w["home.promise"]},
		"home-page":    {Text: w.say("home.page", l.page+1, pages), Hidden: pages < 2},
		"home-next":    {Text: w["home.next"], Hidden: pages < 2, Disabled: l.page+1 >= pages},
		"home-prev":    {Text: w["home.prev"], Hidden: pages < 2, Disabled: l.page == 0},
	}
}

func (l *loop) helpLook(w words) look {
	if l.status.value.HelpCalled {
		return look{Text: w["help.cancel"], On: true, Tone: toneAlert}
	}
	return look{Text: w["help.call"]}
}

// toolLooks are the aids, the same on the home surface and in the bar.
func (l *loop) toolLooks(w words) map[string]look {
	size := look{Text: w["tools.size"], Name: w.say("tools.size.name", l.scale), On: l.scale > 100, Bare: l.large()}
	contrast := look{Text: w["tools.contrast"], Name: w["tools.contrast.off"], Bare: l.large()}
	if l.contrast {
		contrast.Name, contrast.On = w["tools.contrast.on"], true
	}
	return map[string]look{"home-size": size, "bar-size": size, "home-contrast": contrast, "bar-contrast": contrast, "work-size": size, "work-contrast": contrast}
}

func (l *loop) barLooks(w words) map[string]look {
	language := l.languageLook(w)
	help := l.helpLook(w)
	help.Hidden = l.status.value.Assisted || l.status.value.Helper // who helps is there
	seconds := left(l.status, l.status.value.SecondsLeft, l.now())
	shown := l.notice.value != "" && l.now()-l.notice.at < noticeTime
	return map[string]look{
		"bar-home":         {Text: w["bar.home"], Name: w["bar.home.name"], Bare: l.large()},
		"bar-back":         {Text: w["bar.back"], Name: w["bar.back.name"], Disabled: !l.canBack && l.aside == asideNone, Bare: l.large()},
		"bar-language":     language,
		"work-language":    language,
		"bar-help":         help,
		"bar-finish":       {Text: w["bar.finish"]},
		"bar-time-caption": {Text: w["bar.time"], Hidden: l.status.value.SecondsLeft == 0},
		"bar-time":         {Text: clock(w, seconds), Hidden: l.status.value.SecondsLeft == 0},
		"assist":           {Hidden: !l.status.value.Assisted},
		"assist-text":      {Text: w["assist.mark"]},
		"assist-stop":      {Text: w["assist.stop"]},
		"notice":           {Text: w[l.notice.value], Hidden: !shown},
		"message":          l.message(w, ""),
		"home-message":     l.message(w, "choice"),
		"work-message":     l.message(w, string(wire.SurfaceMaintenance)),
	}
}

// languageLook is the button that leads to the next language.
func (l *loop) languageLook(w words) look {
	next := l.nextLanguage()
	return look{Text: next.Name, Name: w.say("tools.language.name", next.Name), Hidden: len(l.start.Languages) < 2, Bare: l.large()}
}

// message is what the daemon has to tell, on whatever surface: among the tiles
// and in a technician's work beside their buttons, of which it would cover one
// elsewhere; over everything else otherwise.
func (l *loop) message(w words, place string) look {
	notice := l.status.value.Notice
	_, panel, _ := l.panel()
	if panel != "choice" && panel != string(wire.SurfaceMaintenance) {
		panel = ""
	}
	hidden := notice == wire.NoticeNone || l.surface == wire.SurfaceBlank || place != panel
	text := w["notice."+string(notice)]
	if notice == wire.NoticeLocked {
		text = w.say("notice.locked", clock(w, l.status.value.WaitSeconds))
	}
	return look{Text: text, Hidden: hidden}
}

func clock(w words, seconds int) string {
	if seconds < 60 {
		return w.say("time.seconds", seconds)
	}
	return w.say("time.minutes", seconds/60, seconds%60)
}

// inLanguage returns the text in the language in use, else in the first.
func inLanguage[T any](l *loop, texts map[string]T) T {
	if t, ok := texts[l.language]; ok {
		return t
	}
	return texts[l.start.Languages[0].Code]
}

func (l *loop) guideLooks(w words) map[string]look {
	g := inLanguage(l, l.open.Guides)
	return map[string]look{
		"guide":             {Hidden: !l.guide},
		"guide-title":       {Text: inLanguage(l, l.open.Names)},
		"guide-purpose":     {Text: g.Purpose, Hidden: g.Purpose == ""},
		"guide-bring-title": {Text: w["guide.bring"], Hidden: len(g.Bring) == 0},
		"guide-steps-title": {Text: w["guide.steps"], Hidden: len(g.Steps) == 0},
		"guide-more":        {Text: w["guide.more"], Hidden: l.status.value.MoreTime},
		"guide-given":       {Text: w["guide.given"], Hidden: !l.status.value.MoreTime},
		"guide-hide":        {Text: w["guide.hide"]},
		"guide-show":        {Text: w["guide.show"], Name: w["guide.show.name"], Hidden: l.guide},
	}
}

func (l *loop) coverLooks(w words) map[string]look {
	seconds := left(l.cover, l.cover.value.Seconds, l.now())
	count := w.say("count.many", seconds)
	if seconds < 2 {
		count = w.say("count.one", seconds)
	}
	return map[string]look{
		"warning-icon":     {Hidden: l.large()},
		"consent-icon":     {Hidden: l.large()},
		"trouble-icon":     {Hidden: l.large()},
		"warning-title":    {Text: w["warning.title"]},
		"warning-text":     {Text: w["warning.text"]},
		"warning-count":    {Text: count},
		"warning-continue": {Text: w["warning.continue"]},
		"consent-title":    {Text: w["consent.title"]},
		"consent-accept":   {Text: w["consent.accept"]},
		"consent-refuse":   {Text: w["consent.refuse"]},
	}
}

// Values of usage.Help and usage.Referral, in the order of their buttons. The
// window may not import package usage; a test compares the lists.
var (
	helps     = [...]string{"explained", "guided", "together", "instead"}
	referrals = [...]string{"administration", "mediation_numerique", "operateur_ou_organisme_en_charge",
		"aide_sociale", "insertion_professionnelle", "aide_aux_demarches_administratives", "autre"}
)

func (l *loop) questionLooks(w words) map[string]look {
	looks := map[string]look{
		"question-title": {Text: w["question.title"]},
		"question-refer": {Text: w["question.refer"]},
		"question-skip":  {Text: w["question.skip"]},
	}
	for _, h := range helps {
		looks["help-"+h] = look{Text: w["help."+h]}
	}
	for _, r := range referrals {
		on := l.referral == r
		looks["refer-"+r] = look{Text: w["refer."+r], Note: chosen(w, on), On: on}
	}
	return looks
}

func (l *loop) closedLooks(w words) map[string]look {
	return map[string]look{
		"unprovisioned-note":  {Text: l.twice("unprovisioned.note", "\n")},
		"unprovisioned-self":  {Hidden: l.kiosk.ID == ""},
		"unprovisioned-text":  {Text: l.twice("kiosk.number", " · ")},
		"unprovisioned-big":   {Text: number(l.kiosk.ID)},
		"unprovisioned-more":  {Text: joined(l.kioskPlace(), plain(l.kiosk.Name)), Hidden: l.kiosk.Name == "" && l.kioskPlace() == ""},
		"out-of-service-note": {Text: w["out."+string(l.reason)]},
	}
}

// twice says something in the first two languages: nobody has chosen one yet.
func (l *loop) twice(key, between string) string {
	var said []string
	for _, lang := range l.start.Languages[:min(2, len(l.start.Languages))] {
		said = append(said, l.catalog.in(lang.Code)[key])
	}
	return strings.Join(said, between)
}

// lists fills the boxes whose number of lines varies.
func (l *loop) lists(w words, lists map[string][]line) {
	g := inLanguage(l, l.open.Guides)
	lists["guide-bring"], lists["guide-steps"] = []line{}, []line{}
	for _, b := range g.Bring {
		lists["guide-bring"] = append(lists["guide-bring"], line{"•", b})
	}
	for i, s := range g.Steps {
		lists["guide-steps"] = append(lists["guide-steps"], line{strconv.Itoa(i + 1), s})
	}
	for _, n := range []string{"1", "2", "3", "4"} {
		lists["consent-lines"] = append(lists["consent-lines"], line{"•", w["consent."+n]})
	}
	if l.trouble != troubleNone {
		key := "trouble." + string(l.trouble) + "."
		lists["trouble-lines"] = []line{{"", w[key+"1"]}, {"", w[key+"2"]}}
	}
	lists["work-lines"] = l.workLines(w)
	lists["notices-lines"] = l.noticesLines()
	lists["aside-lines"] = l.asideLines(w)
	// Nobody has chosen a language yet when these stand: each says it twice.
	for _, lang := range l.start.Languages[:min(2, len(l.start.Languages))] {
		t := l.catalog.in(lang.Code)
		lists["unprovisioned-words"] = append(lists["unprovisioned-words"], line{t["unprovisioned.title"], t["unprovisioned.text"]})
		lists["out-of-service-words"] = append(lists["out-of-service-words"], line{t["out.title"], t["out.text"]})
	}
}
