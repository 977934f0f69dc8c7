package recorder

import (
	"io"
	"sync"
	"time"

	"kinora/media"
)

// Bounds of what is kept for previews.
const (
	gopBytes   = 8 << 20
	gopPackets = 1500
	tapBytes   = 16 << 20
	tapPackets = 2 * gopPackets
)

// taps are the previews of an intake, and what a new one of them begins with.
type taps struct {
	mu    sync.Mutex
	list  []*tap
	feed  *feed           // that the next two belong to
	gop   []*media.Packet // from the newest key frame on; empty when it is too large to be kept
	bytes int             // of gop
	ended bool
	err   error // why; io.EOF at an orderly end

	source func() media.Source // that is open at the moment; nil: none
}

// add returns a tap that begins with what is there since the newest key frame.
func (t *taps) add() *tap {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := &tap{taps: t, lost: true}
	n.more.L = &n.mu
	for _, p := range t.gop {
		n.push(t.feed, p, p == t.gop[0])
	}
	if t.ended {
		n.finish(t.err)
	} else {
		t.list = append(t.list, n)
	}
	return n
}

// push gives a packet to all taps. It never waits for a reader.
func (t *taps) push(f *feed, p *media.Packet) {
	start := f.starts(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	if start || f != t.feed {
		t.drop()
	}
	t.feed = f
	if start || len(t.gop) > 0 {
		t.gop = append(t.gop, p)
		t.bytes += len(p.Data)
	}
	if t.bytes > gopBytes || len(t.gop) > gopPackets {
		t.drop()
	}
	for _, n := range t.list {
		n.push(f, p, start)
	}
}

// drop forgets what was kept for new taps.
func (t *taps) drop() {
	clear(t.gop)
	t.gop, t.bytes = t.gop[:0], 0
}

func (t *taps) remove(n *tap) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.list {
		if t.list[i] == n {
			t.list = append(t.list[:i], t.list[i+1:]...)
			return
		}
	}
}

// end lets all taps come to their end: nil is an orderly one.
func (t *taps) end(err error) {
	if err == nil {
		err = io.EOF
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drop()
	t.ended, t.err = true, err
	for _, n := range t.list {
		n.finish(err)
	}
	t.list = nil
}

// tapped is a packet on its way to a tap's reader.
type tapped struct {
	feed   *feed
	packet *media.Packet
}

// tap is a media.Source over what an intake reads. Its Tracks are empty until the first packet, which is marked as a
// discontinuity as is each behind a gap.
type tap struct {
	taps *taps

	mu      sync.Mutex
	more    sync.Cond
	queue   []tapped // what of it was read already stands in front of head
	head    int
	bytes   int
	lost    bool  // the next packet has to be one that decoding can start at
	newest  *feed // of the last packet that was queued
	dropped int
	err     error // once the queue is empty
	closed  bool
	current *feed // of the last packet that was read
}

// push queues a packet. start says that decoding can start at it.
func (n *tap) push(f *feed, p *media.Packet, start bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return
	}
	if n.bytes+len(p.Data) > tapBytes || n.waiting() >= tapPackets {
		n.dropped += n.waiting()
		n.clear()
		n.lost = true
	}
	if n.lost && !start {
		if n.newest != nil {
			n.dropped++ // what comes before the first is not missed
		}
		return
	}
	if (n.lost || f != n.newest) && !p.Discontinuity {
		marked := *p
		marked.Discontinuity = true
		p = &marked
	}
	n.lost, n.newest = false, f
	if n.head > 0 && len(n.queue) == cap(n.queue) {
		left := copy(n.queue, n.queue[n.head:])
		clear(n.queue[left:])
		n.queue, n.head = n.queue[:left], 0
	}
	n.queue = append(n.queue, tapped{f, p})
	n.bytes += len(p.Data)
	n.more.Signal()
}

func (n *tap) waiting() int { return len(n.queue) - n.head }

func (n *tap) clear() {
	clear(n.queue)
	n.queue, n.head, n.bytes = n.queue[:0], 0, 0
}

func (n *tap) finish(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.err = err
	n.more.Broadcast()
}

func (n *tap) Read() (*media.Packet, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.waiting() == 0 && n.err == nil && !n.closed {
		n.more.Wait()
	}
	switch {
	case n.closed:
		return nil, io.ErrClosedPipe
	case n.waiting() == 0:
		return nil, n.err
	}
	first := n.queue[n.head]
	n.queue[n.head] = tapped{}
	n.bytes -= len(first.packet.Data)
	if n.head++; n.waiting() == 0 {
		n.queue, n.head = n.queue[:0], 0
	}
	n.current = first.feed
	return first.packet, nil
}

func (n *tap) Tracks() []media.Track {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.current == nil {
		return nil
	}
	return n.current.tracks
}

func (n *tap) Epoch() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.current == nil {
		return time.Time{}
	}
	return n.current.epoch
}

// Level is how loud the sound of the source is that the intake has open.
func (n *tap) Level() (rms, peak float64) { return level(n.taps.source()) }

// Trouble is what is wrong with the source that the intake has open.
func (n *tap) Trouble() error { return trouble(n.taps.source()) }

// Dropped returns how many packets the reader was too slow for.
func (n *tap) Dropped() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dropped
}

func (n *tap) Close() error {
	n.taps.remove(n)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	n.clear()
	n.more.Broadcast()
	return nil
}
