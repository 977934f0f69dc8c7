package main

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"image"
	"os"
	"path/filepath"
	"time"

	"kinora/internal/rig"
	"kinora/internal/xscreen"
)

// A stage is a display, a directory for data, and the programs that were started on them.
type stage struct {
	screen    *xscreen.Display
	theme     string
	dir       string
	kinora    *rig.Process
	service   *rig.Process   // nil when Kinora uses its own
	stop      func() error   // ends the sender; nil when there is none
	line      *line          // to the service; nil when it is direct
	account   *rig.Account   // of the service
	camera    *netCamera     // nil when there is none
	master    *rig.Process   // of the channel; nil when there is none
	marked    time.Time      // a moment that shots come back to
	positions string         // address to which they are sent; empty: nobody sends any
	ends      []func() error // what else is to be ended, the last first
}

func newStage(ctx context.Context, size image.Point, theme string) (*stage, error) {
	dir, err := os.MkdirTemp("", "kinora-screens-")
	if err != nil {
		return nil, err
	}
	screen, err := xscreen.Start(ctx, size)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &stage{screen: screen, theme: theme, dir: dir}, nil
}

// close ends everything. An error means that something could not be cleaned up.
func (s *stage) close() error {
	s.kinora.Stop()
	var err error
	for i := len(s.ends) - 1; i >= 0; i-- {
		err = errors.Join(err, s.ends[i]())
	}
	return errors.Join(err, s.screen.Close(), os.RemoveAll(s.dir))
}

// open starts Kinora and gives its window the keyboard.
func (s *stage) open(ctx context.Context, env []string, args ...string) error {
	kinora, err := rig.Window(ctx, s.dir, s.screen, env, append([]string{"--theme", s.theme}, args...)...)
	if err != nil {
		return err
	}
	s.kinora = kinora
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	corner := s.screen.Size.Sub(image.Pt(1, 1)) // where the pointer is least seen
	return errors.Join(s.screen.Move(ctx, corner.X, corner.Y), s.screen.Focus(ctx, "Kinora"), kinora.Running())
}

// save writes the screen to a file in outDir.
func (s *stage) save(name string) error {
	path := filepath.Join(outDir, fmt.Sprintf("%s-%s-%dx%d.png", name, s.theme, s.screen.Size.X, s.screen.Size.Y))
	if err := s.screen.Save(path); err != nil {
		return err
	}
	fmt.Println(path)
	return nil
}

// Shares of the screen that are different from one look to the next.
const (
	still = 0.0005 // less than this is still: a cursor, a second that ticks
	moved = 0.005  // more than this moves
)

// quiet waits until something is on the screen and stays there for a while, at most ten seconds.
func (s *stage) quiet(ctx context.Context) error {
	return s.looks(ctx, 10*time.Second, "the screen does not come to rest", func(now *image.RGBA, share float64) bool {
		return share < still && !plain(now)
	})
}

// moving waits until video plays, at most half a minute.
func (s *stage) moving(ctx context.Context) error {
	return s.looks(ctx, 30*time.Second, "no moving picture came", func(_ *image.RGBA, share float64) bool {
		return share > moved
	})
}

// looks compares the screen with what it was a moment ago until that has been as wanted several times in a row.
// wanted is given the screen and which share of it changed.
func (s *stage) looks(ctx context.Context, patience time.Duration, complaint string, wanted func(now *image.RGBA, share float64) bool) error {
	const look, times = 150 * time.Millisecond, 4
	deadline := time.Now().Add(patience)
	last, err := s.screen.Image()
	if err != nil {
		return err
	}
	for inARow := 0; inARow < times; {
		select {
		case <-time.After(look):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		now, err := s.screen.Image()
		if err := errors.Join(err, s.kinora.Running()); err != nil {
			return err
		}
		if wanted(now, xscreen.Changed(last, now)) {
			inARow++
		} else {
			inARow = 0
		}
		last = now
		if time.Now().After(deadline) {
			return errors.New(complaint)
		}
	}
	return nil
}

// plain tells a screen of one colour, on which no window has been drawn yet.
func plain(img *image.RGBA) bool {
	first := [4]byte(img.Pix)
	for i := 4; i < len(img.Pix); i += 4 {
		if [4]byte(img.Pix[i:]) != first {
			return false
		}
	}
	return true
}

// rate returns how many different pictures a second were seen in a span, by the middle of them. One that is not the
// same in two looks is half drawn and does not count.
func (s *stage) rate(ctx context.Context, span time.Duration) (float64, error) {
	seed, pictures := maphash.MakeSeed(), 0
	var looked, counted uint64
	size := s.screen.Size
	row := make([]byte, 4*size.X/3)
	ctx, cancel := context.WithTimeout(ctx, span)
	defer cancel()
	tick := time.NewTicker(4 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return float64(pictures) / span.Seconds(), s.kinora.Running()
		}
		var hash maphash.Hash
		hash.SetSeed(seed)
		for y := size.Y / 3; y < 2*size.Y/3; y += 8 {
			if err := s.screen.Row(row, size.X/2, y); err != nil {
				return 0, err
			}
			hash.Write(row)
		}
		sum := hash.Sum64()
		if sum == looked && sum != counted {
			pictures, counted = pictures+1, sum
		}
		looked = sum
	}
}
