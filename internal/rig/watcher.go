package rig

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kinora/internal/xscreen"
)

// watchPeriod is how often the screen is read: the error of an instant at which something was seen.
const watchPeriod = 2 * time.Millisecond

// A Sighting is the instant at which a number was first seen on the screen.
type Sighting struct {
	Number uint32
	At     time.Time
}

// A Watcher reads numbers from a screen. It is for one goroutine.
type Watcher struct {
	screen *xscreen.Display
	bgrx   []byte
	row    []byte
}

// NewWatcher returns a watcher of a display.
func NewWatcher(screen *xscreen.Display) *Watcher {
	return &Watcher{screen: screen, bgrx: make([]byte, 4*screen.Size.X), row: make([]byte, screen.Size.X)}
}

// Locate waits until a picture with a number is on the screen. It returns where, and the instant it was found. The end
// of ctx is an error.
func (w *Watcher) Locate(ctx context.Context) (Strip, time.Time, error) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if s, ok, err := w.Search(); err != nil || ok {
			return s, time.Now(), err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return Strip{}, time.Time{}, errors.New("no picture with a number appeared on the screen")
		}
	}
}

// Search looks for a number once, on the whole screen.
func (w *Watcher) Search() (Strip, bool, error) {
	const step = 6 // cells are higher than twice that
	for y := 0; y < w.screen.Size.Y; y += step {
		if err := w.brightness(y); err != nil {
			return Strip{}, false, err
		}
		if s, ok := find(w.row, y); ok {
			middle := s
			middle.y = min(y+int(s.cell/2)-step/2, w.screen.Size.Y-1)
			if err := w.brightness(middle.y); err != nil {
				return Strip{}, false, err
			}
			if _, ok := middle.read(w.row); ok {
				return middle, true, nil
			}
		}
	}
	return Strip{}, false, nil
}

// Watch notes numbers as they appear in the strip until ctx ends. When the strip is lost for a while, because the
// picture was moved or scaled, it is looked for again.
func (w *Watcher) Watch(ctx context.Context, s Strip) ([]Sighting, error) {
	var seen []Sighting
	tick := time.NewTicker(watchPeriod)
	defer tick.Stop()
	for read := time.Now(); ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return seen, nil
		}
		if err := w.brightness(s.y); err != nil {
			return seen, err
		}
		now := time.Now()
		if number, ok := s.read(w.row); ok {
			read = now
			if len(seen) == 0 || seen[len(seen)-1].Number != number {
				seen = append(seen, Sighting{number, now})
			}
		} else if now.Sub(read) > 200*time.Millisecond {
			if moved, ok, err := w.Search(); err != nil {
				return seen, err
			} else if ok {
				s = moved
			}
		}
	}
}

// Await waits until the strip shows a number that is looked for, and returns when it was seen. The end of ctx is an error
// that says what was there instead.
func (w *Watcher) Await(ctx context.Context, s Strip, wanted func(number uint32) bool) (time.Time, error) {
	tick := time.NewTicker(watchPeriod)
	defer tick.Stop()
	for {
		number, ok, err := w.Number(s)
		if err != nil {
			return time.Time{}, err
		}
		if ok && wanted(number) {
			return time.Now(), nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("the picture that was looked for did not appear; there is number %d (readable: %t)", number, ok)
		}
	}
}

// Number reads the number in a strip once.
func (w *Watcher) Number(s Strip) (number uint32, ok bool, err error) {
	if err := w.brightness(s.y); err != nil {
		return 0, false, err
	}
	number, ok = s.read(w.row)
	return number, ok, nil
}

// brightness reads a row of the screen. Green is most of what the eye calls brightness, and enough for black and white.
func (w *Watcher) brightness(y int) error {
	if err := w.screen.Row(w.bgrx, 0, y); err != nil {
		return err
	}
	for x := range w.row {
		w.row[x] = w.bgrx[4*x+1]
	}
	return nil
}
