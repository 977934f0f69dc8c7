package peer

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"kinora/media"
	"kinora/signaling"
)

// MasterOptions configure a Master.
type MasterOptions struct {
	Options
	Tracks  []media.Track // what is shown; those of codecs that do not travel are left out
	Viewers int           // at most, at the same time; 10 when zero
	// KeyFrame asks the encoder for a key frame; at most three times a second. Nil: its own ones come often enough.
	KeyFrame func()
	// Bitrate says what the slowest viewer can receive, in bits a second, when that changes by a twentieth. Nil: nobody asks.
	Bitrate func(bits int)
	// Spoken takes the sound of a viewer that talks, from the first of it to the end of its call, which waits for Spoken's return: src
	// ends with the call. It has a goroutine of its own. Nil: nobody hears viewers.
	Spoken func(viewer string, src media.Source)
	// Heard takes what a viewer says over its data channel. It must not block. Nil: nobody listens.
	Heard func(viewer, text string)
}

// Master shows packets to the viewers of a channel. Run serves them; the other methods may be called from any goroutine.
type Master struct {
	o      MasterOptions
	tracks []media.Track

	mu      sync.Mutex
	seats   map[string]*seat
	shelf   []*flight // since the last key frame
	bytes   int       // of it
	full    bool      // it was too much: the shelf waits for the next key frame
	asked   time.Time // for a key frame
	bits    int
	refused int // viewers, for want of room
}

// Seat describes a viewer of a master.
type Seat struct {
	ID        string
	Since     time.Time
	Relayed   bool          // by a TURN server
	RoundTrip time.Duration // zero: not known yet
	Bitrate   int           // that the way carries, as estimated; zero: not known yet
	Dropped   uint64        // frames that it was too slow for
}

// NewMaster returns a master without viewers.
func NewMaster(o MasterOptions) *Master {
	o.Options = o.Options.withDefaults()
	if o.Viewers == 0 {
		o.Viewers = 10
	}
	m := &Master{o: o, seats: make(map[string]*seat)}
	for _, t := range o.Tracks {
		if Carries(t.Codec) {
			m.tracks = append(m.tracks, t)
		}
	}
	return m
}

// Feed shows all that a source yields, until its end (nil), an error, or ctx ends, which closes it.
func (m *Master) Feed(ctx context.Context, src media.Source) error {
	stop := context.AfterFunc(ctx, func() { src.Close() })
	defer stop()
	for {
		p, err := src.Read()
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		for _, t := range src.Tracks() {
			if t.ID == p.Track {
				m.show(t, p, src.Epoch())
			}
		}
	}
}

// show gives a packet to all viewers.
func (m *Master) show(t media.Track, p *media.Packet, epoch time.Time) {
	if !slices.ContainsFunc(m.tracks, func(o media.Track) bool { return o.Kind == t.Kind && o.Codec == t.Codec }) {
		return
	}
	f := pack(t, p, epoch)
	if f == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep(f)
	for _, s := range m.seats {
		s.put(f)
	}
}

// keep puts a frame on the shelf for those who come later.
func (m *Master) keep(f *flight) {
	if f.kind != media.Video {
		return
	}
	if f.key {
		m.shelf, m.bytes, m.full = m.shelf[:0:0], 0, false
	}
	if m.bytes += f.bytes; m.bytes > shelfBytes {
		m.shelf, m.full = nil, true
	}
	if !m.full && (f.key || len(m.shelf) > 0) {
		m.shelf = append(m.shelf, f)
	}
}

// shelved begins a seat: it gets the shelf, and from then on what is shown.
func (m *Master) shelved(s *seat) []*flight {
	m.mu.Lock()
	all := slices.Clone(m.shelf)
	s.mu.Lock()
	s.queue, s.needKey = nil, len(all) == 0
	s.mu.Unlock()
	m.mu.Unlock()
	if len(all) == 0 {
		m.wantKey()
	}
	return all
}

// wantKey asks the encoder for a key frame, unless that was just done.
func (m *Master) wantKey() {
	m.mu.Lock()
	now := time.Now()
	wanted := m.o.KeyFrame != nil && now.Sub(m.asked) >= time.Second/3
	if wanted {
		m.asked = now
	}
	m.mu.Unlock()
	if wanted {
		m.o.KeyFrame()
	}
}

