package peer

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"kinora/media"
	"kinora/signaling"
)

const (
	heldFlights = 256     // frames that wait for a seat
	shelfBytes  = 4 << 20 // frames since the last key frame that a new viewer gets at once, at most
)

// seat is one viewer of a master.
type seat struct {
	m         *Master
	id        string
	since     time.Time
	link      *link
	outlets   []*outlet
	cancel    context.CancelCauseFunc
	done      chan struct{}
	events    chan signaling.Inbound
	print     string // fingerprint of the viewer's certificate
	rate      atomic.Int64
	estimator *estimator
	way       atomic.Pointer[link] // link, for those on other goroutines
	tracks    chan received        // of the viewer's
	hears     bool                 // one of them

	mu      sync.Mutex
	queue   []*flight
	ready   chan struct{}
	needKey bool
	dropped uint64
	data    *webrtc.DataChannel
}

// put gives a frame to the seat. It never blocks.
func (s *seat) put(f *flight) {
	s.mu.Lock()
	if len(s.queue) >= heldFlights {
		s.dropped += uint64(len(s.queue))
		s.queue, s.needKey = nil, true
	}
	if s.needKey && f.kind == media.Video {
		if !f.key {
			s.dropped++
			s.mu.Unlock()
			return
		}
		s.needKey = false
	}
	s.queue = append(s.queue, f)
	s.mu.Unlock()
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

func (s *seat) take() []*flight {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.queue
	s.queue = nil
	return all
}

// write sends what is put, from the moment on at which the viewer can receive it.
func (s *seat) write(ctx context.Context, connected <-chan struct{}) {
	select {
	case <-connected:
	case <-ctx.Done():
		return
	}
	reported := make(map[*outlet]time.Time)
	all := s.m.shelved(s)
	for {
		newest := time.Duration(0)
		if n := len(all); n > 0 {
			newest = all[n-1].pts
		}
		for i, f := range all {
			for _, o := range s.outlets {
				if o.track.Kind != f.kind || !o.bound() {
					continue
				}
				ts := o.ticks(f.pts)
				if newest-f.pts > time.Second { // of the past: it is decoded, and not shown at its pace
					ts = o.ticks(newest - time.Second - time.Duration(len(all)-i)*time.Millisecond)
				}
				if err := o.send(f, ts); err != nil {
					s.m.o.Log.Debug("a frame is not sent", "viewer", s.id, "err", err)
				}
				if now := time.Now(); now.Sub(reported[o]) >= time.Second {
					reported[o] = now
					_ = s.link.pc.WriteRTCP([]rtcp.Packet{o.report(f, ts)}) // the next one comes in a second
				}
			}
		}
		select {
		case <-s.ready:
			all = s.take()
		case <-ctx.Done():
			return
		}
	}
}

// wishes hears what the viewer asks for and says of a track, until the connection ends.
func (s *seat) wishes(sender *webrtc.RTPSender) {
	for {
		all, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range all {
			switch p := p.(type) {
			case *rtcp.TransportLayerCC:
				s.estimator.report(p, time.Now())
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				s.m.wantKey()
			}
		}
	}
}

var errKicked = errors.New("the viewer was sent away")

// run serves the viewer until ctx ends or the way to it is lost for good.
func (s *seat) run(ctx context.Context, offer *signaling.Event) error {
	s.estimator = newEstimator(time.Now(), func(bits int) { s.rate.Store(int64(bits)); s.m.estimated() })
	pc, err := s.m.o.connection(ctx, s.estimator)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer pc.GracefulClose()
	defer cancel()
	s.link = newLink(s.m.o.Options, pc, s.id)
	s.way.Store(s.link)
	pc.OnDataChannel(func(d *webrtc.DataChannel) {
		s.mu.Lock()
		s.data = d
		s.mu.Unlock()
		d.OnMessage(func(m webrtc.DataChannelMessage) {
			if s.m.o.Heard != nil {
				s.m.o.Heard(s.id, string(m.Data))
			}
		})
	})
	s.tracks = make(chan received, 4)
	if s.m.o.Spoken != nil {
		pc.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
			select {
			case s.tracks <- received{t, r}:
			case <-ctx.Done():
			}
		})
	}
	for _, o := range s.outlets {
		sender, err := pc.AddTrack(o)
		if err != nil {
			return err
		}
		running.Go(func() { s.wishes(sender) })
	}
	connected := make(chan struct{})
	up := sync.OnceFunc(func() { close(connected) })
	pc.OnConnectionStateChange(func(c webrtc.PeerConnectionState) {
		if c == webrtc.PeerConnectionStateConnected {
			up()
		}
	})
	running.Go(func() { s.link.send(ctx) })
	if err := s.link.answer(offer); err != nil {
		return err
	}
	running.Go(func() { s.write(ctx, connected) })
	return s.keep(ctx, connected, &running)
}

// keep handles what happens in a call.
func (s *seat) keep(ctx context.Context, connected <-chan struct{}, running *sync.WaitGroup) error {
	first := time.NewTimer(2 * patience)
	defer first.Stop()
	urge := time.NewTicker(urgeEvery)
	defer urge.Stop()
	urge.Stop()    // the way is not lost
	moved := false // another one is looked for
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case in := <-s.events:
			switch in.Type {
			case signaling.Offer: // of another way
				s.link.configure(ctx)
				if err := s.link.answer(in.Event); err != nil {
					return err
				}
				moved = true
				s.estimator.elsewhere(time.Now())
			case signaling.Candidate:
				s.link.candidate(in.Event)
			}
		case r := <-s.tracks:
			s.hear(ctx, r, running)
		case w := <-s.link.ways:
			switch w {
			case webrtc.ICEConnectionStateDisconnected:
				s.m.o.Signaling.Hurry()
				urge.Reset(urgeEvery)
			case webrtc.ICEConnectionStateConnected:
				urge.Stop()
				if moved { // what was sent meanwhile is lost
					moved = false
					s.m.wantKey()
				}
			case webrtc.ICEConnectionStateClosed:
				return ErrHungUp
			case webrtc.ICEConnectionStateFailed:
				return ErrLost
			}
		case <-urge.C: // the viewer's next offer
			s.m.o.Signaling.Hurry()
		case <-first.C:
			select {
			case <-connected:
			default:
				return ErrNoWay
			}
		}
	}
}

// hand gives the seat what its viewer says. What comes faster than it is heard is passed over.
func (s *seat) hand(in signaling.Inbound) {
	select {
	case s.events <- in:
	default:
		s.m.o.Log.Warn("a viewer says too much at once", "viewer", s.id)
	}
}

func (s *seat) say(text string) {
	s.mu.Lock()
	d := s.data
	s.mu.Unlock()
	if d == nil || d.ReadyState() != webrtc.DataChannelStateOpen {
		return
	}
	if err := d.SendText(text); err != nil {
		s.m.o.Log.Debug("a text is not sent", "viewer", s.id, "err", err)
	}
}

func (s *seat) describe() Seat {
	d := Seat{ID: s.id, Since: s.since, Bitrate: int(s.rate.Load())}
	s.mu.Lock()
	d.Dropped = s.dropped
	s.mu.Unlock()
	if l := s.way.Load(); l != nil {
		r, _ := way(l.pc)
		d.Relayed, d.RoundTrip = r.relayed, r.rtt
	}
	return d
}
