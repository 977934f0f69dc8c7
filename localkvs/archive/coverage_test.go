package archive

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kinora/media"
	"kinora/mkv"
)

// spans is what Coverage has to find among fragments.
func spans(all []*Fragment, c Clock, from, to time.Time, resolution time.Duration) []media.Span {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b *Fragment) int { return timeOn(c, a).Compare(timeOn(c, b)) })
	var list []media.Span
	for _, f := range all {
		start := timeOn(c, f).UTC()
		end := start.Add(f.Length)
		if start.After(to) || end.Before(from) {
			continue
		}
		if n := len(list); n > 0 && start.Sub(list[n-1].To) < resolution {
			last := &list[n-1]
			last.Fragments++
			last.Bytes += recordSize(f)
			if end.After(last.To) {
				last.To = end
			}
			continue
		}
		list = append(list, media.Span{From: start, To: end, Fragments: 1, Bytes: recordSize(f)})
	}
	return list
}

// coverage checks a random question about a stream.
func (m *model) coverage(t *rapid.T, s *Stream, now time.Time, moment func(*rapid.T) time.Time) {
	c := rapid.SampledFrom([]Clock{ServerTime, ProducerTime}).Draw(t, "clock")
	resolution := time.Duration(rapid.SampledFrom([]int{1, 20, 1000, 3000, 60_000, 3600_000}).Draw(t, "resolution")) * time.Millisecond
	from, to := moment(t).Truncate(time.Millisecond), moment(t).Truncate(time.Millisecond)
	got, err := s.Coverage(c, from, to, resolution)
	if err != nil {
		t.Fatal(err)
	}
	shown := m.shown(now)
	if want := spans(shown, c, from, to, resolution); to.After(from) && !slices.Equal(got.Spans, want) {
		t.Fatalf("spans\n%v\nexpected\n%v", got.Spans, want)
	}
	if len(shown) == 0 {
		if !got.First.IsZero() {
			t.Fatalf("an empty stream begins at %s", got.First)
		}
		return
	}
	first := slices.MinFunc(shown, func(a, b *Fragment) int { return timeOn(c, a).Compare(timeOn(c, b)) })
	last := slices.MaxFunc(shown, func(a, b *Fragment) int { return timeOn(c, a).Compare(timeOn(c, b)) })
	if !got.First.Equal(timeOn(c, first)) || !got.Last.Equal(timeOn(c, last).Add(last.Length)) {
		t.Fatalf("it is stored from %s to %s, not %s to %s", got.First, got.Last, timeOn(c, first), timeOn(c, last).Add(last.Length))
	}
}

