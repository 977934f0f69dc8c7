package kvs

import (
	"testing"
	"time"

	"kinora/media"
)

// What was listed answers for the time that it covers, unless something may have come to that since; media is loaded through it only
// while its session lasts.
func TestListingsAreUsedAgain(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) int64 { return now.Add(d).UnixMilli() }
	const number = "one"
	listed := func(clock Clock, age time.Duration, lasts time.Duration) *detour {
		d := &detour{}
		d.keep(&listing{over: span{at(-2 * time.Hour), at(time.Hour)}, asked: now.Add(-age), segments: map[string][]listed{number: {{}}},
			session: &session{Session: Session{Clock: clock}, until: time.Now().Add(lasts)}})
		return d
	}
	for name, c := range map[string]struct {
		clock    Clock
		age      time.Duration
		from, to time.Duration
		want     bool
	}{
		"settled":                           {ProducerTime, time.Minute, -time.Hour, -50 * time.Minute, true},
		"settled, and maybe filled in":      {ProducerTime, 3 * time.Minute, -time.Hour, -50 * time.Minute, false},
		"settled for good":                  {ServerTime, 4 * time.Minute, -time.Hour, -50 * time.Minute, true},
		"not settled":                       {ServerTime, 2 * time.Second, -time.Hour, 0, false},
		"not settled, and just asked":       {ServerTime, 500 * time.Millisecond, -time.Hour, 0, true},
		"begins in front of it":             {ServerTime, time.Minute, -3 * time.Hour, -time.Hour, false},
		"begins behind it":                  {ServerTime, 0, time.Hour, 2 * time.Hour, false},
		"begins in it and goes on":          {ServerTime, 0, 0, 2 * time.Hour, true},
		"begins in it, and is not all here": {ServerTime, time.Minute, -time.Hour, 2 * time.Hour, false},
	} {
		if got := listed(c.clock, c.age, time.Minute).about(span{at(c.from), at(c.to)}, now) != nil; got != c.want {
			t.Errorf("%s: answered %v, want %v", name, got, c.want)
		}
	}
	if d := listed(ServerTime, 0, time.Minute); d.of(number) == nil || d.of("another") != nil {
		t.Error("what is listed is not found, or what is not is")
	}
	old := listed(ServerTime, 0, -time.Second)
	if old.of(number) != nil {
		t.Error("media is to come from a session that has expired")
	}
	old.keep(&listing{}) // nothing: it takes no place
	old.keep(&listing{session: &session{until: time.Now().Add(time.Minute)}})
	if len(old.listings) != 1 {
		t.Errorf("%d are kept, want the one that lasts", len(old.listings))
	}
}

// Where a stream has few sessions each covers much: with what is wanted in it, however dense the stream is, and never more than a day.
func TestWhatASessionCovers(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 3, 0, 0, time.UTC)
	ms := at.UnixMilli()
	for _, few := range []bool{false, true} {
		c := New(Config{Region: "eu-west-1"})
		if !few {
			c.gates.quotas = ownQuotas
		}
		a := c.Archive("cam", ArchiveOptions{Way: HLS})
		for _, length := range []time.Duration{0, time.Second, 2 * time.Second, 20 * time.Second, time.Minute} {
			w := a.around(media.Fragment{Start: at, Length: length})
			least, most := 10*time.Minute, 10*time.Minute
			if few {
				least, most = min(max(10*time.Minute, length*4000), 24*time.Hour), 24*time.Hour
			}
			if got := time.Duration(w.to-w.from) * time.Millisecond; got < least || got > most || w.from > ms || w.to <= ms {
				t.Errorf("few: %v; around a fragment of %v a session covers %v", few, length, got)
			}
			if front := time.Duration(ms-w.from) * time.Millisecond; few && length > 0 && front/length > mostListed*4/5 {
				t.Errorf("in front of a fragment of %v a session covers %v, which may fill it", length, front)
			}
		}
		asked := span{ms, ms + window}
		w := a.wider(asked)
		if few && (w.from != ms-window || w.to != w.from+day) || !few && w != asked {
			t.Errorf("few: %v; to list %v a session covers %v", few, asked, w)
		}
		if w = a.wider(span{0, 3 * day}); w.from != 0 || w.to != day {
			t.Errorf("few: %v; to list three days a session covers %v", few, w)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		c.Close()
	}
}
