package kvs

import (
	"io"
	"sync"
	"time"

	"kinora/media"
)

// What waits for a listener at most.
const (
	waitBytes   = 16 << 20
	waitPackets = 3000
)

// heard is a packet, and the tracks and the service's zero at that time.
type heard struct {
	packet *media.Packet
	tracks []media.Track
	served time.Time
}

// starts reports whether decoding can start here.
func (h heard) starts() bool {
	if _, ok := media.VideoTrack(h.tracks); !ok {
		return true
	}
	if !h.packet.Key {
		return false
	}
	for i := range h.tracks {
		if t := &h.tracks[i]; t.ID == h.packet.Track {
			return t.Kind == media.Video
		}
	}
	return false
}

// listener is a media.Source over a line.
type listener struct {
	line *line
	stop func() bool // no more looks at the opener's context; nil before the source was given out

	mu      sync.Mutex
	more    sync.Cond
	queue   []heard // what of it was read already stands in front of head
	head    int
	bytes   int
	lost    bool // the next packet has to be one that decoding can start at
	begun   bool
	dropped int
	tracks  []media.Track // of the last packet that was read
	served  time.Time     // likewise
	err     error         // once the queue is empty
	closed  bool
}

// push queues a packet of its own, with data that all listeners share. When there is no room, everything that waits goes.
func (n *listener) push(h heard) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed || n.err != nil {
		return
	}
	if waiting := len(n.queue) - n.head; n.bytes+len(h.packet.Data) > waitBytes || waiting >= waitPackets {
		n.dropped += waiting
		n.clear()
		n.lost = true
	}
	if n.lost && !h.starts() {
		if n.begun {
			n.dropped++ // what comes before the first is not missed
		}
		return
	}
	own := *h.packet
	own.Discontinuity = own.Discontinuity && n.begun || n.lost && n.begun
	n.lost, n.begun = false, true
	if n.head > 0 && len(n.queue) == cap(n.queue) {
		left := copy(n.queue, n.queue[n.head:])
		clear(n.queue[left:])
		n.queue, n.head = n.queue[:left], 0
	}
	n.queue = append(n.queue, heard{&own, h.tracks, h.served})
	n.bytes += len(own.Data)
	n.more.Signal()
}

func (n *listener) clear() {
	clear(n.queue)
	n.queue, n.head, n.bytes = n.queue[:0], 0, 0
}

// interrupt ends the source with an error: behind what waits, or at once.
func (n *listener) interrupt(err error, atOnce bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if atOnce {
		n.clear()
	}
	if n.err == nil {
		n.err = err
	}
	n.more.Broadcast()
}

func (n *listener) Read() (*media.Packet, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.head == len(n.queue) && n.err == nil && !n.closed {
		n.more.Wait()
	}
	switch {
	case n.closed:
		return nil, io.ErrClosedPipe
	case n.head == len(n.queue):
		return nil, n.err
	}
	first := n.queue[n.head]
	n.queue[n.head] = heard{}
	n.bytes -= len(first.packet.Data)
	if n.head++; n.head == len(n.queue) {
		n.queue, n.head = n.queue[:0], 0
	}
	n.tracks, n.served = first.tracks, first.served
	return first.packet, nil
}

// Tracks are those of the packet that was read last, at first those of the one that comes first.
func (n *listener) Tracks() []media.Track {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.tracks != nil:
		return n.tracks
	case n.head < len(n.queue):
		return n.queue[n.head].tracks
	}
	return n.line.tracks
}

func (n *listener) Epoch() time.Time { return n.line.epoch }

// Served is as of [server], for the packet that was read last, at first for the one that comes first.
func (n *listener) Served() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.tracks != nil:
		return n.served
	case n.head < len(n.queue):
		return n.queue[n.head].served
	}
	return n.line.served
}

// Newest implements [media.Fragmented], for what the line has read.
func (n *listener) Newest() *media.Recorded { return n.line.newest.Load() }

// Dropped returns how many packets the reader was too slow for.
func (n *listener) Dropped() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.dropped
}

func (n *listener) Close() error {
	if n.stop != nil {
		n.stop()
	}
	n.mu.Lock()
	again := n.closed
	n.closed = true
	n.clear()
	n.more.Broadcast()
	n.mu.Unlock()
	if !again {
		n.line.leave(n)
	}
	return nil
}
