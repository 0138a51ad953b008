package main

// User style sheets laid over sites. They are of level "user", so !important
// wins over anything a page says, closed shadow trees included.
const (
	// invertStyle is our strong contrast for sites: dark ground, pictures kept.
	// Only for the top frame: its filter covers the frames inside.
	invertStyle = `html { filter: invert(1) hue-rotate(180deg) contrast(1.15) !important; background: #fff !important }
img, video, picture > img, canvas, svg image, [style*="background-image"]
{ filter: invert(1) hue-rotate(180deg) !important }`

	// pdfStyle leaves of the engine's viewer of PDF documents what a finger
	// needs here: pages, print and size, by name. What opens, saves, edits or
	// searches, opens a list or fills the screen is not there, nor what a later
	// engine may add. The viewer gives up, and shows nothing, unless its container
	// is absolutely positioned when it starts, and its own sheet that says so may
	// come after that: so ours says it, too.
	pdfStyle = `.toolbarButton, .secondaryToolbarButton, #sidebarContainer, #findbar, #secondaryToolbar, .editorParamsToolbar,
#scaleSelectContainer, #documentPropertiesDialog, .verticalToolbarSeparator, .toolbarButtonSpacer, .splitToolbarButtonSeparator
{ display: none !important }
#toolbarContainer, #toolbarViewer { height: 64px !important; background: #f3f5f9 !important }
#viewerContainer { position: absolute !important; inset-block-start: 64px !important; inset-inline-start: 0 !important }
#toolbarViewer { display: flex !important; justify-content: space-between !important; align-items: center !important; padding: 0 16px !important }
#toolbarViewerLeft, #toolbarViewerMiddle, #toolbarViewerRight
{ display: flex !important; align-items: center !important; position: static !important; float: none !important; transform: none !important }
#toolbarViewer .splitToolbarButton { display: flex !important; gap: 8px !important; margin: 0 !important }
#previous, #next, #print, #zoomOut, #zoomIn { display: inline-block !important; width: 64px !important; height: 52px !important; margin: 0 !important;
  background: #fff !important; border: 2px solid #7a869c !important; border-radius: 10px !important; opacity: 1 !important; position: relative !important }
#previous::before, #next::before, #print::before, #zoomOut::before, #zoomIn::before { transform: scale(1.6) !important;
  background-color: #14213d !important; opacity: 1 !important; inset: 50% auto auto 50% !important; margin: -8px 0 0 -8px !important; position: absolute !important }
#previous:disabled, #next:disabled, #print:disabled, #zoomOut:disabled, #zoomIn:disabled { opacity: .45 !important }
#pageNumber { pointer-events: none !important; border: 0 !important; background: transparent !important; width: 2.5em !important; appearance: textfield !important }
#pageNumber, #numPages { font: 600 20px sans-serif !important; color: #14213d !important; height: auto !important }`
)
