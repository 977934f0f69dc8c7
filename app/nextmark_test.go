package app

import (
	"testing"
	"time"

	"kinora/media"
)

func TestTheNextMarkIsFoundWhereverItIs(t *testing.T) {
	at := time.Now().Add(-30 * 24 * time.Hour).UTC().Truncate(time.Second)
	archive := &fakeSurveyor{Archive: &fakeArchive{start: at, n: 1}, spans: []media.Span{{From: at.Add(-20 * 24 * time.Hour), To: at.Add(20 * 24 * time.Hour)}}}
	mark := func(after time.Duration, name, value string) {
		archive.marks = append(archive.marks, media.Mark{At: at.Add(after), Tag: media.Tag{Name: name, Value: value}})
	}
	mark(-15*24*time.Hour, "motion", "1")
	for s := -90; s <= 90; s++ {
		mark(time.Duration(s)*time.Second, "lens", "wide") // every fragment carries it
	}
	mark(5*time.Hour, MarkerTag, "red van")
	acc := &fakeAccount{name: "a", archive: archive}
	a := New(Options{Accounts: []Account{acc}, Codecs: fakeCodecs{}})
	a.Watch.Select("gate")
	a.Watch.Seek(at)
	a.Watch.Pause()
	if err := a.Bookmarks.Add(acc, "gate", ProducerClock, at.Add(8*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from    time.Duration
		forward bool
		want    time.Duration // negative and without a name: there is none
		name    string
	}{
		{0, true, 5 * time.Hour, MarkerTag},
		{5 * time.Hour, true, 8 * time.Hour, BookmarkTag},
		{8 * time.Hour, true, -1, ""},
		{9 * time.Hour, false, 8 * time.Hour, BookmarkTag},
		{8 * time.Hour, false, 5 * time.Hour, MarkerTag},
		{5 * time.Hour, false, -90 * time.Second, "lens"},
		{-90 * time.Second, false, -15 * 24 * time.Hour, "motion"},
		{-15 * 24 * time.Hour, false, -1, ""},
	} {
		a.Watch.Seek(at.Add(c.from))
		m, ok, err := a.NextMark(t.Context(), c.forward)
		if err != nil {
			t.Fatal(err)
		}
		if ok != (c.name != "") || ok && (m.Name != c.name || !m.At.Equal(at.Add(c.want))) {
			t.Errorf("from %v, forward %v: %s at %v, %v; want %s at %v", c.from, c.forward, m.Name, m.At.Sub(at), ok, c.name, c.want)
		}
	}
	archive.change(func() { archive.err = errOffline })
	if _, _, err := a.NextMark(t.Context(), true); err == nil {
		t.Error("a service that does not answer has no mark, it seems")
	}
}

func TestPlayDoesNotComeBackToTheMarkThatItHasJustPassed(t *testing.T) {
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	archive := &fakeSurveyor{Archive: &fakeArchive{start: at, n: 1}, spans: []media.Span{{From: at.Add(-time.Minute), To: at.Add(time.Minute)}}}
	for _, s := range []int{-20, 0} {
		archive.marks = append(archive.marks, media.Mark{At: at.Add(time.Duration(s) * time.Second), Tag: media.Tag{Name: MarkerTag}})
	}
	a := New(Options{Accounts: []Account{&fakeAccount{name: "a", archive: archive}}, Codecs: fakeCodecs{}})
	a.Watch.Select("gate")
	for _, playing := range []bool{true, false} {
		a.Watch.Seek(at.Add(300 * time.Millisecond))
		want := 0
		if playing {
			want = -20
		} else {
			a.Watch.Pause()
		}
		if m, ok, err := a.NextMark(t.Context(), false); err != nil || !ok || !m.At.Equal(at.Add(time.Duration(want)*time.Second)) {
			t.Errorf("playing %v: the mark before is at %v, %v, %v; want %d s", playing, m.At.Sub(at), ok, err, want)
		}
	}
}

// However far from all that is stored the playhead stands, the marks are found with a bounded number of questions.
func TestMarksAndRecordingsAreFoundFromFarAway(t *testing.T) {
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	archive := &fakeSurveyor{Archive: &fakeArchive{start: at, n: 1}, spans: []media.Span{{From: at, To: at.Add(time.Minute)}},
		marks: []media.Mark{{At: at, Tag: media.Tag{Name: MarkerTag}}, {At: at.Add(30 * time.Second), Tag: media.Tag{Name: MarkerTag}}}}
	a := New(Options{Accounts: []Account{&fakeAccount{name: "a", archive: archive}}, Codecs: fakeCodecs{}})
	for _, c := range []struct {
		from    string
		forward bool
		mark    time.Duration
	}{{"9999-01-01T00:00:00.000Z", false, 30 * time.Second}, {"1970-01-01T00:00:00.000Z", true, 0}} {
		l, err := ParseLink("kinora://a/gate@" + c.from)
		if err == nil {
			err = a.Follow(l)
		}
		if err != nil {
			t.Fatal(err)
		}
		archive.change(func() { archive.questions, archive.most = 0, 10 })
		if m, ok, err := a.NextMark(t.Context(), c.forward); err != nil || !ok || !m.At.Equal(at.Add(c.mark)) {
			t.Errorf("from %s: the mark is at %v, %v, %v; want %v", c.from, m.At, ok, err, at.Add(c.mark))
		}
		archive.change(func() { archive.questions = 0 })
		if begins, ok, err := a.NextSpan(t.Context(), c.forward); err != nil || !ok || !begins.Equal(at) {
			t.Errorf("from %s: the recording is at %v, %v, %v; want %v", c.from, begins, ok, err, at)
		}
	}
}
