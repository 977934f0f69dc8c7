package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"kinora/internal/disk"
	"kinora/internal/leak"
	"kinora/media"
	"kinora/mkv"
)

var (
	testEpoch  = time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC)
	testTracks = []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264, Private: []byte{1, 2, 3}, Width: 640, Height: 360}}
	door       = Target{"this computer", "door"}
)

// rig is a spool in a directory of its own that can be closed and opened again.
type rig struct {
	*Spool
	t    *testing.T
	dir  string
	o    Options
	disk *disk.Disk
	logs *logBuffer
}

// logBuffer collects the log.
type logBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), o: Options{Floor: -1}, disk: &disk.Disk{}, logs: &logBuffer{}}
	r.o.Log = slog.New(slog.NewTextHandler(r.logs, nil))
	t.Cleanup(func() {
		if r.Spool != nil {
			if err := r.Close(); err != nil {
				t.Errorf("closing: %v", err)
			}
		}
	})
	return r
}

func (r *rig) open() {
	r.t.Helper()
	s, err := open(r.dir, r.o, r.disk)
	if err != nil {
		r.t.Fatal(err)
	}
	r.Spool = s
}

func (r *rig) reopen() {
	r.t.Helper()
	r.shut()
	r.open()
}

func (r *rig) shut() {
	r.t.Helper()
	if err := r.Close(); err != nil {
		r.t.Errorf("closing: %v", err)
	}
	r.Spool = nil
}

func (r *rig) begin() *Take {
	r.t.Helper()
	t, err := r.Begin(door, About{Name: "shift 7", Operator: "Ada", Note: "north gate", Source: "Camera 1"})
	if err != nil {
		r.t.Fatal(err)
	}
	return t
}

// take returns the only one.
func (r *rig) take() *Take {
	r.t.Helper()
	takes := r.Takes()
	if len(takes) != 1 {
		r.t.Fatalf("there are %d takes", len(takes))
	}
	return takes[0]
}

// sample is the Matroska of a fragment, in the pieces in which it is written.
type sample struct {
	head   []byte
	pieces [][]byte
	at     time.Time
	pts    time.Duration
	length time.Duration
}

func (s *sample) body() []byte { return bytes.Join(s.pieces, nil) }

// samples makes n fragments of two seconds with ten frames of the given size each.
func samples(t testing.TB, n, size int) []*sample {
	t.Helper()
	return samplesOf(t, testTracks, 0, n, size)
}

func samplesOf(t testing.TB, tracks []media.Track, from time.Duration, n, size int) []*sample {
	t.Helper()
	return fragmentsOf(t, tracks, from, n, 10, size)
}

func fragmentsOf(t testing.TB, tracks []media.Track, from time.Duration, n, frames, size int) []*sample {
	t.Helper()
	var out [][]byte
	w := mkv.NewWriter(sink(func(p []byte) { out = append(out, bytes.Clone(p)) }), tracks, mkv.WriterOptions{Epoch: testEpoch})
	var list []*sample
	var head []byte
	for i := range n {
		out = nil
		s := &sample{pts: from + time.Duration(i)*2*time.Second, length: 2 * time.Second}
		s.at = testEpoch.Add(s.pts)
		must(t, w.Begin(s.pts, mkv.Tag{Name: mkv.Take, Value: fmt.Sprintf("test/%06d", i+1)}))
		if i == 0 {
			p := mkv.NewParser(bytes.NewReader(out[0]), mkv.ParserOptions{})
			ev, err := p.Next()
			must(t, err)
			head = bytes.Clone(ev.Bytes)
			out[0] = out[0][len(head):]
		}
		for k := range frames {
			data := bytes.Repeat([]byte{byte(k)}, size)
			copy(data, fmt.Sprintf("frame %d.%d", i, k))
			must(t, w.Write(&media.Packet{Track: tracks[0].ID, PTS: s.pts + time.Duration(k)*s.length/time.Duration(frames), Key: k == 0, Data: data}))
		}
		must(t, w.End(mkv.Tag{Name: "MARK", Value: "here"}))
		s.head, s.pieces = head, out
		list = append(list, s)
	}
	return list
}

type sink func([]byte)

