package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2/lang"

	"kinora/assets"
)

// showZones asks for one of the world's time zones.
func (u *UI) showZones() {
	u.showFinder(finder{
		title: lang.L("Time zone"), hint: lang.L("A city, or a name such as Europe/Berlin"),
		confirm: lang.L("Choose the first"), nothing: lang.L("No time zone is called so."),
		find: func(text string) (found []finding) {
			for _, name := range zonesLike(text, mostFound) {
				found = append(found, finding{zoneTitle(name) + " · " + nowIn(name), func() { u.chooseZone(name) }})
			}
			return found
		},
	})
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
