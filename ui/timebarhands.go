package ui

import (
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"kinora/ui/timeline"
)

// grip is what the pointer holds.
type grip int

const (
	idle      grip = iota
	scrubbing      // the playhead
	pulling        // the bar
	moveIn         // a handle of the range
	moveOut
	roaming // the strip of days
)

// hand is what the pointer does with the bar, and what goes on after it has let go.
type hand struct {
	mode  grip
	x, y  float64 // of the pointer, in units
	still int     // ticks without a movement; scrubbing
	drag  timeline.Drag
	throw timeline.Throw
	glide timeline.Glide
}

// The wheel: notches are so many of Fyne's units, two of them double.
const wheelDoubles = 50

// restTicks is how many ticks of the screen a scrubbing pointer does not move until it rests: it may come as often as they do, and
// just miss one.
const restTicks = 2

// edge is how near to an end of the bar a scrubbing pointer moves it on, as finely as it drags.
const edge = 24

func (b *timeBar) MouseDown(ev *desktop.MouseEvent) {
	h := &b.hand
	h.throw.Stop()
	h.x, h.y = float64(ev.Position.X), float64(ev.Position.Y)
	part, mark := b.view.Hit(b.data, h.x, h.y)
	switch {
	case ev.Button == desktop.MouseButtonSecondary:
	case ev.Button == desktop.MouseButtonTertiary, ev.Modifier&fyne.KeyModifierShift != 0, part == timeline.OnRuler:
		h.mode = pulling
		h.throw.Moved(0, time.Now())
	case part == timeline.OnIn:
		h.mode = moveIn
		h.drag.Begin(b.view.In, h.x)
	case part == timeline.OnOut:
		h.mode = moveOut
		h.drag.Begin(b.view.Out, h.x)
	case part == timeline.OnDays:
		h.mode = roaming
		b.roam()
	case part == timeline.OnMark:
		b.hold(b.data.Marks[mark].At)
	case part == timeline.OnStrip:
		b.hold(b.view.At(h.x))
	}
	b.unhover()
}

// hold begins to scrub at a time.
func (b *timeBar) hold(at time.Time) {
	at = b.possible(at)
	b.hand.mode = scrubbing
	b.hand.drag.Begin(at, b.hand.x)
	b.scrubTo(at)
	b.animate()
}

// possible is the nearest time to at that something can be recorded at.
func (b *timeBar) possible(at time.Time) time.Time {
	if at.After(b.view.Now) {
		return b.view.Now
	}
	if first := b.data.First; !first.IsZero() && at.Before(first) {
		return first
	}
	return at
}

func (b *timeBar) scrubTo(at time.Time) {
	b.playhead = at
	b.hand.still = 0
	b.placeNeedle()
	b.do.scrub(at)
}

func (b *timeBar) Dragged(ev *fyne.DragEvent) {
	b.dragged(float64(ev.Position.X), float64(ev.Position.Y), time.Now())
}

func (b *timeBar) dragged(x, y float64, now time.Time) {
	h := &b.hand
	dx := x - h.x
	h.x, h.y = x, y
	switch h.mode {
	case scrubbing:
		if at := b.possible(h.drag.Move(b.view.Scale, x, b.distance())); !at.Equal(b.playhead) {
			b.scrubTo(at)
		}
	case pulling:
		h.throw.Moved(dx, now)
		b.follows = false
		b.look(b.view.Move(dx))
	case moveIn, moveOut:
		b.handle(h.drag.Move(b.view.Scale, x, b.distance()))
	case roaming:
		b.roam()
	}
}

// distance is how far the pointer is away from the bar.
func (b *timeBar) distance() float64 { return max(-b.hand.y, b.hand.y-b.view.Height, 0) }

// handle puts the handle that is held at a time, on its side of the other.
func (b *timeBar) handle(at time.Time) {
	in, out := b.view.In, b.view.Out
	at = b.possible(at)
	if b.hand.mode == moveIn {
		if !out.IsZero() && at.After(out) {
			at = out
		}
		in = at
	} else {
		if at.Before(in) {
			at = in
		}
		out = at
	}
	b.choose(in, out)
	b.do.chosen(in, out)
}

// roam shows what the pointer is on in the strip of days.
func (b *timeBar) roam() {
	b.follows = false
	b.around(b.view.DaysScale(b.data).At(b.hand.x))
}

