package kvs

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
)

// Stream describes a stream.
type Stream struct {
	Name, ARN, MediaType string
	Status               string // CREATING, ACTIVE, UPDATING or DELETING
	Version              string
	KMSKeyID             string
	Retention            time.Duration // whole hours; 0: nothing is stored
	Created              time.Time
}

// Streams returns all streams of the account, in the service's order.
func (c *Client) Streams(ctx context.Context) ([]Stream, error) {
	var streams []Stream
	pages := kinesisvideo.NewListStreamsPaginator(c.control, &kinesisvideo.ListStreamsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, c.fail("ListStreams", "", err)
		}
		for i := range page.StreamInfoList {
			streams = append(streams, streamOf(&page.StreamInfoList[i]))
		}
	}
	return streams, nil
}

// Describe returns one stream.
func (c *Client) Describe(ctx context.Context, name string) (Stream, error) {
	return c.describe(ctx, name)
}

func (c *Client) describe(ctx context.Context, name string, options ...func(*kinesisvideo.Options)) (Stream, error) {
	out, err := c.control.DescribeStream(ctx, &kinesisvideo.DescribeStreamInput{StreamName: &name}, options...)
	if err == nil && out.StreamInfo == nil {
		err = fmt.Errorf("the service's answer has no StreamInfo")
	}
	if err != nil {
		return Stream{}, c.fail("DescribeStream", name, err)
	}
	return streamOf(out.StreamInfo), nil
}

// Create makes a stream and waits, for at most 30 seconds, until it can be used. Retention is rounded up to whole
// hours; 0 stores nothing. An empty mediaType is left out.
func (c *Client) Create(ctx context.Context, name string, retention time.Duration, mediaType string) (arn string, err error) {
	in := &kinesisvideo.CreateStreamInput{StreamName: &name, DataRetentionInHours: aws.Int32(hours(retention))}
	if mediaType != "" {
		in.MediaType = &mediaType
	}
	out, err := c.control.CreateStream(ctx, in)
	if err != nil {
		return "", c.fail("CreateStream", name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		s, err := c.Describe(ctx, name)
		if err == nil && s.Status == string(types.StatusActive) {
			return aws.ToString(out.StreamARN), nil
		}
		select {
		case <-ctx.Done():
			return "", c.fail("CreateStream", name, fmt.Errorf("the stream was created, but did not become active in time: %w", context.Cause(ctx)))
		case <-time.After(pause):
		}
	}
}

// Delete removes a stream and everything stored in it, for ever.
func (c *Client) Delete(ctx context.Context, name string) error {
	s, err := c.Describe(ctx, name)
	if err != nil {
		return err
	}
	_, err = c.control.DeleteStream(ctx, &kinesisvideo.DeleteStreamInput{StreamARN: &s.ARN})
	return c.fail("DeleteStream", name, err)
}

// SetRetention changes how long the stream keeps what it stores, rounded up to whole hours.
func (c *Client) SetRetention(ctx context.Context, name string, retention time.Duration) error {
	s, err := c.Describe(ctx, name)
	if err != nil {
		return err
	}
	in := &kinesisvideo.UpdateDataRetentionInput{StreamName: &name, CurrentVersion: &s.Version}
	switch change := hours(retention) - hours(s.Retention); {
	case change == 0:
		return nil
	case change > 0:
		in.Operation, in.DataRetentionChangeInHours = types.UpdateDataRetentionOperationIncreaseDataRetention, &change
	default:
		in.Operation, in.DataRetentionChangeInHours = types.UpdateDataRetentionOperationDecreaseDataRetention, aws.Int32(-change)
	}
	_, err = c.control.UpdateDataRetention(ctx, in)
	return c.fail("UpdateDataRetention", name, err)
}

func hours(d time.Duration) int32 { return int32((d + time.Hour - 1) / time.Hour) }

func streamOf(s *types.StreamInfo) Stream {
	return Stream{
		Name:      aws.ToString(s.StreamName),
		ARN:       aws.ToString(s.StreamARN),
		MediaType: aws.ToString(s.MediaType),
		Status:    string(s.Status),
		Version:   aws.ToString(s.Version),
		KMSKeyID:  aws.ToString(s.KmsKeyId),
		Retention: time.Duration(aws.ToInt32(s.DataRetentionInHours)) * time.Hour,
		Created:   aws.ToTime(s.CreationTime),
	}
}
