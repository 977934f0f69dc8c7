package ui

import (
	"slices"

	"fyne.io/fyne/v2/lang"

	"kinora/app"
)

// showBeside asks for a stream to be shown beside those that are watched.
func (u *UI) showBeside() {
	tiles := u.now().Tiles
	switch {
	case len(tiles) == 0:
		return
	case len(tiles) >= app.MostTiles:
		u.sayFull()
		return
	case len(u.streamsBeside("")) == 0:
		u.say(lang.L("There is no other stream here."), "", nil)
		return
	}
	u.showFinder(finder{
		title: lang.L("Add a stream to this view"), hint: lang.L("A part of its name"),
		confirm: lang.L("Add the first"), nothing: lang.L("No other stream is called so."),
		find: u.streamsBeside,
	})
}

// streamsBeside finds the streams that are not watched and whose names contain a text.
func (u *UI) streamsBeside(text string) (found []finding) {
	for _, r := range u.seen.list.Rows {
		watched := slices.ContainsFunc(u.now().Tiles, func(t app.Tile) bool { return t.Stream == r.Name })
		if !watched && contains(r.Name, text) {
			found = append(found, finding{r.Name + " · " + kept(r.Retention), func() { u.addBeside(r.Name) }})
		}
	}
	return found
}