func (b *timeBar) MouseUp(*desktop.MouseEvent) { b.let(time.Now()) }
func (b *timeBar) DragEnd()                    { b.let(time.Now()) }

// let ends what the pointer did.
func (b *timeBar) let(now time.Time) {
	h := &b.hand
	mode := h.mode
	h.mode = idle
	switch mode {
	case scrubbing:
		b.follows = true
		b.do.release(b.playhead)
		b.keep(b.playhead)
	case pulling:
		h.throw.Let(now)
		b.animate()
	}
}

func (b *timeBar) DoubleTapped(ev *fyne.PointEvent) {
	if part, _ := b.view.Hit(b.data, float64(ev.Position.X), float64(ev.Position.Y)); part == timeline.OnStrip {
		b.do.play(b.possible(b.view.At(float64(ev.Position.X))))
	}
}

// Scrolled zooms about the pointer; sideways, as with Shift, it moves the bar.
func (b *timeBar) Scrolled(ev *fyne.ScrollEvent) {
	now := time.Now()
	if ev.Scrolled.DX != 0 {
		b.follows = false
		b.hand.throw.Push(float64(ev.Scrolled.DX)*3, now)
	}
	if ev.Scrolled.DY != 0 {
		b.hand.glide.Zoom(float64(ev.Position.X), math.Exp2(float64(ev.Scrolled.DY)/wheelDoubles), now)
	}
	b.animate()
}

// zoom makes everything wider about the playhead, or about the middle when that is not seen.
func (b *timeBar) zoom(factor float64) {
	x := b.view.X(b.playhead)
	if b.playhead.IsZero() || x < 0 || x > b.view.Width {
		x = b.view.Width / 2
	}
	b.hand.glide.Zoom(x, factor, time.Now())
	b.animate()
}

// page moves the bar by a part of what is seen, to later times when it is positive.
func (b *timeBar) page(part float64) {
	b.follows = false
	b.hand.throw.Stop()
	b.hand.throw.Push(-part*b.view.Width, time.Now())
	b.animate()
}

// animate begins to move.
func (b *timeBar) animate() {
	if !b.moving {
		b.moving = true
		b.motion.Start()
	}
}

// move is a step of what goes on by itself: a throw, a zoom, and the bar under a pointer that scrubs at one of its ends.
func (b *timeBar) move(now time.Time) {
	s, h := b.view.Scale, &b.hand
	dx, thrown := h.throw.Step(now)
	if thrown {
		s = s.Move(dx)
	}
	s, zoomed := h.glide.Step(s, now)
	if h.mode == scrubbing {
		beyond := max(edge-h.x, 0) - max(h.x-b.view.Width+edge, 0)
		s = s.Move(beyond / 4 / timeline.Precision(b.distance()))
	}
	if s != b.view.Scale {
		before := b.view.Scale
		b.look(s)
		if h.mode == scrubbing && !zoomed && b.view.Scale != before {
			if at := b.possible(b.playhead.Add(b.view.From.Sub(before.From))); !at.Equal(b.playhead) {
				h.drag.Begin(at, h.x)
				b.scrubTo(at)
			}
		}
	}
	if h.mode == scrubbing {
		if h.still++; h.still == restTicks+1 { // the first is that of the movement
			b.do.rest()
		}
	} else if !thrown && !zoomed {
		b.moving = false
		b.motion.Stop()
	}
}

func (b *timeBar) MouseIn(ev *desktop.MouseEvent) { b.MouseMoved(ev) }

func (b *timeBar) MouseMoved(ev *desktop.MouseEvent) {
	h := &b.hand
	if h.mode != idle {
		return
	}
	h.x, h.y = float64(ev.Position.X), float64(ev.Position.Y)
	b.hoverAt()
}

func (b *timeBar) MouseOut() { b.unhover() }

// Cursor shows where something can be taken and moved.
func (b *timeBar) Cursor() desktop.Cursor {
	switch part, _ := b.view.Hit(b.data, b.hand.x, b.hand.y); part {
	case timeline.OnIn, timeline.OnOut:
		return desktop.HResizeCursor
	case timeline.OnMark:
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

func (b *timeBar) FocusGained() { b.focused = true; b.Refresh() }
func (b *timeBar) FocusLost()   { b.focused = false; b.Refresh() }

func (b *timeBar) TypedKey(ev *fyne.KeyEvent) { b.do.keys(ev) }
func (b *timeBar) TypedRune(r rune)           { b.do.runes(r) }
