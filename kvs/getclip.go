package kvs

import (
	"context"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
	archived "github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	archivedtypes "github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
)

const opClip = "GetClip"

// Clip is GetClip: see [media.Clipper]. Where the service allows no more clips of the stream now, it waits.
func (a *Archive) Clip(ctx context.Context, from, to time.Time) (io.ReadCloser, error) {
	selector := archivedtypes.ClipFragmentSelectorTypeServerTimestamp
	if a.clock == ProducerTime {
		selector = archivedtypes.ClipFragmentSelectorTypeProducerTimestamp
	}
	c := a.client
	leave, err := c.gates.enter(ctx, opClip, a.stream)
	if err != nil {
		return nil, c.fail(opClip, a.stream, err)
	}
	var body io.ReadCloser
	err = c.withEndpoint(ctx, opClip, endpointKey{a.stream, types.APINameGetClip}, func(endpoint string) error {
		out, err := c.archive.GetClip(ctx, &archived.GetClipInput{StreamName: &a.stream, ClipFragmentSelector: &archivedtypes.ClipFragmentSelector{
			FragmentSelectorType: selector, TimestampRange: &archivedtypes.ClipTimestampRange{StartTimestamp: &from, EndTimestamp: &to},
		}}, func(o *archived.Options) { o.BaseEndpoint = &endpoint })
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
