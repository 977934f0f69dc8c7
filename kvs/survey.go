package kvs

import (
	"context"
	"errors"
	"io"
	"time"

	"kinora/media"
)

// near is how long a time may be that is surveyed by the index: a few windows of it, which a player wants as well.
const near = 4 * window

// Survey tells what is recorded between two times; see [media.Surveyor]. A service that can say it is asked once. Of any other, a
// short time is listed; a long one is probed, coarsely at first and not finer than a 256th of it in the end.
func (a *Archive) Survey(ctx context.Context, from, to time.Time, resolution time.Duration, report func(media.Overview)) error {
	w := span{max(from.UnixMilli(), beginning), max(to.UnixMilli(), beginning)}
	if w.to <= w.from {
		return a.client.fail("ListFragments", a.stream, errors.New("a time that is surveyed ends after it begins"))
	}
	o, err := a.spans(ctx, w, resolution)
	if err == nil {
		report(o)
		return nil
	}
	if !errors.Is(err, errNoExtension) && !IsForbidden(err) {
		return err
	}
	ctx = with(ctx, forSurvey)
	all, err := a.ends(ctx)
	if err != nil {
		return err
	}
	if all.to == all.from {
		report(media.Overview{Complete: true})
		return nil
	}
	known := media.Overview{First: time.UnixMilli(all.from), Last: time.UnixMilli(all.to)}
	w = span{max(w.from, all.from), min(w.to, all.to+1)}
	tell := func(spans []media.Span, complete bool) {
		o := known
		o.Spans, o.Complete = merge(spans, resolution), complete
		o.Gaps = between(o.Spans)
		report(o)
	}
	switch {
	case w.to <= w.from:
		tell(nil, true)
		return nil
	case w.to-w.from <= near:
		spans, err := a.enumerate(ctx, w)
		if err == nil {
			tell(spans, true)
		}
		return err
	}
	return a.probe(ctx, w, resolution, tell)
}

// spans asks the service.
func (a *Archive) spans(ctx context.Context, w span, resolution time.Duration) (media.Overview, error) {
	var answer struct {
		Spans []struct {
			StartTimestamp, EndTimestamp epoch
			Fragments                    int
			Bytes                        int64
		}
		Gaps []struct {
			StartTimestamp, EndTimestamp epoch
			Reason                       string
		}
		First, Last *epoch
	}
	in := a.selector(w)
	in.ResolutionInMilliseconds = min(finer(resolution), 24*time.Hour).Milliseconds()
	if err := a.client.extension(ctx, "listSpans", a.stream, in, &answer); err != nil {
		return media.Overview{}, err
	}
	o := media.Overview{Complete: true, Spans: make([]media.Span, len(answer.Spans)), Gaps: make([]media.Gap, len(answer.Gaps))}
	for i, s := range answer.Spans {
		o.Spans[i] = media.Span{From: time.Time(s.StartTimestamp), To: time.Time(s.EndTimestamp), Fragments: s.Fragments, Bytes: s.Bytes}
	}
	for i, g := range answer.Gaps {
		o.Gaps[i] = media.Gap{From: time.Time(g.StartTimestamp), To: time.Time(g.EndTimestamp), Reason: g.Reason}
	}
	if answer.First != nil && answer.Last != nil {
		o.First, o.Last = time.Time(*answer.First), time.Time(*answer.Last)
	}
	return o, nil
}

// finer is the resolution that a service is asked for which bounds its answers by itself: short gaps are worth knowing as well, since a
// person sees that there is one.
func finer(resolution time.Duration) time.Duration {
	const parts = 64
	return min(resolution, max(resolution/parts, joint+joint/10))
}

func (a *Archive) selector(w span) *selector {
	s := &fragmentSelector{FragmentSelectorType: "SERVER_TIMESTAMP"}
	if a.clock == ProducerTime {
		s.FragmentSelectorType = "PRODUCER_TIMESTAMP"
	}
	s.TimestampRange.StartTimestamp, s.TimestampRange.EndTimestamp = epoch(time.UnixMilli(w.from)), epoch(time.UnixMilli(w.to-1))
	return &selector{StreamName: a.stream, FragmentSelector: s}
}

// ends returns from the first frame to the last of all that is stored; an empty span when nothing is.
func (a *Archive) ends(ctx context.Context) (span, error) {
	first, err := a.after(ctx, place{at: beginning}, a.now())
	if err == io.EOF {
		return span{}, nil
	}
	if err != nil {
		return span{}, err
	}
	last, err := a.before(ctx, place{at: a.horizon()}, beginning)
	if err == io.EOF { // it has expired meanwhile
		last, err = first, nil
	}
	return span{first.Start.UnixMilli(), max(last.End().UnixMilli(), first.Start.UnixMilli()+1)}, err
}

// enumerate returns the fragments that show in w, each a span.
func (a *Archive) enumerate(ctx context.Context, w span) ([]media.Span, error) {
	from := place{at: w.from}
	if f, err := a.before(ctx, from, w.from-longest.Milliseconds()); err == nil && f.End().UnixMilli() >= w.from {
		from.at = f.Start.UnixMilli()
	}
	var spans []media.Span
	for {
		f, err := a.after(ctx, from, time.UnixMilli(w.to))
		if err == io.EOF || err == nil && f.Start.UnixMilli() >= w.to {
			return spans, nil
		}
		if err != nil {
			return nil, err
		}
		spans = append(spans, spanOf(&f))
		from = placeOf(&f)
	}
}

func spanOf(f *media.Fragment) media.Span {
	return media.Span{From: f.Start, To: f.End(), Fragments: 1, Bytes: f.Size}
}

// merge makes one of spans, which are by time, that lie closer than the resolution, or than what is no gap at all.
func merge(spans []media.Span, resolution time.Duration) []media.Span {
	var merged []media.Span
	for _, s := range spans {
		n := len(merged)
		if n == 0 || s.From.Sub(merged[n-1].To) > max(resolution, joint) {
			merged = append(merged, s)
			continue
		}
		last := &merged[n-1]
		last.Fragments += s.Fragments
		last.Bytes += s.Bytes
		if s.To.After(last.To) {
			last.To = s.To
		}
	}
	return merged
}

// between returns the gaps between spans. Nobody knows why they are there.
func between(spans []media.Span) []media.Gap {
	var gaps []media.Gap
	for i := 1; i < len(spans); i++ {
		gaps = append(gaps, media.Gap{From: spans[i-1].To, To: spans[i].From})
	}
	return gaps
}
