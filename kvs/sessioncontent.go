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

var errTimeless = errors.New("the session does not say when it was recorded")

func ticksOf(ticks uint64, scale uint32) time.Duration {
	n := uint64(scale)
	return time.Duration(ticks/n)*time.Second + time.Duration(ticks%n*uint64(time.Second)/n)
}

// get reads up to most bytes of what a session has. It is not signed: the address is the key.
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
	return io.ReadAll(io.LimitReader(resp.Body, most))
}

// sessionError is a session's answer that is no content.
type sessionError struct{ status int }

func (e *sessionError) Error() string {
	return fmt.Sprintf("the session answered with HTTP status %d", e.status)
}
