package main

import (
	"context"
	"fmt"

	"kinora/app"
	"kinora/ffmpeg"
	"kinora/kvs"
	"kinora/media"
)

// Live opens a stream live. A session of HLS or DASH is begun anew each time: its address expires.
func (a *account) Live(stream string, access app.Access) media.Opener {
	switch {
	case access.Way != app.GetMedia:
		return a.sessions[access].Live(stream)
	case access.Clock == app.ServerClock:
		return kvs.ByServerTime(a.hub.Live(stream))
	}
	return a.hub.Live(stream)
}

// newSessions makes the hubs of all that is watched by HLS and DASH, by each clock.
func (a *account) newSessions() map[app.Access]*kvs.Hub {
	hubs := make(map[app.Access]*kvs.Hub)
	for _, clock := range []app.Clock{app.ProducerClock, app.ServerClock} {
		hubs[app.Access{Way: app.HLS, Clock: clock}] = kvs.NewHub(func(stream string) media.Opener {
			return a.session(stream, kvs.Session{Clock: clockOf(clock)}, "HLS", map[string]string{"live_start_index": "-1"})
		})
		hubs[app.Access{Way: app.DASH, Clock: clock}] = kvs.NewHub(func(stream string) media.Opener {
			return a.session(stream, kvs.Session{Clock: clockOf(clock), DASH: true}, "DASH", nil)
		})
	}
	return hubs
}

func clockOf(c app.Clock) kvs.Clock {
	if c == app.ServerClock {
		return kvs.ServerTime
	}
	return kvs.ProducerTime
}

// session reads what a session gives with FFmpeg, as it is coded.
func (a *account) session(stream string, s kvs.Session, protocol string, options map[string]string) media.Opener {
	return func(ctx context.Context) (media.Source, error) {
		url, err := a.client.SessionURL(ctx, stream, s)
		if err != nil {
			return nil, err
		}
		o, err := ffmpeg.Address(url)
		if err != nil {
			return nil, fmt.Errorf("the service's address of a session: %w", err)
		}
		o.Reconnect = false // a new session is better
		if o.Zero, err = a.client.SessionZero(ctx, url, s); err != nil {
			a.log.Debug("pictures are timed by their arrival", "stream", stream, "error", err)
		}
		in := &o.Inputs[0]
		in.Name = protocol + " of " + stream
		for name, value := range options {
			in.Options[name] = value
		}
		return ffmpeg.Capture(ctx, o)
	}
}

func (a *account) Forbidden(err error) bool { return kvs.IsForbidden(err) }

func (a *account) Waiting(stream string) (app.Waiting, bool) {
	w, ok := a.client.Waiting(stream)
	return app.Waiting{Call: w.Op, Since: w.Since, Until: w.Until}, ok
}
