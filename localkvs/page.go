package localkvs

import (
	"encoding/base64"
	"encoding/json"
	"time"

	"kinora/localkvs/archive"
)

// fragmentSelector picks fragments by their start on one of the two clocks, both ends included.
type fragmentSelector struct {
	FragmentSelectorType string
	TimestampRange       *struct{ StartTimestamp, EndTimestamp *epoch }
}

func (f *fragmentSelector) bounds() (archive.Clock, time.Time, time.Time, error) {
	var clock archive.Clock
	var none time.Time
	if f == nil {
		return clock, none, none, invalidArgument("The fragment selector must be given.")
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

// page is what a NextToken carries: where to go on, and in which selection.
type page struct {
	Clock    archive.Clock
	From, To int64 // ms
	Cursor   string
	Skip     int     `json:",omitempty"` // of what stands at the cursor
	Lasting  lasting `json:",omitzero"`  // tags in front of the cursor
}

// Page sizes of the operations on fragments, and the length of a NextToken, by the service model. Which size counts when the request names
// none is not documented.
const (
	defaultMaxResults = 100
	maxMaxResults     = 1000
	maxNextToken      = 4096
)

func pageSize(asked *int) (int, error) {
	switch {
	case asked == nil:
		return defaultMaxResults, nil
	case *asked < 1 || *asked > maxMaxResults:
		return 0, invalidArgument("MaxResults must be 1 to %d.", maxMaxResults)
	}
	return *asked, nil
}

// fragmentQuery is what the operations have in common that list what is on fragments, page by page.
type fragmentQuery struct {
	streamRef
	FragmentSelector *fragmentSelector
	MaxResults       *int
	NextToken        string
}

// selection checks a query: the stream, where in which selection its page begins, and how much is on it.
func (s *Service) selection(in *fragmentQuery) (stream *archive.Stream, at page, after archive.Cursor, limit int, err error) {
	if stream, err = s.stream(in.StreamName, in.StreamARN); err == nil {
		limit, err = pageSize(in.MaxResults)
	}
	if err == nil {
		at, after, err = pageOf(in.NextToken, in.FragmentSelector)
	}
	return stream, at, after, limit, err
}

// pageOf reads the selection from the token, or from the selector when there is none.
func pageOf(token string, selector *fragmentSelector) (page, archive.Cursor, error) {
	if token == "" && selector == nil {
		return page{}, archive.Cursor{}, invalidArgument("FragmentSelector must be given, unless NextToken is.")
	}
	if token == "" {
		clock, from, to, err := selector.bounds()
		return page{Clock: clock, From: from.UnixMilli(), To: to.UnixMilli()}, archive.Cursor{}, err
	}
	at, after, ok := parseToken(token)
	if !ok {
		return page{}, after, invalidArgument("NextToken was not given out by this service.")
	}
	return at, after, nil
}

// parseToken reads what token wrote. It is not signed: whoever makes one up selects what they could select by a selector as well.
func parseToken(token string) (at page, after archive.Cursor, ok bool) {
	if len(token) > maxNextToken {
		return at, after, false
	}
	text, err := base64.StdEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(text, &at)
	}
	if err == nil {
		after, err = archive.ParseCursor(at.Cursor)
	}
	const end = (maxSeconds + 1) * 1000
	known := at.Clock == archive.ServerTime || at.Clock == archive.ProducerTime
	return at, after, err == nil && known && at.From >= 0 && at.From <= at.To && at.To < end && at.Skip >= 0
}

func (p page) token() string {
	text, err := json.Marshal(p)
	if err != nil {
		panic("localkvs: a token cannot be encoded: " + err.Error())
	}
	return base64.StdEncoding.EncodeToString(text)
}
