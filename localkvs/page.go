package localkvs

import (
	"crypto/hmac"
	"crypto/sha256"
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
		at, after, err = s.pages().of(stream, in.NextToken, in.FragmentSelector)
	}
	return stream, at, after, limit, err
}

// pages signs what NextTokens carry: one that somebody made up, or that is of another stream, is none.
type pages struct{ key []byte }

// of reads the selection from the token, or from the selector when there is none.
func (p pages) of(stream *archive.Stream, token string, selector *fragmentSelector) (page, archive.Cursor, error) {
	if token == "" && selector == nil {
		return page{}, archive.Cursor{}, invalidArgument("FragmentSelector must be given, unless NextToken is.")
	}
	if token == "" {
		clock, from, to, err := selector.bounds()
		return page{Clock: clock, From: from.UnixMilli(), To: to.UnixMilli()}, archive.Cursor{}, err
	}
	at, after, ok := p.parse(stream, token)
	if !ok {
		return page{}, after, invalidArgument("NextToken was not given out by this service for this stream.")
	}
	return at, after, nil
}

func (p pages) parse(stream *archive.Stream, token string) (at page, after archive.Cursor, ok bool) {
	if len(token) > maxNextToken {
		return at, after, false
	}
	text, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(text) < sha256.Size || !hmac.Equal(text[:sha256.Size], p.sign(stream, text[sha256.Size:])) {
		return at, after, false
	}
	if err = json.Unmarshal(text[sha256.Size:], &at); err == nil {
		after, err = archive.ParseCursor(at.Cursor)
	}
	return at, after, err == nil
}

// token is the NextToken of a page.
func (p pages) token(stream *archive.Stream, at page) string {
	text, err := json.Marshal(at)
	if err != nil {
		panic("localkvs: a token cannot be encoded: " + err.Error())
	}
	return base64.StdEncoding.EncodeToString(append(p.sign(stream, text), text...))
}

func (p pages) sign(stream *archive.Stream, text []byte) []byte {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(stream.Meta().ARN + "\n"))
	mac.Write(text)
	return mac.Sum(nil)
}
