package upload

import (
	"context"
	"fmt"
	"sync"
	"time"

	"kinora/recorder/spool"
)

// grace is how long connections get to end in order.
const grace = 2 * time.Second

// Uploader sends what the spool holds for one target. Its methods may be called from any goroutine.
type Uploader struct {
	o Options

	mu          sync.Mutex
	more        sync.Cond // something changed that somebody may wait for
	order       Order
	pause       string
	stopping    bool
	live        lane
	backlog     lane
	marks       map[*spool.Fragment]*mark
	edge        *spool.Fragment // that the live lane has begun last
	resume      bool            // the live lane ended in order and goes on behind edge
	turn        turn
	crowded     time.Time // until then the service is taken to allow one connection only
	former      string    // takes up to this identity are of an earlier life
	verified    *spool.Fragment
	retention   retention
	answers     bool // the service has acknowledged something since Run began
	untold      bool // Options.Keeps gives no answer
	trouble     trouble
	ackDelay    time.Duration // how late acknowledgements are at worst, lately
	position    time.Time     // producer time up to which the live edge was handed out
	meter       meter
	phase       Phase
	since       time.Time
	lastAck     time.Time
	repeats     int
	rejected    int
	connections int
	strays      int // acknowledgements that concern nothing that was sent
}

// mark is what is to be known about a fragment beside what the spool knows.
type mark struct {
	conn  *connection // that it is under way on
	alone bool        // it may be what the service refused: it gets a connection of its own
	doubt bool        // the service may have it already
	since time.Time   // of doubt
}

// New returns an uploader. Nothing happens until Run.
func New(o Options) *Uploader {
	o.fill()
	u := &Uploader{o: o, order: o.Order, marks: make(map[*spool.Fragment]*mark), since: time.Now()}
	u.more.L = &u.mu
	u.live.live = true
	return u
}

// Run uploads until ctx ends; the present connections then get a moment to end in order. It returns nil. Call it once.
func (u *Uploader) Run(ctx context.Context) error {
	u.survey()
	changed, unwatch := u.o.Spool.Watch(u.o.Target)
	defer unwatch()
	puts, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)

	var work sync.WaitGroup
	for _, l := range []*lane{&u.live, &u.backlog} {
		work.Go(func() { u.drive(puts, l) })
	}
	work.Go(func() { u.verify(ctx) })
	done := make(chan struct{})
	go func() { work.Wait(); close(done) }()

	var over <-chan time.Time
	stop := ctx.Done()
	for {
		select {
		case <-changed:
			u.wake()
		case <-stop:
			stop = nil
			timer := time.NewTimer(grace)
			defer timer.Stop()
			over = timer.C
			u.set(func() { u.stopping = true })
		case <-over:
			cancel(errStopped)
		case <-done:
			return nil
		}
	}
}

// survey finds out which takes were there before: whoever recorded them may have sent some of them.
func (u *Uploader) survey() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, t := range u.o.Spool.Takes() {
		if t.Target() == u.o.Target && !t.Open() {
			u.former = max(u.former, t.ID())
		}
	}
}

// wake makes whoever waits look again.
func (u *Uploader) wake() { u.set(func() {}) }

// set changes something that others may wait for.
func (u *Uploader) set(change func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	change()
	u.more.Broadcast()
}

// Drain returns when nothing waits any more, or with a sentence when ctx ends before. Run has to be running.
func (u *Uploader) Drain(ctx context.Context) error {
	defer context.AfterFunc(ctx, u.wake)()
	u.mu.Lock()
	defer u.mu.Unlock()
	for u.o.Spool.Oldest(u.o.Target) != nil {
		if ctx.Err() != nil {
			w := u.waiting()
			return fmt.Errorf("%d fragments (%v) for %s were not uploaded yet and stay on this disk%s", w.fragments,
				w.length.Round(time.Millisecond), u.o.Target.Stream, u.trouble.because())
		}
		u.more.Wait()
	}
	return nil
}

// Retry ends a wait between two attempts.
func (u *Uploader) Retry() {
	u.set(func() { u.trouble.next = time.Time{} })
}

// Pause stops sending until Resume, with a reason for people. A fragment that is being sent gets two seconds to be finished.
func (u *Uploader) Pause(why string) {
	if why == "" {
		why = "paused"
	}
	u.set(func() {
		u.pause = why
		for _, l := range []*lane{&u.live, &u.backlog} {
			if l.conn != nil {
				l.conn.hurry()
			}
		}
	})
}

// Resume ends a pause.
func (u *Uploader) Resume() { u.set(func() { u.pause = "" }) }

// SetOrder changes which fragment goes first, from the next one on.
func (u *Uploader) SetOrder(o Order) { u.set(func() { u.order = o }) }
