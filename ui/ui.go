package ui

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"kinora/app"
	"kinora/assets"
)

// Options says how the window begins.
type Options struct {
	Open       string // the stream that is opened at once; empty: none
	Kiosk      bool   // nothing but the picture of Open, and no way to anything else
	Fullscreen bool
	Appearance string    // "dark", "light", "contrast" or "system"; empty: what was chosen last
	Size       fyne.Size // of the window at first; zero: 1280x800
}

// UI is the window.
type UI struct {
	fyne    fyne.App
	app     *app.App
	options Options
	window  fyne.Window
	binder  *binder

	side     *sidebar
	top      *fyne.Container
	tabs     *tabs
	page     *watchPage
	record   *recordPage
	calls    *callPage
	at       page // the page that is open
	content  *fyne.Container
	commands []command

	seen       model // shown last
	recent     recent
	sheet      *sheet
	appearance appearance
	noSidebar  bool // hidden by hand
	fullscreen bool
	demo       bool // there are demo cameras
	quitting   bool
	missed     string // number of the fragment of which it was said last that play left it out
	detoured   string // the stream of which it was said last that its archive comes through HLS
	front      bool   // the keys go to the window

	held        bool         // something that is held to talk
	muted       error        // why nobody can talk, as told last
	channel     string       // that the Calls page is about; empty: none
	plan        app.Plan     // what the Record page would record
	cameras     []app.Camera // found last
	microphones []app.Camera // likewise
	looking     bool         // for them, at the moment
	marks       setMarks
	troubled    time.Time // since when a card is recorded instead of the device
	before      skippedFrames
	badge       badgeKind
	modifiers   func() fyne.KeyModifier // that are held down
	tray        desktop.App             // nil: there is none
}

// New builds the window of a on a Fyne app; Show shows it. Closing it, after recordings have been finished, ends
// fyneApp's Run.
func New(fyneApp fyne.App, a *app.App, o Options) *UI {
	if err := lang.AddTranslationsFS(assets.Translations, "translations"); err != nil {
		fyne.LogError("ui: the translations cannot be read", err)
	}
	u := &UI{fyne: fyneApp, app: a, options: o, fullscreen: o.Fullscreen}
	u.binder = newBinder(func() { u.show(u.observe()) })
	u.binder.hushed = func() bool { return u.at == pageWatch && u.page.hushed(u.now().Transport, time.Now()) }
	u.commands = u.makeCommands()
	u.modifiers = func() fyne.KeyModifier {
		if d, ok := fyneApp.Driver().(desktop.Driver); ok {
			return d.CurrentKeyModifiers()
		}
		return 0
	}
	u.plan = savedPlan(fyneApp.Preferences())
	tellsZone.Store(savedZone(fyneApp.Preferences()))
	a.Watch.LeapGaps(!fyneApp.Preferences().Bool(gapsKey))
	u.fyne.SetIcon(fyne.NewStaticResource("icon.png", assets.Icon))
	begin := appearance(o.Appearance)
	if begin == "" {
		begin = savedAppearance(u.fyne.Preferences())
	}
	u.fyne.Settings().SetTheme(look{begin})

	u.window = fyneApp.NewWindow("Kinora")
	u.window.SetMaster()
	u.window.SetPadded(false)
	if o.Size.IsZero() {
		o.Size = fyne.NewSize(1280, 800)
	}
	u.window.Resize(o.Size)
	u.window.SetCloseIntercept(u.askQuit)
	u.fyne.Lifecycle().SetOnEnteredForeground(func() { u.front = true })
	u.fyne.Lifecycle().SetOnExitedForeground(func() {
		u.front = false
		u.holdToTalk(false) // a key that is let go of elsewhere is not seen
	})
	u.build()
	u.window.SetContent(u.content)
	u.appear(begin)
	u.keys()
	u.heldKeys()
	u.newTray()
	u.arrange()
	return u
}

