package main

import (
	"kinora/app"
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
			return a.client.SessionLive(stream, kvs.Session{Clock: clockOf(clock)})
		})
		hubs[app.Access{Way: app.DASH, Clock: clock}] = kvs.NewHub(func(stream string) media.Opener {
			return a.client.SessionLive(stream, kvs.Session{Clock: clockOf(clock), DASH: true})
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

func (a *account) Forbidden(err error) bool { return kvs.IsForbidden(err) }

func (a *account) Waiting(stream string) (app.Waiting, bool) {
	w, ok := a.client.Waiting(stream)
	return app.Waiting{Call: w.Op, Since: w.Since, Until: w.Until}, ok
}
