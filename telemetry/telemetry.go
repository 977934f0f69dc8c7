// Package telemetry gives timed data that does not come from a camera, such as positions, radar targets or sensor values,
// as a track beside the picture.
//
// [Open] reads lines of text or JSON from standard input, a file that grows, a UDP port or a serial line, and gives each line
// as a packet at the time at which it arrived. Sentences of NMEA 0183 are checked, and what a position receiver says is given a
// second time in a form that needs no knowledge of NMEA, [Fix]. [Merge] lays such a source beside a camera, on the camera's
// timeline; whatever happens to the data, the pictures go on.
//
// A flood cannot fill anything: lines are cut at 4 KiB, at most 50 a second are given, the newest ones, and what was cut or
// left out is counted ([Counts]).
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"kinora/media"
)

const (
	again      = 2 * time.Second // between two attempts to open what was lost
	queueLimit = 256             // lines that wait for a slow reader
	track      = 1
)

// Counts are a source's figures since it was opened.
type Counts struct {
	Lines   int // given
	Dropped int // left out: more than 50 a second, or the reader was too slow
	Cut     int // longer than 4 KiB, given in part
	Bad     int // sentences of NMEA whose checksum is wrong, not given
}

// origin is what lines come from.
type origin struct {
	name string // for people
	open func() (io.ReadCloser, error)
	once bool // its end is the end; others are opened again
	// whole says that each Read gives whole lines, the last of which may have no line break.
	whole bool
}

// Open opens what spec names:
//
//	stdin, -                     standard input; its end is the source's
//	file:PATH                    the last line of a file, and then what is appended to it, also when it is replaced
//	udp:[HOST]:PORT              datagrams of one line or several; HOST may be a multicast group
//	serial:DEVICE[?baud=RATE]    a serial line, 8 data bits, no parity, 1 stop bit; 4800 bits a second when nothing is said
//
// The source has one track of media.Text with the name "telemetry". Its epoch is the time of the call. A file, port or
// device that is lost later is opened again every two seconds; meanwhile the source's method Trouble() error says what is
// wrong, and Counts() Counts what was given so far. The error says what cannot be opened and what to do. Close ends the source,
// and so does ctx.
func Open(ctx context.Context, spec string) (media.Source, error) {
	o, err := parse(spec)
	if err != nil {
		return nil, err
	}
	in, err := o.open()
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	return start(ctx, o, in), nil
}

func start(ctx context.Context, o origin, in io.ReadCloser) *source {
	s := &source{origin: o, epoch: time.Now(), in: in, done: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.more.L = &s.mu
	s.limit = limiter{tokens: perSecond, at: s.epoch}
	go func() {
		defer close(s.done)
		s.run()
	}()
	return s
}

// source is a media.Source over lines.
type source struct {
	origin
	epoch  time.Time
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{} // the reading goroutine has ended

	mu      sync.Mutex
	more    sync.Cond
	in      io.Closer // what is open; nil between two attempts
	queue   []*media.Packet
	limit   limiter
	counts  Counts
	trouble error
	err     error // once the queue is empty
}

// run reads until the source is closed or its end.
func (s *source) run() {
	stop := context.AfterFunc(s.ctx, s.unblock)
	defer stop()
	s.mu.Lock()
	in, _ := s.in.(io.Reader)
	s.mu.Unlock()
	for in != nil {
		err := s.read(in)
		s.unblock()
		if s.ctx.Err() != nil || s.once {
			break
		}
		s.setTrouble(fmt.Errorf("telemetry: %s gives nothing any more: %w", s.name, lost(err)))
		in = s.reopen()
	}
	s.finish()
}

func lost(err error) error {
	if err == nil || err == io.EOF {
		return errors.New("it has ended")
	}
	return err
}

// reopen tries until it has succeeded, or returns nil when the source is closed.
func (s *source) reopen() io.Reader {
	tick := time.NewTicker(again)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return nil
		case <-tick.C:
		}
		in, err := s.open()
		if err != nil {
			s.setTrouble(fmt.Errorf("telemetry: %w", err))
			continue
		}
		s.mu.Lock()
		s.in, s.trouble = in, nil
		s.mu.Unlock()
		if s.ctx.Err() != nil {
			s.unblock() // it may have been closed before it was known
		}
		return in
	}
}

// unblock closes what is open, which ends a Read that waits.
func (s *source) unblock() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.in != nil {
		s.in.Close() // the line is what counts, and what is not read any more is not missed
		s.in = nil
	}
}

func (s *source) setTrouble(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = err
}

// finish gives what the limiter still holds, and then the end.
func (s *source) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.limit.pending; p != nil {
		s.limit.pending = nil
		s.enqueue(p)
	}
	s.err = io.EOF
	s.more.Broadcast()
}

func (s *source) Tracks() []media.Track {
	return []media.Track{{ID: track, Kind: media.Data, Codec: media.Text, Name: "telemetry"}}
}

func (s *source) Epoch() time.Time { return s.epoch }

// Read returns the next line.
func (s *source) Read() (*media.Packet, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) == 0 && s.err == nil {
		s.more.Wait()
	}
	if s.ctx.Err() != nil {
		return nil, io.ErrClosedPipe
	}
	if len(s.queue) == 0 {
		return nil, s.err
	}
	p := s.queue[0]
	s.queue = s.queue[1:]
	return p, nil
}

// Trouble says why no lines come; nil when all is well.
func (s *source) Trouble() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trouble
}

// Counts returns the figures of the moment.
func (s *source) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

func (s *source) Close() error {
	s.cancel()
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limit.timer != nil {
		s.limit.timer.Stop()
	}
	return nil
}
