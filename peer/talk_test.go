package peer

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"kinora/internal/leak"
	"kinora/media"
	"kinora/signaling"
)

// speech yields numbered frames of Opus, one each 20 ms.
type speech struct {
	track media.Track
	ctx   context.Context
	end   context.CancelFunc
	n     int
	most  int
}

func newSpeech(most int) *speech {
	s := &speech{track: spoken, most: most}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

func (s *speech) Tracks() []media.Track { return []media.Track{s.track} }
func (s *speech) Epoch() time.Time      { return time.Time{} }
func (s *speech) Close() error          { s.end(); return nil }

func (s *speech) Read() (*media.Packet, error) {
	if s.n == s.most {
		return nil, io.EOF
	}
	select {
	case <-s.ctx.Done():
		return nil, io.ErrClosedPipe
	case <-time.After(20 * time.Millisecond):
	}
	s.n++
	at := time.Duration(s.n) * 20 * time.Millisecond
	return &media.Packet{Track: audioID, PTS: at, DTS: at, Key: true, Data: []byte{0x78, byte(s.n)}}, nil
}

// listener is a master that shows nothing and listens, to some codecs only if any are named.
func listener(t *testing.T, x *exchange, only ...media.Codec) (heard <-chan [2]uint32) {
	t.Helper()
	here := x.join("")
	packets := make(chan [2]uint32, 1000)
	pc, err := (Options{Signaling: here, Loopback: true, Codecs: only}).withDefaults().connection(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			packets <- [2]uint32{uint32(p.Payload[1]), p.Timestamp}
		}
	})
	background(t, func(ctx context.Context) {
		defer pc.GracefulClose()
		l := newLink(Options{Signaling: here}.withDefaults(), pc, "one")
		sent := make(chan struct{})
		go func() { defer close(sent); l.send(ctx) }()
		defer func() { <-sent }()
		for {
			select {
			case <-ctx.Done():
				return
			case in := <-here.Events():
				switch in.Type {
				case signaling.Candidate:
					l.candidate(in.Event)
				case signaling.Offer:
					err := l.hear(webrtc.SDPTypeOffer, in.Event)
					var d webrtc.SessionDescription
					if err == nil {
						d, err = pc.CreateAnswer(nil)
					}
					if err == nil {
						err = l.describe(signaling.Answer, d)
					}
					if err != nil {
						t.Errorf("answering: %v", err)
					}
				}
			}
		}
	})
	return packets
}

func TestAViewerTalks(t *testing.T) {
	leak.Check(t)
	x := &exchange{}
	heard := listener(t, x)
	v := NewViewer(Options{Signaling: x.join("one"), Loopback: true, Talk: true})
	background(t, func(ctx context.Context) { v.Run(ctx) })
	if err := v.Talk(t.Context(), newSpeech(1)); !errors.Is(err, errMute) {
		t.Errorf("before the call is up: %v", err)
	}
	until(t, "the call is up", func() bool { return !v.Steps().Secured.IsZero() })
	for spurt := range 2 {
		if err := v.Talk(t.Context(), newSpeech(10)); err != nil {
			t.Fatal(err)
		}
		var last uint32
		for n := uint32(1); n <= 10; n++ {
			select {
			case p := <-heard:
				if p[0] != n || n > 1 && p[1]-last != 960 {
					t.Errorf("spurt %d: frame %d comes %d samples after the one before, want frame %d after 960", spurt, p[0], p[1]-last, n)
				}
				last = p[1]
			case <-time.After(30 * time.Second):
				t.Fatalf("spurt %d: frame %d is not heard", spurt, n)
			}
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	talked := make(chan error, 1)
	go func() { talked <- v.Talk(ctx, newSpeech(10_000)) }()
	<-heard
	if err := v.Talk(t.Context(), newSpeech(1)); !errors.Is(err, errTwice) {
		t.Errorf("while somebody talks: %v", err)
	}
	stop()
	if err := <-talked; !errors.Is(err, context.Canceled) {
		t.Errorf("talk that was ended: %v", err)
	}
}

// Who takes no Opus is told in G.711.
func TestAViewerTalksPlainly(t *testing.T) {
	for _, track := range plain {
		t.Run(string(track.Codec), func(t *testing.T) {
			leak.Check(t)
			x := &exchange{}
			heard := listener(t, x, media.H264, track.Codec)
			v := NewViewer(Options{Signaling: x.join("one"), Loopback: true, Talk: true})
			background(t, func(ctx context.Context) { v.Run(ctx) })
			until(t, "the call is up", func() bool { return !v.Steps().Secured.IsZero() })
			if v.Spoken() != track.Codec {
				t.Fatalf("%q is to be spoken", v.Spoken())
			}
			if err := v.Talk(t.Context(), newSpeech(1)); err == nil || errors.Is(err, errMute) {
				t.Errorf("Opus to who does not take it: %v", err)
			}
			s := newSpeech(10)
			s.track = track
			if err := v.Talk(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			var last uint32
			for n := uint32(1); n <= 10; n++ {
				select {
				case p := <-heard:
					if p[0] != n || n > 1 && p[1]-last != 160 {
						t.Errorf("frame %d comes %d samples after the one before, want frame %d after 160", p[0], p[1]-last, n)
					}
					last = p[1]
				case <-time.After(30 * time.Second):
					t.Fatalf("frame %d is not heard", n)
				}
			}
		})
	}
}

func TestWhatIsSaidIsOpus(t *testing.T) {
	v := NewViewer(Options{Talk: true})
	if err := v.Talk(t.Context(), newCamera(t)); !errors.Is(err, errMute) {
		t.Errorf("Opus beside a picture before the call: %v", err)
	}
	s := newSpeech(1)
	if err := NewViewer(Options{}).Talk(t.Context(), s); !errors.Is(err, errMute) || s.ctx.Err() == nil {
		t.Errorf("a viewer that only looks: %v, closed: %v", err, s.ctx.Err() != nil)
	}
}
