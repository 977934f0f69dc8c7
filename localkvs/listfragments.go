package localkvs

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"kinora/localkvs/archive"
)

// defaultMaxResults is the page size of ListFragments when the request names none; the real one is not documented.
const defaultMaxResults = 100

type listFragmentsIn struct {
	streamRef
	MaxResults       *int
	NextToken        string
	FragmentSelector *fragmentSelector
}

// fragmentSelector picks fragments by their start on one of the two clocks, both ends included.
type fragmentSelector struct {
	FragmentSelectorType string
	TimestampRange       *struct{ StartTimestamp, EndTimestamp *epoch }
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

// page is what a NextToken carries: where to go on, and in which selection.
type page struct {
	Clock    archive.Clock
	From, To int64 // ms
	Cursor   string
}

func listFragments(s *Service, _ *http.Request, in listFragmentsIn) (listFragmentsOut, error) {
	out := listFragmentsOut{Fragments: []fragmentInfo{}}
	stream, err := s.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return out, err
	}
	limit := defaultMaxResults
	if in.MaxResults != nil {
		if limit = *in.MaxResults; limit < 1 || limit > 1000 {
			return out, invalidArgument("MaxResults must be 1 to 1000.")
		}
	}
	at, after, err := in.page()
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
		token, err := json.Marshal(at)
		if err != nil {
			return out, err
		}
		out.NextToken = base64.StdEncoding.EncodeToString(token)
	}
	return out, nil
}

// page reads the selection from the token, or from the selector when there is none.
func (in listFragmentsIn) page() (page, archive.Cursor, error) {
	var none archive.Cursor
	if in.NextToken != "" {
		var at page
		token, err := base64.StdEncoding.DecodeString(in.NextToken)
		if err == nil {
			err = json.Unmarshal(token, &at)
		}
		if err != nil {
			return page{}, none, invalidArgument("NextToken was not given out by this service.")
		}
		after, err := archive.ParseCursor(at.Cursor)
		if err != nil {
			return page{}, none, invalidArgument("NextToken was not given out by this service.")
		}
		return at, after, nil
	}
	clock, from, to, err := in.FragmentSelector.bounds()
	return page{Clock: clock, From: from.UnixMilli(), To: to.UnixMilli()}, none, err
}

func (f *fragmentSelector) bounds() (archive.Clock, time.Time, time.Time, error) {
	var clock archive.Clock
	var none time.Time
	if f == nil {
		return clock, none, none, invalidArgument("FragmentSelector must be given, unless NextToken is.")
	}
	switch f.FragmentSelectorType {
	case "SERVER_TIMESTAMP":
		clock = archive.ServerTime
	case "PRODUCER_TIMESTAMP":
		clock = archive.ProducerTime
	default:
		return clock, none, none, invalidArgument("FragmentSelectorType must be SERVER_TIMESTAMP or PRODUCER_TIMESTAMP.")
	}
	r := f.TimestampRange
	if r == nil || r.StartTimestamp == nil || r.EndTimestamp == nil {
		return clock, none, none, invalidArgument("TimestampRange must have StartTimestamp and EndTimestamp.")
	}
	from, to := time.Time(*r.StartTimestamp), time.Time(*r.EndTimestamp)
	if to.Before(from) {
		return clock, none, none, invalidArgument("EndTimestamp lies before StartTimestamp.")
	}
	return clock, from, to, nil
}
