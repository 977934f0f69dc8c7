package localkvs

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"kinora/localkvs/archive"
)

// filled is a stream in an archive of its own.
type filled struct {
	*testing.T
	*Service
	stream *archive.Stream
}

func newFilled(t *testing.T) *filled {
	t.Helper()
	a, err := archive.Open(t.TempDir(), archive.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- a.Run(context.Background()) }()
	<-a.Ready()
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
	stream, err := a.Create(archive.Meta{Name: "gate", RetentionHours: 24, Version: "1", Created: time.Now(), ARN: "arn:aws:kinesisvideo:us-east-1:000000000000:stream/gate/1"})
	if err != nil {
		t.Fatal(err)
	}
	return &filled{t, New(Options{Archive: a}), stream}
}

// store appends fragments of two seconds, the first at a time, and each so coded.
func (f *filled) store(at time.Time, n int, config int64) {
	f.Helper()
	for i := range n {
		at := at.Add(time.Duration(i) * 2 * time.Second).Truncate(time.Millisecond)
		err := f.stream.Append(f.Context(), &archive.Fragment{Number: f.stream.NextNumber(at, false), Server: at, Producer: at, Timecode: uint64(at.UnixMilli()),
			Length: 1900 * time.Millisecond, Frames: 1, Outline: archive.Outline{Config: config, Duration: 2 * time.Second}, Header: []byte("head"), Cluster: []byte("cluster")})
		if err != nil {
			f.Fatal(err)
		}
	}
}

// list is what a session lists.
func (f *filled) list(p *playback) window {
	f.Helper()
	w, err := f.windowOf(f.stream, p, tokenID{}, time.Now())
	if err != nil {
		f.Fatal(err)
	}
	return w
}

// forget takes away what a session may have in memory, but for its place, and what is older than an hour from the stream.
func (f *filled) forget() {
	f.Helper()
	f.viewers = newLRU[tokenID, *viewer](viewersWeight)
	if err := f.stream.Update(func(m *archive.Meta) error { m.RetentionHours = 1; return nil }); err != nil {
		f.Fatal(err)
	}
}

// A session whose list was forgotten goes on with the numbers and times that it had, although its first fragments are not stored any more.
func TestNumbersOutliveTheList(t *testing.T) {
	for name, p := range map[string]playback{
		"live":      {Mode: live, Clock: archive.ProducerTime, Max: 3, Breaks: breakAlways, Manifest: true},
		"recording": {Mode: onDemand, Clock: archive.ProducerTime, Max: 100, Breaks: breakAtGaps, Manifest: true, From: 1, To: time.Now().UnixMilli()},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFilled(t)
			f.store(time.Now().Add(-2*time.Hour), 5, 1)
			f.store(time.Now().Add(-50*time.Minute), 2, 1)
			f.store(time.Now().Add(-40*time.Minute), 3, 2)
			p := p
			before := f.list(&p)
			f.forget()
			after := f.list(&p)
			if len(after.shown) == 0 || after.breaks+broken(after.shown) != before.breaks+broken(before.shown) || after.began != before.began {
				t.Errorf("%d fragments, %d breaks, began %s; want %d and %s", len(after.shown), after.breaks+broken(after.shown), after.began,
					before.breaks+broken(before.shown), before.began)
			}
			for i, got := range after.shown {
				want, ok := before.at(after.first + i)
				if !ok || got.Number != want.Number || got.media != want.media || got.run != want.run {
					t.Errorf("number %d: %+v, want %+v", after.first+i, got, want)
				}
			}
		})
	}
}

// When nothing is stored any more of what a live session has listed, what comes next has the next number and time.
func TestNumbersOutliveAllFragments(t *testing.T) {
	f := newFilled(t)
	f.store(time.Now().Add(-2*time.Hour), 5, 1)
	p := playback{Mode: live, Max: 3, Breaks: breakAlways, Manifest: true}
	f.list(&p)
	f.forget()
	f.store(time.Now().Add(-time.Minute), 1, 1)
	w := f.list(&p)
	if len(w.shown) != 1 || w.first != 6 || w.breaks != 5 || w.shown[0].media != 10*time.Second || w.shown[0].run != (run{2, 10 * time.Second}) {
		t.Errorf("the list is %+v from number %d, behind %d breaks", w.shown, w.first, w.breaks)
	}
}
