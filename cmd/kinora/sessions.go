package main

import (
	"context"
	"fmt"

	"kinora/app"
	"kinora/ffmpeg"
	"kinora/kvs"
	"kinora/media"
)

// Session opens a stream live by HLS or DASH. The session is begun anew each time: its address expires.
func (a *account) Session(stream string, way app.Way) media.Opener {
	return a.sessions[way].Live(stream)
}

func (a *account) hls(stream string) media.Opener {
	return a.session(stream, kvs.Session{Clock: kvs.ProducerTime}, "HLS", map[string]string{"live_start_index": "-1"})
}

func (a *account) dash(stream string) media.Opener {
	return a.session(stream, kvs.Session{Clock: kvs.ProducerTime, DASH: true}, "DASH", nil)
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
