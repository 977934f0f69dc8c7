package app

import (
	"context"
	"errors"
	"math"
	"slices"
)

// Talk begins to send what the microphone hears to the other side of the call, or ends that. It returns at once; Call.Talking says
// when the microphone is open, and Call.Mute why it is not.
func (c *Calls) Talk(on bool) {
	if l := c.present(); l != nil {
		l.talk(on)
		c.tune()
		c.show(l)
	}
}

// ForgetMute takes note that a person knows why nobody could talk.
func (c *Calls) ForgetMute() {
	if l := c.present(); l != nil {
		l.mu.Lock()
		l.mute = nil
		l.mu.Unlock()
		c.show(l)
	}
}

// UseMicrophone chooses the microphone for talking by its ID; the empty one and one that is not there mean the first that is found.
func (c *Calls) UseMicrophone(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.microphone = id
}

// ErrNoMicrophone is Call.Mute where there is none.
var ErrNoMicrophone = errors.New("there is no microphone; connect one, then talk again")

// ear finds the microphone. It may block for devices.
func (c *Calls) ear() (Camera, error) {
	c.mu.Lock()
	id := c.microphone
	c.mu.Unlock()
	if c.o.Microphones == nil {
		return Camera{}, ErrNoMicrophone
	}
	list := c.o.Microphones()
	if len(list) == 0 {
		return Camera{}, ErrNoMicrophone
	}
	return list[max(0, slices.IndexFunc(list, func(m Camera) bool { return m.ID == id }))], nil
}

// talk begins or ends talking.
func (l *call) talk(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case on == (l.quiet != nil), on && l.ending:
		return
	case !on:
		l.quiet()
		l.quiet = nil
		return
	}
	ctx, quiet := context.WithCancel(context.Background())
	l.quiet, l.mute = quiet, nil
	l.talks.Go(func() {
		defer quiet()
		err := l.speak(ctx)
		l.mu.Lock()
		l.level = nil
		if ctx.Err() == nil { // it ended by itself
			l.quiet, l.mute = nil, err
		}
		l.mu.Unlock()
		l.calls.tune()
		l.calls.show(l)
	})
}

// talking reports whether somebody talks, or is about to. They are by turns, since nothing takes the echo of a loudspeaker away.
func (l *call) talking() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.quiet != nil
}

// speak sends what the microphone hears until ctx ends.
func (l *call) speak(ctx context.Context) error {
	mic, err := l.calls.ear()
	if err != nil {
		return err
	}
	src, err := mic.opener(Settings{Call: true, Sound: l.line.Spoken()})(ctx)
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.level = func() (rms, peak float64) { return math.Inf(-1), math.Inf(-1) }
	if loud, ok := src.(interface{ Level() (rms, peak float64) }); ok {
		l.level = loud.Level
	}
	l.mu.Unlock()
	l.calls.show(l)
	return l.line.Talk(ctx, src)
}

// hush ends talking for good, and waits.
func (l *call) hush() {
	l.mu.Lock()
	l.ending = true
	if l.quiet != nil {
		l.quiet()
		l.quiet = nil
	}
	l.mu.Unlock()
	l.talks.Wait()
}
