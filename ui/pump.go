package ui

import (
	"time"

	"fyne.io/fyne/v2"
)

// pump looks on every tick of Fyne's, 60 times a second and just before it paints, which of its views has a frame that is
// due; all of these are painted together. It is one endless animation, so that no goroutine and no queue stands between a
// frame and the screen.
type pump struct {
	views     []*videoView
	also      func(now time.Time, painted bool) // what else moves as fast, and whether a frame is painted; may be nil
	animation *fyne.Animation
	running   bool
}

func newPump(views ...*videoView) *pump {
	p := &pump{views: views}
	p.animation = &fyne.Animation{
		Duration:    time.Second,
		RepeatCount: fyne.AnimationRepeatForever,
		Curve:       fyne.AnimationLinear,
		Tick:        func(float32) { p.tick(time.Now()) },
	}
	return p
}

// run starts or stops the ticks; it stands still while there is nothing to show.
func (p *pump) run(on bool) {
	switch {
	case on && !p.running:
		p.running = true
		p.animation.Start()
	case !on && p.running:
		p.running = false
		p.animation.Stop()
	}
}

func (p *pump) tick(now time.Time) {
	painted := false
	for _, v := range p.views {
		painted = v.tick(now) || painted
	}
	if p.also != nil {
		p.also(now, painted)
	}
}
