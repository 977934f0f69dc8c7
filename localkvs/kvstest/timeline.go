package kvstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"kinora/media"
	"kinora/mkv"
)

// What goes beyond the real service: spans, gaps and tags for timelines.
var timelineTests = []test{
	{name: "Spans", strict: true, run: spansAndGaps},
	{name: "Reasons", strict: true, run: reasonsOfGaps},
	{name: "SpansOfNothing", strict: true, run: spansOfNothing},
	{name: "Tags", strict: true, run: tagsOfFragments},
	{name: "LastingTags", strict: true, run: lastingTags},
	{name: "TagPages", strict: true, run: tagPages},
	{name: "Invalid", strict: true, run: timelineInvalid},
}

type spanList struct {
	Spans []struct {
		StartTimestamp, EndTimestamp float64
		Fragments                    int
		Bytes                        int64
	}
	Gaps []struct {
		StartTimestamp, EndTimestamp float64
		Reason                       string
	}
	First, Last              float64
	ResolutionInMilliseconds int64
}

type tagList struct {
	Tags []struct {
		FragmentNumber                     string
		ProducerTimestamp, ServerTimestamp float64
		Name, Value                        string
	}
	NextToken string
}

// selection is a selector's JSON for a range of a clock.
func selection(clock string, from, to time.Time) string {
	return fmt.Sprintf(`{"FragmentSelectorType":%q,"TimestampRange":{"StartTimestamp":%.3f,"EndTimestamp":%.3f}}`,
		clock+"_TIMESTAMP", float64(from.UnixMilli())/1000, float64(to.UnixMilli())/1000)
}

// ask posts a signed request and decodes the answer.
func (s *subject) ask(path, body string, into any) {
	s.Helper()
	status, _, answer := s.post(path, body, &signing{})
	if status != http.StatusOK {
		s.Fatalf("%s %s is answered with %d %s", path, body, status, answer)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		s.Fatal(err)
	}
}

// spans asks for what a stream has on a clock.
func (s *subject) spans(stream, clock string, from, to time.Time, resolution time.Duration) (out spanList) {
	s.Helper()
	s.ask("/kinora/listSpans", fmt.Sprintf(`{"StreamName":%q,"FragmentSelector":%s,"ResolutionInMilliseconds":%d}`,
		stream, selection(clock, from, to), resolution.Milliseconds()), &out)
	return out
}

// spansAndGaps: what is closer than the resolution is one, and a range that lies in a gap or a fragment shows it.
func spansAndGaps(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	for _, at := range []time.Duration{0, 2 * second, 4 * second, 30 * second, 32 * second} { // each lasts 1.9 s
		u.send(p.fragment(at))
	}
	u.finish()
	for a := u.next(); a != (ack{}); a = u.next() {
	}
	check := func(from, to, resolution time.Duration, spanEdges, gapEdges [][2]time.Duration, fragments ...int) {
		s.Helper()
		got := s.spans(stream, "PRODUCER", p.epoch.Add(from), p.epoch.Add(to), resolution)
		seconds := func(at float64) time.Duration {
			return time.Duration(int64(at*1000+0.5)-p.epoch.UnixMilli()) * time.Millisecond
		}
		var found, gaps [][2]time.Duration
		var counts []int
		for _, span := range got.Spans {
			found = append(found, [2]time.Duration{seconds(span.StartTimestamp), seconds(span.EndTimestamp)})
			counts = append(counts, span.Fragments)
			if span.Bytes < int64(100*span.Fragments) {
				s.Errorf("%d fragments have %d bytes", span.Fragments, span.Bytes)
			}
		}
		for _, gap := range got.Gaps {
			gaps = append(gaps, [2]time.Duration{seconds(gap.StartTimestamp), seconds(gap.EndTimestamp)})
		}
		if !slices.Equal(found, spanEdges) || !slices.Equal(gaps, gapEdges) || !slices.Equal(counts, fragments) {
			s.Errorf("%s to %s by %s: spans %v of %v fragments, gaps %v; want %v of %v, %v", from, to, resolution, found, counts, gaps, spanEdges, fragments, gapEdges)
		}
		if first, last := seconds(got.First), seconds(got.Last); first != 0 || last != 33900*time.Millisecond {
			s.Errorf("it is stored from %s to %s", first, last)
		}
	}
	const ms = time.Millisecond
	type edges = [][2]time.Duration
	all, gap := edges{{0, 5900 * ms}, {30 * second, 33900 * ms}}, edges{{5900 * ms, 30 * second}}
	check(-time.Hour, time.Hour, second, all, gap, 3, 2)
	check(-time.Hour, time.Hour, 0, all, gap, 3, 2)
	check(-time.Hour, time.Hour, 24*second, all, gap, 3, 2)
	check(-time.Hour, time.Hour, 25*second, edges{{0, 33900 * ms}}, nil, 5)
	check(10*second, 11*second, second, nil, gap)
	check(2500*ms, 2600*ms, second, edges{{2 * second, 3900 * ms}}, nil, 1)
	check(2500*ms, 2600*ms, 10*ms, edges{{2 * second, 3900 * ms}}, edges{{1900 * ms, 2 * second}, {3900 * ms, 4 * second}}, 1)
	check(5*second, 31*second, second, edges{{4 * second, 5900 * ms}, {30 * second, 31900 * ms}}, gap, 1, 1)
}

