package main

import (
	"context"

	"kinora/app"
	"kinora/kvs"
	"kinora/media"
	"kinora/peer"
)

// master is this program as a channel's master, as the app wants it.
type master struct {
	*place
	master *peer.Master
}

// Host makes this program the master of a channel.
func (a *account) Host(channel string, o app.HostOptions) app.Host {
	p := a.place(kvs.Seat{Channel: channel}, func(kvs.Call) {})
	return &master{p, peer.NewMaster(peer.MasterOptions{
		Options: a.peers(p), Tracks: o.Tracks, Viewers: o.Viewers, Bitrate: o.Bitrate, KeyFrame: o.KeyFrame, Spoken: o.Spoken, Heard: o.Heard,
	})}
}

// Carries reports whether calls carry a codec.
func (a *account) Carries(c media.Codec) bool { return peer.Carries(c) }

func (m *master) Run(ctx context.Context) error {
	inner, cancel := context.WithCancelCause(ctx)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = m.master.Run(inner) // it ends with inner
	}()
	err := m.run(inner)
	cancel(err)
	<-served
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (m *master) Feed(ctx context.Context, src media.Source) error { return m.master.Feed(ctx, src) }
func (m *master) Kick(viewer string)                               { m.master.Kick(viewer) }
func (m *master) Say(text string)                                  { m.master.Say(text) }

func (m *master) Viewers() []app.Viewer {
	seats := m.master.Seats()
	viewers := make([]app.Viewer, len(seats))
	for i, s := range seats {
		viewers[i] = app.Viewer{ID: s.ID, Since: s.Since, Relayed: s.Relayed, RoundTrip: s.RoundTrip, Bitrate: s.Bitrate, Dropped: s.Dropped}
	}
	return viewers
}

func (m *master) State() app.HostState {
	s := m.signal.State()
	h := app.HostState{Connected: s.Connected, Refused: m.master.Refused()}
	if !s.Connected {
		h.Err = s.Err
	}
	return h
}
