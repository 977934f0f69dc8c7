// Package ui is the window of Kinora: what a person sees and does, on top of package app. It speaks no protocol and
// decodes nothing.
//
//	u := ui.New(fyneApp, a, ui.Options{})
//	u.Show()
//	fyneApp.Run() // the caller's; ends when the window has closed
//
// One direction: app's values change on any goroutine; bind.go, the only place where threads are crossed, gathers the
// changes and calls UI.show on Fyne's goroutine with a model, which is everything that is to be seen at that moment. Widgets hold
// values and callbacks; pages turn a model into widgets; what a model means in words is decided without Fyne (stage.go,
// figures.go) and can be tested as such. The other direction is callbacks that call app: at once where app returns at
// once, through binder.work where it blocks.
//
// Pictures do not take that way. A videoView pulls them from the player's Mailbox when Fyne paints, and one endless
// animation, the pump, asks for a repaint when one is due: no queue, no goroutine and no allocation for a frame.
//
// There are three pages. The Watch page is one stream or up to four in sync, live or at one time of their archives (archivestage.go has
// the states of that, whereabouts.go the words). The Record page edits an app.Plan and shows what app says of recordings: how
// it stands (standing.go), whether it is safe to leave (lamp.go), the figures (ledger.go), what is wrong (warnings.go), how far every
// second has come (stages.go, strip.go) and the takes (takewords.go, takelist.go). The Calls page is one call, or what is offered on a channel
// (callstage.go has its states, waterfall.go the stages of a call). Only the page that is seen is shown anew, and the
// camera's preview ends when its page is left.
//
// The bar of time under the picture is a timeBar: package ui/timeline reckons and draws it, timeBar knows pointer, keys and screen. It
// shows a timeline.Data, which grows with what is seen and not with the archive, and is drawn anew only when something moved by a pixel.
//
// Colours, sizes and fonts are tokens (tokens.go) behind a fyne.Theme (theme.go). Every text goes through fyne's lang and is
// listed in assets/translations/en.json. Every key is in one table (commands.go).
//
// All functions and methods belong to Fyne's goroutine unless they say otherwise. The package does not import fyne/app,
// so that it builds and tests without cgo.
package ui
