package kvs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
	"github.com/aws/smithy-go"
)

// staleness is how long the service may leave what was sent to it without any acknowledgement.
const staleness = 30 * time.Second

// emptyHash is what PutMedia signs in place of its endless body: the SHA-256 of nothing.
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// Put uploads Matroska to a stream by PutMedia until mkv ends, and returns when the service has answered to the end:
// nil when it took everything. Cluster timecodes are milliseconds since 1970 (ABSOLUTE).
//
// What a Read of mkv returns is on its way before the next Read is made. ack is called for each acknowledgement, from
// the calling goroutine, while the upload goes on. An ERROR acknowledgement ends the upload with an [*AckError], as do
// 30 seconds without any acknowledgement of what was sent, or the end of ctx, with an [*Error].
//
// If mkv is an io.Closer, Put closes it, and no Read is under way when Put returns. A reader that can block for long
// must be one, and its Close must end a Read.
func (c *Client) Put(ctx context.Context, stream string, mkv io.Reader, ack func(Ack)) error {
	return c.upload(ctx, c.http, stream, mkv, ack)
}

func (c *Client) upload(ctx context.Context, by *http.Client, stream string, mkv io.Reader, ack func(Ack)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	body := &upload{r: mkv, staleness: c.staleness, stale: func() { cancel(errStale) }}
	defer body.Close()
	// The transport does not return from a cancelled request while a Read of its body goes on.
	stop := context.AfterFunc(ctx, func() { body.Close() })
	defer stop()

	err := c.put(ctx, by, stream, body, ack)
	var refused *AckError
	if err == nil || errors.As(err, &refused) {
		return err
	}
	if failed := body.failure(); failed != nil {
		err = failed
	} else if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	var e *Error
	if !errors.As(err, &e) {
		err = c.fail("PutMedia", stream, err)
	}
	return err
}

var (
	errStale = errors.New("the service acknowledged nothing for too long; the connection is given up")
	errEarly = errors.New("the service ended its answer before the upload was complete")
)

func (c *Client) put(ctx context.Context, by *http.Client, stream string, body *upload, ack func(Ack)) error {
	key := endpointKey{stream, types.APINamePutMedia}
	endpoint, _, err := c.endpoint(ctx, key, once) // who uploads tries again by himself, and must not be held up
	if err != nil {
		return err
	}
	r, err := c.putRequest(ctx, endpoint, stream, body)
	if err != nil {
		return err
	}
	resp, err := by.Do(r)
	if err != nil {
		c.endpoints.forget(key)
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		c.endpoints.forget(key)
		return c.fail("PutMedia", stream, refusal(resp))
	}
	err = readAcks(resp.Body, func(a Ack) error {
		body.acknowledged()
		ack(a)
		if a.Type == Failed {
			return &AckError{stream, a}
		}
		return nil
	})
	if err == nil && !body.complete() {
		err = errEarly
	}
	return err
}

// putRequest returns a signed request. It has a connection of its own: an idle one may be dead, and an upload cannot be
// repeated by the transport.
func (c *Client) putRequest(ctx context.Context, endpoint, stream string, body io.ReadCloser) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/putMedia", body)
	if err != nil {
		return nil, err
	}
	r.Close = true
	r.ContentLength = -1
	now := time.Now().Add(time.Duration(c.skew.Load()))
	r.Header.Set("User-Agent", "kinora")
	r.Header.Set("X-Amzn-Stream-Name", stream)
	r.Header.Set("X-Amzn-Fragment-Timecode-Type", "ABSOLUTE")
	r.Header.Set("X-Amzn-Fragment-Acknowledgment-Required", "1")
	r.Header.Set("X-Amzn-Producer-Start-Timestamp", fmt.Sprintf("%d.%03d", now.Unix(), now.Nanosecond()/1e6))
	creds, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	return r, c.signer.SignHTTP(ctx, creds, r, emptyHash, "kinesisvideo", c.region, now)
}

// refusal makes an error of an answer that is not 200, for Client.fail.
func refusal(resp *http.Response) error {
	var said struct {
		Type    string `json:"__type"`
		Message string
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAck))
	if err == nil && json.Unmarshal(text, &said) != nil {
		said.Message = string(text)
	}
	code, _, _ := strings.Cut(resp.Header.Get("X-Amzn-ErrorType"), ":")
	if code == "" {
		code = said.Type[strings.LastIndexByte(said.Type, '#')+1:]
	}
	return &answerError{smithy.GenericAPIError{Code: code, Message: said.Message}, resp.StatusCode, resp.Header.Get("Date")}
}

// answerError is what the SDK makes of an error answer; here is no SDK.
type answerError struct {
	smithy.GenericAPIError
	status int
	date   string // the answer's header
}

func (e *answerError) HTTPStatusCode() int { return e.status }

// upload is the body of a PutMedia request. It watches that what was read from it gets acknowledged.
type upload struct {
	r         io.Reader
	staleness time.Duration
	stale     func()

	reading sync.Mutex // held during Read of r

	mu     sync.Mutex
	closed bool
	ended  bool // r gave io.EOF
	err    error
	timer  *time.Timer // runs while something sent is not acknowledged; nil otherwise
	// What the last Read gave is not on its way yet: it stays so when the network takes nothing more.
	writing bool
	alive   bool // there was an acknowledgement since
}

func (u *upload) Read(p []byte) (int, error) {
	u.reading.Lock()
	defer u.reading.Unlock()
	if !u.written() {
		return 0, errClosed
	}
	n, err := u.r.Read(p)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return 0, errClosed
	}
	switch {
	case err == io.EOF:
		u.ended = true
	case err != nil:
		u.err = err
	}
	u.writing, u.alive = n > 0, false
	if (n > 0 || u.ended) && u.timer == nil {
		u.timer = time.AfterFunc(u.staleness, u.stale)
	}
	return n, err
}

var errClosed = errors.New("the upload is over")

// acknowledged notes that the service is alive.
func (u *upload) acknowledged() {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.timer == nil:
	case (u.ended || u.writing) && !u.closed:
		u.alive = true
		u.timer.Reset(u.staleness)
	default:
		u.timer.Stop()
		u.timer = nil
	}
}

// written notes that what the last Read gave is on its way, and reports whether more may be read.
func (u *upload) written() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.writing = false
	if u.alive && u.timer != nil {
		u.timer.Stop()
		u.timer = nil
	}
	return !u.closed
}

// complete reports whether all of r was taken.
func (u *upload) complete() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.ended
}

// failure returns the error that reading r ended with, if it was not io.EOF.
func (u *upload) failure() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.err
}

// Close is called by the transport and by Put.
func (u *upload) Close() error {
	u.mu.Lock()
	again := u.closed
	u.closed = true
	if u.timer != nil {
		u.timer.Stop()
	}
	u.mu.Unlock()
	closer, ok := u.r.(io.Closer)
	if !ok {
		return nil
	}
	var err error
	if !again {
		err = closer.Close()
	}
	u.reading.Lock() // waits for the Read that is under way
	defer u.reading.Unlock()
	return err
}
