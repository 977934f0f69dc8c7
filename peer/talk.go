package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
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

func newVoice() *voice { return &voice{outlet: newOutlet(spoken), began: time.Now()} }

// Bind takes part in a call also when the other side does not take this sound: it is never sent then.
func (v *voice) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
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

// Talk sends the sound of a source, which has to be Opus, to the master: until its end (nil), an error, or ctx ends. It closes the
// source. Options.Talk must have been set.
func (v *Viewer) Talk(ctx context.Context, src media.Source) error {
	defer src.Close()
	track, ok := media.AudioTrack(src.Tracks())
	switch {
	case !ok || track.Codec != spoken.Codec:
		return fmt.Errorf("what is said is not coded as a call carries it: %v", src.Tracks())
	case v.voice == nil || !v.voice.bound():
		return errMute
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
