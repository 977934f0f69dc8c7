package ui

import (
	"fyne.io/fyne/v2"
)

// recordLayout lays out the Record page: the preview, beside it what is said and done, below them the rows in full width,
// and the last of its objects in what is left of the height.
type recordLayout struct{}

const (
	previewShare = 0.42 // of the page's width
	previewTall  = 0.36 // of its height, at most
	lowPage      = 700  // below this height the rows move together
)

// Layout expects preview, words, rows… and the list.
func (recordLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	pad, gap := space3, space3
	if size.Height < lowPage {
		gap = space2
	}
	width := size.Width - 2*pad
	preview, words, list := objects[0], objects[1], objects[len(objects)-1]
	pw := width * previewShare
	ph := 9 * float32(int(min(pw*9/16, size.Height*previewTall)/9)) // no bars beside a picture of 16:9
	pw = ph * 16 / 9
	preview.Move(fyne.NewPos(pad, pad))
	preview.Resize(fyne.NewSize(pw, ph))
	ww := width - pw - space3
	words.Move(fyne.NewPos(pad+pw+space3, pad))
	words.Resize(fyne.NewSize(ww, ph)) // wrapped text has its height only for a width
	wh := max(ph, words.MinSize().Height)
	words.Resize(fyne.NewSize(ww, wh))
	y := pad + wh + gap
	for _, o := range objects[2 : len(objects)-1] {
		if !o.Visible() {
			continue
		}
		o.Resize(fyne.NewSize(width, o.Size().Height))
		h := o.MinSize().Height
		o.Move(fyne.NewPos(pad, y))
		o.Resize(fyne.NewSize(width, h))
		y += h + gap
	}
	list.Move(fyne.NewPos(0, y))
	list.Resize(fyne.NewSize(size.Width, max(0, size.Height-y)))
}

// MinSize lets the window become small; what does not fit is cut at the foot.
func (recordLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(640, 360) }

// evenly lays objects out beside one another, all equally wide, in as many rows as perRow asks for.
type evenly struct {
	perRow int
	gap    float32
}

func (e evenly) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	w := (size.Width - float32(e.perRow-1)*e.gap) / float32(e.perRow)
	h := e.rowHeight(objects)
	for i, o := range objects {
		o.Move(fyne.NewPos(float32(i%e.perRow)*(w+e.gap), float32(i/e.perRow)*(h+space2)))
		o.Resize(fyne.NewSize(w, h))
	}
}

func (e evenly) rowHeight(objects []fyne.CanvasObject) (h float32) {
	for _, o := range objects {
		h = max(h, o.MinSize().Height)
	}
	return h
}

func (e evenly) MinSize(objects []fyne.CanvasObject) fyne.Size {
	rows := float32((len(objects) + e.perRow - 1) / e.perRow)
	return fyne.NewSize(0, rows*e.rowHeight(objects)+(rows-1)*space2)
}
