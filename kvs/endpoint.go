package kvs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
)

// endpointKey is whose data endpoint is remembered.
type endpointKey struct {
	stream string
	api    types.APIName
}

// once makes a call without the SDK's own retries and their pauses.
func once(o *kinesisvideo.Options) { o.Retryer = aws.NopRetryer{} }

// endpoint returns the data endpoint of a stream for an API, and whether it was remembered from before.
func (c *Client) endpoint(ctx context.Context, k endpointKey, options ...func(*kinesisvideo.Options)) (u string, remembered bool, err error) {
	if u, ok := c.endpoints.get(k); ok {
		return u, true, nil
	}
	out, err := c.control.GetDataEndpoint(ctx, &kinesisvideo.GetDataEndpointInput{StreamName: &k.stream, APIName: k.api}, options...)
	if err != nil {
		return "", false, c.fail("GetDataEndpoint", k.stream, err)
	}
	u = strings.TrimSuffix(aws.ToString(out.DataEndpoint), "/")
	if parsed, err := url.Parse(u); err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return "", false, c.fail("GetDataEndpoint", k.stream, fmt.Errorf("the service named %q, which is no http or https address", mask(u)))
	}
	c.endpoints.put(k, u)
	return u, false, nil
}

// Of what the service refuses for now: the pause before it is asked again, which doubles, and the one that is not made any more.
const (
	firstPause = 500 * time.Millisecond
	lastPause  = 8 * time.Second
)

// withEndpoint makes a data call when the service's limits allow it. When it fails at a remembered endpoint in a way that a new one may cure, it asks
// for the endpoint again and makes the call once more. A question about the archive that the service refuses for now, since others
// have asked too much, is asked again after longer and longer pauses.
func (c *Client) withEndpoint(ctx context.Context, op string, k endpointKey, call func(endpoint string) error) error {
	for pause := firstPause; ; {
		u, remembered, err := c.endpoint(ctx, k)
		if err != nil {
			return err
		}
		if err := c.gates.pass(ctx, op, k.stream); err != nil {
			return c.fail(op, k.stream, err)
		}
		err = c.fail(op, k.stream, call(u))
		if isThrottled(err) && op != "GetMedia" && pause < lastPause {
			if err := c.gates.pause(ctx, op, k.stream, pause); err != nil {
				return c.fail(op, k.stream, err)
			}
			pause *= 2
			continue
		}
		if err == nil || ctx.Err() != nil || !moved(err) {
			return err
		}
		c.endpoints.forget(k)
		if !remembered {
			return err
		}
		c.log.Debug("data endpoint is looked up again", "stream", k.stream, "api", k.api, "err", err)
	}
}

// isThrottled reports whether the service would have taken the call at another time.
func isThrottled(err error) bool {
	var e *Error
	return errors.As(err, &e) && limits[e.Code]
}

// limits are the errors by which the service refuses a call for now.
var limits = map[string]bool{"ClientLimitExceededException": true, "ThrottlingException": true}

// moved reports whether another endpoint may cure err.
func moved(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Status {
	case 0, http.StatusForbidden, http.StatusNotFound, http.StatusRequestTimeout,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return e.Code == "InvalidEndpointException"
}
