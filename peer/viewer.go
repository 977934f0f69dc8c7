package peer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"kinora/media"
	"kinora/signaling"
)

// Why a call ends. They are wrapped with the particulars.
var (
	ErrNoAnswer = errors.New("nobody answered: the channel's master is not there, or does not take the call")
	ErrNoWay    = errors.New("no way to the other side was found: neither directly nor by a TURN server")
	ErrLost     = errors.New("the way to the other side was lost and could not be found again")
	ErrHungUp   = errors.New("the other side has ended the call")
	ErrForeign  = errors.New("what the other side says of itself is not understood")
)

// Viewer is one call to the master of a channel. Run makes it; the other methods may be called from any goroutine.
type Viewer struct {
	o      Options
	source *source
	steps  steps
	voice  *voice // nil: the viewer only looks and listens
	rtt    atomic.Int64
	tracks chan received
	texts  chan string

	mu      sync.Mutex
	data    *webrtc.DataChannel
	picture func() // asks for a key frame; nil: there is no picture yet
	known   Stats
	answers uint64 // on the way to the other side, when it was looked at last
	pc      *webrtc.PeerConnection
}

type received struct {
	track    *webrtc.TrackRemote
	receiver *webrtc.RTPReceiver
}

const (
	patience  = 15 * time.Second // for an answer, and for a way after it
	heldTexts = 64               // messages of the other side that wait; what comes when it is full is dropped
)

// NewViewer returns a call that is not made yet.
func NewViewer(o Options) *Viewer {
	v := &Viewer{o: o.withDefaults(), source: newSource(), tracks: make(chan received, 4), texts: make(chan string, heldTexts)}
	if o.Talk {
		v.voice = newVoice()
	}
	return v
}

// Open waits for the first picture; it is a [media.Opener]. The source ends with the call, the call does not end with the source.
func (v *Viewer) Open(ctx context.Context) (media.Source, error) { return v.source.open(ctx) }

// Texts returns what the other side says over the data channel. It is never closed.
func (v *Viewer) Texts() <-chan string { return v.texts }

// Say sends a text over the data channel.
func (v *Viewer) Say(text string) error {
	v.mu.Lock()
	d := v.data
	v.mu.Unlock()
	if d == nil || d.ReadyState() != webrtc.DataChannelStateOpen {
		return errors.New("there is no data channel to the other side yet")
	}
	return d.SendText(text)
}

// AskKeyFrame asks the master for a key frame, if there is a picture.
func (v *Viewer) AskKeyFrame() {
	v.mu.Lock()
	ask := v.picture
	v.mu.Unlock()
	if ask != nil {
		ask()
	}
}

// Stats returns what is known of the call.
func (v *Viewer) Stats() Stats {
	v.mu.Lock()
	known := v.known
	v.mu.Unlock()
	s := v.source.figures(time.Now())
	s.Relayed, s.RoundTrip, s.Restarts = known.Relayed, known.RoundTrip, known.Restarts
	return s
}

// Run makes the call and keeps it until ctx ends (ctx's error) or it is over. It waits for all that it started.
func (v *Viewer) Run(ctx context.Context) error {
	err := v.run(ctx)
	v.source.end(err)
	return err
}

func (v *Viewer) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pc, err := v.o.connection(ctx, nil)
	if err != nil {
		return fmt.Errorf("the call cannot be made: %w", err)
	}
	var running sync.WaitGroup
	defer running.Wait()
	defer pc.GracefulClose()
	defer cancel()
	l := newLink(v.o, pc, "")
	l.sent = func(kind signaling.Type) {
		if kind == signaling.Offer {
			v.steps.reach(func(s *Steps) *time.Time { return &s.Offered })
		}
	}
	pc.OnConnectionStateChange(func(c webrtc.PeerConnectionState) {
		if c == webrtc.PeerConnectionStateConnected {
			v.steps.reach(func(s *Steps) *time.Time { return &s.Secured })
		}
	})
	running.Go(func() { l.send(ctx) })
	pc.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
		select {
		case v.tracks <- received{t, r}:
		case <-ctx.Done():
		}
	})
	kinds := []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio}
	if v.voice != nil {
		kinds = kinds[:1]
	}
	for _, kind := range kinds {
		if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			return fmt.Errorf("the call cannot be made: %w", err)
		}
	}
	if v.voice != nil {
		if err := v.offerVoice(pc, &running); err != nil {
			return fmt.Errorf("the call cannot be made: %w", err)
		}
	}
	data, err := pc.CreateDataChannel("kvsDataChannel", nil)
	if err != nil {
		return fmt.Errorf("the call cannot be made: %w", err)
	}
	data.OnMessage(func(m webrtc.DataChannelMessage) {
		select {
		case v.texts <- string(m.Data):
		default:
		}
	})
	v.mu.Lock()
	v.pc, v.data = pc, data
	v.mu.Unlock()
	if err := l.offer(false); err != nil {
		return fmt.Errorf("the call cannot be made: %w", err)
	}
	return v.keep(ctx, l, &running)
}