// estimated says what the slowest viewer can receive.
func (m *Master) estimated() {
	m.mu.Lock()
	least := 0
	for _, s := range m.seats {
		if r := int(s.rate.Load()); r > 0 && (least == 0 || r < least) {
			least = r
		}
	}
	news := least > 0 && (least-m.bits)*20 >= m.bits || (m.bits-least)*20 >= m.bits
	if news {
		m.bits = least
	}
	m.mu.Unlock()
	if news && least > 0 && m.o.Bitrate != nil {
		m.o.Bitrate(least)
	}
}

// Seats returns the viewers that there are, by age.
func (m *Master) Seats() []Seat {
	m.mu.Lock()
	all := make([]*seat, 0, len(m.seats))
	for _, s := range m.seats {
		all = append(all, s)
	}
	m.mu.Unlock()
	seats := make([]Seat, 0, len(all))
	for _, s := range all {
		seats = append(seats, s.describe())
	}
	slices.SortFunc(seats, func(a, b Seat) int { return cmp.Or(a.Since.Compare(b.Since), strings.Compare(a.ID, b.ID)) })
	return seats
}

// Refused is how many offers were refused because there were as many viewers as there may be.
func (m *Master) Refused() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.refused
}

// Kick ends the call of a viewer, who may call again.
func (m *Master) Kick(viewer string) {
	m.mu.Lock()
	s := m.seats[viewer]
	m.mu.Unlock()
	if s != nil {
		s.cancel(errKicked)
	}
}

// Say sends a text to all viewers that have a data channel.
func (m *Master) Say(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.seats {
		s.say(text)
	}
}

// Run serves viewers until ctx ends, and returns ctx's error when all calls have ended. Signaling may be lost meanwhile.
func (m *Master) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case in := <-m.o.Signaling.Events():
			switch in.Type {
			case signaling.Offer:
				m.offer(ctx, in, &running)
			case signaling.Candidate:
				m.mu.Lock()
				s := m.seats[in.Sender]
				m.mu.Unlock()
				if s != nil {
					s.hand(in)
				}
			}
		}
	}
}

// offer takes a call, or the next offer of one: the viewer's certificate tells.
func (m *Master) offer(ctx context.Context, in signaling.Inbound, running *sync.WaitGroup) {
	d, err := in.Description()
	if err == nil {
		err = checkSDP(d.SDP)
	}
	if err != nil {
		m.o.Log.Warn("an offer is refused", "viewer", in.Sender, "err", err)
		return
	}
	print := fingerprint(d.SDP)
	m.mu.Lock()
	old := m.seats[in.Sender]
	m.mu.Unlock()
	if old != nil && old.print == print {
		old.hand(in)
		return
	}
	if old != nil {
		old.cancel(errKicked)
		<-old.done
	}
	ctx, cancel := context.WithCancelCause(ctx)
	s := &seat{m: m, id: in.Sender, since: time.Now(), cancel: cancel, done: make(chan struct{}), events: make(chan signaling.Inbound, waiting), ready: make(chan struct{}, 1), print: print, needKey: true}
	for _, t := range m.tracks {
		s.outlets = append(s.outlets, newOutlet(t))
	}
	m.mu.Lock()
	crowded := len(m.seats) >= m.o.Viewers
	if crowded {
		m.refused++
	} else {
		m.seats[s.id] = s
	}
	m.mu.Unlock()
	if crowded {
		cancel(nil)
		m.o.Log.Warn("a viewer is refused: there are as many as there may be", "viewer", s.id, "viewers", m.o.Viewers)
		return
	}
	running.Go(func() {
		err := s.run(ctx, in.Event)
		m.o.Log.Debug("a viewer has gone", "viewer", s.id, "err", err)
		cancel(nil)
		m.mu.Lock()
		if m.seats[s.id] == s {
			delete(m.seats, s.id)
		}
		m.mu.Unlock()
		close(s.done)
	})
}

// fingerprint returns the first fingerprint of a certificate in a description; empty when there is none.
func fingerprint(sdp string) string {
	_, rest, _ := strings.Cut(sdp, "a=fingerprint:")
	print, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(print)
}