// tagged checks that all tags of producers are listed, page by page.
func (m *model) tagged(t *rapid.T, s *Stream, now time.Time) {
	c := rapid.SampledFrom([]Clock{ServerTime, ProducerTime}).Draw(t, "clock")
	var want, got []string
	for _, f := range m.shown(now) {
		if tags := producerTags(f.Tags); len(tags) > 0 {
			want = append(want, fmt.Sprint(f.Number, tags))
		}
	}
	for after, more := (Cursor{}), true; more; {
		var page []Tagged
		var err error
		page, after, more, err = s.ListTagged(c, now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0), after, rapid.IntRange(1, 3).Draw(t, "limit"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range page {
			got = append(got, fmt.Sprint(f.Number, f.Tags))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("tags %v, expected %v", got, want)
	}
}

// hourly gives a stream a fragment a second, in segments of an hour.
func hourly(r *rig, s *Stream, from time.Time, fragments int, gap func(i int) time.Duration) []*Fragment {
	r.t.Helper()
	at := from
	all := make([]*Fragment, fragments)
	for i := range all {
		at = at.Add(time.Second + gap(i))
		f := fragmentAt(s, at, 10)
		f.Length, f.Producer = 967*time.Millisecond, at.Add(-time.Minute)
		all[i] = f
	}
	for part := range slices.Chunk(all, 200) {
		appendAll(r.t, s, part)
	}
	return all
}

func none(int) time.Duration { return 0 }

// untilSummed waits until all full segments have a summary.
func (r *rig) untilSummed() {
	r.t.Helper()
	wait(r.t, func() bool {
		r.tidySoon()
		s, _, err := r.unsummed()
		if err != nil {
			r.t.Fatal(err)
		}
		return s == nil
	})
}

// wait polls for a condition.
func wait(t testing.TB, ok func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for tick := time.Tick(time.Millisecond); !ok(); {
		select {
		case <-tick:
		case <-deadline:
			t.Fatal("it did not come about within 30 s")
		}
	}
}

// With summaries the answer is the same as without them, after a repeat took the place of a piece in a full segment too.
func TestCoverageFromSummaries(t *testing.T) {
	r := newRig(t)
	r.options.SegmentSize = 30_000
	s := r.run().stream("door")
	all := hourly(r, s, epoch.Add(-5*time.Hour), 1500, func(i int) time.Duration {
		return time.Duration(i%7/6*(i%100)) * 300 * time.Millisecond
	})
	piece := r.copyOf(s, "a/1", 1, 10)
	r.append(s, piece)
	all = append(all, hourly(r, s, epoch.Add(-time.Hour), 400, none)...)
	check := func(fragments []*Fragment) {
		t.Helper()
		for c := range Clock(2) {
			for _, resolution := range []time.Duration{time.Millisecond, time.Second, 10 * time.Second, time.Hour} {
				for _, part := range [][2]time.Duration{{-24 * time.Hour, time.Hour}, {-271 * time.Minute, -233 * time.Minute}, {-90 * time.Minute, -80 * time.Minute}} {
					from, to := epoch.Add(part[0]), epoch.Add(part[1])
					if to.Sub(from) > fineRange && resolution < time.Second {
						continue
					}
					got, err := s.Coverage(c, from, to, resolution)
					if err != nil {
						t.Fatal(err)
					}
					if want := spans(fragments, c, from, to, resolution); !slices.Equal(got.Spans, want) {
						t.Fatalf("on clock %d, by %s: %d spans\n%v\nexpected %d\n%v", c, resolution, len(got.Spans), got.Spans, len(want), want)
					}
				}
			}
		}
	}
	check(append(all, piece))
	r.untilSummed()
	check(append(all, piece))
	whole := r.copyOf(s, "a/1", 60, 20)
	r.append(s, whole)
	check(append(all, whole))
	r.untilSummed()
	check(append(all, whole))
	r.again("door", func(again *Stream) { s = again; check(append(all, whole)) })
}

func TestCoverageIsBounded(t *testing.T) {
	q := coverageQuery{gap: 1, lo: 0, hi: 1 << 40}
	for i := range int64(20 * MaxSpans) {
		q.take(run{i * 1000, i*1000 + 10, 1, 5})
		if len(q.found) > 8*MaxSpans {
			t.Fatalf("it holds %d runs", len(q.found))
		}
	}
	q.shrink(MaxSpans)
	var fragments, bytes int64
	for _, r := range q.found {
		fragments += r.fragments
		bytes += r.bytes
	}
	if len(q.found) > MaxSpans || fragments != 20*MaxSpans || bytes != 100*MaxSpans || q.gap < 1024 {
		t.Errorf("%d spans of %d fragments and %d bytes at %d ms", len(q.found), fragments, bytes, q.gap)
	}
}

func TestSummaryComesBack(t *testing.T) {
	want := summary{{{-5000, -4000, 3, 100}, {0, 0, 1, 0}, {1 << 41, 1<<41 + 7, 4096, 1 << 40}}, nil}
	got, ok := decodeSummary(want.encode())
	if !ok || !slices.Equal(got[0], want[0]) || len(got[1]) != 0 {
		t.Errorf("read %v, %v", got, ok)
	}
	for n := range want.encode() {
		if _, ok := decodeSummary(want.encode()[:n]); ok {
			t.Errorf("%d bytes of it are enough", n)
		}
	}
}

// Tags come back after the index was built again, at first from the log, then from the index.
func TestTagsAreLearntFromTheLog(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	want := 3 * learnBatch
	for range want {
		r.clock.add(time.Second)
		f := r.fragment(s, 5)
		f.Tags = []mkv.Tag{{Name: mkv.Take, Value: "a/" + f.Number.String()}, {Name: mkv.EndOfFragment}}
		r.append(s, f)
		f = r.fragment(s, 5)
		f.Tags = []mkv.Tag{{Name: mkv.Take, Value: "a/" + f.Number.String()}, {Name: "door", Value: "open"}}
		r.append(s, f)
	}
	count := func(s *Stream) (n int) {
		t.Helper()
		for after, more := (Cursor{}), true; more; {
			page, next, rest, err := s.ListTagged(ServerTime, epoch.Add(-time.Hour), epoch.Add(time.Hour), after, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range page {
				if len(f.Tags) != 1 || f.Tags[0] != (mkv.Tag{Name: "door", Value: "open"}) {
					t.Fatalf("the tags are %v", f.Tags)
				}
			}
			n += len(page)
			after, more = next, rest
		}
		return n
	}
	unread := func(s *Stream) int {
		t.Helper()
		entries, err := r.index.many(r.index.unread, s.id, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	if n := count(s); n != want || unread(s) != 0 {
		t.Errorf("%d of %d are listed, %d must be read", n, want, unread(s))
	}
	r.again("door", func(s *Stream) {
		if n := count(s); n != want {
			t.Errorf("%d of %d are listed", n, want)
		}
	})
	s = r.stream("door") // of an index that was built again
	if n := unread(s); n != want {
		t.Errorf("%d must be read, not the %d that have any", n, want)
	}
	r.cancel()
	<-r.ended
	for more := true; more; {
		var err error
		if more, err = r.learn(); err != nil {
			t.Fatal(err)
		}
	}
	r.ended <- nil
	if n := count(s); n != want || unread(s) != 0 {
		t.Errorf("%d of %d are listed, %d must be read", n, want, unread(s))
	}
}
