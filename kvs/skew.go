package kvs

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo"
)

// Skew asks the service for its time and returns by how much its clock is ahead of this computer's, to about a second: a
// service refuses calls whose clock is five minutes off. An answer that refuses the call for another reason has a time too.
func (c *Client) Skew(ctx context.Context) (time.Duration, error) {
	watch := &dated{client: whole{c.http}}
	_, err := c.control.ListStreams(ctx, &kinesisvideo.ListStreamsInput{MaxResults: aws.Int32(1)},
		once, func(o *kinesisvideo.Options) { o.HTTPClient = watch })
	if watch.found {
		return watch.skew, nil
	}
	if err == nil {
		err = errors.New("the service's answer has no date")
	}
	return 0, c.fail("ListStreams", "", err)
}

// KnownSkew is by how much the service's clock was ahead in what it answered last; zero when nothing is known of it.
func (c *Client) KnownSkew() time.Duration { return time.Duration(c.skew.Load()) }

// exact is how well a clock is known from an answer, which has been on its way for a while.
const exact = 5 * time.Second

// noteSkew takes over by how much the service's clock was ahead at an answer, unless that is known well enough.
func (c *Client) noteSkew(skew time.Duration) {
	if was := time.Duration(c.skew.Load()); (skew - was).Abs() > exact {
		c.skew.Store(int64(skew))
	}
}

// dated looks at the date of the answers that a client gets.
type dated struct {
	client whole
	skew   time.Duration
	found  bool
}

func (d *dated) Do(r *http.Request) (*http.Response, error) {
	sent := time.Now()
	resp, err := d.client.Do(r)
	if err != nil {
		return nil, err
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		// The answer was dated about halfway, and its date is cut to the second.
		middle := sent.Add(time.Since(sent) / 2)
		d.skew, d.found = date.Add(time.Second/2).Sub(middle).Round(time.Second), true
	}
	return resp, nil
}
