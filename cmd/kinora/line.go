package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"

	"kinora/app"
	"kinora/kvs"
	"kinora/media"
	"kinora/peer"
)

// line is one call, as the app wants it.
type line struct {
	*place
	viewer *peer.Viewer

	mu    sync.Mutex
	calls []app.ServiceCall
}

// Dial makes a call under a name of its own, so that several programs can watch one channel.
func (a *account) Dial(channel string, relay bool) app.Line {
	l := &line{}
	name := make([]byte, 6)
	rand.Read(name) // never fails
	l.place = a.place(kvs.Seat{Channel: channel, ClientID: "kinora-" + hex.EncodeToString(name)}, l.note)
	o := a.peers(l.place)
	o.Relay, o.Talk = relay, true
	l.viewer = peer.NewViewer(o)
	return l
}

func (l *line) note(c kvs.Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, app.ServiceCall{Name: c.Op, Began: c.Began, Ended: c.Ended, Err: c.Err})
}

// Run looks for the service and for TURN servers side by side. What keeps signaling from being connected is why nobody answers.
func (l *line) Run(ctx context.Context) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	signaled := make(chan error, 1)
	go func() {
		err := l.run(inner)
		cancel(err)
		signaled <- err
	}()
	err := l.viewer.Run(inner)
	unheard := l.signal.State().Err
	cancel(nil)
	refused := <-signaled
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case l.connected.Load() == nil && refused != nil && !errors.Is(refused, context.Canceled):
		return refused
	case l.connected.Load() == nil && unheard != nil:
		return fmt.Errorf("the signaling channel could not be reached: %w", unheard)
	}
	return err
}

func (l *line) Open(ctx context.Context) (media.Source, error) { return l.viewer.Open(ctx) }
func (l *line) Talk(ctx context.Context, src media.Source) error {
	return l.viewer.Talk(ctx, src)
}
func (l *line) Spoken() media.Codec   { return l.viewer.Spoken() }
func (l *line) Say(text string) error { return l.viewer.Say(text) }
func (l *line) Texts() <-chan string  { return l.viewer.Texts() }

func (l *line) Progress() app.Progress {
	s := l.viewer.Steps()
	p := app.Progress{Offered: s.Offered, Answered: s.Answered, Connected: s.Connected, Secured: s.Secured, Packet: s.Packet, Lost: s.Lost}
	if at := l.connected.Load(); at != nil {
		p.Signaling = *at
	}
	if st := l.signal.State(); !st.Connected {
		p.Unheard = st.Err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	p.Calls = slices.Clone(l.calls)
	return p
}

func (l *line) Figures() app.Figures {
	s := l.viewer.Stats()
	return app.Figures{
		Relayed: s.Relayed, RoundTrip: s.RoundTrip, Jitter: s.Jitter, Restarts: s.Restarts,
		Packets: s.Packets, Lost: s.Lost, Recovered: s.Recovered, Bytes: s.Bytes, Frames: s.Frames,
		Freezes: s.Freezes, Frozen: s.Frozen, KeyFramesAsked: s.KeyFramesAsked, Dropped: s.Dropped,
		Standing: s.Standing, Still: standstills[s.Still],
	}
}

var standstills = map[peer.Standstill]app.Standstill{
	peer.Silence: app.Silence, peer.NoPictures: app.NoPictures, peer.SoundAlone: app.SoundAlone, peer.NoKeyFrame: app.NoKeyFrame, peer.Incomplete: app.Incomplete,
}
