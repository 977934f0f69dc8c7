// Package kvstest is a conformance suite for services that speak the protocol of Amazon Kinesis Video Streams.
//
// [Run] drives a service over the network with the AWS SDK and, where no SDK helps (PutMedia, exact bytes, wrong
// signatures), with requests made by hand. It knows nothing of the service's inside, so that the same suite judges the
// local service and, when asked (see TestAWS), the real one. Every test makes streams of its own and deletes them.
package kvstest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideomedia"
)

// Target is the service under test.
type Target struct {
	Endpoint    string // base URL; empty: AWS itself
	Region      string
	Credentials aws.CredentialsProvider
	HTTP        *http.Client // nil: http.DefaultClient
	// Strict adds what only the local service promises where the real one is free or undocumented: bytes of a fragment
	// while it arrives, the order of lists, the texts of signature errors.
	Strict bool
}

// deadline bounds one test.
const deadline = 60 * time.Second

// Run runs the suite as subtests: the groups of these names, or all when none is given.
func Run(t *testing.T, target Target, groups ...string) {
	if target.HTTP == nil {
		target.HTTP = http.DefaultClient
	}
	for _, group := range []struct {
		name  string
		tests []test
	}{
		{"Streams", streamTests}, {"Channels", channelTests}, {"Tags", tagTests}, {"Requests", requestTests}, {"PutMedia", putMediaTests},
		{"GetMedia", getMediaTests}, {"ListFragments", listFragmentsTests},
		{"Timeline", timelineTests}, {"Playback", playbackTests},
		{"GetMediaForFragmentList", fragmentListTests}, {"GetClip", getClipTests},
	} {
		if len(groups) > 0 && !slices.Contains(groups, group.name) {
			continue
		}
		t.Run(group.name, func(t *testing.T) {
			for _, test := range group.tests {
				t.Run(test.name, func(t *testing.T) {
					if test.strict && !target.Strict {
						t.Skip("promised by the local service only")
					}
					test.run(newSubject(t, target))
				})
			}
		})
	}
}

type test struct {
	name   string
	strict bool
	run    func(*subject)
}

// subject is the service as one test uses it.
type subject struct {
	*testing.T
	ctx context.Context
	Target
	video *kinesisvideo.Client
	names atomic.Int32
}

func newSubject(t *testing.T, target Target) *subject {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	t.Cleanup(cancel)
	s := &subject{T: t, ctx: ctx, Target: target}
	s.video = kinesisvideo.New(kinesisvideo.Options{
		Region: target.Region, Credentials: target.Credentials, BaseEndpoint: s.base(target.Endpoint), HTTPClient: target.HTTP,
	})
	return s
}

func (s *subject) base(endpoint string) *string {
	if endpoint == "" {
		return nil
	}
	return &endpoint
}

// name returns a name that no other stream has.
func (s *subject) name() string {
	return fmt.Sprintf("kvstest-%x-%d", time.Now().UnixNano(), s.names.Add(1))
}

// stream makes a stream, which is deleted at the test's end if it is still there.
func (s *subject) stream(retentionHours int32) (name, arn string) {
	s.Helper()
	name = s.name()
	out, err := s.video.CreateStream(s.ctx, &kinesisvideo.CreateStreamInput{
		StreamName: &name, DataRetentionInHours: &retentionHours, MediaType: aws.String("video/h264"),
	})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		defer cancel()
		_, _ = s.video.DeleteStream(ctx, &kinesisvideo.DeleteStreamInput{StreamARN: out.StreamARN}) // the test may have done it
	})
	return name, *out.StreamARN
}

func (s *subject) describe(name string) *types.StreamInfo {
	s.Helper()
	out, err := s.video.DescribeStream(s.ctx, &kinesisvideo.DescribeStreamInput{StreamName: &name})
	if err != nil {
		s.Fatal(err)
	}
	return out.StreamInfo
}

func (s *subject) dataEndpoint(name string, api types.APIName) string {
	s.Helper()
	out, err := s.video.GetDataEndpoint(s.ctx, &kinesisvideo.GetDataEndpointInput{StreamName: &name, APIName: api})
	if err != nil {
		s.Fatal(err)
	}
	return *out.DataEndpoint
}

func (s *subject) media(name string) *kinesisvideomedia.Client {
	endpoint := s.dataEndpoint(name, types.APINameGetMedia)
	return kinesisvideomedia.New(kinesisvideomedia.Options{
		Region: s.Region, Credentials: s.Credentials, BaseEndpoint: &endpoint, HTTPClient: s.HTTP,
	})
}

func (s *subject) archived(name string) *kinesisvideoarchivedmedia.Client {
	endpoint := s.dataEndpoint(name, types.APINameListFragments)
	return kinesisvideoarchivedmedia.New(kinesisvideoarchivedmedia.Options{
		Region: s.Region, Credentials: s.Credentials, BaseEndpoint: &endpoint, HTTPClient: s.HTTP,
	})
}
