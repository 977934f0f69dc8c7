package ui

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"kinora/app"
)

// soundSteps are the lamps of a soundLevel. It is drawn again only when another number of them is lit.
const soundSteps = 5

// soundLevel is a column of lamps beside a sound that is there: the louder, the more of them are lit.
type soundLevel struct {
	widget.BaseWidget
	lit   int
	faint bool // nobody hears it
}

func newSoundLevel() *soundLevel {
	l := &soundLevel{}
	l.ExtendBaseWidget(l)
	l.Hide()
	return l
}

// show brings the lamps to what there is to hear.
func (l *soundLevel) show(h hearing) {
	lit, faint := h.lit, !h.heard || h.trouble != nil
	setVisible(l, h.there)
	if lit != l.lit || faint != l.faint {
		l.lit, l.faint = lit, faint
		l.Refresh()
	}
}

// litBy is how many lamps a voice lights, which may be nil: one for any sound at all.
func litBy(v app.Voice) int {
	if v == nil {
		return 0
	}
	rms, _ := v.Level()
	return stepsOf(rms)
}

// stepsOf is how many lamps a level in dBFS lights.
func stepsOf(rms float64) int { return int(math.Ceil(float64(share(rms)) * soundSteps)) }

func (l *soundLevel) CreateRenderer() fyne.WidgetRenderer {
	r := &soundLevelRenderer{level: l}
	for i := range r.lamps {
		r.lamps[i] = canvas.NewRectangle(color.Transparent)
		r.lamps[i].CornerRadius = 1
		r.objects = append(r.objects, r.lamps[i])
	}
	r.update()
	return r
}

// soundLevelRenderer has the lamps from the foot upwards.
type soundLevelRenderer struct {
	level   *soundLevel
	lamps   [soundSteps]*canvas.Rectangle
	objects []fyne.CanvasObject
}

func (r *soundLevelRenderer) update() {
	for i, lamp := range r.lamps {
		name := theme.ColorNameSeparator
		switch {
		case i < r.level.lit && r.level.faint:
			name = colorQuiet
		case i < r.level.lit:
			name = theme.ColorNamePrimary
		}
		lamp.FillColor = colorOf(r.level, name)
	}
}

// Sizes of the lamps, in Fyne's units.
const (
	lampWidth, lampHeight, lampGap = 8, 2, 1
	lampsHigh                      = soundSteps*(lampHeight+lampGap) - lampGap
)

func (r *soundLevelRenderer) Layout(size fyne.Size) {
	foot := (size.Height + lampsHigh) / 2
	for i, lamp := range r.lamps {
		lamp.Resize(fyne.NewSize(lampWidth, lampHeight))
		lamp.Move(fyne.NewPos(0, foot-lampHeight-float32(i)*(lampHeight+lampGap)))
	}
}

func (r *soundLevelRenderer) MinSize() fyne.Size { return fyne.NewSize(lampWidth, lampsHigh) }
func (r *soundLevelRenderer) Refresh() {
	r.update()
	canvas.Refresh(r.level)
}
func (r *soundLevelRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *soundLevelRenderer) Destroy()                     {}
