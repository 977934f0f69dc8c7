package app

import (
	"context"
	"sync/atomic"
	"time"

	"kinora/media"
	"kinora/player"
	"kinora/recorder"
)

// IntakeState is what a source gives at the moment.
type IntakeState = recorder.IntakeState

// Preview is the source that is open on the Record page.
type Preview struct {
	Camera   Camera // zero: none
	Settings Settings
	Player   *player.Player // shows what comes in; nil: none
	State    IntakeState
	Data     string // the newest line of telemetry that was recorded; empty: there was none
}

// Sound reports whether there is sound.
func (p Preview) Sound() bool {
	_, ok := media.AudioTrack(p.State.Tracks)
	return ok
}

// glances is how often the preview's figures are brought up to date.
const glances = 100 * time.Millisecond

// preview is what Show has opened.
type preview struct {
	asked  Settings // the input's may differ: a recording goes on as it began
	input  *input
	player *player.Player
	data   *atomic.Pointer[string] // the newest line of telemetry
	end    context.CancelFunc
}

// Show opens a camera on the Record page: previewed at once, recorded when Begin is called with it. A nil camera closes
// it. The same camera with the same settings goes on as it is; one that is being recorded is shown as it is recorded.
func (r *Recordings) Show(c *Camera, s Settings) {
	r.mu.Lock()
	switch old := r.preview; {
	case r.closed, old == nil && c == nil, old != nil && c != nil && old.input.camera.ID == c.ID && old.asked == s && !old.input.over():
		r.mu.Unlock()
		return
	}
	r.unshow()
	if c != nil {
		in := r.inputs[c.ID]
		if in == nil || !in.recorded {
			in = r.input(r.o.looped(*c), s, "")
			close(in.start)
		}
		r.exhibit(in, s)
	}
	r.mu.Unlock()
	r.glance()
}

// Shown is what Show opened, brought up to date ten times a second while something is.
func (r *Recordings) Shown() *Value[Preview] { return &r.shown }

// unshow ends the preview, if there is one. r.mu is held.
func (r *Recordings) unshow() {
	if p := r.preview; p != nil {
		p.end()
		p.input.shown = false
		p.input.leave()
		r.preview = nil
	}
}

// exhibit makes an input the one that is shown. r.mu is held, and nothing is shown.
func (r *Recordings) exhibit(in *input, asked Settings) {
	ctx, end := context.WithCancel(context.Background())
	data := new(atomic.Pointer[string])
	p := player.New(player.Options{
		Open:   func(context.Context) (media.Source, error) { return readout{in.intake.Tap(), data}, nil },
		Codecs: r.o.Codecs,
		Log:    r.log.With("preview of", in.camera.Name),
	})
	in.shown = true
	r.preview = &preview{asked: asked, input: in, player: p, data: data, end: end}
	r.running.Go(func() {
		if err := p.Run(ctx); err != nil && ctx.Err() == nil {
			r.log.Warn("the preview ended", "camera", in.camera.Name, "err", err)
		}
	})
	r.running.Go(func() {
		tick := time.NewTicker(glances)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				r.glance()
			}
		}
	})
}

// glance shows how the preview stands.
func (r *Recordings) glance() {
	r.shown.Update(func(Preview) Preview {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.preview == nil {
			return Preview{}
		}
		in := r.preview.input
		shown := Preview{Camera: in.camera, Settings: in.settings, Player: r.preview.player, State: in.intake.State()}
		if line := r.preview.data.Load(); line != nil {
			shown.Data = *line
		}
		return shown
	})
}
