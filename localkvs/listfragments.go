package localkvs

import (
	"net/http"
	"time"
)

type listFragmentsOut struct {
	Fragments []fragmentInfo
	NextToken string `json:",omitempty"`
}

type fragmentInfo struct {
	FragmentNumber               string
	FragmentSizeInBytes          int64
	ProducerTimestamp            epoch
	ServerTimestamp              epoch
	FragmentLengthInMilliseconds int64
}

func listFragments(s *Service, _ *http.Request, in fragmentQuery) (listFragmentsOut, error) {
	out := listFragmentsOut{Fragments: []fragmentInfo{}}
	stream, at, after, limit, err := s.selection(&in)
	if err != nil {
		return out, err
	}
	if err := s.asked.take(stream.Meta().ARN, limit, 0); err != nil {
		return out, err
	}
	entries, next, more, err := stream.List(at.Clock, time.UnixMilli(at.From), time.UnixMilli(at.To), after, limit)
	if err != nil {
		return out, err
	}
	for _, e := range entries {
		out.Fragments = append(out.Fragments, fragmentInfo{
			FragmentNumber: e.Number.String(), FragmentSizeInBytes: e.Size, ProducerTimestamp: epoch(e.Producer),
			ServerTimestamp: epoch(e.Server), FragmentLengthInMilliseconds: e.Length.Milliseconds(),
		})
	}
	if more {
		at.Cursor = next.String()
		out.NextToken = s.pages().token(stream, at)
	}
	return out, nil
}
