package main

import (
	"context"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kinora/app"
	"kinora/audio"
	"kinora/ffmpeg"
	"kinora/internal/browser"
	"kinora/media"
)

// lavfi is a camera that is generated.
func lavfi(id string, graphs ...string) app.Camera {
	var inputs []ffmpeg.Input
	for _, g := range graphs {
		inputs = append(inputs, ffmpeg.Input{Format: "lavfi", URL: g})
	}
	return app.Camera{ID: id, Name: id, With: func(s app.Settings) media.Opener {
		return func(ctx context.Context) (media.Source, error) {
			return ffmpeg.Capture(ctx, ffmpeg.CaptureOptions{Realtime: true, KeyInterval: time.Second, Preset: ffmpeg.LowBandwidth, Inputs: inputs, Call: s.Call, Sound: s.Sound})
		}
	}}
}

const tone = "sine=frequency=440:sample_rate=48000,volume=4"

// withSDKs is the app on a service that has the channel door, which is at the lobby too, with a microphone that hears a tone, and a
// loudspeaker that nobody hears.
func withSDKs(t *testing.T, ctx context.Context) (a *app.App, acc *account, lobby browser.Service) {
	t.Helper()
	acc, at := dialled(t)
	if err := acc.CreateChannel(ctx, "door"); err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(os.Getenv("AWS_CA_BUNDLE"))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	output := audio.NewOutput(audio.Silent, log)
	o := sources("")
	o.Loudspeaker = loudspeaker{output}
	o.Microphones = func() []app.Camera { return []app.Camera{lavfi("microphone", tone)} }
	a, end, err := at.open(ctx, o, true, log)
	if err != nil {
		t.Fatal(err)
	}
	playing, quiet := context.WithCancel(ctx)
	played := make(chan struct{})
	go func() {
		defer close(played)
		output.Run(playing)
	}()
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
		quiet()
		<-played
	})
	return a, acc, browser.Service{Root: filepath.Join("..", ".."), Endpoint: strings.Replace(at.Endpoint, "http://", "https://", 1), CA: ca,
		Key: os.Getenv("AWS_ACCESS_KEY_ID"), Secret: os.Getenv("AWS_SECRET_ACCESS_KEY"), Channel: "door"}
}

// The official SDK watches and hears a stream with AAC, which calls do not carry, and is heard by the app that offers it.
func TestTheSDKHearsAStreamAndIsHeard(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), 2*browser.Time)
	defer stop()
	a, acc, lobby := withSDKs(t, ctx)
	if err := acc.Create(ctx, "yard", time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := a.Recordings.Start("yard", lavfi("camera", "testsrc2=size=320x180:rate=15", tone)); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, "a recording", func() bool { rec, ok := a.Recordings.Of("yard"); return ok && !rec.Advanced.IsZero() })
	if rec, _ := a.Recordings.Of("yard"); rec.Source.Tracks[1].Codec != media.AAC {
		t.Fatalf("recorded is %+v", rec.Source.Tracks)
	}
	yard, err := a.StreamCamera("yard")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Calls.Offer("door", yard, app.Settings{}); err != nil {
		t.Fatal(err)
	}
	b := lobby.Call(t, url.Values{"talks": {"yes"}}, "viewer")
	offered := func() (o app.Offered) {
		if l := a.Calls.Offers().Get(); len(l) == 1 {
			o = l[0]
		}
		return o
	}
	until(t, ctx, "a greeting", func() bool { o := offered(); return len(o.Texts) == 1 && o.Texts[0].Text == "hello master" })
	a.Calls.Tell("door", "hello viewer")
	seen := b.Until(t, "viewer", "a picture, sound and an answer", browser.Report.SeesAndHears)
	if seen.Codec != "audio/opus" || seen.Width != 320 {
		t.Errorf("the viewer has %+v", seen)
	}
	b.Until(t, "viewer", "a picture that moves on", func(r browser.Report) bool { return r.Frames > seen.Frames+20 })
	until(t, ctx, "the viewer's sound", func() bool {
		v := offered().Voice
		if v == nil {
			return false
		}
		_, peak := v.Level()
		return peak > -40
	})
}

// The app talks to a master of the official SDK, as that takes it.
func TestTheSDKIsTalkedTo(t *testing.T) {
	for codec, asked := range map[string]url.Values{"audio/opus": nil, "audio/PCMU": {"plain": {"yes"}}} {
		t.Run(strings.TrimPrefix(codec, "audio/"), func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), 2*browser.Time)
			defer stop()
			a, _, lobby := withSDKs(t, ctx)
			b := lobby.Call(t, asked, "master")
			b.Until(t, "master", "a report", func(browser.Report) bool { return true })
			if err := a.Calls.Dial("door", false); err != nil {
				t.Fatal(err)
			}
			until(t, ctx, "the first picture", func() bool {
				c := a.Calls.Now().Get()
				if c.Phase == app.CallFailed {
					t.Fatal(c.Err)
				}
				return !c.Picture.IsZero()
			})
			until(t, ctx, "the master's sound", func() bool {
				_, peak := a.Calls.Now().Get().Voice.Level()
				return peak > -40
			})
			a.Calls.Talk(true)
			b.Until(t, "master", "what is said", func(r browser.Report) bool { return r.Sound > 0.01 && r.Codec == codec })
			a.Calls.Talk(false)
			if c := a.Calls.Now().Get(); c.Mute != nil {
				t.Errorf("nobody could talk: %v", c.Mute)
			}
		})
	}
}
