package timeline

import (
	"slices"
	"testing"
	"time"
)

// clocks lists what clocks show at the ticks of a level from a moment until another.
func clocks(loc *time.Location, l level, from, to time.Time, layout string) []string {
	z := newZone(loc)
	var all []string
	for t := z.before(l, from); t.Before(to); t = z.next(l, t) {
		if !t.Before(from) {
			all = append(all, t.In(loc).Format(layout))
		}
	}
	return all
}

func TestTicksStandOnTheClock(t *testing.T) {
	lordHowe, kathmandu := mustLoad("Australia/Lord_Howe"), mustLoad("Asia/Kathmandu")
	for name, c := range map[string]struct {
		loc    *time.Location
		l      level
		from   time.Time
		length time.Duration
		layout string
		want   []string
	}{
		"six hours on a day of 23": {berlin, level{every: 6 * time.Hour}, time.Date(2026, 3, 29, 0, 0, 0, 0, berlin), 23 * time.Hour, "15:04",
			[]string{"00:00", "06:00", "12:00", "18:00"}},
		"six hours on a day of 25": {berlin, level{every: 6 * time.Hour}, time.Date(2026, 10, 25, 0, 0, 0, 0, berlin), 25 * time.Hour, "15:04",
			[]string{"00:00", "06:00", "12:00", "18:00"}},
		"hours on a day of 23": {berlin, level{every: time.Hour}, time.Date(2026, 3, 29, 0, 0, 0, 0, berlin), 4 * time.Hour, "15:04",
			[]string{"00:00", "01:00", "03:00", "04:00"}},
		"hours on a day of 25": {berlin, level{every: time.Hour}, time.Date(2026, 10, 25, 1, 0, 0, 0, berlin), 4 * time.Hour, "15:04 MST",
			[]string{"01:00 CEST", "02:00 CEST", "02:00 CET", "03:00 CET"}},
		"clocks set by half an hour": {lordHowe, level{every: time.Hour}, time.Date(2026, 4, 5, 0, 0, 0, 0, lordHowe), 4 * time.Hour, "15:04",
			[]string{"00:00", "01:00", "02:00", "03:00"}},
		"a zone of three quarters": {kathmandu, level{every: 3 * time.Hour}, time.Date(2026, 4, 5, 0, 0, 0, 0, kathmandu), 9 * time.Hour, "15:04",
			[]string{"00:00", "03:00", "06:00"}},
		"days": {berlin, level{days: 1}, time.Date(2026, 3, 28, 0, 0, 0, 0, berlin), 3*24*time.Hour - time.Hour, "2 15:04",
			[]string{"28 00:00", "29 00:00", "30 00:00"}},
		"weeks": {berlin, level{days: 7}, time.Date(2026, 10, 20, 0, 0, 0, 0, berlin), 14 * 24 * time.Hour, "Mon 2",
			[]string{"Mon 26", "Mon 2"}},
		"months": {berlin, level{days: 30}, time.Date(2026, 11, 1, 0, 0, 0, 0, berlin), 92 * 24 * time.Hour, "Jan 2",
			[]string{"Nov 1", "Dec 1", "Jan 1"}},
		"tenths": {berlin, level{every: 100 * time.Millisecond}, at(10, 0, 0), 300 * time.Millisecond, "05.000",
			[]string{"00.000", "00.100", "00.200"}},
	} {
		if got := clocks(c.loc, c.l, c.from, c.from.Add(c.length), c.layout); !slices.Equal(got, c.want) {
			t.Errorf("%s: the ticks are at %q, want %q", name, got, c.want)
		}
	}
}

func TestRankIsTheCoarsestLevel(t *testing.T) {
	z := newZone(berlin)
	for _, c := range []struct {
		at   time.Time
		fine int
		want int
	}{
		{at(10, 42, 7), 0, levelSecond}, {at(10, 42, 0), 0, levelMinute}, {at(10, 0, 0), levelMinute, 10}, {at(0, 0, 0), 0, levelDay},
		{time.Date(2026, 11, 23, 0, 0, 0, 0, berlin), 0, levelWeek}, {time.Date(2026, 11, 1, 0, 0, 0, 0, berlin), levelDay, levelMonth},
	} {
		if got := z.rank(c.fine, c.at); got != c.want {
			t.Errorf("%v has rank %d, want %d", c.at, got, c.want)
		}
	}
}

// TestTicksAreFewAtEveryZoom also finds ticks that do not go on.
func TestTicksAreFewAtEveryZoom(t *testing.T) {
	p := newTestPainter(t, 1)
	p.zone = newZone(berlin)
	for s := (Scale{at(0, 0, 0), Finest}); s.PerUnit < Coarsest; s.PerUnit *= 1.3 {
		finest, labelled := p.levels(s)
		n := 0
		for at := p.zone.before(levels[finest], s.From); at.Before(s.At(1000)); at = p.zone.next(levels[finest], at) {
			if n++; n > 1000/tickRoom+10 {
				t.Fatalf("at %v a unit there are more than %d ticks in 1000 units", time.Duration(s.PerUnit), n)
			}
		}
		if labelled < finest {
			t.Errorf("at %v a unit labels are finer than ticks", time.Duration(s.PerUnit))
		}
	}
}
