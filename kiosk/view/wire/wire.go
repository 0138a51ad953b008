// Package wire is the language between the daemon and a kiosk-view process:
// one JSON object a line over the socket that the view inherits as file
// descriptor 3. One codec serves both ends.
//
// The two directions are not trusted alike. What the daemon sends is taken as
// it is, up to MaxDown bytes a line. What a view sends comes from a process
// that shows foreign pages: at most MaxUp bytes a line, closed enumerations,
// bounded strings, unknown fields refused. No message towards the daemon can
// carry a path of a page, a title, or anything that was typed but a badge's PIN
// on our own pad.
//
// Package wire is pure: it reads and writes byte slices.
package wire

// Proto is the version of this protocol. A view whose Hello names another is
// killed.
const Proto = 1

// Longest line in bytes, newline included.
const (
	MaxDown = 1 << 20 // daemon to view
	MaxUp   = 4 << 10 // view to daemon
)

// ToView is a message from the daemon to a view.
type ToView interface{ toView() }

// FromView is a message from a view to the daemon.
type FromView interface{ fromView() }

// Messages from the daemon to a view. Start comes first and once.
type (
	// Start holds what must be known before the engine starts.
	Start struct {
		Proxy          string            `json:"proxy"`             // "http://127.0.0.1:3128", the only way out
		MemoryLimitMiB int               `json:"memory_limit_mib"`  // of the page's process; 0 = the engine's default
		Place          string            `json:"place"`             // name of the place, shown on the home surface
		Languages      []Language        `json:"languages"`         // first = default
		Logo           []byte            `json:"logo,omitempty"`    // PNG file no larger than it is to be shown, nil for none
		Notices        map[string]string `json:"notices,omitempty"` // of the place, by language code: text with headings "# " and points "- "
		Tiles          []Tile            `json:"tiles"`             // the home surface, in this order
		Offer          []Tile            `json:"offer,omitempty"`   // what PanelOffer shows
		Screen         Size              `json:"screen"`            // zero = ask the display
		WeakIsolation  bool              `json:"weak_isolation"`    // the view shares namespaces with its parent; tells nothing else
	}

	// Show brings a surface to the screen and raises the window. The view
	// answers with Shown once its first frame is drawn.
	Show struct {
		Surface Surface `json:"surface"`
		Reason  Reason  `json:"reason,omitempty"` // with SurfaceOutOfService
		Kiosk   *Kiosk  `json:"kiosk,omitempty"`  // with SurfaceUnprovisioned and SurfaceMaintenance
	}

	// Blank covers everything with a plain surface, at once and whatever the
	// page does. The view answers with Blanked when the frame is drawn.
	Blank struct{}

	// Open loads the start page of a procedure behind whatever is shown.
	Open struct {
		Procedure string            `json:"procedure"`
		URL       string            `json:"url"`
		Success   string            `json:"success,omitempty"` // pattern of the page that means "done"; see procedure.Procedure
		Guides    map[string]Guide  `json:"guides"`            // by language code
		Names     map[string]string `json:"names"`             // title of the procedure by language code
		Sensitive []Sensitive       `json:"sensitive,omitempty"`
	}

	// Cover lays one of our own panels over the content, or takes it away.
	Cover struct {
		Panel   Panel `json:"panel"`
		Seconds int   `json:"seconds,omitempty"` // countdown shown in the panel
		Again   bool  `json:"again,omitempty"`   // with PanelPIN: what was typed last was refused
	}

	// Status is what the bar shows besides its buttons.
	Status struct {
		Assisted    bool   `json:"assisted"`               // permanent mark: a helper sees the screen
		Helper      bool   `json:"helper"`                 // permanent mark: the session is a helper's own
		HelpCalled  bool   `json:"help_called"`            // help is on the way
		MoreTime    bool   `json:"more_time"`              // the person asked for more time
		SecondsLeft int    `json:"seconds_left"`           // until the session ends by itself; 0 = do not show
		Notice      Notice `json:"notice,omitempty"`       // told until another Status
		WaitSeconds int    `json:"wait_seconds,omitempty"` // with NoticeLocked
	}

	// Work is how far a technician's work is, on SurfaceMaintenance.
	Work struct {
		Step    Step                `json:"step"`
		Percent int                 `json:"percent,omitempty"` // of the steps that go on by themselves, 0 to 100
		Code    string              `json:"code,omitempty"`    // of StepRefused and StepFailed: what is read out on the telephone
		Says    map[string]string   `json:"says,omitempty"`    // by language, with Code: why, and what to do next
		Lines   map[string][]string `json:"lines,omitempty"`   // by language: what would change, or what was tried
	}

	// Mask hides what is typed into sensitive fields while two people look. The
	// view answers On with Masked.
	Mask struct {
		On bool `json:"on"`
	}
)

