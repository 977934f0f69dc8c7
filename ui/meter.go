package ui

import (
	"fmt"
	"image/color"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// The meter's scale, in dBFS.
const (
	meterFloor = -60.0
	meterAmber = -18.0
	meterRed   = -6.0
	clipping   = -0.5
)

// How long the meter holds what it has seen.
const (
	peakHold    = 1500 * time.Millisecond
	clipHold    = 3 * time.Second
	silenceWait = 3 * time.Second
)

// level is a sound level over time: its peak held, clipping remembered, and silence noticed.
type level struct {
	rms, peak float64 // dBFS
	held      float64 // the highest peak of late
	heldAt    time.Time
	clipped   time.Time // when it last clipped
	heard     time.Time // when there was sound last
	begun     bool
}

// add takes a measurement.
func (l *level) add(now time.Time, rms, peak float64) {
	if !l.begun {
		*l = level{begun: true, held: meterFloor, heard: now}
	}
	l.rms, l.peak = rms, peak
	if peak >= l.held || now.Sub(l.heldAt) > peakHold {
		l.held, l.heldAt = max(peak, meterFloor), now
	}
	if peak >= clipping {
		l.clipped = now
	}
	if peak > meterFloor {
		l.heard = now
	}
}

// words says what a person should know of the sound.
func (l *level) words(now time.Time) string {
	switch {
	case !l.begun:
		return ""
	case !l.clipped.IsZero() && now.Sub(l.clipped) < clipHold:
		return lang.L("too loud")
	case now.Sub(l.heard) > silenceWait:
		return lang.L("silence")
	case math.IsInf(l.rms, -1) || l.rms < meterFloor:
		return ""
	default:
		return lang.L("{{.N}} dB", values{"N": fmt.Sprintf("%3.0f", l.rms)})
	}
}

// share is where a level stands on the scale, 0 to 1.
func share(db float64) float32 {
	if math.IsInf(db, -1) || math.IsNaN(db) {
		return 0
	}
	return float32(min(1, max(0, (db-meterFloor)/-meterFloor)))
}

// meter shows the level of the sound. It is moved by the pump, ten times a second.
type meter struct {
	widget.BaseWidget
	level level
	words string
	shown [2]float32 // rms and held peak, as painted last
	last  time.Time
}

var _ fyne.Accessible = (*meter)(nil)

func newMeter() *meter {
	m := &meter{}
	m.ExtendBaseWidget(m)
	return m
}

// meterPace is how often the meter looks.
const meterPace = 100 * time.Millisecond

// tick takes the level of the moment and repaints when it has moved by more than can be seen.
func (m *meter) tick(now time.Time, rms, peak float64) {
	if now.Sub(m.last) < meterPace {
		return
	}
	m.last = now
	m.level.add(now, rms, peak)
	next, words := [2]float32{share(rms), share(m.level.held)}, m.level.words(now)
	near := func(a, b float32) bool { return a-b < 0.005 && b-a < 0.005 }
	if words == m.words && near(next[0], m.shown[0]) && near(next[1], m.shown[1]) {
		return
	}
	m.shown, m.words = next, words
	m.Refresh()
}

// reset forgets a source that is not open any more.
func (m *meter) reset() {
	if m.level.begun {
		m.level, m.words, m.shown = level{}, "", [2]float32{}
		m.Refresh()
	}
}

func (m *meter) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }
func (m *meter) AccessibilityLabel() string {
	return lang.L("Sound level {{.Level}}", values{"Level": m.words})
}

func (m *meter) CreateRenderer() fyne.WidgetRenderer {
	r := &meterRenderer{meter: m, ground: canvas.NewRectangle(color.Transparent), peak: canvas.NewRectangle(color.Transparent),
		text: canvas.NewText("", color.Transparent)}
	for i := range r.zones {
		r.zones[i] = canvas.NewRectangle(color.Transparent)
	}
	r.update()
	return r
}

// meterRenderer draws three zones, of which as much is seen as there is sound.
type meterRenderer struct {
	meter  *meter
	ground *canvas.Rectangle
	zones  [3]*canvas.Rectangle
	peak   *canvas.Rectangle
	text   *canvas.Text
}

const (
	meterHeight = 8
	meterWords  = 60
)

func (r *meterRenderer) update() {
	m := r.meter
	r.ground.FillColor = colorOf(m, colorRaised)
	for i, name := range []fyne.ThemeColorName{theme.ColorNameSuccess, theme.ColorNameWarning, colorRecording} {
		r.zones[i].FillColor = colorOf(m, name)
	}
	r.peak.FillColor = colorOf(m, theme.ColorNameForeground)
	r.text.Text, r.text.TextSize = m.words, m.Theme().Size(theme.SizeNameCaptionText)
	r.text.TextStyle.Monospace = true
	r.text.Color = colorOf(m, colorQuiet)
	if m.level.words(m.last) != "" && !m.level.clipped.IsZero() && m.last.Sub(m.level.clipped) < clipHold {
		r.text.Color = colorOf(m, theme.ColorNameWarning)
	}
}

func (r *meterRenderer) Layout(size fyne.Size) {
	width := max(0, size.Width-meterWords-space2)
	y := (size.Height - meterHeight) / 2
	r.ground.Move(fyne.NewPos(0, y))
	r.ground.Resize(fyne.NewSize(width, meterHeight))
	from := float32(0)
	for i, to := range []float32{share(meterAmber), share(meterRed), 1} {
		end := min(to, r.meter.shown[0])
		r.zones[i].Move(fyne.NewPos(from*width, y))
		r.zones[i].Resize(fyne.NewSize(max(0, end-from)*width, meterHeight))
		from = to
	}
	r.peak.Hidden = r.meter.shown[1] <= 0
	r.peak.Move(fyne.NewPos(max(0, r.meter.shown[1]*width-2), y))
	r.peak.Resize(fyne.NewSize(2, meterHeight))
	h := r.text.MinSize().Height
	r.text.Move(fyne.NewPos(width+space2, (size.Height-h)/2))
	r.text.Resize(fyne.NewSize(meterWords, h))
}

func (r *meterRenderer) MinSize() fyne.Size { return fyne.NewSize(120, 16) }

func (r *meterRenderer) Refresh() {
	r.update()
	r.Layout(r.meter.Size())
	canvas.Refresh(r.meter)
}

func (r *meterRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.zones[0], r.zones[1], r.zones[2], r.peak, r.text}
}

func (r *meterRenderer) Destroy() {}
