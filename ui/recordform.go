package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// planKey is where the choices of the Record page are kept in the program's preferences.
const planKey = "record"

// keptPlan is what is remembered of a plan between runs.
type keptPlan struct {
	Camera, Telemetry string
	Settings          app.Settings
}

// savedPlan is the plan as it was left; the camera has no more than its ID.
func savedPlan(p fyne.Preferences) app.Plan {
	var k keptPlan
	if err := json.Unmarshal([]byte(p.String(planKey)), &k); err != nil {
		k = keptPlan{} // never saved, or by another version
	}
	return app.Plan{Camera: app.Camera{ID: k.Camera}, Settings: k.Settings, Telemetry: k.Telemetry}
}

// savePlan remembers the plan. The address of a network camera may hold a password and is not kept here.
func (u *UI) savePlan() {
	camera := u.plan.Camera.ID
	if u.plan.Camera.Kind == app.Network || u.plan.Camera.Kind == app.File {
		camera = ""
	}
	data, err := json.Marshal(keptPlan{Camera: camera, Telemetry: u.plan.Telemetry, Settings: u.plan.Settings})
	if err != nil {
		fyne.LogError("ui: the choices of the Record page cannot be kept", err)
		return
	}
	u.fyne.Preferences().SetString(planKey, string(data))
}

// newForm makes the Record page's controls.
func (u *UI) newForm() *recordPage {
	own := func(p *picker) *picker {
		u.own(p.button, p.hint)
		return p
	}
	takes := newTakeList(u.playTake, u.showTakeMenu)
	takes.keys, takes.runes, takes.shortcuts = u.typed, u.typedRune, u.shortcut
	source := own(newPicker(lang.L("Source"), "camera", u.menu, nil))
	source.tapped = u.chooseSource
	return newRecordPage(recordParts{
		offer:   u.offer,
		target:  own(newPicker(lang.L("Record into"), "", u.menu, u.targetItems)),
		source:  source,
		mic:     own(newPicker(lang.L("Microphone"), "microphone", u.menu, u.microphoneItems)),
		quality: own(newPicker(lang.L("Quality"), "", u.menu, u.qualityItems)),
		more:    u.own(newButton(lang.L("More"), "sliders", normal, u.showMore), ""),
		check:   u.own(newButton(lang.L("Check"), "preflight", normal, u.showPreflight), ""),
		press:   u.own(newButton(lang.L("Record"), "record", primary, u.pressRecord), ""),
		marker:  u.own(newButton(lang.L("Marker"), "marker", normal, u.mark), ""),
		takes:   takes,
		keys:    u.typed,
		runes:   u.typedRune,
		spans:   u.app.Recordings.Spans,
		preview: u.app.Recordings.Shown().Get,
	})
}

// targetItems offers the streams of the account.
func (u *UI) targetItems() []*fyne.MenuItem {
	var names []string
	for _, r := range u.seen.list.Rows {
		names = append(names, r.Name)
	}
	items := choiceItems(names, slices.Index(names, u.plan.Stream), func(i int) { u.aim(names[i]) })
	return append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem(lang.L("New stream…"), u.showNewStream))
}

// aim makes a stream the one that is recorded into. What is being recorded elsewhere goes on.
func (u *UI) aim(stream string) {
	u.plan.Stream = stream
	if rec, ok := u.seen.recording(stream); ok && !rec.Ended {
		u.plan.Camera = rec.Camera
		u.preview()
	}
	u.binder.invalidate()
}

// chooseSource asks for the sources of the moment, which may take a while, and then offers them.
func (u *UI) chooseSource() {
	u.listSources(func() {
		u.menu(u.record.source.button, fyne.NewMenu("", u.sourceItems()...))
	})
}

// sourceKey is chooseSource for a key, which means nothing on other pages and while something is recorded.
func (u *UI) sourceKey() {
	if u.at == pageRecord && !u.record.source.disabled {
		u.chooseSource()
	}
}

func (u *UI) moreKey() {
	if u.at == pageRecord {
		u.showMore()
	}
}

// checkKey begins a pre-flight, which is for the time before something is recorded.
func (u *UI) checkKey() {
	if _, recording := u.seen.target(); u.at == pageRecord && !recording && u.plan.Stream != "" {
		u.showPreflight()
	}
}

