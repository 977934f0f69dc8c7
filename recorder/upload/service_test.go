package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kinora/media"
	"kinora/mkv"
	"kinora/recorder/spool"
)

var errCut = errors.New("the connection was cut")

// piece is a fragment as it arrived.
type piece struct {
	conn     int
	name     string // of the take's tag: "1/000004" is the fourth fragment of the test's first take
	timecode int64
	frames   int
	length   time.Duration
	at       time.Time // when its first frame arrived
}

// service is a Putter that parses what it gets, stores it, and answers as a script of the test says.
type service struct {
	retention bool
	delay     time.Duration // of Persisted after Received; other connections go on meanwhile
	speed     int           // bytes a second of all connections together; 0: no limit
	limit     int           // connections at a time; 0: any
	// event is called at each step of the parser; an error ends the connection with it. May be nil.
	event func(conn int, e mkv.Event, ack func(Ack)) error
	// refuse is called at the beginning of each connection. May be nil.
	refuse func(conn int) error
	// answer is called for each whole fragment in place of Received and Persisted. May be nil.
	answer func(p piece, ack func(Ack)) error
	silent bool // never takes or answers anything

	mu     sync.Mutex
	conns  int
	open   int
	most   int
	stored []piece
	starts []piece // of fragments that began to arrive
	heads  int
	free   time.Time // when the line has sent what it was given
}

type limitError struct{ error }

func (limitError) ErrorCode() string { return "ConnectionLimitExceededException" }

func (s *service) Put(ctx context.Context, r io.Reader, ack func(Ack)) error {
	s.mu.Lock()
	conn := s.conns
	s.conns++
	full := s.limit > 0 && s.open >= s.limit
	if !full {
		s.open++
		s.most = max(s.most, s.open)
	}
	silent := s.silent
	s.mu.Unlock()
	if full {
		return limitError{errors.New("too many connections")}
	}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.open--
	}()
	if s.refuse != nil {
		if err := s.refuse(conn); err != nil {
			return err
		}
	}
	if silent {
		<-ctx.Done()
		return ctx.Err()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { r.(io.Closer).Close() })()
	// What was read is acknowledged while more is read.
	var acks sync.Mutex
	say := func(a Ack) {
		acks.Lock()
		defer acks.Unlock()
		ack(a)
	}
	whole := make(chan piece, 1000)
	var work sync.WaitGroup
	work.Go(func() {
		for p := range whole {
			if ctx.Err() != nil {
				continue
			}
			if err := s.whole(ctx, p, say); err != nil {
				cancel(err)
			}
		}
	})
	err := s.read(ctx, conn, r, say, whole)
	close(whole)
	if err != nil {
		cancel(err)
	}
	r.(io.Closer).Close()
	work.Wait()
	return context.Cause(ctx)
}

func (s *service) read(ctx context.Context, conn int, r io.Reader, ack func(Ack), whole chan<- piece) error {
	p := mkv.NewParser(&line{s, ctx, r}, mkv.ParserOptions{})
	var now piece
	for {
		e, err := p.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return errors.Join(context.Cause(ctx), err)
		}
		if s.event != nil {
			if err := s.event(conn, e, ack); err != nil {
				return err
			}
		}
		switch e.Kind {
		case mkv.Header:
			s.mu.Lock()
			s.heads++
			s.mu.Unlock()
		case mkv.Start:
			now = piece{conn: conn, timecode: int64(e.Timecode), at: time.Now()}
			for _, t := range e.Tags {
				if t.Name == mkv.Take {
					now.name = t.Value
				}
			}
			s.mu.Lock()
			s.starts = append(s.starts, now)
			s.mu.Unlock()
			ack(Ack{Type: Buffering, Timecode: now.timecode})
		case mkv.Frame:
			now.frames++
			now.length = time.Duration(e.Relative) * time.Millisecond
		case mkv.End:
			whole <- now
		}
	}
}

