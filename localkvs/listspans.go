package localkvs

import (
	"net/http"
	"time"
)

// The real service has no such operation: it answers when there is something in a stream, for timelines, without a line for each fragment.

type listSpansIn struct {
	streamRef
	FragmentSelector         *fragmentSelector
	ResolutionInMilliseconds int64
}

type listSpansOut struct {
	Spans []spanInfo
	Gaps  []gapInfo
	First *epoch `json:",omitempty"` // of all that the stream has, on the selector's clock; nothing of an empty stream
	Last  *epoch `json:",omitempty"`

	ResolutionInMilliseconds int64 // what is less than this apart is one span; more than was asked for where there would be too many
}

// spanInfo is a time in which there are fragments without a gap. Those that the range cuts are in it whole.
type spanInfo struct {
	StartTimestamp, EndTimestamp epoch
	Fragments                    int
	Bytes                        int64
}

// gapInfo is a time between two spans; either may lie outside of the range. Reason is empty when nobody knows it.
type gapInfo struct {
	StartTimestamp, EndTimestamp epoch
	Reason                       string
}

// maxResolution is a day: nothing coarser shows more.
const maxResolution = 24 * time.Hour

func listSpans(s *Service, _ *http.Request, in listSpansIn) (listSpansOut, error) {
	out := listSpansOut{Spans: []spanInfo{}, Gaps: []gapInfo{}}
	stream, err := s.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return out, err
	}
	if in.ResolutionInMilliseconds < 0 || in.ResolutionInMilliseconds > maxResolution.Milliseconds() {
		return out, invalidArgument("ResolutionInMilliseconds must be 0 to %d.", maxResolution.Milliseconds())
	}
	clock, from, to, err := in.FragmentSelector.bounds()
	if err != nil {
		return out, err
	}
	c, err := stream.Coverage(clock, from, to, time.Duration(in.ResolutionInMilliseconds)*time.Millisecond)
	if err != nil {
		return out, err
	}
	for _, span := range c.Spans {
		out.Spans = append(out.Spans, spanInfo{epoch(span.From), epoch(span.To), span.Fragments, span.Bytes})
	}
	for _, gap := range c.Gaps {
		out.Gaps = append(out.Gaps, gapInfo{epoch(gap.From), epoch(gap.To), gap.Reason})
	}
	if !c.First.IsZero() {
		out.First, out.Last = (*epoch)(&c.First), (*epoch)(&c.Last)
	}
	out.ResolutionInMilliseconds = c.Resolution.Milliseconds()
	return out, nil
}
