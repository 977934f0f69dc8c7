package kvs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// What begins a session, and what it is asked for, by the service's names.
const (
	opHLS      = "GetHLSStreamingSessionURL"
	opDASH     = "GetDASHStreamingSessionURL"
	opMaster   = "GetHLSMasterPlaylist"
	opPlaylist = "GetHLSMediaPlaylist"
	opManifest = "GetDASHManifest"
	opInit     = "GetMP4InitFragment"
	opSegment  = "GetMP4MediaFragment"
)

// mostList is how many bytes a playlist, a manifest or an init segment has at most.
const mostList = 4 << 20

// errOversize begins the error of an answer that is not read to its end.
var errOversize = errors.New("the session's answer is larger than")

var errTimeless = errors.New("the session does not say when it was recorded")

func ticksOf(ticks uint64, scale uint32) time.Duration {
	n := uint64(scale)
	return time.Duration(ticks/n)*time.Second + time.Duration(ticks%n*uint64(time.Second)/n)
}

// gate is the session's own for an operation. The mutex of the gates is held.
func (s *session) gate(op string) *gate {
	one := s.gates[op]
	if one == nil {
		one = &gate{}
		s.gates[op] = one
	}
	return one
}

// get reads something of a session, of at most some bytes, when the service's limits allow that; what it refuses for now is asked for
// again, as by [Client.withEndpoint].
func (s *session) get(ctx context.Context, op, address string, most int64) ([]byte, error) {
	gates, gate := &s.client.gates, func() *gate { return s.gate(op) }
	for pause := firstPause; ; pause *= 2 {
		if err := gates.passOf(ctx, op, s.stream, gate); err != nil {
			return nil, err
		}
		b, err := s.client.get(ctx, address, most)
		var answer *sessionError
		if !errors.As(err, &answer) || !answer.throttled() || pause >= lastPause {
			return b, err
		}
		if err := gates.pauseOf(ctx, op, s.stream, pause, gate); err != nil {
			return nil, err
		}
	}
}

// get reads what an address of a session has. It is not signed: the address is the key.
func (c *Client) get(ctx context.Context, address string, most int64) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, errTimeless
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		code, _, _ := strings.Cut(resp.Header.Get("X-Amzn-ErrorType"), ":")
		return nil, &sessionError{resp.StatusCode, code}
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("%w %d MB", errOversize, most/1_000_000)
	}
	return b, err
}

// sessionError is a session's answer that is no content.
type sessionError struct {
	status int
	code   string // the service's name of the error; empty when it gave none
}

func (e *sessionError) Error() string {
	return fmt.Sprintf("the session answered with HTTP status %d", e.status)
}

// HTTPStatusCode lets [Client.fail] tell it from a network that fails.
func (e *sessionError) HTTPStatusCode() int { return e.status }

// throttled reports whether the session would have answered at another time.
func (e *sessionError) throttled() bool {
	return e.status == http.StatusTooManyRequests || e.status == http.StatusBadRequest && limits[e.code]
}