// keep handles what happens in a call.
func (v *Viewer) keep(ctx context.Context, l *link, running *sync.WaitGroup) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	began, answered, connected := time.Now(), false, false
	var s search
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case in := <-v.o.Signaling.Events():
			switch in.Type {
			case signaling.Answer:
				if l.pc.SignalingState() != webrtc.SignalingStateHaveLocalOffer {
					if !s.lost.IsZero() && !l.known(in.Event) { // the one that was taken was for an older offer
						v.restart(ctx, l, &s)
					}
					continue
				}
				if answered && !l.same(in.Event) { // its last word was lost
					return ErrHungUp
				}
				if err := l.hear(webrtc.SDPTypeAnswer, in.Event); err != nil {
					return err
				}
				answered = true
				v.announce(l.pc)
				v.steps.reach(func(s *Steps) *time.Time { return &s.Answered })
			case signaling.Candidate:
				l.candidate(in.Event)
			case signaling.ReconnectICEServer: // those that were lent may go
				if r, _ := way(l.pc); connected && r.relayed {
					s.begin(time.Now()) // until a new one is found
					v.restart(ctx, l, &s)
				} else {
					l.configure(ctx)
				}
			case signaling.StatusResponse:
				if in.About != nil && in.About.Action == signaling.Offer && !answered {
					return fmt.Errorf("%w: %w", ErrNoAnswer, in.Status)
				}
			}
		case r := <-v.tracks:
			t, ok := trackOf(r.track.Codec().RTPCodecCapability)
			if !ok {
				v.o.Log.Warn("a track is passed over", "codec", r.track.Codec().MimeType)
				continue
			}
			in := newInlet(l.pc, r.track, v.source, t, &v.rtt)
			if t.Kind == media.Video {
				v.mu.Lock()
				v.picture = in.askKeyFrame
				v.mu.Unlock()
			}
			running.Go(func() {
				if err := in.run(); ctx.Err() == nil {
					v.o.Log.Debug("a track has ended", "err", err)
				}
			})
			running.Go(func() { in.reports(r.receiver) })
		case w := <-l.ways:
			switch w {
			case webrtc.ICEConnectionStateConnected, webrtc.ICEConnectionStateCompleted:
				connected = true
				s.end()
				v.steps.reach(func(s *Steps) *time.Time { return &s.Connected })
				v.steps.lose(s.lost)
			case webrtc.ICEConnectionStateDisconnected:
				s.begin(time.Now())
				v.steps.lose(s.lost)
			case webrtc.ICEConnectionStateClosed: // by a word of the other side's
				return ErrHungUp
			case webrtc.ICEConnectionStateFailed:
				if !connected {
					return ErrNoWay
				}
				return ErrLost
			}
		case now := <-tick.C:
			switch {
			case !answered && now.Sub(began) > patience:
				return ErrNoAnswer
			case answered && !connected && now.Sub(began) > 2*patience:
				return ErrNoWay
			case !s.lost.IsZero() && now.Sub(s.lost) > failed:
				return ErrLost
			}
			v.look(l.pc)
			if s.urge(now) {
				v.o.Signaling.Hurry()
			}
			if s.due(now, v.progress(l)) {
				v.restart(ctx, l, &s)
			}
		}
	}
}

// announce makes the sound known that was agreed on, so that whoever opens the source at the first picture knows of it.
func (v *Viewer) announce(pc *webrtc.PeerConnection) {
	d := pc.RemoteDescription()
	if d == nil || !sendsSound(d.SDP) {
		return
	}
	for _, t := range pc.GetTransceivers() {
		if t.Kind() != webrtc.RTPCodecTypeAudio || t.Receiver() == nil {
			continue
		}
		for _, c := range t.Receiver().GetParameters().Codecs {
			if track, ok := trackOf(c.RTPCodecCapability); ok {
				v.source.announce(track)
				break
			}
		}
	}
}

// look takes note of the way to the other side.
func (v *Viewer) look(pc *webrtc.PeerConnection) {
	r, ok := way(pc)
	if !ok {
		return
	}
	v.rtt.Store(int64(r.rtt))
	v.mu.Lock()
	defer v.mu.Unlock()
	if r.answers != v.answers {
		v.answers = r.answers
		v.source.answered(time.Now())
	}
	v.known.Relayed, v.known.RoundTrip = r.relayed, r.rtt
}