// Messages from a view to the daemon. Hello comes first and once.
type (
	// Hello is sent after the engine was set up and checked; a view that
	// cannot make an ephemeral, sandboxed engine exits instead of sending it.
	Hello struct {
		Proto     int    `json:"proto"`
		Engine    string `json:"engine"`
		Ephemeral bool   `json:"ephemeral"`
		Sandbox   bool   `json:"sandbox"`
	}

	// Ready says that the engine is warm and the home surface is built.
	Ready struct{}

	// Shown says that the first frame of a surface is on its way to the
	// display.
	Shown struct {
		Surface Surface `json:"surface"`
	}

	// Blanked says that the blank frame is on its way to the display.
	Blanked struct{}

	// Masked says that every page on screen hides what is sensitive, in all
	// frames, and has been drawn so: a page that hangs never is. One that
	// something of ours covers comes into view only after it was.
	Masked struct{}

	// Touched says that a person touched, clicked or typed; at most one a
	// second.
	Touched struct{}

	// Chose says that a tile of the home surface was activated.
	Chose struct {
		Procedure string `json:"procedure"`
	}

	// Pressed says that one of our own buttons was activated.
	Pressed struct {
		Button Button `json:"button"`
	}

	// Typed carries the digits typed on the pad. It prints as the word "PIN",
	// and so does its PIN; see typed.go for how it is written.
	Typed struct{ PIN *PIN }

	// Answered is the helper's one tap at the end of assistance.
	Answered struct {
		Help     string `json:"help"`               // value of usage.Help
		Referral string `json:"referral,omitempty"` // value of usage.Referral
	}

	// Spoke says which language was chosen.
	Spoke struct {
		Language string `json:"language"`
	}

	// Aided says that an accessibility aid was switched on (value of usage.Aid).
	Aided struct {
		Aid string `json:"aid"`
	}

	// At says which host the page now shown came from; "" for our surfaces.
	At struct {
		Host string `json:"host"`
	}

	// Succeeded says that the page reached matches the procedure's pattern of
	// success.
	Succeeded struct{}

	// Page says that something happened to the page's process.
	Page struct {
		Event PageEvent `json:"event"`
	}

	// Beat comes twice a second from the view's main loop. Alive is false
	// when the page did not answer its last ping in time.
	Beat struct {
		Alive bool `json:"alive"`
	}
)

// Gone is never sent: the daemon's end makes it when the link broke, the
// process ended or broke the protocol.
type Gone struct {
	Err   error
	Limit Limit // the limit of a session for which it was ended; "" = none
}

// Limit is one of what a session may use.
type Limit string

const (
	LimitMemory    Limit = "memory"
	LimitProcesses Limit = "processes" // threads included
)

// Kiosk is what a technician and an administrator tell kiosks apart by.
type Kiosk struct {
	ID    string            `json:"id"`              // "k-" and 16 characters, "" for none
	Name  string            `json:"name,omitempty"`  // that the site has given it
	Place map[string]string `json:"place,omitempty"` // by language; where the site says that it stands
}

// Language is a language a person can choose.
type Language struct {
	Code string `json:"code"` // "fr", "en": BCP 47 primary subtag
	Name string `json:"name"` // in itself: "Français"
}

// Size is in pixels.
type Size struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Tile is a procedure on the home surface.
type Tile struct {
	Procedure string              `json:"procedure"`
	Theme     string              `json:"theme"`
	Pictogram string              `json:"pictogram"` // SVG document
	Texts     map[string]TileText `json:"texts"`     // by language code
}

// TileText is what a tile says.
type TileText struct {
	Title   string `json:"title"`
	Purpose string `json:"purpose"`
	Minutes [2]int `json:"minutes"` // usual duration, from-to
}

// Guide stands beside the site during a procedure.
type Guide struct {
	Purpose string   `json:"purpose"`
	Bring   []string `json:"bring"`
	Steps   []string `json:"steps"`
}

// Surface is one of the full-screen things a view can show.
type Surface string