func (s *service) whole(ctx context.Context, p piece, ack func(Ack)) error {
	s.mu.Lock()
	answer := s.answer
	s.mu.Unlock()
	if answer != nil {
		return answer(p, ack)
	}
	ack(Ack{Type: Received, Timecode: p.timecode})
	if !s.retention {
		s.store(p)
		return nil
	}
	if s.delay > 0 {
		select {
		case <-time.After(s.delay):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.store(p)
	ack(Ack{Type: Persisted, Timecode: p.timecode, Number: "9"})
	return nil
}

func (s *service) store(p piece) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stored = append(s.stored, p)
}

// line takes time for what is read through it.
type line struct {
	s   *service
	ctx context.Context
	r   io.Reader
}

func (l *line) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.s.speed > 0 && n > 0 {
		l.s.mu.Lock()
		now := time.Now()
		if l.s.free.Before(now) {
			l.s.free = now
		}
		l.s.free = l.s.free.Add(time.Duration(n) * time.Second / time.Duration(l.s.speed))
		wait := l.s.free.Sub(now)
		l.s.mu.Unlock()
		select {
		case <-time.After(wait):
		case <-l.ctx.Done():
			return 0, l.ctx.Err()
		}
	}
	return n, err
}

// list is Options.Stored.
func (s *service) list(_ context.Context, from, to time.Time) ([]Stored, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Stored
	for _, p := range s.stored {
		if at := time.UnixMilli(p.timecode); !at.Before(from) && !at.After(to) {
			found = append(found, Stored{Producer: at, Length: p.length})
		}
	}
	return found, nil
}

// names returns what is stored, in the order in which it came, as "connection:name".
func (s *service) names() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return names(s.stored)
}

func names(pieces []piece) string {
	var list []string
	for _, p := range pieces {
		list = append(list, fmt.Sprintf("%d:%s", p.conn, p.name))
	}
	return strings.Join(list, " ")
}

// numbers returns the names of what is stored, sorted.
func (s *service) numbers() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for _, p := range s.stored {
		list = append(list, p.name)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// tried returns how many connections were made.
func (s *service) tried() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

// arrived returns the fragments that began to arrive.
func (s *service) arrived() []piece {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.starts)
}

// started returns when a fragment first began to arrive; zero when it never did.
func (s *service) started(name string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.starts {
		if p.name == name {
			return p.at
		}
	}
	return time.Time{}
}

var door = spool.Target{Account: "this computer", Stream: "door"}

// rig is a spool, a service and an uploader in a bubble of its own time.
type rig struct {
	*spool.Spool
	*service
	t     *testing.T
	dir   string
	o     Options
	u     *Uploader
	stop  context.CancelFunc
	done  chan error
	takes int
	start time.Time
}

// inBubble runs a test in time of its own, with everything closed at the end.
func inBubble(t *testing.T, s *service, test func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, service: s, dir: t.TempDir(), start: time.Now()}
		r.o = Options{Target: door, Put: s, Classify: func(error) Class { return Network }}
		r.openSpool()
		test(r)
		r.quit()
		r.closeSpool()
	})
}

func (r *rig) openSpool() {
	r.t.Helper()
	s, err := spool.Open(r.dir, spool.Options{Floor: -1})
	if err != nil {
		r.t.Fatal(err)
	}
	r.Spool = s
}

func (r *rig) closeSpool() {
	r.t.Helper()
	if err := r.Spool.Close(); err != nil {
		r.t.Error(err)
	}
}

// run starts the uploader.
func (r *rig) run() {
	r.o.Spool = r.Spool
	r.u = New(r.o)
	ctx, stop := context.WithCancel(context.Background())
	r.stop, r.done = stop, make(chan error, 1)
	go func() { r.done <- r.u.Run(ctx) }()
}

