package app

import (
	"context"
	"image/color"
	"testing"
	"time"

	"kinora/media"
)

// Where stills are is known to the minute, however long the time is that is looked at.
func TestShortStretchesAreLocalInAMonth(t *testing.T) {
	s := openStills(t, t.TempDir())
	from := hour(0).AddDate(0, 0, -30)
	keep := func(at time.Time) {
		t.Helper()
		if err := s.keep("acc", "gate", at, plain(64, 36, color.RGBA{9, 9, 9, 255})); err != nil {
			t.Fatal(err)
		}
	}
	local := func(from, to time.Time, resolution time.Duration) []media.Span {
		return s.local(t.Context(), "acc", "gate", from, to, resolution)
	}
	minute := func(at time.Time) media.Span { return media.Span{From: at, To: at.Add(time.Minute)} }
	odd := hour(0).AddDate(0, 0, -17).Add(7*time.Hour + 13*time.Minute)
	keep(odd.Add(11 * time.Second))
	keep(odd.Add(2 * time.Hour))
	want := []media.Span{minute(odd), minute(odd.Add(2 * time.Hour))}
	if got := local(from, hour(0), 20*time.Minute); !sameSpans(got, want) {
		t.Errorf("of a month local is %v, want %v", got, want)
	}
	for _, later := range []time.Duration{5 * time.Minute, 4 * time.Hour} { // than a day that was looked at
		keep(odd.Add(later))
	}
	want = []media.Span{{From: odd, To: odd.Add(6 * time.Minute)}, minute(odd.Add(2 * time.Hour)), minute(odd.Add(4 * time.Hour))}
	if got := local(from, hour(0), 20*time.Minute); !sameSpans(got, want) {
		t.Errorf("when more is kept local is %v, want %v", got, want)
	}
	if got := local(odd.Add(time.Hour), odd.Add(3*time.Hour), time.Second); !sameSpans(got, want[1:2]) {
		t.Errorf("of two hours local is %v, want %v", got, want[1:2])
	}
	if got := local(hour(0).AddDate(-9, 0, 0), hour(0), time.Hour); len(got) > steps {
		t.Errorf("of nine years local is %d stretches", len(got))
	}
	if got := s.local(t.Context(), "acc", "yard", from, hour(0), time.Second); len(got) > 0 {
		t.Errorf("of another stream local is %v", got)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got := s.local(ended, "acc", "gate", from, hour(0), time.Second); len(got) > 0 {
		t.Errorf("when nobody wants it any more local is %v", got)
	}
}