const (
	SurfaceHome          Surface = "home"
	SurfaceSession       Surface = "session" // the bar, the guide and the site
	SurfaceBlank         Surface = "blank"
	SurfaceUnprovisioned Surface = "unprovisioned"
	SurfaceOutOfService  Surface = "out-of-service"
	SurfaceMaintenance   Surface = "maintenance" // a technician's work, see Work
)

// Step is how far a technician's work with a stick is.
type Step string

const (
	StepReading    Step = "reading"  // and copying
	StepChecking   Step = "checking" // the copy
	StepPlan       Step = "plan"     // Lines would change; ButtonInstall and ButtonLeave
	StepNothing    Step = "nothing"  // the stick brings nothing new; ButtonLeave
	StepEnrolled   Step = "enrolled" // the kiosk has written its enrolment on the stick; ButtonLeave
	StepRefused    Step = "refused"  // Code and Says; ButtonLeave
	StepInstalling Step = "installing"
	StepInstalled  Step = "installed" // the kiosk starts anew next; ButtonLeave
	StepTesting    Step = "testing"   // Lines were tried so far
	StepDone       Step = "done"      // everything works; ButtonLeave
	StepFailed     Step = "failed"    // Code and Says; what was before stays or comes back; ButtonLeave
)

// Reason says on the out-of-service surface what a technician looks at first.
type Reason string

const (
	ReasonFilm Reason = "film" // the film does not follow, or its contact is lost
	ReasonView Reason = "view" // the browser does not start
	ReasonWipe Reason = "wipe" // a session left something behind
)

// Panel is one of our panels over the content.
type Panel string

const (
	PanelNone     Panel = "none"
	PanelWarning  Panel = "warning"  // "are you still there?", countdown, large Continue
	PanelPIN      Panel = "pin"      // a badge asks for its PIN
	PanelConsent  Panel = "consent"  // "may a helper see your screen?"
	PanelQuestion Panel = "question" // to the helper: what did you do?
	PanelOffer    Panel = "offer"    // to the helper, on the home surface: what they may open
	PanelTrouble  Panel = "trouble"  // the page stopped; back to start or finish
)

// Notice is something a person is told calmly, without a panel.
type Notice string

const (
	NoticeNone    Notice = ""
	NoticeBadge   Notice = "badge"   // one lies on the reader for long
	NoticeBadges  Notice = "badges"  // several lie there, and none can be read
	NoticeLocked  Notice = "locked"  // a badge has had too many wrong PINs
	NoticeUnaided Notice = "unaided" // the page could not be masked: help does not begin
)

// Button is one of our own buttons.
type Button string

const (
	ButtonFinish     Button = "finish"
	ButtonHelp       Button = "help"
	ButtonCancelHelp Button = "cancel-help"
	ButtonContinue   Button = "continue"
	ButtonMoreTime   Button = "more-time"
	ButtonAccept     Button = "accept"
	ButtonRefuse     Button = "refuse"
	ButtonCancelPIN  Button = "cancel-pin"
	ButtonStopHelp   Button = "stop-help"
	ButtonSkip       Button = "skip"        // the helper leaves the question unanswered
	ButtonCloseOffer Button = "close-offer" // the helper opens nothing
	ButtonInstall    Button = "install"     // the technician agrees to the plan
	ButtonLeave      Button = "leave"       // the technician has read what is on screen
)

// PageEvent is something that happened to the page's process.
type PageEvent string

const (
	PageHung    PageEvent = "hung"    // no answer to pings; was ended
	PageCrashed PageEvent = "crashed" // the process died
	PageMemory  PageEvent = "memory"  // over its memory limit; was ended
)

func (Start) toView()  {}
func (Show) toView()   {}
func (Blank) toView()  {}
func (Open) toView()   {}
func (Cover) toView()  {}
func (Status) toView() {}
func (Mask) toView()   {}
func (Work) toView()   {}

func (Hello) fromView()     {}
func (Ready) fromView()     {}
func (Shown) fromView()     {}
func (Blanked) fromView()   {}
func (Masked) fromView()    {}
func (Touched) fromView()   {}
func (Chose) fromView()     {}
func (Pressed) fromView()   {}
func (Typed) fromView()     {}
func (Answered) fromView()  {}
func (Spoke) fromView()     {}
func (Aided) fromView()     {}
func (At) fromView()        {}
func (Succeeded) fromView() {}
func (Page) fromView()      {}
func (Beat) fromView()      {}
func (Gone) fromView()      {}