// quit ends the uploader.
func (r *rig) quit() {
	r.t.Helper()
	if r.stop == nil {
		return
	}
	r.stop()
	if err := <-r.done; err != nil {
		r.t.Error(err)
	}
	r.stop = nil
}

// drain waits until all is uploaded.
func (r *rig) drain(within time.Duration) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if err := r.u.Drain(ctx); err != nil {
		r.t.Errorf("%v; %+v; stored %s", err, r.u.State(), r.names())
	}
}

// take is a recording of one-second fragments with ten frames each, if the test says nothing else.
type take struct {
	r      *rig
	k      *spool.Take
	number int
	w      *mkv.Writer
	head   []byte
	out    *spool.Fragment
	buffer []byte
	n      int // fragments so far
	pts    time.Duration
	size   int // of a frame
	frames int // of a fragment
	step   time.Duration
	epoch  time.Time
}

// record begins a take whose media time zero is now.
func (r *rig) record(size int) *take {
	r.t.Helper()
	time.Sleep(2 * time.Millisecond) // takes sort by the millisecond in which they begin
	k, err := r.Begin(door, spool.About{Name: "test"})
	if err != nil {
		r.t.Fatal(err)
	}
	r.takes++
	c := &take{r: r, k: k, number: r.takes, size: size, frames: 10, step: 100 * time.Millisecond, epoch: time.Now().Truncate(time.Millisecond)}
	tracks := []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264, Private: []byte{1, 2, byte(r.takes)}, Width: 640, Height: 360}}
	c.w = mkv.NewWriter(c, tracks, mkv.WriterOptions{Epoch: c.epoch})
	return c
}

func (c *take) Write(p []byte) (int, error) {
	if c.head == nil {
		e, err := mkv.NewParser(strings.NewReader(string(p)), mkv.ParserOptions{}).Next()
		if err != nil {
			return 0, err
		}
		c.head = slices.Clone(e.Bytes)
		c.buffer = append(c.buffer, p[len(c.head):]...)
		return len(p), nil
	}
	if c.out == nil {
		c.buffer = append(c.buffer, p...)
		return len(p), nil
	}
	return c.out.Write(p)
}

func (c *take) name(number int) string { return fmt.Sprintf("%d/%06d", c.number, number) }

// fragment records one, in real time or at once.
func (c *take) fragment(real bool) {
	c.r.t.Helper()
	c.n++
	check := func(err error) {
		if err != nil {
			c.r.t.Helper()
			c.r.t.Fatal(err)
		}
	}
	check(c.w.Begin(c.pts, mkv.Tag{Name: mkv.Take, Value: c.name(c.n)}))
	f, err := c.k.Create(c.head, c.epoch.Add(c.pts), c.pts)
	check(err)
	c.out = f
	_, err = f.Write(c.buffer)
	check(err)
	c.buffer = nil
	for i := range c.frames {
		check(c.w.Write(&media.Packet{Track: 1, PTS: c.pts, Key: i == 0, Data: make([]byte, c.size)}))
		f.Reach(c.pts)
		if real {
			time.Sleep(c.step)
		}
		c.pts += c.step
	}
	f.Reach(c.pts)
	check(c.w.End())
	f.Finish()
	c.out = nil
}

func (c *take) fragments(n int, real bool) {
	c.r.t.Helper()
	for range n {
		c.fragment(real)
	}
}

func (c *take) end() {
	c.r.t.Helper()
	if err := c.k.End(); err != nil {
		c.r.t.Error(err)
	}
}

// expect returns the names of a take's fragments.
func (c *take) expect(numbers ...int) string {
	var list []string
	for _, n := range numbers {
		list = append(list, c.name(n))
	}
	return strings.Join(list, " ")
}

func count(n int) (list []int) {
	for i := range n {
		list = append(list, i+1)
	}
	return list
}

func (r *rig) stored(want string) {
	r.t.Helper()
	if got := r.numbers(); got != want {
		r.t.Errorf("stored %s\nwant   %s", got, want)
	}
}
