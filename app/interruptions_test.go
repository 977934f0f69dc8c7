package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kinora/media"
	"kinora/recorder"
)

// gapOf is a gap between two hours.
func gapOf(from, to float64) media.Gap { return media.Gap{From: hour(from), To: hour(to)} }

func TestInterruptionsSayWhy(t *testing.T) {
	dir := t.TempDir()
	n := newInterruptions(dir, slog.New(slog.DiscardHandler))
	for _, x := range []struct {
		at     time.Time
		reason string
	}{
		{hour(10), media.GapPaused}, {hour(8).Add(-time.Second), media.GapDevice}, {hour(8.5), media.GapLost}, {hour(12), media.GapLost},
		{hour(12.5).Add(time.Second), media.GapOff}, {hour(14.2), media.GapError + "4002"}, {hour(14.3), media.GapEnded},
	} {
		n.note("acc", "gate", x.at, x.reason)
	}
	gaps := []media.Gap{gapOf(8, 9), gapOf(9.2, 9.4), gapOf(10, 11), gapOf(12, 12.5), gapOf(14, 15), {From: hour(16), To: hour(17), Reason: media.GapService}}
	want := []string{media.GapDevice, "", media.GapPaused, media.GapOff, media.GapError + "4002", media.GapService}
	for what, n := range map[string]*Interruptions{"at once": n, "in a later run": newInterruptions(dir, slog.New(slog.DiscardHandler))} {
		got := n.explain("acc", "gate", gaps)
		if reasons := reasonsOf(got); !slices.Equal(reasons, want) {
			t.Errorf("%s the reasons are %q, want %q", what, reasons, want)
		}
		if reasonsOf(gaps)[0] != "" {
			t.Error("the gaps that were given have changed")
		}
		if got := reasonsOf(n.explain("acc", "yard", gaps[:1])); got[0] != "" {
			t.Errorf("%s a gap of another stream has the reason %q", what, got[0])
		}
	}
}

func reasonsOf(gaps []media.Gap) []string {
	var reasons []string
	for _, g := range gaps {
		reasons = append(reasons, g.Reason)
	}
	return reasons
}

func TestInterruptionsAreBounded(t *testing.T) {
	n := newInterruptions("", slog.New(slog.DiscardHandler))
	for i := range mostInterruptions + 10 {
		n.note("acc", "gate", hour(0).Add(time.Duration(i)*time.Minute), media.GapLost)
		n.note("acc", "gate", hour(0).Add(time.Duration(i)*time.Minute), media.GapLost) // no news
	}
	list := n.list["acc"]["gate"]
	if len(list) != mostInterruptions || list[0].At != hour(0).Add(10*time.Minute).UnixMilli() {
		t.Errorf("there are %d, from %d on", len(list), list[0].At)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, interruptionsFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	n = newInterruptions(dir, slog.New(slog.DiscardHandler))
	n.note("acc", "gate", hour(8), media.GapPaused)
	if got := reasonsOf(n.explain("acc", "gate", []media.Gap{gapOf(8, 9)})); got[0] != media.GapPaused {
		t.Errorf("behind a damaged file the reason is %q", got[0])
	}
}

// What keeps a recording from its stream is known as the reason of the gap that it leaves.
func TestRecordingsNoteTheirInterruptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gone atomic.Bool
		c := Camera{ID: "x", Name: "Webcam", Open: func(ctx context.Context) (media.Source, error) {
			if gone.Load() {
				return nil, errors.New("the device is gone")
			}
			return &unplugged{newFakeSource(ctx, nil), &gone}, nil
		}}
		a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a"}}})
		if err := a.Recordings.Start("gate", c); err != nil {
			t.Fatal(err)
		}
		runs := func(l []Recording) bool {
			return len(l) == 1 && l[0].Source.Phase == recorder.Running && !l[0].Advanced.IsZero()
		}
		gap := func() string {
			from := time.Now()
			return reasonsOf(a.Recordings.interruptions.explain("fake-a", "gate", []media.Gap{{From: from.Add(-time.Second), To: from.Add(time.Minute)}}))[0]
		}
		until(t, a.Recordings.List(), runs)
		if got := gap(); got != "" {
			t.Errorf("while it is recorded a gap has the reason %q", got)
		}
		gone.Store(true)
		until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && l[0].Source.Phase == recorder.Reopening })
		time.Sleep(time.Second)
		if got := gap(); got != media.GapDevice {
			t.Errorf("without its camera a gap has the reason %q", got)
		}
		gone.Store(false)
		until(t, a.Recordings.List(), runs)
		time.Sleep(time.Minute)
		a.Recordings.Stop("gate")
		until(t, a.Recordings.List(), func(l []Recording) bool { return len(l) == 0 })
		if got := gap(); got != media.GapPaused {
			t.Errorf("when a person has ended it a gap has the reason %q", got)
		}
	})
}

