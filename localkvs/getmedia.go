package localkvs

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"kinora/localkvs/archive"
)

type getMediaIn struct {
	streamRef
	StartSelector *startSelector
}

// startSelector says where a reader begins. See the API page of StartSelector.
type startSelector struct {
	StartSelectorType   string
	AfterFragmentNumber string
	StartTimestamp      *epoch
	ContinuationToken   string
}

// cursor says which fragment comes next: the first after a number or, until that is found, the first whose timestamp
// is not before since.
type cursor struct {
	after   archive.Number
	since   time.Time
	clock   archive.Clock
	bySince bool
	live    bool // begin with the fragment that arrives now
	now     bool // this is who watches live: backfill is left out
}

func (in *startSelector) cursor() (cursor, error) {
	if in == nil {
		return cursor{}, invalidArgument("StartSelector must be given.")
	}
	switch in.StartSelectorType {
	case "NOW":
		return cursor{live: true, now: true}, nil
	case "EARLIEST":
		return cursor{}, nil
	case "FRAGMENT_NUMBER":
		return cursorAfter("AfterFragmentNumber", in.AfterFragmentNumber)
	case "CONTINUATION_TOKEN":
		return cursorAfter("ContinuationToken", in.ContinuationToken)
	case "SERVER_TIMESTAMP":
		return cursorSince(archive.ServerTime, in)
	case "PRODUCER_TIMESTAMP":
		return cursorSince(archive.ProducerTime, in)
	default:
		return cursor{}, invalidArgument("StartSelectorType %q is not one of the documented ones.", in.StartSelectorType)
	}
}

func cursorSince(clock archive.Clock, in *startSelector) (cursor, error) {
	if in.StartTimestamp == nil {
		return cursor{}, invalidArgument("StartSelectorType %s needs StartTimestamp.", in.StartSelectorType)
	}
	return cursor{bySince: true, clock: clock, since: time.Time(*in.StartTimestamp)}, nil
}

func cursorAfter(field, number string) (cursor, error) {
	if !isFragmentNumber(number) {
		return cursor{}, invalidArgument("%s must be a fragment number.", field)
	}
	n, err := archive.ParseNumber(number)
	if err != nil {
		return cursor{}, invalidArgument("%s must be a fragment number: %v.", field, err)
	}
	return cursor{after: n}, nil
}

// answerPause comes before the head of an answer that is streamed to the Go SDK, which closes the request's body as soon as it sees the
// head; when that happens while net/http is not yet done with writing the body, it drops the connection. No answer from another machine
// is fast enough for that, one from this machine is.
const answerPause = 5 * time.Millisecond

// hasty says whether a client closes its request's body so early: the Go SDK but in Kinora, which reads it first.
func hasty(agent string) bool {
	return strings.Contains(agent, "aws-sdk-go") && !strings.Contains(agent, "app/Kinora")
}

// answerAfter waits until a client can take an answer, which is the pause since its request was read for a hasty one. It is false when
// the client has left meanwhile.
func answerAfter(r *http.Request, asked time.Time) bool {
	if !hasty(r.UserAgent()) {
		return true
	}
	pause := time.NewTimer(answerPause - time.Since(asked))
	defer pause.Stop()
	select {
	case <-pause.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// getMedia streams fragments until the reader leaves, the stream is deleted or the service stops.
func (s *Service) getMedia(w http.ResponseWriter, r *http.Request, body []byte) error {
	asked := time.Now()
	in, err := decode[getMediaIn](body)
	if err != nil {
		return err
	}
	stream, err := s.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return err
	}
	from, err := in.StartSelector.cursor()
	if err != nil {
		return err
	}
	feed, err := s.feedOf(stream)
	if err != nil {
		return err
	}
	release, ok := feed.connect(&feed.gets, s.limits.GetMediaConnections)
	if !ok {
		return connectionLimit("GetMedia", s.limits.GetMediaConnections)
	}
	defer release()
	rc := http.NewResponseController(w)
	out := &chunkWriter{w: w, rc: rc, stall: s.limits.WriteStall, bytes: s.metrics.outgoingBytes, fragments: s.metrics.outgoingFragments}
	follow := &follower{stream: stream, feed: feed, out: out, stop: s.draining, gone: r.Context().Done(), cursor: from, log: s.log}
	if err := follow.locate(); err != nil {
		return err
	}
	if !answerAfter(r, asked) {
		return nil
	}
	w.Header().Set("Content-Type", "video/webm")
	w.WriteHeader(http.StatusOK)
	if err := rc.Flush(); err != nil {
		return nil // the reader has left; there is nobody to tell
	}
	s.metrics.getMediaOpen.Inc()
	defer s.metrics.getMediaOpen.Dec()
	name := stream.Meta().Name
	s.log.Info("reader began", "stream", name, "selector", in.StartSelector.StartSelectorType)
	err = follow.run()
	if left := out.allow(); left != nil { // for the end of the answer, which may come long after the last fragment
		err = errors.Join(err, left)
	}
	s.log.Info("reader ended", "stream", name, "fragments", follow.sent, "reason", fmt.Sprint(err))
	return nil
}
