package app

import (
	"testing"
	"time"

	"kinora/media"
)

func TestTheNextRecordingIsFoundExactly(t *testing.T) {
	at := time.Now().Add(-60 * 24 * time.Hour).UTC().Truncate(time.Second)
	archive := &fakeSurveyor{Archive: &fakeArchive{start: at, n: 1}}
	for _, s := range []struct{ from, to time.Duration }{
		{-20 * 24 * time.Hour, -19 * 24 * time.Hour},
		{-400 * time.Millisecond, 3 * time.Second},
		{5 * time.Second, time.Hour},
		{time.Hour + 1234*time.Millisecond, 30 * time.Hour},
		{50*24*time.Hour + 777*time.Millisecond, 51 * 24 * time.Hour},
	} {
		archive.spans = append(archive.spans, media.Span{From: at.Add(s.from), To: at.Add(s.to)})
	}
	a := New(Options{Accounts: []Account{&fakeAccount{name: "a", archive: archive}}, Codecs: fakeCodecs{}})
	a.Watch.Select("gate")
	a.Watch.Seek(at)
	a.Watch.Pause()
	const none = 1000 * 24 * time.Hour
	for _, c := range []struct {
		from    time.Duration
		forward bool
		want    time.Duration
	}{
		{-25 * 24 * time.Hour, true, -20 * 24 * time.Hour},
		{-20 * 24 * time.Hour, true, -400 * time.Millisecond},
		{0, true, 5 * time.Second},
		{5 * time.Second, true, time.Hour + 1234*time.Millisecond},
		{2 * time.Hour, true, 50*24*time.Hour + 777*time.Millisecond},
		{50*24*time.Hour + time.Second, true, none},
		{52 * 24 * time.Hour, false, 50*24*time.Hour + 777*time.Millisecond},
		{50*24*time.Hour + 1500*time.Millisecond, false, time.Hour + 1234*time.Millisecond},
		{29 * time.Hour, false, time.Hour + 1234*time.Millisecond},
		{time.Hour, false, 5 * time.Second},
		{5500 * time.Millisecond, false, -400 * time.Millisecond},
		{0, false, -20 * 24 * time.Hour},
		{-20 * 24 * time.Hour, false, none},
	} {
		a.Watch.Seek(at.Add(c.from))
		begins, ok, err := a.NextSpan(t.Context(), c.forward)
		if err != nil || ok != (c.want != none) || ok && !begins.Equal(at.Add(c.want)) {
			t.Errorf("from %v, forward %v: %v, %v, %v; want %v", c.from, c.forward, begins.Sub(at), ok, err, c.want)
		}
	}
	archive.change(func() { archive.err = errOffline })
	if _, _, err := a.NextSpan(t.Context(), true); err == nil {
		t.Error("a service that does not answer has no recording, it seems")
	}
}