// Show shows the window and begins to follow the app. Call it once, before fyneApp's Run or from Fyne's goroutine.
func (u *UI) Show() {
	follow(u.binder, u.app.Account())
	follow(u.binder, u.app.Streams.List())
	follow(u.binder, u.app.Watch.Now())
	follow(u.binder, u.app.Past.Survey.Now())
	follow(u.binder, u.app.Past.Thumbs.Now())
	for _, t := range u.app.Past.Glances {
		follow(u.binder, t.Now())
	}
	follow(u.binder, u.app.Recordings.List())
	follow(u.binder, u.app.Exports.List())
	follow(u.binder, u.app.Calls.Channels())
	follow(u.binder, u.app.Calls.Now())
	follow(u.binder, u.app.Calls.Offers())
	u.binder.stops = append(u.binder.stops, u.app.Bookmarks.Watch(u.binder.invalidate))
	u.binder.every(500 * time.Millisecond)
	demo := false
	u.binder.work(func(context.Context) error {
		demo = slices.ContainsFunc(u.app.Cameras(), app.Camera.Demo)
		return nil
	}, func(error) { u.demo = demo })
	if u.options.Open != "" {
		u.app.Watch.Select(u.options.Open)
	}
	if u.fullscreen {
		u.fillScreen(true)
	}
	u.window.Show()
}

// Close waits for everything that the window has started. Call it after fyneApp's Run has returned.
func (u *UI) Close() { u.binder.close() }

// Quit ends the program as if a person had closed the window and agreed: recordings are finished, then the window
// closes. It returns at once and may be called from any goroutine.
func (u *UI) Quit() { u.binder.cross(u.finish) }

// build makes the parts of the window.
func (u *UI) build() {
	keys := u.own(newButton("", "keyboard", flat, u.showKeys), lang.L("Keys"))
	looks := u.own(newButton("", "theme", flat, nil), lang.L("Appearance"))
	looks.tapped = func() { u.showAppearances(looks) }
	u.tabs = newTabs(func(p page) *button {
		return u.own(newButton(pageName(p), "", flat, func() { u.turn(p) }), "")
	})
	u.top = newTopBar(u.tabs, keys, looks)

	account := u.own(newButton("", "computer", flat, nil), lang.L("Account"))
	account.wide, account.trailing = true, "expand"
	account.tapped = func() { u.showAccounts(account) }
	filter := newEntry(lang.L("Filter"))
	filter.keys, filter.shortcuts = u.typed, u.shortcut
	filter.Icon = theme.NewColoredResource(theme.SearchIcon(), colorQuiet)
	list := newStreamList(u.openRow, u.showStreamMenu)
	list.keys, list.runes, list.shortcuts = u.typed, u.typedRune, u.shortcut
	add := u.own(newButton("", "add", flat, u.showNewStream), lang.L("New stream"))
	refresh := u.own(newButton("", "refresh", flat, u.app.Streams.Refresh), lang.L("Ask again"))
	uploads := u.own(newButton("", "upload", flat, func() { u.turn(pageRecord) }), "")
	exports := u.own(newButton("", "disk", flat, u.showExports), "")
	channels := newStreamList(u.openChannel, u.showChannelMenu)
	channels.keys, channels.runes, channels.shortcuts = u.typed, u.typedRune, u.shortcut
	u.side = newSidebar(sidebarParts{account: account, filter: filter, refresh: refresh, add: add, streams: list, uploads: uploads, exports: exports,
		channels: channels, addChannel: u.own(newButton("", "add", flat, u.showNewChannel), lang.L("New channel"))})
	filter.OnChanged = func(string) { u.side.filtered() }

	u.page = newWatchPage(watchParts{
		offer: u.offer,
		sound: func() *button {
			return u.own(newButton("", "sound", flat, u.toggleMute), lang.L("Sound on or off"))
		},
		record: func() *button {
			return u.own(newButton("", "record", flat, func() { u.recordInto(u.seen.watching.Stream) }), "")
		},
		fullscreen: func() *button {
			return u.own(newButton("", "fullscreen", flat, u.toggleFullscreen), lang.L("Full screen"))
		},
		times:     u.newTimes(),
		transport: u.newTransportParts(),
		toast:     u.own(newButton("", "", normal, nil), ""),
		close:     u.own(newButton("", "close", flat, u.toggleInspector), lang.L("Close")),
		screen:    u.toggleFullscreen,
		stirred:   u.binder.invalidate,
		release:   u.binder.release,
		focus:     u.app.Watch.Focus,
		glance:    u.app.Past.Glance,
	})
	u.record = u.newForm()
	u.record.box.Hide()
	u.calls = u.newCalls()
	u.calls.box.Hide()
	u.content = newEdges(nil, nil, u.side.box, nil, newEdges(u.top, nil, nil, nil, container.NewStack(u.page.box, u.record.box, u.calls.box)))
}

