package main

import (
	"context"
	"errors"
	"image"
	"math"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"kinora/internal/rig"
	"kinora/internal/xscreen"
)

const (
	dragTime     = 10 * time.Second
	dragInterval = time.Second / 120 // of the pointer's movements, as of a mouse: of 60 a second some of the window's ticks would get none
	dragPixels   = 400               // from one end of its way to the other
	abovePointer = 8                 // pixels: the X server draws the pointer's white rim wherever it is, without the window
)

// measureDrag drags the playhead of a day to and fro, now fast and now slowly, as somebody does who looks for something.
func measureDrag(ctx context.Context, s setting) (found []figure, err error) {
	d, err := openDay(ctx, s.dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if _, err := d.seek(ctx, dayLength-25*time.Minute); err != nil { // in the hour that the bar shows at first
		return nil, err
	}
	if err := rest(ctx, settled); err != nil {
		return nil, err
	}
	head, err := playhead(d.screen)
	if err != nil {
		return nil, errors.Join(err, d.screen.Save(filepath.Join(rig.Dir, "drag-without-playhead.png")))
	}
	places := dragPath(head, head.X > d.screen.Size.X/2+120)
	var seen []rig.Sighting
	var moved movements
	var stopped time.Time
	group, running := errgroup.WithContext(ctx)
	watching, stop := context.WithCancel(running)
	defer stop()
	group.Go(func() (err error) {
		seen, err = rig.NewWatcher(d.screen).Watch(watching, d.place)
		return err
	})
	group.Go(func() (err error) {
		moved, err = watchPlayhead(watching, d.screen, head.Y-abovePointer, dragTime)
		return err
	})
	began := time.Now()
	group.Go(func() error {
		err := d.screen.Drag(running, places, dragInterval)
		stopped = time.Now().Add(-dragInterval)
		if err == nil {
			err = rest(running, time.Second)
		}
		stop()
		return err
	})
	if err := errors.Join(group.Wait(), d.kinora.Running()); err != nil {
		return nil, err
	}
	followed, last := 0, time.Duration(0)
	for _, n := range seen {
		if n.At.Before(stopped) && n.At.After(began) {
			followed++
		}
		last = max(last, n.At.Sub(stopped))
	}
	return []figure{
		measured("pictures that follow the pointer", float64(followed)/stopped.Sub(began).Seconds(), "a second").atLeast(15),
		measured("the last picture after the pointer stops", milliseconds(max(0, last)), "ms").atMost(150),
		measured("the playhead stands still meanwhile, longest", milliseconds(moved.still), "ms").atMost(50),
	}, nil
}

// dragPath is the way of a pointer that goes to and fro, now fast and now slowly, from a place to the right or to the left. It is never
// in the same column at two of three movements that follow each other, so that what stands still is the window.
func dragPath(from image.Point, left bool) []image.Point {
	var places []image.Point
	x, way := 0.0, 1.0
	for i := range int(dragTime / dragInterval) {
		step := 3.25 + 2*math.Sin(5*float64(i)*dragInterval.Seconds()) // pixels
		if next := x + way*step; next < 0 || next > dragPixels {
			way = -way
			step *= 2 // back from an end it is not where it was before
		}
		x += way * step
		if left {
			places = append(places, from.Sub(image.Pt(int(x), 0)))
		} else {
			places = append(places, from.Add(image.Pt(int(x), 0)))
		}
	}
	return places
}

// playhead finds the white line of the bar of time, a little above its lower end.
func playhead(screen *xscreen.Display) (image.Point, error) {
	const height = 24
	row := make([]byte, 4*screen.Size.X)
	run := make([]int, screen.Size.X)
	for y := screen.Size.Y * 3 / 4; y < screen.Size.Y; y++ {
		if err := screen.Row(row, 0, y); err != nil {
			return image.Point{}, err
		}
		for x := range run {
			if white(row, x) && !(x > 4 && white(row, x-4)) && !(x+4 < len(run) && white(row, x+4)) {
				run[x]++
				continue
			}
			if run[x] >= height {
				return image.Pt(x, y-height/3), nil
			}
			run[x] = 0
		}
	}
	return image.Point{}, errors.New("there is no playhead on the screen")
}

func white(row []byte, x int) bool { return row[4*x] > 230 && row[4*x+1] > 230 && row[4*x+2] > 230 }

// movements are those of the playhead.
type movements struct {
	n           int
	first, last time.Time
	still       time.Duration // the longest time from one to the next
}

// perSecond is how many there were a second, from the first one to the last one.
func (m *movements) perSecond() float64 {
	if m.n < 2 {
		return 0
	}
	return float64(m.n-1) / m.last.Sub(m.first).Seconds()
}

// watchPlayhead watches a row of the bar of time for a while, in which its pointer moves, or until ctx ends.
func watchPlayhead(ctx context.Context, screen *xscreen.Display, y int, span time.Duration) (m movements, err error) {
	row := make([]byte, 4*screen.Size.X)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	at := 0
	for end := time.Now().Add(span); time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return m, nil
		case <-tick.C:
		}
		if err := screen.Row(row, 0, y); err != nil {
			return m, err
		}
		x := len(row)/4 - 1
		for x > 0 && !white(row, x) {
			x--
		}
		now := time.Now()
		switch {
		case at == 0 || x == 0:
			at = x
		case x != at:
			if m.n++; m.n == 1 {
				m.first, m.last = now, now
			}
			m.still = max(m.still, now.Sub(m.last))
			at, m.last = x, now
		}
	}
	if m.n > 0 {
		m.still = max(m.still, time.Since(m.last))
	}
	return m, nil
}
