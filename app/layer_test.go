package app

import (
	"testing"
	"time"

	"kinora/media"
)

// hours is a span between two hours of a day.
func hours(from, to float64) media.Span { return media.Span{From: hour(from), To: hour(to)} }

func hour(h float64) time.Time {
	return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC).Add(time.Duration(h * float64(time.Hour)))
}

func sameSpans(a, b []media.Span) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].From.Equal(b[i].From) || !a[i].To.Equal(b[i].To) {
			return false
		}
	}
	return true
}

func TestLayerKeepsWhatABetterOneKnows(t *testing.T) {
	coarse := Layer{From: hour(6), To: hour(12), Spans: []media.Span{hours(6, 12)}}
	fine := Layer{From: hour(4), To: hour(8), Spans: []media.Span{hours(4, 6.5), hours(7, 8)},
		Gaps: []media.Gap{{From: hour(6.5), To: hour(7), Reason: media.GapLost}}}
	got := coarse.with(fine)
	if want := []media.Span{hours(6, 6.5), hours(7, 12)}; !sameSpans(got.Spans, want) || len(got.Gaps) != 1 {
		t.Errorf("it is %+v, want %v", got, want)
	}
	if got := coarse.with(Layer{}); !sameSpans(got.Spans, coarse.Spans) {
		t.Errorf("with nothing better it is %+v", got)
	}
}

func TestLayerIsExtended(t *testing.T) {
	l := Layer{From: hour(0), To: hour(9), Spans: []media.Span{hours(1, 2), hours(8, 9)}, Gaps: []media.Gap{{From: hour(2), To: hour(8)}}}
	got := l.extend(hour(8.9), hour(10), media.Overview{Spans: []media.Span{hours(8.9, 9.1), hours(9.5, 9.6)},
		Gaps: []media.Gap{{From: hour(9.1), To: hour(9.5), Reason: media.GapDisk}}}, time.Second)
	if want := []media.Span{hours(1, 2), hours(8, 9.1), hours(9.5, 9.6)}; !sameSpans(got.Spans, want) {
		t.Errorf("it is %v, want %v", got.Spans, want)
	}
	if len(got.Gaps) != 2 || !got.Gaps[0].To.Equal(hour(8)) || got.Gaps[1].Reason != media.GapDisk || !got.To.Equal(hour(10)) {
		t.Errorf("its gaps are %v until %v", got.Gaps, got.To)
	}
	if !sameSpans(l.Spans, []media.Span{hours(1, 2), hours(8, 9)}) {
		t.Error("what was known before was changed")
	}
}

func TestUnionJoinsWhatTouches(t *testing.T) {
	got := union([]media.Span{hours(1, 3), hours(6, 7)}, []media.Span{hours(2, 4), hours(4, 5)})
	if want := []media.Span{hours(1, 5), hours(6, 7)}; !sameSpans(got, want) {
		t.Errorf("the union is %v, want %v", got, want)
	}
}