// reasonsOfGaps: each gap says how the upload in front of it ended, or what the recorder says of it.
func reasonsOfGaps(s *subject) {
	stream, _ := s.stream(1)
	at := time.Duration(0)
	epoch := start().Add(-time.Hour)
	send := func(behind []mkv.Tag, before ...mkv.Tag) (*upload, *producer) { // one fragment, over a connection of its own
		p := newProducer(epoch, 1)
		u := s.put(stream, nil)
		p.begin(at, before...)
		mustWrite(p.w.End(behind...))
		u.send(p.take())
		u.want(p.timecode(at), "BUFFERING", "RECEIVED", "PERSISTED")
		at += time.Minute
		return u, p
	}
	finish := func(u *upload) {
		u.finish()
		if a := u.next(); a != (ack{}) {
			s.Errorf("after the end came %+v", a)
		}
	}
	u, _ := send(nil)
	finish(u)
	u, _ = send(nil)
	u.close()
	u, p := send(nil)
	p.begin(at - 30*second)
	mustWrite(p.w.Write(&media.Packet{Track: 1, PTS: at - 5*second, DTS: at - 5*second, Key: true, Data: []byte("x")}))
	u.send(p.take())
	u.wantError(4002, "MAX_FRAGMENT_DURATION_REACHED")
	u, _ = send([]mkv.Tag{{Name: mkv.GapBehind, Value: media.GapPaused}})
	finish(u)
	u, _ = send(nil)
	finish(u)
	u, _ = send(nil, mkv.Tag{Name: mkv.GapBefore, Value: media.GapDevice})
	finish(u)
	want := []string{media.GapEnded, media.GapLost, media.GapError + "4002", media.GapPaused, media.GapDevice}
	var got []string
	for !slices.Equal(got, want) { // a broken connection is noticed when it is
		got = nil
		for _, gap := range s.spans(stream, "PRODUCER", epoch, epoch.Add(time.Hour), second).Gaps {
			got = append(got, gap.Reason)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-s.ctx.Done():
			s.Fatalf("the gaps are for %q, want %q", got, want)
		}
	}
}

func spansOfNothing(s *subject) {
	stream, _ := s.stream(1)
	got := s.spans(stream, "SERVER", time.Now().Add(-time.Hour), time.Now(), time.Second)
	if got.Spans == nil || len(got.Spans) != 0 || got.Gaps == nil || got.First != 0 {
		s.Errorf("an empty stream has %+v", got)
	}
}

// tagged uploads fragments of 2 s with two tags each, one of them in front and one behind.
func (s *subject) tagged(stream string, p *producer, fragments int) {
	s.Helper()
	u := s.put(stream, nil)
	for i := range fragments {
		at := time.Duration(i) * 2 * second
		p.begin(at, mkv.Tag{Name: mkv.Take, Value: fmt.Sprintf("t/%d", i)}, mkv.Tag{Name: "front", Value: fmt.Sprint(i)})
		mustWrite(p.w.End(mkv.Tag{Name: "behind", Value: fmt.Sprint(i)}))
		u.send(p.take())
		u.want(p.timecode(at), "BUFFERING", "RECEIVED", "PERSISTED")
	}
	u.finish()
}

// tags lists all tags of a stream in pages.
func (s *subject) tags(stream, clock string, from, to time.Time, limit int) (all []string) {
	s.Helper()
	token := ""
	for range 1000 {
		var page tagList
		s.ask("/kinora/listTags", fmt.Sprintf(`{"StreamName":%q,"FragmentSelector":%s,"MaxResults":%d,"NextToken":%q}`,
			stream, selection(clock, from, to), limit, token), &page)
		if len(page.Tags) > limit {
			s.Errorf("a page of %d has %d tags", limit, len(page.Tags))
		}
		for _, t := range page.Tags {
			if len(t.FragmentNumber) != 47 || t.ProducerTimestamp == 0 || t.ServerTimestamp == 0 {
				s.Errorf("the tag has no place: %+v", t)
			}
			all = append(all, t.Name+"="+t.Value)
		}
		if token = page.NextToken; token == "" {
			return all
		}
	}
	s.Fatal("the pages have no end")
	return nil
}