func (s sink) Write(p []byte) (int, error) { s(p); return len(p), nil }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write records a sample.
func write(t testing.TB, k *Take, s *sample) *Fragment {
	t.Helper()
	f, err := s.write(k)
	must(t, err)
	return f
}

func (s *sample) write(k *Take) (*Fragment, error) {
	f, err := k.Create(s.head, s.at, s.pts)
	if err != nil {
		return nil, err
	}
	for i, p := range s.pieces {
		if _, err := f.Write(p); err != nil {
			f.Finish()
			return f, err
		}
		f.Reach(s.pts + s.length*time.Duration(i+1)/time.Duration(len(s.pieces)))
	}
	f.Finish()
	return f, nil
}

// content reads a fragment as an uploader does.
func content(f *Fragment) (head, body []byte, err error) {
	defer f.Hold()()
	if head, err = f.Head(); err != nil {
		return nil, nil, err
	}
	buf := make([]byte, 700)
	for {
		n, err := f.ReadAt(buf, int64(len(body)))
		body = append(body, buf[:n]...)
		if err == io.EOF {
			return head, body, nil
		}
		if err != nil {
			return head, body, err
		}
		if n == 0 {
			return head, body, nil
		}
	}
}

func (s *sample) check(f *Fragment) error {
	head, body, err := content(f)
	switch {
	case err != nil:
		return err
	case !bytes.Equal(head, s.head):
		return fmt.Errorf("fragment %d has another head", f.Number())
	case !bytes.Equal(body, s.body()):
		return fmt.Errorf("fragment %d has %d bytes that differ from the %d written", f.Number(), len(body), len(s.body()))
	case !f.Time().Equal(s.at) || f.Length() != s.length || f.HeadID() != hashHead(s.head):
		return fmt.Errorf("fragment %d is of %v, %v long", f.Number(), f.Time(), f.Length())
	}
	return nil
}

// line returns what waits for the door.
func (r *rig) line() []*Fragment {
	var list []*Fragment
	for f := r.Oldest(door); f != nil; f = r.After(f) {
		list = append(list, f)
	}
	return list
}

func TestFragmentsWaitUntilTheyArePersisted(t *testing.T) {
	leak.Check(t)
	r := newRig(t)
	r.open()
	k := r.begin()
	want := samples(t, 5, 1000)
	for _, s := range want {
		write(t, k, s)
	}
	must(t, k.End())
	for round := range 2 {
		line := r.line()
		if len(line) != 5 {
			t.Fatalf("%d fragments wait", len(line))
		}
		for i, f := range line {
			must(t, want[i].check(f))
			if !f.Sealed() || f.Stage() != Stored || f.Number() != i+1 {
				t.Errorf("fragment %d is %v", f.Number(), f.Stage())
			}
		}
		if got := r.Newest(door); got != line[4] {
			t.Errorf("the newest is %d", got.Number())
		}
		if got := r.Targets(); len(got) != 1 || got[0] != door {
			t.Errorf("fragments wait for %v", got)
		}
		if round == 0 {
			r.reopen()
		}
	}
	k = r.take()
	if k.About().Operator != "Ada" || k.Target() != door || k.Open() {
		t.Errorf("the take came back as %v for %v", k.About(), k.Target())
	}
	must(t, r.line()[2].Advance(Persisted)) // out of order
	for f := r.Oldest(door); f != nil; f = r.After(f) {
		must(t, f.Advance(Sent))
		must(t, f.Advance(Persisted))
		if err := f.Advance(Persisted); !errors.Is(err, ErrGone) {
			t.Errorf("persisted twice: %v", err)
		}
	}
	want10 := Figures{Captured: 10 * time.Second, Stored: 10 * time.Second, Sent: 10 * time.Second, Received: 10 * time.Second, Persisted: 10 * time.Second}
	for range 2 {
		if got := r.take().Figures(); got != want10 {
			t.Errorf("the figures are %+v", got)
		}
		if got := r.take().Spans(); len(got) != 1 || got[0] != (Span{0, 10 * time.Second, Persisted}) {
			t.Errorf("the spans are %v", got)
		}
		r.reopen()
	}
	if u := r.Usage(); u.Bytes != 0 || u.Fragments != 0 || u.Length != 0 {
		t.Errorf("the empty spool holds %+v", u)
	}
}
