package kvs

import (
	"context"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideomedia"
	mediatypes "github.com/aws/aws-sdk-go-v2/service/kinesisvideomedia/types"
)

// Start says where GetMedia begins: at the first of its fields that is set, or now.
type Start struct {
	After    string    // the fragment after the one with this number
	Token    string    // the fragment after the one that carried this continuation token
	Server   time.Time // the first fragment at or after this server time
	Producer time.Time // the first fragment at or after this producer time
	Earliest bool      // the oldest fragment that is still stored
}

func (s Start) selector() *mediatypes.StartSelector {
	switch {
	case s.After != "":
		return &mediatypes.StartSelector{StartSelectorType: mediatypes.StartSelectorTypeFragmentNumber, AfterFragmentNumber: &s.After}
	case s.Token != "":
		return &mediatypes.StartSelector{StartSelectorType: mediatypes.StartSelectorTypeContinuationToken, ContinuationToken: &s.Token}
	case !s.Server.IsZero():
		return &mediatypes.StartSelector{StartSelectorType: mediatypes.StartSelectorTypeServerTimestamp, StartTimestamp: &s.Server}
	case !s.Producer.IsZero():
		return &mediatypes.StartSelector{StartSelectorType: mediatypes.StartSelectorTypeProducerTimestamp, StartTimestamp: &s.Producer}
	case s.Earliest:
		return &mediatypes.StartSelector{StartSelectorType: mediatypes.StartSelectorTypeEarliest}
	}
	return &mediatypes.StartSelector{StartSelectorType: mediatypes.StartSelectorTypeNow}
}

// GetMedia returns the stream's fragments as the service sends them: one Matroska document each, back to back, for
// [mkv.NewReader]. The answer ends when the caller closes it, when ctx ends, or after about an hour; it waits while
// nothing is recorded. Where the service allows no more readers of the stream, it waits until one is closed.
func (c *Client) GetMedia(ctx context.Context, stream string, s Start) (io.ReadCloser, error) {
	leave, err := c.gates.enter(ctx, "GetMedia", stream)
	if err != nil {
		return nil, c.fail("GetMedia", stream, err)
	}
	var body io.ReadCloser
	err = c.withEndpoint(ctx, "GetMedia", endpointKey{stream, types.APINameGetMedia}, func(endpoint string) error {
		out, err := c.media.GetMedia(ctx, &kinesisvideomedia.GetMediaInput{StreamName: &stream, StartSelector: s.selector()},
			func(o *kinesisvideomedia.Options) { o.BaseEndpoint = &endpoint })
		if err == nil {
			body = out.Payload
		}
		return err
	})
	if err != nil {
		leave()
		return nil, err
	}
	return placed{body, leave}, nil
}
