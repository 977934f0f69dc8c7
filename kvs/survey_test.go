package kvs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"kinora/media"
)

// said is an overview in a line: spans and gaps from shelfEpoch.
func said(o media.Overview) string {
	var b strings.Builder
	for _, s := range o.Spans {
		fmt.Fprintf(&b, "%v-%v:%d ", s.From.Sub(shelfEpoch), s.To.Sub(shelfEpoch), s.Fragments)
	}
	for _, g := range o.Gaps {
		fmt.Fprintf(&b, "gap %v-%v%s ", g.From.Sub(shelfEpoch), g.To.Sub(shelfEpoch), g.Reason)
	}
	if !o.First.IsZero() {
		fmt.Fprintf(&b, "of %v-%v", o.First.Sub(shelfEpoch), o.Last.Sub(shelfEpoch))
	}
	return strings.TrimSpace(b.String())
}

// survey returns all reports.
func survey(t *testing.T, a *Archive, from, to, resolution time.Duration) (reports []media.Overview) {
	t.Helper()
	check(t, a.Survey(testContext(t), shelfEpoch.Add(from), shelfEpoch.Add(to), resolution, func(o media.Overview) { reports = append(reports, o) }))
	if n := len(reports); n == 0 || !reports[n-1].Complete {
		t.Fatalf("the last of %d reports is not complete", n)
	}
	return reports
}

// The service's own operation answers, reasons and all.
func TestSurveyByService(t *testing.T) {
	s, c := newService(t)
	var asked selector
	s.serve("/kinora/listSpans", func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		at := shelfEpoch.Unix()
		fmt.Fprintf(w, `{"Spans": [{"StartTimestamp": %d.5, "EndTimestamp": %d, "Fragments": 5, "Bytes": 99}],
			"Gaps": [{"StartTimestamp": %d, "EndTimestamp": %d.001, "Reason": "lost"}], "First": %d, "Last": %d}`, at, at+10, at+10, at+20, at-60, at+99)
	})
	a := openArchive(t, c, ArchiveOptions{Clock: ProducerTime})
	reports := survey(t, a, time.Second, time.Minute, 250*time.Millisecond)
	if got := said(reports[0]); len(reports) != 1 || got != "500ms-10s:5 gap 10s-20.001slost of -1m0s-1m39s" || reports[0].Spans[0].Bytes != 99 {
		t.Errorf("%d reports: %s", len(reports), got)
	}
	f := asked.FragmentSelector
	if asked.StreamName != "cam" || asked.ResolutionInMilliseconds != 250 || f.FragmentSelectorType != "PRODUCER_TIMESTAMP" ||
		!time.Time(f.TimestampRange.StartTimestamp).Equal(shelfEpoch.Add(time.Second)) {
		t.Errorf("asked %+v %+v", asked, f)
	}
}

// Every other service is asked for its fragments: for those of a short time, and else for a few here and there.
func TestSurveyByFragments(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 900) // half an hour
	h.steady(time.Hour, 10)
	h.steady(300*time.Hour, 3600) // two hours
	h.add(700 * time.Hour)
	a := openArchive(t, c, ArchiveOptions{Clock: ProducerTime})

	reports := survey(t, a, 29*time.Minute, 63*time.Minute, time.Second)
	if got := said(reports[0]); len(reports) != 1 || got != "29m0s-29m59.5s:30 1h0m0s-1h0m19.5s:10 gap 29m59.5s-1h0m0s of 0s-700h0m1.5s" {
		t.Errorf("%d reports: %s", len(reports), got)
	}
	if got := said(survey(t, a, -90*time.Hour, -80*time.Hour, time.Second)[0]); got != "of 0s-700h0m1.5s" {
		t.Errorf("in front of everything: %s", got)
	}

	before, _ := h.calls()
	reports = survey(t, a, -720*time.Hour, 720*time.Hour, time.Minute)
	if lists, _ := h.calls(); lists-before > 150 || len(reports) < 2 {
		t.Errorf("%d questions, %d reports", lists-before, len(reports))
	}
	covered := func(o media.Overview, at time.Duration) bool {
		for _, s := range o.Spans {
			if !s.From.After(shelfEpoch.Add(at)) && !s.To.Before(shelfEpoch.Add(at)) {
				return true
			}
		}
		return false
	}
	recorded := []time.Duration{0, 10 * time.Minute, 29 * time.Minute, 60 * time.Minute, 300 * time.Hour, 301 * time.Hour, 302*time.Hour - 2*time.Second, 700 * time.Hour}
	for i, o := range reports {
		for _, at := range recorded { // thin events stay, at every stage
			if !covered(o, at) {
				t.Errorf("report %d of %d has nothing at %v: %s", i+1, len(reports), at, said(o))
			}
		}
	}
	last := reports[len(reports)-1]
	for _, at := range []time.Duration{10 * time.Hour, 200 * time.Hour, 298 * time.Hour, 310 * time.Hour, 600 * time.Hour} {
		if covered(last, at) {
			t.Errorf("something at %v: %s", at, said(last))
		}
	}
	before, _ = h.calls()
	survey(t, a, -720*time.Hour, 720*time.Hour, time.Minute)
	if lists, _ := h.calls(); lists-before > 1 {
		t.Errorf("%d questions for what is known", lists-before)
	}
	if n := s.count("/kinora/listSpans"); n > 2 { // once more with a new endpoint
		t.Errorf("asked %d times for what the service does not have", n)
	}
}

