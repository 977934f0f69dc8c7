package kvs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
)

// errNoExtension says that the service has none of the operations that AWS does not have either.
var errNoExtension = errors.New("the service does not have this operation")

// mostAnswer bounds what is read of an answer.
const mostAnswer = 64 << 20

// selector picks a stream's fragments by their start, both ends included, as the service wants it.
type selector struct {
	StreamName       string
	FragmentSelector *fragmentSelector `json:",omitempty"`

	ResolutionInMilliseconds int64  `json:",omitempty"`
	MaxResults               int    `json:",omitempty"`
	NextToken                string `json:",omitempty"`
}

type fragmentSelector struct {
	FragmentSelectorType string
	TimestampRange       struct{ StartTimestamp, EndTimestamp epoch }
}

// epoch is a time as the service's JSON has it: seconds since 1970 with a fraction.
type epoch time.Time

func (e epoch) MarshalJSON() ([]byte, error) {
	ms := time.Time(e).UnixMilli()
	return fmt.Appendf(nil, "%d.%03d", ms/1000, ms%1000), nil
}

func (e *epoch) UnmarshalJSON(b []byte) error {
	var seconds float64
	if err := json.Unmarshal(b, &seconds); err != nil {
		return err
	}
	*e = epoch(time.UnixMilli(int64(seconds*1000 + 0.5)))
	return nil
}

// extension calls one of the operations that Kinora's own service has and AWS has not, at the stream's archive endpoint. The error is
// errNoExtension of AWS, which is never asked, and of a service that has none, which is asked again after a while: what answered may have
// been something in front of it.
func (c *Client) extension(ctx context.Context, op, stream string, in, out any) error {
	if c.plain() {
		return errNoExtension
	}
	err := c.withEndpoint(ctx, op, endpointKey{stream, types.APINameListFragments}, func(endpoint string) error {
		return c.post(ctx, endpoint+"/kinora/"+op, in, out)
	})
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusNotFound && e.Code != "ResourceNotFoundException" {
		c.lacking.Store(time.Now().Add(askAgain).UnixNano())
		return errNoExtension
	}
	return err
}

// never is when AWS is asked for what it does not have.
const never = math.MaxInt64

// plain reports whether the service is taken for one that has no operations but those of AWS.
func (c *Client) plain() bool { return time.Now().UnixNano() < c.lacking.Load() }

// post makes a signed call of an operation that the SDK does not know.
func (c *Client) post(ctx context.Context, url string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "kinora")
	creds, err := c.credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	now := time.Now().Add(time.Duration(c.skew.Load()))
	if err := c.signer.SignHTTP(ctx, creds, r, hex.EncodeToString(sum[:]), "kinesisvideo", c.region, now); err != nil {
		return err
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return refusal(resp)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(io.LimitReader(resp.Body, mostAnswer)).Decode(out)
}
