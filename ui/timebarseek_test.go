package ui

import (
	"testing"
	"time"

	"kinora/ui/timeline"
)

// A live picture has its playhead near the right end, from the beginning on.
func TestTimeBarOfALivePictureEndsWithNow(t *testing.T) {
	b := newBarTest(t)
	for behind := range 300 {
		at := now.Add(time.Duration(behind) * time.Second)
		b.pass(at.Add(-200*time.Millisecond), at)
		if x := b.view.X(at); x < 800 || x > 960 {
			t.Fatalf("after %d s now is at %v of 1000", behind, x)
		}
	}
}

// The moment of a link comes into sight when the picture does, and when it is not known before that there can be one, then.
func TestTimeBarSeeks(t *testing.T) {
	b := newBarTest(t)
	sees := func(at time.Time) bool { return b.view.X(at) >= 0 && b.view.X(at) <= b.view.Width }
	b.pass(now, now)
	moment := now.Add(-30 * time.Hour)
	before := b.view.Scale
	b.seek()
	if b.view.Scale != before {
		t.Error("the bar moves before the picture is there")
	}
	b.pass(moment, now)
	if !sees(moment) {
		t.Errorf("the bar begins at %v, with the playhead at %v", b.view.From, moment)
	}

	elsewhere := now.Add(-400 * time.Hour) // of another stream, of which nothing is known yet
	b.seek()
	b.pass(elsewhere, now)
	if sees(elsewhere) {
		t.Error("the bar shows what nothing is known of")
	}
	d := archive()
	d.First = now.Add(-500 * time.Hour)
	b.show(d)
	b.pass(elsewhere, now)
	if !sees(elsewhere) {
		t.Errorf("when more is known the bar begins at %v, with the playhead at %v", b.view.From, elsewhere)
	}
	there := b.view.Scale
	b.look(timeline.Between(now.Add(-time.Hour), now, b.view.Width))
	b.pass(elsewhere, now.Add(time.Millisecond))
	if b.view.Scale == there {
		t.Error("the bar leaps back to a playhead that stands")
	}
}

// The first view holds the playhead, wherever a link has put it.
func TestTimeBarBeginsAtThePlayhead(t *testing.T) {
	b := newBarTest(t)
	b.fitted = false
	at := now.Add(-20 * time.Hour)
	b.playhead = at
	b.show(archive())
	if x := b.view.X(at); x < 0 || x > b.view.Width {
		t.Errorf("at first the playhead is at %v of %v", x, b.view.Width)
	}
}

// Where nothing is recorded the bar goes with a link all the same, into the past and into the future.
func TestTimeBarOfAnEmptyArchiveShowsThePlayhead(t *testing.T) {
	b := newBarTest(t)
	b.show(&timeline.Data{})
	for _, ago := range []time.Duration{150 * time.Hour, -150 * time.Hour, 0} {
		at := now.Add(-ago)
		b.seek()
		b.pass(at, now)
		if x := b.view.X(at); x < 0 || x > b.view.Width {
			t.Errorf("the playhead, %v ago, is at %v of %v", ago, x, b.view.Width)
		}
	}
}

// By another clock the same picture is at another time, which comes into sight as large as before when what is known of that clock does.
func TestTimeBarKeepsItsZoomByAnotherClock(t *testing.T) {
	for _, later := range []time.Duration{200 * time.Millisecond, 3 * time.Hour, -400 * 24 * time.Hour} {
		b := newBarTest(t)
		head := now.Add(-20 * time.Hour)
		b.pass(head, now)
		b.whole()
		zoom := b.view.PerUnit
		b.seek()
		head = head.Add(later)
		b.pass(head, now)
		d := archive()
		for i := range d.Wide.Spans {
			d.Wide.Spans[i].From, d.Wide.Spans[i].To = d.Wide.Spans[i].From.Add(later), d.Wide.Spans[i].To.Add(later)
		}
		d.First, d.Last = d.First.Add(later), d.Last.Add(later)
		b.show(d)
		b.pass(head, now.Add(time.Millisecond))
		if x := b.view.X(head); x < 0 || x > b.view.Width || b.view.PerUnit != zoom {
			t.Errorf("%v later the playhead is at %v of %v, and a unit is %v ms, not %v", later, x, b.view.Width, b.view.PerUnit, zoom)
		}
	}
}
