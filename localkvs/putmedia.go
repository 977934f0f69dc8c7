package localkvs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"kinora/localkvs/archive"
	"kinora/localkvs/sigv4"
)

// pauseAfterContinue keeps "100 Continue" and the answer's head in different TCP segments: embedded C producers throw
// away whatever arrives together with a 1xx.
const pauseAfterContinue = 100 * time.Millisecond

// idleAckEvery is the rhythm of IDLE acknowledgements while nothing arrives. The real one is not known.
const idleAckEvery = 5 * time.Second

// putMediaHead is what the request's headers say about an upload.
type putMediaHead struct {
	stream   *archive.Stream
	absolute bool      // timecodes count from 1970, otherwise from start
	start    time.Time // producer's time of timecode zero
	quiet    bool      // no acknowledgements are wanted
	own      bool      // it is the service's, which ends it by itself when it stops
}

func (s *Service) putMediaHead(h http.Header) (putMediaHead, error) {
	var head putMediaHead
	name, arn := h.Get("x-amzn-stream-name"), h.Get("x-amzn-stream-arn")
	if name != "" && arn != "" {
		return head, invalidArgument("Only one of x-amzn-stream-name and x-amzn-stream-arn may be given.")
	}
	stream, err := s.stream(name, arn)
	if err != nil {
		return head, err
	}
	head.stream = stream
	head.quiet = h.Get("x-amzn-fragment-acknowledgment-required") == "0"
	switch kind := h.Get("x-amzn-fragment-timecode-type"); kind {
	case "ABSOLUTE", "": // what absence means is not documented; producers that leave it away do not exist
		head.absolute = true
	case "RELATIVE":
	default:
		return head, invalidArgument("x-amzn-fragment-timecode-type is %q; it must be ABSOLUTE or RELATIVE.", kind)
	}
	if text := h.Get("x-amzn-producer-start-timestamp"); text != "" {
		seconds, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		start, ok := timeOfSeconds(seconds)
		if err != nil || !ok {
			return head, invalidArgument("x-amzn-producer-start-timestamp is %q; it must be seconds since 1970.", text)
		}
		head.start = start
	} else if !head.absolute {
		return head, invalidArgument("RELATIVE timecodes need x-amzn-producer-start-timestamp.")
	}
	return head, nil
}

const (
	// closeTime is how long a body that nobody wants any more is read, so that its producer sees the answer before the
	// connection closes.
	closeTime = 500 * time.Millisecond
	// lingerTime is the same behind an ERROR, which a producer that sends on would lose with its connection: whoever
	// closes a connection on which something is unread cuts it.
	lingerTime = 2 * time.Second
)

// putMedia takes one upload. Answers go out while the body arrives, refusals too; afterwards the connection closes.
func (s *Service) putMedia(w http.ResponseWriter, r *http.Request) error {
	rc := http.NewResponseController(w)
	if err := rc.EnableFullDuplex(); err != nil {
		return fmt.Errorf("PutMedia needs HTTP/1.1: %w", err)
	}
	w.Header().Set("Connection", "close")
	defer func() { _ = rc.SetReadDeadline(time.Now().Add(closeTime)) }() // fails when the producer has left
	if err := s.verifier.Verify(r, sigv4.Streaming); err != nil {
		return err
	}
	refused, err := s.upload(w, r, rc)
	if refused {
		_ = rc.SetReadDeadline(time.Now().Add(lingerTime)) // fails when the producer has left
		_, _ = io.Copy(io.Discard, r.Body)                 // until it leaves or the time is over
	}
	return err
}