// listSources finds out what can be recorded, and whether the camera that was chosen last is among it.
func (u *UI) listSources(then func()) {
	var cameras, microphones []app.Camera
	u.looking = true
	u.binder.invalidate()
	u.binder.work(func(context.Context) error {
		cameras, microphones = u.app.Cameras(), u.app.Microphones()
		return nil
	}, func(error) {
		u.cameras, u.microphones, u.looking = cameras, microphones, false
		if u.plan.Camera.Name == "" {
			i := slices.IndexFunc(cameras, func(c app.Camera) bool { return c.ID == u.plan.Camera.ID })
			if i >= 0 {
				u.plan.Camera = cameras[i]
				u.preview()
			}
		}
		then()
	})
}

// sourceItems offers what was found, kinds apart, and what a person has to name.
func (u *UI) sourceItems() []*fyne.MenuItem {
	var items []*fyne.MenuItem
	for _, kind := range []app.SourceKind{app.Webcam, app.Screen, app.Microphone, app.Generated} {
		before := len(items)
		for _, c := range u.cameras {
			if c.Kind != kind {
				continue
			}
			if len(items) == before && before > 0 {
				items = append(items, fyne.NewMenuItemSeparator())
			}
			item := fyne.NewMenuItem(c.Name, func() { u.choose(c) })
			item.Checked = c.ID == u.plan.Camera.ID
			items = append(items, item)
		}
	}
	if len(items) > 0 {
		items = append(items, fyne.NewMenuItemSeparator())
	}
	return append(items,
		fyne.NewMenuItem(lang.L("Network camera…"), u.showAddress),
		fyne.NewMenuItem(lang.L("File…"), u.showFile))
}

// choose makes c the source and shows it.
func (u *UI) choose(c app.Camera) {
	u.plan.Camera = c
	u.plan.Settings.Mode = app.Mode{} // of another camera
	switch {
	case u.plan.Settings.Quality == app.CopyAsIs && !copies(c):
		u.plan.Settings.Quality = app.Balanced
	case c.Kind == app.Network:
		u.plan.Settings.Quality = app.CopyAsIs
	}
	u.changed()
}

// changed keeps the plan and shows its camera as it asks for.
func (u *UI) changed() {
	u.savePlan()
	u.preview()
	u.binder.invalidate()
}

// preview opens the plan's camera while the Record page is seen.
func (u *UI) preview() {
	if u.at == pageRecord && u.plan.Camera.Name != "" {
		u.app.Recordings.Show(&u.plan.Camera, u.plan.Settings)
	}
}

func (u *UI) microphoneItems() []*fyne.MenuItem {
	labels, chosen := []string{lang.L("No microphone")}, 0
	for i, m := range u.microphones {
		labels = append(labels, m.Name)
		if m.ID == u.plan.Settings.Microphone {
			chosen = i + 1
		}
	}
	return choiceItems(labels, chosen, func(i int) {
		u.plan.Settings.Microphone = ""
		if i > 0 {
			u.plan.Settings.Microphone = u.microphones[i-1].ID
		}
		u.changed()
	})
}

// microphoneName is what a person calls a microphone.
func microphoneName(id string, known []app.Camera) string {
	if id == "" {
		return lang.L("No microphone")
	}
	i := slices.IndexFunc(known, func(c app.Camera) bool { return c.ID == id })
	if i < 0 {
		return lang.L("A microphone that is gone")
	}
	return known[i].Name
}

// soundName is where the sound comes from: a microphone, or the source itself.
func soundName(m *model) string {
	if m.plan.Settings.Microphone == "" && m.preview.Sound() {
		return lang.L("The source's own sound")
	}
	return microphoneName(m.plan.Settings.Microphone, m.microphones)
}

// markerName is the marker's button, with how many were set.
func markerName(n int) string {
	if n == 0 {
		return lang.L("Marker")
	}
	return fmt.Sprintf("%s %d", lang.L("Marker"), n)
}

func (u *UI) qualityItems() []*fyne.MenuItem {
	list := qualitiesOf(u.plan.Camera)
	labels := make([]string, len(list))
	for i, q := range list {
		s := u.plan.Settings
		s.Quality = q
		labels[i] = qualityName(q)
		if rate := u.rateOf(s); rate > 0 {
			labels[i] += " · " + lang.L("about {{.Rate}}", values{"Rate": bitrate(rate)})
		}
	}
	return choiceItems(labels, slices.Index(list, u.plan.Settings.Quality), func(i int) {
		u.plan.Settings.Quality = list[i]
		u.changed()
	})
}

// sourceSymbol draws the kind of a source.
func sourceSymbol(k app.SourceKind) string {
	switch k {
	case app.Screen:
		return "computer"
	case app.Microphone:
		return "microphone"
	case app.Network:
		return "endpoint"
	case app.File:
		return "play"
	case app.Generated:
		return "lens"
	default:
		return "camera"
	}
}
