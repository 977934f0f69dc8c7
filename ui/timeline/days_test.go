package timeline

import (
	"testing"
	"time"

	"kinora/media"
)

func TestDaysOf23And25Hours(t *testing.T) {
	cairo, beirut, apia := mustLoad("Africa/Cairo"), mustLoad("Asia/Beirut"), mustLoad("Pacific/Apia")
	for name, c := range map[string]struct {
		loc    *time.Location
		day    Day
		length time.Duration
		begins string
	}{
		"spring":                        {berlin, Day{2026, 3, 29}, 23 * time.Hour, "00:00"},
		"autumn":                        {berlin, Day{2026, 10, 25}, 25 * time.Hour, "00:00"},
		"plain":                         {berlin, Day{2026, 11, 22}, 24 * time.Hour, "00:00"},
		"no midnight":                   {cairo, Day{2024, 4, 26}, 23 * time.Hour, "01:00"},
		"no midnight either":            {beirut, Day{2026, 3, 29}, 23 * time.Hour, "01:00"},
		"before a day that is left out": {apia, Day{2011, 12, 29}, 24 * time.Hour, "00:00"},
		"behind it":                     {apia, Day{2011, 12, 31}, 24 * time.Hour, "00:00"},
		"an hour twice before midnight": {cairo, Day{2024, 10, 31}, 25 * time.Hour, "00:00"},
	} {
		if got := c.day.Length(c.loc); got != c.length {
			t.Errorf("%s: %v is %v long, want %v", name, c.day, got, c.length)
		}
		if got := c.day.Start(c.loc).In(c.loc).Format("15:04"); got != c.begins {
			t.Errorf("%s: %v begins at %s, want %s", name, c.day, got, c.begins)
		}
		if got := DayOf(c.day.Start(c.loc), c.loc); got != c.day {
			t.Errorf("%s: %v begins on %v", name, c.day, got)
		}
	}
}

func TestMonthHoldsSixWeeks(t *testing.T) {
	m := MonthOf(Day{2026, 11, 22}, time.Monday)
	if m[0] != (Day{2026, 10, 26}) || m[6] != (Day{2026, 11, 1}) || m[41] != (Day{2026, 12, 6}) {
		t.Errorf("the leaf goes from %v over %v to %v", m[0], m[6], m[41])
	}
	if m := MonthOf(Day{2026, 11, 22}, time.Sunday); m[0] != (Day{2026, 11, 1}) {
		t.Errorf("with Sundays first the leaf begins on %v", m[0])
	}
}

func TestMonthTellsWhatIsRecorded(t *testing.T) {
	m := MonthOf(Day{2026, 11, 22}, time.Monday)
	spans := []media.Span{span(at(-12, 0, 0), 24*3600), span(at(48, 0, 0), 0)}
	share := m.Filled(spans, berlin)
	for i, d := range m {
		want := 0.0
		switch d {
		case Day{2026, 11, 21}, Day{2026, 11, 22}:
			want = 0.5
		case Day{2026, 11, 24}:
			want = 0.01
		}
		if share[i] != want {
			t.Errorf("%v is filled to %v, want %v", d, share[i], want)
		}
	}
}

// Samoa had no 30th of December 2011: it is empty, and calendars and ticks go over it.
func TestDayThatIsLeftOut(t *testing.T) {
	apia := mustLoad("Pacific/Apia")
	out := Day{2011, 12, 30}
	if got := out.Length(apia); got != 0 || !out.Start(apia).Equal(out.Add(1).Start(apia)) {
		t.Errorf("it begins at %v and lasts %v", out.Start(apia), got)
	}
	from, to := Day{2011, 12, 28}.Start(apia), Day{2012, 1, 2}.Start(apia)
	m := MonthOf(out, time.Monday)
	share := m.Filled([]media.Span{{From: from, To: to}}, apia)
	for i, d := range m[:] {
		if d.Compare(out.Add(-1)) >= 0 && d.Compare(out.Add(1)) <= 0 && (share[i] == 1) == (d == out) {
			t.Errorf("%v is filled to %v", d, share[i])
		}
	}
	begins := from
	for range 4 {
		begins = DayOf(begins, apia).End(apia)
	}
	if !begins.Equal(to) {
		t.Errorf("four days behind %v come to %v", from, begins.In(apia))
	}
}
