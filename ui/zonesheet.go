package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"kinora/assets"
)

// offeredZones is how many zones that fit what was written are offered.
const offeredZones = 7

// showZones asks for one of the world's time zones.
func (u *UI) showZones() {
	var s *sheet
	keys := func(ev *fyne.KeyEvent) { s.key(ev) }
	field := newEntry(lang.L("A city, or a name such as Europe/Berlin"))
	field.keys = keys
	list := column(space1)
	first := ""
	choose := func(name string) {
		s.hide()
		u.chooseZone(name)
	}
	buttons := make([]*button, offeredZones)
	for i := range buttons {
		buttons[i] = newButton("", "", flat, nil)
		buttons[i].wide, buttons[i].keys = true, keys
		list.Add(buttons[i])
	}
	read := func() {
		found := zonesLike(field.Text, offeredZones)
		first = ""
		for i, b := range buttons {
			text := ""
			b.tapped = func() {}
			if i < len(found) {
				name := found[i]
				text = zoneTitle(name) + " · " + nowIn(name)
				b.tapped = func() { choose(name) }
			}
			b.setText(text, "")
			b.enable(text != "")
		}
		why := ""
		if len(found) > 0 {
			first = found[0]
		} else {
			why = lang.L("No time zone is called so.")
		}
		if s != nil {
			s.enable(first != "", why)
		}
	}
	field.OnChanged = func(string) { read() }
	field.OnSubmitted = func(string) { s.submit() }
	s = u.open(sheetPlan{
		title: lang.L("Time zone"), confirm: lang.L("Choose the first"), weight: primary, do: func(*sheet) { choose(first) },
		body: column(space3, field, list), focus: func() fyne.Focusable { return field },
	})
	read()
}

// nowIn is what clocks show in a zone now.
func nowIn(name string) string {
	z, err := zoneNamed(name)
	if err != nil {
		return ""
	}
	return time.Now().In(z).Format("15:04")
}

// zonesLike lists zones whose names fit a text: those whose city begins so first, then those that have it anywhere.
func zonesLike(text string, most int) []string {
	plain := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", " ") }
	text = plain(strings.TrimSpace(text))
	var begin, within []string
	for _, name := range append([]string{"UTC"}, assets.Zones()...) {
		at := plain(name)
		switch city := at[strings.LastIndexByte(at, '/')+1:]; {
		case strings.HasPrefix(city, text), strings.HasPrefix(at, text):
			begin = append(begin, name)
		case strings.Contains(at, text):
			within = append(within, name)
		}
	}
	found := append(begin, within...)
	return found[:min(len(found), most)]
}
