package kvs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
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

// get reads what a session has, of at most some bytes. It is not signed: the address is the key.
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
		return nil, &sessionError{resp.StatusCode}
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err == nil && int64(len(b)) > most {
		err = fmt.Errorf("%w %d MB", errOversize, most/1_000_000)
	}
	return b, err
}

// sessionError is a session's answer that is no content.
type sessionError struct{ status int }

func (e *sessionError) Error() string {
	return fmt.Sprintf("the session answered with HTTP status %d", e.status)
}