// tagsOfFragments: what producers note comes back; what the service and the recorder read does not.
func tagsOfFragments(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	s.tagged(stream, p, 3)
	for clock, from := range map[string]time.Time{"PRODUCER": p.epoch, "SERVER": time.Now().Add(-time.Minute)} {
		got := s.tags(stream, clock, from, from.Add(time.Hour), 100)
		if want := "front=0 behind=0 front=1 behind=1 front=2 behind=2"; strings.Join(got, " ") != want {
			s.Errorf("by %s time: %v, want %s", clock, got, want)
		}
	}
	got := s.tags(stream, "PRODUCER", p.epoch.Add(second), p.epoch.Add(3*second), 100)
	if strings.Join(got, " ") != "front=1 behind=1" {
		s.Errorf("in the range of the second fragment there are %v", got)
	}
}

// lastingTags: a tag that a producer puts on each fragment is listed where it begins, not what Kinora notes on single ones.
func lastingTags(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	site := func(value string) mkv.Tag { return mkv.Tag{Name: "site", Value: value} }
	marker := mkv.Tag{Name: "KINORA_MARKER", Value: "x"}
	for i, tags := range [][]mkv.Tag{{site("a"), marker}, {site("a"), marker}, {site("a")}, {site("b")}, {}, {site("b")}, {site("b"), site("c")}} {
		at := time.Duration(i) * 2 * second
		u.send(p.fragment(at, tags...))
		mustWrite(p.w.End())
		u.send(p.take())
		u.want(p.timecode(at), "BUFFERING", "RECEIVED", "PERSISTED")
	}
	u.finish()
	want := "site=a KINORA_MARKER=x KINORA_MARKER=x site=b site=b site=c"
	for _, limit := range []int{1, 2, 3, 5, 100} {
		if got := strings.Join(s.tags(stream, "PRODUCER", p.epoch, p.epoch.Add(time.Hour), limit), " "); got != want {
			s.Errorf("in pages of %d: %s, want %s", limit, got, want)
		}
	}
	if got := strings.Join(s.tags(stream, "PRODUCER", p.epoch.Add(3*second), p.epoch.Add(time.Hour), 100), " "); got != "site=a site=b site=b site=c" {
		s.Errorf("from the middle on: %s", got)
	}
}

// tagPages: pages also end within a fragment.
func tagPages(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	s.tagged(stream, p, 4)
	want := s.tags(stream, "PRODUCER", p.epoch, p.epoch.Add(time.Hour), 1000)
	for limit := 1; limit <= 9; limit++ {
		if got := s.tags(stream, "PRODUCER", p.epoch, p.epoch.Add(time.Hour), limit); !slices.Equal(got, want) || len(got) != 8 {
			s.Errorf("in pages of %d: %v, want %v", limit, got, want)
		}
	}
}

func timelineInvalid(s *subject) {
	stream, _ := s.stream(1)
	now := time.Now()
	good := selection("SERVER", now.Add(-time.Hour), now)
	reversed := selection("PRODUCER", now, now.Add(-time.Hour))
	for path, rest := range map[string][]string{
		"/kinora/listSpans": {`"ResolutionInMilliseconds":-1,"FragmentSelector":` + good, `"ResolutionInMilliseconds":86400001,"FragmentSelector":` + good},
		"/kinora/listTags": {`"MaxResults":0,"FragmentSelector":` + good, `"MaxResults":1001,"FragmentSelector":` + good, `"NextToken":"bm90IG91cnM="`,
			`"NextToken":"` + strings.Repeat("QUFB", 10_000) + `"`},
	} {
		for _, text := range append(rest, `"X":1`, `"FragmentSelector":`+reversed, `"FragmentSelector":{"FragmentSelectorType":"SERVER_TIMESTAMP"}`) {
			s.wantInvalid(path, `{"StreamName":"`+stream+`",`+text+`}`)
		}
		status, h, _ := s.post(path, `{"StreamName":"`+s.name()+`","FragmentSelector":`+good+`}`, &signing{})
		if status != http.StatusNotFound || h.Get("x-amzn-ErrorType") != "ResourceNotFoundException" {
			s.Errorf("%s of a stream that does not exist is answered with %d", path, status)
		}
		status, h, answer := s.post(path, `{"StreamName":"`+stream+`","FragmentSelector":`+good+`}`, nil)
		wantRefused(s, status, h, answer, http.StatusForbidden)
	}
}

// wantInvalid checks that a request is answered with InvalidArgumentException.
func (s *subject) wantInvalid(path, body string) {
	s.Helper()
	status, h, answer := s.post(path, body, &signing{})
	if status != http.StatusBadRequest || h.Get("x-amzn-ErrorType") != "InvalidArgumentException" {
		s.Errorf("%s %.200s is answered with %d %s", path, body, status, answer)
	}
}
