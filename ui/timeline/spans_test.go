package timeline

import (
	"testing"
	"time"

	"kinora/media"
)

func TestNextSpan(t *testing.T) {
	spans := []media.Span{span(at(1, 0, 0), 60), span(at(2, 0, 0), 60), span(at(3, 0, 0), 60)}
	for _, c := range []struct {
		from    time.Time
		forward bool
		want    time.Time // zero: none
	}{
		{at(0, 0, 0), true, at(1, 0, 0)}, {at(1, 0, 0), true, at(2, 0, 0)}, {at(1, 30, 0), true, at(2, 0, 0)}, {at(3, 0, 0), true, time.Time{}},
		{at(2, 0, 30), false, at(2, 0, 0)}, {at(2, 0, 0), false, at(1, 0, 0)}, {at(9, 0, 0), false, at(3, 0, 0)}, {at(1, 0, 0), false, time.Time{}},
	} {
		got, ok := NextSpan(spans, c.from, c.forward)
		if !got.Equal(c.want) || ok == c.want.IsZero() {
			t.Errorf("from %v, forward %v: %v %v, want %v", c.from, c.forward, got, ok, c.want)
		}
	}
}

func TestWhatIsAtAMoment(t *testing.T) {
	d := someData()
	d.Near = Layer{From: at(9, 0, 0), To: at(9, 20, 0), Spans: []media.Span{span(at(9, 0, 0), 5*60)},
		Gaps: []media.Gap{{From: at(9, 5, 0), To: at(9, 20, 0), Reason: media.GapDisk}}}
	for _, c := range []struct {
		at       time.Time
		recorded bool
		reason   string
	}{
		{at(8, 0, 0), true, ""}, {at(9, 30, 0), false, media.GapLost}, {at(9, 1, 0), true, ""}, {at(9, 7, 0), false, media.GapDisk},
		{at(20, 0, 0), false, ""},
	} {
		recorded, gap, _ := d.At(c.at)
		if recorded != c.recorded || gap.Reason != c.reason {
			t.Errorf("at %v: recorded %v, %q; want %v, %q", c.at, recorded, gap.Reason, c.recorded, c.reason)
		}
	}
	if at, ok := d.NextSpan(at(9, 7, 0), true); !ok || at.Format("15:04") != "09:40" {
		t.Errorf("after what is near comes %v", at)
	}
}

func TestThinSpansCoverAColumn(t *testing.T) {
	columns := make([]float32, 100)
	cover(columns, []media.Span{span(at(0, 0, 50), 0), span(at(0, 0, 90), 20)}, at(0, 0, 0), 1e9)
	for i, share := range columns {
		if want := i == 50 || i >= 90; (share > 0) != want {
			t.Errorf("column %d is covered to %v", i, share)
		}
	}
	if got := Strength(columns[50]); got < 0.5 {
		t.Errorf("the shortest span has a strength of %v, want half at least", got)
	}
	if columns[95] != 1 {
		t.Errorf("a full column is covered to %v", columns[95])
	}
}