// newTransportParts makes the buttons of the bar that moves through time.
func (u *UI) newTransportParts() transportParts {
	make := func(text, symbol, hint string, do func()) *button {
		return u.own(newButton(text, symbol, flat, do), hint)
	}
	rate := make("1×", "", lang.L("Speed"), nil)
	rate.tapped = func() { u.showSpeeds(rate) }
	clocks := make("", "", lang.L("Time zone, and whose clock"), nil)
	clocks.tapped = func() { u.showClocks(clocks) }
	return transportParts{
		first: make("", "first", lang.L("Beginning of the recording"), u.goHome), last: make("", "last", lang.L("End of the recording"), u.goEnd),
		back: make("", "reverse", lang.L("Play backwards"), u.pressBack), play: make("", "play", lang.L("Play or pause"), u.pressPlay),
		rate: rate, clocks: clocks, in: make("", "", lang.L("The chosen time begins here"), u.chooseIn), out: make("", "", lang.L("The chosen time ends here"), u.chooseOut),
		days: make("", "calendar", lang.L("Go to a time"), u.showGoTo),
		clip: make(lang.L("Clip"), "", lang.L("Export a clip"), u.showClip),
		snap: make("", "snapshot", lang.L("Save this picture"), u.snapshot), link: make("", "link", lang.L("Copy a link to this moment"), func() { u.copyLink(false) }),
		inspect: make("", "inspect", lang.L("Inspector"), u.toggleInspector), live: make(lang.L("LIVE"), "", lang.L("Go live"), u.goLive),
	}
}

// own lets a button of the window hand on the keys that it does not use, and gives it a name for screen readers.
func (u *UI) own(b *button, hint string) *button {
	b.hint, b.keys, b.runes = hint, u.typed, u.typedRune
	return b
}

// keys connects the window's keys.
func (u *UI) keys() {
	c := u.window.Canvas()
	c.SetOnTypedKey(u.typed)
	c.SetOnTypedRune(u.typedRune)
	for _, cmd := range u.commands {
		for _, s := range cmd.stroke {
			if s.mod != 0 {
				c.AddShortcut(&desktop.CustomShortcut{KeyName: s.key, Modifier: s.mod}, func(s fyne.Shortcut) {
					u.shortcut(s.(*desktop.CustomShortcut))
				})
			}
		}
	}
}

// show brings the window to the model's moment.
func (u *UI) show(m model) {
	m.hasDemo, m.kiosk = u.demo, u.options.Kiosk
	m.plan, m.microphones, m.planned = u.plan, u.microphones, u.rateOf(u.plan.Settings)
	m.looking = u.looking
	if m.intake().Trouble == nil {
		u.troubled = time.Time{}
	} else if u.troubled.IsZero() {
		u.troubled = m.now
	}
	m.troubled = u.troubled
	if m.detour != nil && u.detoured != m.watching.Stream {
		u.detoured = m.watching.Stream
		u.say(lang.L("The archive comes through HLS. {{.Why}}", values{"Why": sentence(m.detour)}), "", nil)
	}
	if missed := m.deck.Missed; missed.Number != "" && missed.Number != u.missed {
		u.missed = missed.Number
		u.say(missedWords(missed, m.now), "", nil)
	}
	m.skipped, m.marks = u.skippedBefore(&m), u.marksIn(&m)
	m.shown, m.late = u.recent.add(m.watching.Player, m.state, m.now)
	u.seen = m
	u.side.show(&m)
	u.tabs.show(u.at)
	u.lookAtOffer(&m)
	switch u.at {
	case pageRecord:
		u.record.show(&m)
	case pageCalls:
		u.tellMute(&m)
		u.calls.show(&m)
	default:
		u.page.show(&m)
	}
	u.showBadge(&m)
	if u.sheet != nil {
		u.sheet.show(&m)
	}
	title := "Kinora"
	if m.watching.Stream != "" {
		title = m.watching.Stream + " – " + title
	}
	if u.window.Title() != title {
		u.window.SetTitle(title)
	}
}

