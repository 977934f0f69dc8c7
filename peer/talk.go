package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"kinora/media"
)

// voice is a viewer's own sound. It is agreed on with the call, and sent while somebody talks.
type voice struct {
	*outlet
	began time.Time // of its time

	talking sync.Mutex // held while somebody does
}

// spoken is the sound that a viewer sends.
var spoken = media.Track{ID: audioID, Kind: media.Audio, Codec: media.Opus, Rate: 48000, Channels: 1}

// plain are the sounds that it sends to who does not take that, best first.
var plain = []media.Track{
	{ID: audioID, Kind: media.Audio, Codec: media.MuLaw, Rate: 8000, Channels: 1},
	{ID: audioID, Kind: media.Audio, Codec: media.ALaw, Rate: 8000, Channels: 1},
}

func newVoice() *voice { return &voice{outlet: newOutlet(spoken), began: time.Now()} }

// Bind takes the best sound that both sides speak. It takes part in a call also when there is none: nothing is ever sent then.
func (v *voice) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	takes := func(t media.Track) bool {
		return slices.ContainsFunc(c.CodecParameters(), func(p webrtc.RTPCodecParameters) bool { return strings.EqualFold(p.MimeType, mimes[t.Codec]) })
	}
	if i := slices.IndexFunc(plain, takes); i >= 0 && !takes(spoken) && !v.once {
		v.track = plain[i]
	}
	p, err := v.outlet.Bind(c)
	if errors.Is(err, errNotSpoken) && len(c.CodecParameters()) > 0 {
		return c.CodecParameters()[0], nil
	}
	return p, err
}

// offerVoice adds a viewer's own sound to a call, and reads what the other side says about it until the connection ends.
func (v *Viewer) offerVoice(pc *webrtc.PeerConnection, running *sync.WaitGroup) error {
	t, err := pc.AddTransceiverFromTrack(v.voice, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendrecv})
	if err != nil {
		return err
	}
	running.Go(func() {
		for {
			if _, _, err := t.Sender().ReadRTCP(); err != nil {
				return
			}
		}
	})
	return nil
}

// Why nobody can talk.
var (
	errMute  = errors.New("the other side does not listen: it takes no sound, or none of this kind, or the call is not up yet")
	errTwice = errors.New("somebody is talking already")
)

// Spoken is how the sound for Talk has to be coded, by what the other side takes: Opus, or 8000 Hz G.711; empty while nobody listens.
func (v *Viewer) Spoken() media.Codec {
	if v.voice == nil || !v.voice.bound() {
		return ""
	}
	return v.voice.track.Codec
}

// Talk sends the sound of a source, which has to be coded as Spoken says, to the master: until its end (nil), an error, or ctx ends. It
// closes the source. Options.Talk must have been set.
func (v *Viewer) Talk(ctx context.Context, src media.Source) error {
	defer src.Close()
	track, ok := media.AudioTrack(src.Tracks())
	switch {
	case v.Spoken() == "":
		return errMute
	case !ok || track.Codec != v.Spoken():
		return fmt.Errorf("what is said is not coded as the other side takes it, which is %s: %v", v.Spoken(), src.Tracks())
	case !v.voice.talking.TryLock():
		return errTwice
	}
	defer v.voice.talking.Unlock()
	defer context.AfterFunc(ctx, func() { src.Close() })()
	shift, first := time.Duration(0), true
	var reported time.Time
	for {
		p, err := src.Read()
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case p.Track != track.ID:
			continue
		}
		now := time.Now()
		if first || p.Discontinuity {
			shift, first = now.Sub(v.voice.began)-p.PTS, false
		}
		f := pack(track, p, src.Epoch())
		if f == nil {
			continue
		}
		ts := v.voice.ticks(p.PTS + shift)
		if err := v.voice.send(f, ts); err != nil {
			return fmt.Errorf("what is said does not go out: %w", err)
		}
		if now.Sub(reported) >= time.Second {
			reported = now
			v.mu.Lock()
			pc := v.pc
			v.mu.Unlock()
			_ = pc.WriteRTCP([]rtcp.Packet{v.voice.report(f, ts)}) // the next one comes in a second
		}
	}
}