// unplugged is a source that fails when its device is gone.
type unplugged struct {
	*fakeSource
	gone *atomic.Bool
}

func (s *unplugged) Read() (*media.Packet, error) {
	if s.gone.Load() {
		return nil, errors.New("the device is gone")
	}
	return s.fakeSource.Read()
}

// A recording that begins again by itself had been interrupted by the end of the program.
func TestACrashIsAnInterruption(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		acc := &fakeAccount{name: "a", put: offline}
		dir := interrupted(t, acc)
		began := time.Now()
		time.Sleep(time.Hour)
		b := running(t, Options{Accounts: []Account{acc}, Data: dir, Spool: newSpool(t, filepath.Join(dir, "spool")),
			Cameras: func() []Camera { return []Camera{camera("c")} }})
		until(t, b.Recordings.List(), func(l []Recording) bool { return len(l) == 1 && l[0].Resumed && l[0].Source.Phase == recorder.Running })
		of := func(stream string) string {
			return reasonsOf(b.Recordings.interruptions.explain("fake-a", stream, []media.Gap{{From: began, To: time.Now()}}))[0]
		}
		if got := of("gate"); got != media.GapOff {
			t.Errorf("of what began again the gap has the reason %q", got)
		}
		if got := of("yard"); got != media.GapPaused {
			t.Errorf("of what a person has ended the gap has the reason %q", got)
		}
	})
}

// Where a service lists fragments alone the timeline says what this computer knows: why its own recordings were interrupted, and what has expired.
func TestSurveyExplainsGaps(t *testing.T) {
	now := hour(20)
	for name, c := range map[string]struct {
		first time.Time
		keeps time.Duration
		gaps  []media.Gap
		want  bool
	}{
		"as old as what is kept":     {now.Add(-24*time.Hour + time.Minute), 24 * time.Hour, nil, true},
		"older, not removed yet":     {now.Add(-25 * time.Hour), 24 * time.Hour, nil, true},
		"younger":                    {now.Add(-20 * time.Hour), 24 * time.Hour, nil, false},
		"nobody knows how long":      {now.Add(-24 * time.Hour), 0, nil, false},
		"nothing is stored":          {time.Time{}, 24 * time.Hour, nil, false},
		"the service says it itself": {now.Add(-24 * time.Hour), 24 * time.Hour, []media.Gap{{From: now.Add(-30 * time.Hour), To: now.Add(-24 * time.Hour), Reason: media.GapExpired}}, false},
	} {
		from := now.Add(-48 * time.Hour)
		got := withExpired(c.gaps, c.first, from, c.keeps, now)
		if added := len(got) > len(c.gaps); added != c.want {
			t.Errorf("%s: a gap is added: %v, want %v", name, added, c.want)
		} else if added && got[0] != (media.Gap{From: from, To: c.first, Reason: media.GapExpired}) {
			t.Errorf("%s: the gap is %+v", name, got[0])
		}
	}
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		s := newSurvey(newStills(nil))
		n := newInterruptions("", slog.New(slog.DiscardHandler))
		s.explain = n.explain
		n.note("fake", "gate", now.Add(-2*time.Hour), media.GapPaused)
		gap := media.Gap{From: now.Add(-2 * time.Hour), To: now.Add(-time.Hour)}
		acc := &fakeArchiver{map[string]*fakeSurveyor{"gate": {gaps: []media.Gap{gap}, spans: []media.Span{
			{From: now.Add(-24 * time.Hour), To: gap.From}, {From: gap.To, To: now}}}}}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); s.run(ctx) }()
		s.follow(subject{account: acc, streams: []string{"gate"}, since: now.Add(-48 * time.Hour), keeps: func() time.Duration { return 24 * time.Hour }})
		s.Look(now.Add(-3*time.Hour), now, time.Second)
		time.Sleep(time.Second)
		synctest.Wait()
		known := s.Now().Get()
		if got := reasonsOf(known.Wide.Gaps); !slices.Equal(got, []string{media.GapExpired, media.GapPaused}) {
			t.Errorf("of all of the archive the reasons are %q", got)
		}
		if got := reasonsOf(known.Near.Gaps); !slices.Equal(got, []string{media.GapPaused}) {
			t.Errorf("of what is looked at the reasons are %q", got)
		}
		cancel()
		<-done
	})
}