// What said that there is no such operation may have been something in front of the service.
func TestTheServiceIsAskedAgainForWhatItLacked(t *testing.T) {
	s, c := newService(t)
	newShelf(t, s).steady(0, 3)
	a := openArchive(t, c, ArchiveOptions{})
	survey(t, a, 0, time.Minute, time.Second)
	s.serve("/kinora/listSpans", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"Spans": [{"StartTimestamp": 1582887600.000, "EndTimestamp": 1582887660.000, "Fragments": 7}]}`)
	})
	before := s.count("/kinora/listSpans")
	survey(t, a, 0, time.Minute, time.Second)
	if n := s.count("/kinora/listSpans") - before; n > 0 {
		t.Errorf("it is asked %d times at once", n)
	}
	c.lacking.Store(time.Now().UnixNano()) // as if that was long ago
	if o := survey(t, a, 0, time.Minute, time.Second); len(o) != 1 || len(o[0].Spans) != 1 || o[0].Spans[0].Fragments != 7 {
		t.Errorf("later it says %+v", o)
	}
}

func TestSurveyOfNothing(t *testing.T) {
	s, c := newService(t)
	newShelf(t, s)
	a := openArchive(t, c, ArchiveOptions{})
	if got := said(survey(t, a, 0, 24*time.Hour, time.Second)[0]); got != "" {
		t.Error(got)
	}
	if err := a.Survey(testContext(t), shelfEpoch, shelfEpoch, time.Second, func(media.Overview) {}); err == nil {
		t.Error("no time at all was surveyed")
	}
}

func TestMarks(t *testing.T) {
	s, c := newService(t)
	s.serve("/kinora/listTags", func(w http.ResponseWriter, r *http.Request) {
		in := body(t, r)
		at := shelfEpoch.Unix()
		if in["NextToken"] == nil {
			fmt.Fprintf(w, `{"Tags": [{"FragmentNumber": "1", "ProducerTimestamp": %d, "ServerTimestamp": %d, "Name": "door", "Value": "open"}], "NextToken": "more"}`, at+1, at+5)
			return
		}
		if in["FragmentSelector"] != nil {
			t.Error("a token and a selector")
		}
		fmt.Fprintf(w, `{"Tags": [{"FragmentNumber": "2", "ProducerTimestamp": %d, "ServerTimestamp": %d, "Name": "door", "Value": "shut"}]}`, at+2, at+6)
	})
	a := openArchive(t, c, ArchiveOptions{Clock: ProducerTime})
	marks, known, err := a.Marks(testContext(t), shelfEpoch, shelfEpoch.Add(time.Minute))
	want := []media.Mark{{Tag: media.Tag{Name: "door", Value: "open"}, Number: "1", At: shelfEpoch.Add(time.Second)}, {Tag: media.Tag{Name: "door", Value: "shut"}, Number: "2", At: shelfEpoch.Add(2 * time.Second)}}
	if err != nil || !known || len(marks) != 2 {
		t.Fatalf("%v, %v, %v", marks, known, err)
	}
	for i := range want {
		if marks[i].Tag != want[i].Tag || marks[i].Number != want[i].Number || !marks[i].At.Equal(want[i].At) {
			t.Errorf("mark %+v, want %+v", marks[i], want[i])
		}
	}
}

// Without the service's help the tags of what was loaded are known.
func TestMarksOfLoaded(t *testing.T) {
	s, c := newService(t)
	h := newShelf(t, s)
	h.steady(0, 3)
	a := openArchive(t, c, ArchiveOptions{})
	list := all(t, a, 3)
	for _, f := range list[1:] {
		_, err := a.Load(testContext(t), f)
		check(t, err)
	}
	marks, known, err := a.Marks(testContext(t), shelfEpoch, shelfEpoch.Add(2*time.Second))
	if err != nil || known || len(marks) != 1 || marks[0].Value != "open" || marks[0].Number != list[1].Number {
		t.Errorf("%v, %v, %v", marks, known, err)
	}
}