// upload begins with the 200, before the first byte of the body is read: producers wait for it. It reports whether it told
// the producer an ERROR, which may still be sending.
func (s *Service) upload(w http.ResponseWriter, r *http.Request, rc *http.ResponseController) (refused bool, err error) {
	head, err := s.putMediaHead(r.Header)
	if err != nil {
		return false, err
	}
	if !s.beginUpload() {
		return false, &apiError{http.StatusServiceUnavailable, "ServiceUnavailable", "The service is stopping. Try again in a moment."}
	}
	defer s.uploads.Done()
	feed, err := s.feedOf(head.stream)
	if err != nil {
		return false, err
	}
	release, ok := feed.connect(&feed.puts, s.limits.PutMediaConnections)
	if !ok {
		return false, connectionLimit("PutMedia", s.limits.PutMediaConnections)
	}
	defer release()
	if strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
		w.WriteHeader(http.StatusContinue)
		select {
		case <-time.After(pauseAfterContinue):
		case <-r.Context().Done():
			return false, nil
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	if err := rc.Flush(); err != nil {
		s.log.Info("producer left before its upload began", "stream", head.stream.Meta().Name, "error", err)
		return false, nil
	}
	s.metrics.putMediaOpen.Inc()
	defer s.metrics.putMediaOpen.Dec()
	body := bodyOf(r.Body, rc)
	acks := &ackWriter{w: w, rc: rc, quiet: head.quiet}
	upload := newSession(s, head, feed, body, acks)
	// r's context ends when an acknowledgement cannot be written; the body must be watched even then.
	watch, stop := context.WithCancel(context.WithoutCancel(r.Context()))
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		s.watchUpload(watch, body, acks)
	}()
	defer func() {
		stop()
		<-watched
	}()
	return upload.run(), nil
}

// watchUpload sends IDLE while nothing arrives, and ends the body when that lasts too long. It also ends a connection
// that is too old and begins no fragment at whose start that could be said.
func (s *Service) watchUpload(ctx context.Context, body *uploadBody, acks *ackWriter) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	began := time.Now()
	var lastAck time.Duration
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		silent := body.silence()
		switch {
		case silent >= s.limits.IdleTime:
			body.end(endIdle)
			return
		case time.Since(began) >= s.limits.ConnectionTime+s.limits.FragmentTime:
			body.end(endOld)
			return
		case silent < idleAckEvery:
			lastAck = 0
		case silent-lastAck >= idleAckEvery:
			lastAck = silent
			acks.idle()
		}
	}
}

// Reasons for which the service itself ends a body.
const (
	endNone int32 = iota
	endIdle
	endOld
	endFailed
)

// uploadBody is an upload's body that can be ended from another goroutine.
type uploadBody struct {
	r         io.Reader
	interrupt func(time.Time) // makes a Read of r that waits then fail
	readErr   error           // the network's error, not io.EOF; of the reading goroutine
	waiting   atomic.Int64    // since when Read waits for data, in ns after counted; 0: it does not
	ended     atomic.Int32
}

// bodyOf is the body of a request that rc controls.
func bodyOf(r io.Reader, rc *http.ResponseController) *uploadBody {
	return &uploadBody{r: r, interrupt: func(at time.Time) {
		_ = rc.SetReadDeadline(at) // fails only when the connection is closed, which ends the body too
	}}
}

var errEnded = errors.New("the service has ended the upload")

// counted is from where silence is counted, by a clock that nobody sets: when the system's is put right, no producer has been silent.
var counted = time.Now()

func (b *uploadBody) Read(p []byte) (int, error) {
	if b.ended.Load() != endNone {
		return 0, errEnded
	}
	b.waiting.Store(int64(time.Since(counted)))
	n, err := b.r.Read(p)
	b.waiting.Store(0)
	if err != nil && err != io.EOF {
		b.readErr = err
	}
	return n, err
}

// silence is how long the producer has sent nothing. While the service does not read (the disk is slow, or the limit
// per second is reached) it is zero.
func (b *uploadBody) silence() time.Duration {
	since := b.waiting.Load()
	if since == 0 {
		return 0
	}
	return time.Since(counted) - time.Duration(since)
}

// end makes Read return an error. The first reason stays. A Read that waits ends at once when its producer is idle. Otherwise it
// may end with what comes next, since a body whose deadline has passed can never be read again, as putMedia does behind an ERROR.
func (b *uploadBody) end(reason int32) {
	b.ended.CompareAndSwap(endNone, reason)
	at := time.Unix(1, 0)
	if reason != endIdle {
		at = time.Now().Add(closeTime)
	}
	b.interrupt(at)
}
