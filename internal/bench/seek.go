package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"kinora/internal/rig"
	"kinora/internal/xscreen"
)

const (
	dayStream = "gate"
	dayLength = 24 * time.Hour
	daySeeks  = 120
	dayRest   = 250 * time.Millisecond // behind each, in which what follows it is done
	fragment  = 2 * time.Second        // of a tape
)

// tapeOfDay is 720p of which a day takes some gigabytes.
var tapeOfDay = rig.Recipe{Width: 1280, Height: 720, Kilobits: 800, Seconds: 20}

// A day is an archive of 24 hours of a tape in a kinorad, and the window of a Kinora that shows it.
type day struct {
	dir     string
	tape    *rig.Tape
	begin   time.Time
	service *rig.Process
	account *rig.Account
	screen  *xscreen.Display
	kinora  *rig.Process
	place   rig.Strip
}

// openDay makes the archive and opens the window on it. The caller closes it.
func openDay(ctx context.Context, dir string) (d *day, err error) {
	d = &day{dir: dir, begin: time.Now().Add(-dayLength - time.Minute).Truncate(time.Second)}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if d.tape, err = tapeOfDay.Load(ctx, rig.Dir); err != nil {
		return d, err
	}
	data := filepath.Join(dir, "service")
	if err := rig.Fill(ctx, data, rig.Past{Stream: dayStream, Fragments: int(dayLength / fragment), Length: fragment, Until: d.begin.Add(dayLength), Tape: d.tape}); err != nil {
		return d, err
	}
	if d.service, err = rig.LaunchService(ctx, data); err != nil {
		return d, err
	}
	if d.account, err = rig.Connect(ctx, d.service, data); err != nil {
		return d, err
	}
	if d.screen, err = xscreen.Start(ctx, smallWindow); err != nil {
		return d, err
	}
	if d.kinora, err = rig.Window(ctx, dir, d.screen, d.account.Env, "--endpoint", d.account.Endpoint); err != nil {
		return d, err
	}
	waiting, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err = d.screen.Focus(waiting, "Kinora"); err != nil {
		return d, err
	}
	if err = openAt(waiting, dir, d.kinora, d.account, dayStream, d.begin.Add(dayLength/2)); err != nil {
		return d, err
	}
	d.place, err = rig.Picture(ctx, d.screen, d.kinora)
	return d, err
}

func (d *day) close() error {
	var err error
	d.kinora.Stop()
	if d.screen != nil {
		err = d.screen.Close()
	}
	d.service.Stop()
	return err
}

// seek tells Kinora where to go, and returns when.
func (d *day) seek(ctx context.Context, to time.Duration) (time.Time, error) {
	return rig.OpenLink(ctx, d.dir, link(d.account, dayStream, d.begin.Add(to)))
}

// moment returns any frame of the day, and the time in the middle of it.
func (d *day) moment() (frame int, at time.Duration) {
	frame = 300 + rand.IntN(int(dayLength/rig.FrameTime)-600)
	return frame, (time.Duration(frame)*time.Second/rig.FrameRate + rig.FrameTime/2).Truncate(time.Millisecond)
}

// number is what a frame of the day shows.
func (d *day) number(frame int) uint32 { return uint32(frame % len(d.tape.Frames)) }

// measureSeek goes to random moments of a day, Kinora and mpv in turn, now the one first and now the other, so that what else the machine
// does meets both. Kinora asks a kinorad, mpv reads a file.
func measureSeek(ctx context.Context, s setting) (found []figure, err error) {
	d, err := openDay(ctx, s.dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	var peer *peer
	if _, missing := exec.LookPath("mpv"); missing == nil {
		if peer, err = openPeer(ctx, s.dir, d); err != nil {
			return nil, fmt.Errorf("the peer: %w", err)
		}
		defer func() { err = errors.Join(err, peer.close()) }()
	}
	if err := rest(ctx, settled); err != nil {
		return nil, err
	}
	var ours, theirs []time.Duration
	last := 0
	for i := range daySeeks {
		frame, to := d.moment()
		for d.number(frame)/4 == d.number(last)/4 { // what is there already proves nothing
			frame, to = d.moment()
		}
		last = frame
		own := func() error {
			want := d.number(frame)
			took, err := timed(ctx, d.screen, d.place, func(n uint32) bool { return n == want }, func() (time.Time, error) { return d.seek(ctx, to) })
			ours = append(ours, took)
			return errors.Join(err, d.kinora.Running())
		}
		other := func() error {
			took, err := peer.seek(ctx, d, frame, to)
			theirs = append(theirs, took)
			return err
		}
		turn := []func() error{own, other}
		if peer == nil {
			turn = turn[:1]
		} else if i%2 == 1 {
			slices.Reverse(turn)
		}
		for _, seek := range turn {
			if err := seek(); err != nil {
				return nil, err
			}
		}
	}
	for _, p := range []struct{ percent, bar float64 }{{50, 90}, {95, 150}} {
		name := fmt.Sprintf("seek in a day, %gth percentile", p.percent)
		value := milliseconds(percentile(ours, p.percent))
		found = append(found, measured(name, value, "ms").atMost(p.bar))
		if peer != nil {
			found = append(found, measured(name, value, "ms").against("mpv", milliseconds(percentile(theirs, p.percent))).atMost(1.1))
		}
	}
	if peer == nil {
		return found, errors.New("there is no mpv to compare with; make bench-deps installs it")
	}
	return found, nil
}

// timed does something and takes the time until the number that it leads to is on the screen.
func timed(ctx context.Context, screen *xscreen.Display, place rig.Strip, wanted func(uint32) bool, do func() (time.Time, error)) (time.Duration, error) {
	w := rig.NewWatcher(screen)
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	at, err := do()
	if err != nil {
		return 0, err
	}
	seen, err := w.Await(ctx, place, wanted)
	if err != nil {
		return 0, err
	}
	return seen.Sub(at), rest(ctx, dayRest)
}

// A peer is mpv with the same day.
type peer struct {
	screen *xscreen.Display
	mpv    *rig.Mpv
	place  rig.Strip
}

func openPeer(ctx context.Context, dir string, d *day) (p *peer, err error) {
	p = &peer{}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	file := filepath.Join(dir, "day.mkv")
	times := int(dayLength / (time.Duration(len(d.tape.Frames)) * rig.FrameTime))
	if err = d.tape.Repeat(ctx, times, file); err != nil {
		return p, err
	}
	if p.screen, err = xscreen.Start(ctx, smallWindow); err != nil {
		return p, err
	}
	if p.mpv, err = rig.LaunchMpv(ctx, dir, p.screen, file); err != nil {
		return p, err
	}
	p.place, err = rig.Picture(ctx, p.screen, p.mpv.Process)
	return p, err
}

// seek goes to a frame of the day, and takes the time. It is content with a neighbour of the frame.
func (p *peer) seek(ctx context.Context, d *day, frame int, to time.Duration) (time.Duration, error) {
	want, loop := int(d.number(frame)), len(d.tape.Frames)
	near := func(n uint32) bool { return (int(n)-want+loop+1)%loop <= 2 }
	took, err := timed(ctx, p.screen, p.place, near, func() (time.Time, error) { return p.mpv.Seek(to) })
	if err != nil {
		err = fmt.Errorf("the peer: %w", errors.Join(err, p.mpv.Running()))
	}
	return took, err
}

func (p *peer) close() error {
	var err error
	if p.mpv != nil {
		err = p.mpv.Close()
	}
	if p.screen != nil {
		err = errors.Join(err, p.screen.Close())
	}
	return err
}
