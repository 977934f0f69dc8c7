package localkvs

import (
	"net/http"
	"time"
)

type listFragmentsIn struct {
	streamRef
	MaxResults       *int
	NextToken        string
	FragmentSelector *fragmentSelector
}

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

func listFragments(s *Service, _ *http.Request, in listFragmentsIn) (listFragmentsOut, error) {
	out := listFragmentsOut{Fragments: []fragmentInfo{}}
	stream, err := s.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return out, err
	}
	limit, err := pageSize(in.MaxResults)
	if err != nil {
		return out, err
	}
	at, after, err := pageOf(in.NextToken, in.FragmentSelector)
	if err != nil {
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
		out.NextToken = at.token()
	}
	return out, nil
}
