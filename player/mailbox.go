package player

import (
	"image"
	"sync"
	"time"
)

// Frame is one picture. All of it is read-only for whoever took it.
type Frame struct {
	PTS   time.Duration
	At    time.Time   // wall time at the producer; zero when unknown
	Due   time.Time   // when it is to be shown
	Size  image.Point // the stream's own size in pixels
	Image *image.RGBA // opaque, rows tight (Stride == 4*width), the size as SetFit asked; from a pool
}

// Glimpse is shown pictures as they are drawn, before they are due or while they are painted: their wall time, and the picture, which
// is not to be kept. It runs between decoding two pictures, so that it must be quick.
type Glimpse func(at time.Time, img *image.RGBA)

// of shows it a frame.
func (g Glimpse) of(f *Frame) {
	if g != nil {
		g(f.At, f.Image)
	}
}

const (
	waitingFrames = 2
	pooledFrames  = waitingFrames + 2 // one is on the screen, one is being drawn

	// halfTick is half of the 60 Hz tick on which pictures are painted. A picture is shown at the tick nearest to its
	// due time, and one that was not shown yet is not skipped for a successor that became due less than this ago:
	// otherwise a little jitter puts two into one tick and none into the next.
	halfTick = time.Second / 120
)

// Mailbox is a small bounded queue of frames that wait for their due times, between the decoder, which puts, and the
// painter, which takes. When it is full the oldest waiting frame is dropped. Frames that were dropped here are counted
// as late. Its methods may be called from any goroutine and do not allocate.
type Mailbox struct {
	mu      sync.Mutex
	waiting [waitingFrames]*Frame // oldest first
	n       int
	current *Frame // taken last
	free    [pooledFrames]*Frame
	nfree   int
	made    int
	phase   time.Duration // of the ticks against due times; see isDue

	shown, late uint64
	lastShown   time.Time
	latency     time.Duration
	rate        meter
}

// Due says whether a frame is due at now that was not taken yet. Pass the plain present time: the margin of half a
// tick is added here.
func (m *Mailbox) Due(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.n > 0 && m.isDue(0, now.Add(halfTick))
}

// isDue says whether a waiting frame is due at now. Due times are shifted by the phase, the mean distance of ticks and
// due times as they were, so that pictures that fall right between two ticks do not waver between them.
func (m *Mailbox) isDue(i int, now time.Time) bool {
	return !m.waiting[i].Due.Add(m.phase).After(now)
}

// Take returns the frame to show at now: the newest that is due; the one taken last when none is; nil before the
// first. It stays valid, and is not written to, until a later Take returns another one.
func (m *Mailbox) Take(now time.Time) *Frame {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.n == 0 || !m.isDue(0, now.Add(halfTick)) {
		return m.current
	}
	for m.n > 1 && m.isDue(1, now) {
		m.drop()
	}
	last := m.current
	m.current = m.shift()
	if last == nil || last.PTS != m.current.PTS {
		m.count(now)
	}
	if last != nil {
		m.release(last)
	}
	return m.current
}

// Next returns the archive's or the producer's time of the picture that Take would return at now, the zero time where there is none or
// it has none.
func (m *Mailbox) Next(now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.current
	if m.n > 0 && m.isDue(0, now.Add(halfTick)) {
		f = m.waiting[0]
		for i := 1; i < m.n && m.isDue(i, now); i++ {
			f = m.waiting[i]
		}
	}
	if f == nil {
		return time.Time{}
	}
	return f.At
}

// count takes note of a picture that goes to the screen for the first time.
func (m *Mailbox) count(now time.Time) {
	m.shown++
	m.lastShown = now
	m.rate.add(now, 1)
	if off := now.Sub(m.current.Due); off.Abs() < 2*halfTick {
		m.phase += (off - m.phase) / 16
		m.phase = max(-halfTick/2, min(halfTick/2, m.phase))
	}
	if !m.current.At.IsZero() {
		m.latency = now.Sub(m.current.At)
	}
}

// buffer returns a frame whose image has the given size, to be drawn into and then handed to put or discard. The
// decoder may hold one at a time.
func (m *Mailbox) buffer(size image.Point) *Frame {
	m.mu.Lock()
	var f *Frame
	switch {
	case m.nfree > 0:
		m.nfree--
		f = m.free[m.nfree]
	case m.made < pooledFrames:
		m.made++
		f = &Frame{Image: &image.RGBA{}}
	default:
		m.mu.Unlock()
		panic("player: more than one frame is being drawn")
	}
	m.mu.Unlock()
	resize(f.Image, size)
	return f
}

// resize gives img the size, with tight rows; its memory is kept unless it is too small or much too large.
func resize(img *image.RGBA, size image.Point) {
	if img.Rect.Max == size {
		return
	}
	need := 4 * size.X * size.Y
	if have := cap(img.Pix); have < need || have > 4*need {
		img.Pix = make([]byte, need)
	}
	img.Pix = img.Pix[:need]
	img.Stride = 4 * size.X
	img.Rect = image.Rectangle{Max: size}
}

// put adds a drawn frame, in the place of the one before it when that is the same picture in another size. It is
// not taken before those in front of it, even if the clock has jumped back.
func (m *Mailbox) put(f *Frame) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.n > 0 && m.waiting[m.n-1].PTS == f.PTS {
		m.release(m.waiting[m.n-1])
		m.waiting[m.n-1] = f
		return
	}
	if m.n == waitingFrames {
		m.drop()
	}
	m.waiting[m.n] = f
	m.n++
}

// clear drops the frames that wait, without counting them: other ones are wanted.
func (m *Mailbox) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.n > 0 {
		m.release(m.shift())
	}
}

// discard takes back a frame that was not put.
func (m *Mailbox) discard(f *Frame) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.release(f)
}

func (m *Mailbox) drop() {
	m.release(m.shift())
	m.late++
}

func (m *Mailbox) shift() *Frame {
	f := m.waiting[0]
	m.n--
	copy(m.waiting[:], m.waiting[1:])
	m.waiting[waitingFrames-1] = nil
	return f
}

func (m *Mailbox) release(f *Frame) {
	m.free[m.nfree] = f
	m.nfree++
}
