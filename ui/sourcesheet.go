package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// showAddress asks for the address of a network camera.
func (u *UI) showAddress() {
	var s *sheet
	keys := func(ev *fyne.KeyEvent) { s.key(ev) }
	address := newEntry("rtsp://192.168.1.20:554/stream1")
	address.keys = keys
	_, help := newParagraph(lang.L("Cameras speak RTSP (rtsp://) or HTTP (http://, https://); the camera's manual has the path. A name and password go before the address: rtsp://name:password@camera/stream1. H.264, H.265, AAC and G.711 are recorded as the camera sends them."),
		fyne.TextAlignLeading, true)
	body := column(space3, field(lang.L("Address"), address), help)
	list := column(space1)
	for _, a := range u.seen.standing.Addresses {
		c, err := u.app.Address(a)
		if err != nil {
			continue // of another version
		}
		b := newButton(c.Name, "endpoint", flat, func() { // its name has no password
			s.hide()
			u.choose(c)
		})
		b.wide, b.keys = true, keys
		list.Add(b)
	}
	if len(list.Objects) > 0 {
		body.Add(field(lang.L("Used before"), list))
	}
	s = u.open(sheetPlan{
		title: lang.L("Network camera"), width: 560, body: body,
		confirm: lang.L("Show it"), weight: primary,
		focus: func() fyne.Focusable { return address },
		do: func(s *sheet) {
			u.openSource(s, func() (app.Camera, error) { return u.app.Address(address.Text) }, u.rememberAddress)
		},
	})
	address.OnChanged = func(text string) { s.enable(text != "", "") }
	address.OnSubmitted = func(string) { s.submit() }
	s.enable(false, "")
}

// mostAddresses is how many network cameras are remembered.
const mostAddresses = 5

// rememberAddress makes a network camera the first of those that were used before.
func (u *UI) rememberAddress(c app.Camera) {
	s := u.seen.standing
	rest := slices.DeleteFunc(slices.Clone(s.Addresses), func(a string) bool { return a == c.ID })
	s.Addresses = append([]string{c.ID}, rest[:min(len(rest), mostAddresses-1)]...)
	u.change(s, nil)
}

// openSource makes a source and chooses it; then is called with it.
func (u *UI) openSource(s *sheet, source func() (app.Camera, error), then func(app.Camera)) {
	var c app.Camera
	s.run(u.binder, lang.L("Opening…"), func(context.Context) (err error) {
		c, err = source()
		return err
	}, func(err error) {
		if err == nil {
			u.choose(c)
			then(c)
		}
	})
}

// showFile asks for a file and what it is to be: an archive, or a camera.
func (u *UI) showFile() {
	var s *sheet
	keys := func(ev *fyne.KeyEvent) { s.key(ev) }
	path := newEntry(lang.L("Path of the file"))
	path.keys = keys
	files := newBrowser(u.binder, homeFolder(), isMedia, func(chosen string) { path.SetText(chosen) }, keys)
	loop := false
	how := newChoices([]string{lang.L("As an archive"), lang.L("Looped, as a camera")}, nil, false, keys, func(i int) { loop = i == 1 })
	how.choose(0)
	_, help := newParagraph(lang.L("As an archive it keeps its own time and is taken as fast as possible, once. Looped, it plays at its own speed for ever, as if it were a camera."),
		fyne.TextAlignLeading, true)
	s = u.open(sheetPlan{
		title: lang.L("Record a file"), width: 560,
		body: column(space3, field(lang.L("File"), path), files.box,
			field(lang.L("How"), how.box), help),
		confirm: lang.L("Show it"), weight: primary,
		focus: func() fyne.Focusable { return path },
		do: func(s *sheet) {
			u.openSource(s, func() (app.Camera, error) { return u.app.File(path.Text, loop) }, func(app.Camera) {})
		},
	})
	path.OnChanged = func(text string) { s.enable(text != "", "") }
	path.OnSubmitted = func(string) { s.submit() }
	s.enable(false, "")
}
