package ui

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"

	"kinora/app"
)

// binder is the one place where threads are crossed: into Fyne's goroutine with invalidate, out of it with work.
type binder struct {
	render  func()       // on Fyne's goroutine
	hushed  func() bool  // says there that rendering waits for release; nil: never
	cross   func(func()) // calls a function on Fyne's goroutine, soon
	pending atomic.Bool
	waiting bool // for release; Fyne's goroutine
	stops   []func()

	life   context.Context // of work and of the clock
	end    context.CancelFunc
	closed bool // Fyne's goroutine
	group  sync.WaitGroup
}

func newBinder(render func()) *binder {
	b := &binder{render: render, cross: fyne.Do}
	b.life, b.end = context.WithCancel(context.Background())
	return b
}

// invalidate has render called soon on Fyne's goroutine; calls before that happens are one. It may be called from any
// goroutine.
func (b *binder) invalidate() {
	if b.life.Err() != nil || b.pending.Swap(true) {
		return
	}
	b.cross(func() {
		if b.waiting = b.hushed != nil && b.hushed(); !b.waiting {
			b.renderNow()
		}
	})
}

// release renders what has waited. Call it on Fyne's goroutine.
func (b *binder) release() {
	if b.waiting {
		b.waiting = false
		b.renderNow()
	}
}

func (b *binder) renderNow() {
	b.pending.Store(false)
	if !b.closed {
		b.render()
	}
}

// follow renders whenever v changes.
func follow[T any](b *binder, v *app.Value[T]) {
	b.stops = append(b.stops, v.Watch(func(T) { b.invalidate() }))
}

// every renders at a steady pace, for figures that change by themselves.
func (b *binder) every(d time.Duration) {
	b.group.Go(func() {
		tick := time.NewTicker(d)
		defer tick.Stop()
		for {
			select {
			case <-b.life.Done():
				return
			case <-tick.C:
				b.invalidate()
			}
		}
	})
}

// work runs what blocks on a goroutine of its own, then calls then with its result on Fyne's. Its context ends, and then
// is not called, when the window closes.
func (b *binder) work(do func(context.Context) error, then func(error)) {
	b.group.Go(func() {
		err := do(b.life)
		if b.life.Err() != nil {
			return
		}
		b.cross(func() {
			if !b.closed {
				then(err)
			}
		})
	})
}

// stop ends everything without waiting.
func (b *binder) stop() {
	b.closed = true
	b.end()
	for _, stop := range b.stops {
		stop()
	}
	b.stops = nil
}

// close ends everything and waits for it. Work that ignores its context makes it wait.
func (b *binder) close() {
	b.stop()
	b.group.Wait()
}