// observe reads the app, and what a person has chosen here.
func (u *UI) observe() model {
	m := observe(u.app, time.Now())
	m.calls = observeCalls(u.app, m.account)
	m.calls.channel = u.channel
	m.calls.listenToViewers(u.app.Sound)
	return m
}

// arrange shows the parts of the window that are wanted now.
func (u *UI) arrange() {
	bare := u.fullscreen || u.options.Kiosk
	setVisible(u.side.box, !bare && !u.noSidebar)
	setVisible(u.top, !bare)
	setVisible(u.page.box, u.at == pageWatch)
	setVisible(u.record.box, u.at == pageRecord)
	setVisible(u.calls.box, u.at == pageCalls)
	u.page.bare, u.calls.bare = bare, bare
	screen := "fullscreen"
	if u.fullscreen {
		screen = "restore"
	}
	u.page.over.screen.setText("", screen)
	u.show(u.observe())
	relayout(u.content)
}

// open shows a sheet in place of the one that is open.
func (u *UI) open(plan sheetPlan) *sheet {
	if u.sheet != nil {
		u.sheet.hide()
	}
	u.sheet = newSheet(u.window.Canvas(), plan, func() { u.sheet = nil })
	return u.sheet
}

// notice says that something did not work.
func (u *UI) notice(title string, err error) {
	_, text := newParagraph(sentence(err), fyne.TextAlignLeading, false)
	u.open(sheetPlan{title: title, body: text})
}

// offer makes the button of something that can be done.
func (u *UI) offer(o offer) *button {
	switch o {
	case offerDemo:
		return u.own(newButton(lang.L("Start the demo camera"), "camera", normal, u.startDemo), "")
	case offerNew:
		return u.own(newButton(lang.L("New stream"), "add", normal, u.showNewStream), "")
	case offerLast:
		return u.own(newButton(lang.L("Show the last recording"), "last", normal, u.goEnd), "")
	case offerRecord:
		return u.own(newButton(lang.L("Record into it"), "record", normal, func() { u.recordInto(u.seen.watching.Stream) }), "")
	case offerRefresh:
		return u.own(newButton(lang.L("Try now"), "refresh", normal, u.app.Streams.Refresh), "")
	case offerSend:
		return u.own(newButton(lang.L("Try now"), "refresh", normal, u.sendNow), "")
	case offerResume:
		return u.own(newButton(lang.L("Resume"), "upload", normal, u.resume), "")
	case offerMetered:
		return u.own(newButton(lang.L("Send all the same"), "upload", normal, u.allowMetered), "")
	case offerReplay:
		return u.own(newButton(lang.L("Play again"), "play", normal, func() { u.playTake(u.seen.watching.Take) }), "")
	case offerBefore:
		return u.own(newButton(lang.L("Go to where it stops"), "first", normal, func() { u.goBeside(false) }), "")
	case offerAfter:
		return u.own(newButton(lang.L("Go to where it goes on"), "last", normal, func() { u.goBeside(true) }), "")
	case offerFirst:
		return u.own(newButton(lang.L("Go to where it begins"), "last", normal, func() { u.goBeside(true) }), "")
	case offerLive:
		return u.own(newButton(lang.L("Go live"), "play", normal, u.goLive), "")
	case offerChannels:
		return u.own(newButton(lang.L("Try now"), "refresh", normal, u.app.Calls.Refresh), "")
	case offerChannel:
		return u.own(newButton(lang.L("New channel"), "add", normal, u.showNewChannel), "")
	case offerCall:
		return u.own(newButton(lang.L("Call"), "call", normal, u.callAgain), "")
	case offerHost:
		return u.own(newButton(lang.L("Offer a camera…"), "offer", normal, u.showOffer), "")
	case offerWithdraw:
		return u.own(newButton(lang.L("End the offer"), "", normal, u.withdraw), "")
	case offerClose:
		return u.own(newButton(lang.L("Close"), "", normal, u.closeCall), "")
	case offerForgetMute:
		return u.own(newButton(lang.L("Close"), "", normal, u.app.Calls.ForgetMute), "")
	case offerDismiss:
		return u.own(newButton(lang.L("Dismiss"), "", normal, func() { u.app.Recordings.Dismiss(u.plan.Stream) }), "")
	default:
		return u.own(newButton(lang.L("Try now"), "refresh", normal, u.app.Watch.Retry), "")
	}
}
