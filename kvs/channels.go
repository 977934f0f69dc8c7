package kvs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
)

// Channel describes a signaling channel, on which WebRTC peers find each other.
type Channel struct {
	Name, ARN string
	Status    string // CREATING, ACTIVE, UPDATING or DELETING
	Version   string
	TTL       time.Duration // how long a message waits for a peer that is not connected
	Created   time.Time
}

// Channels returns all signaling channels of the account, in the service's order.
func (c *Client) Channels(ctx context.Context) ([]Channel, error) {
	var channels []Channel
	pages := kinesisvideo.NewListSignalingChannelsPaginator(c.control, &kinesisvideo.ListSignalingChannelsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, c.failChannel("ListSignalingChannels", "", err)
		}
		for i := range page.ChannelInfoList {
			channels = append(channels, channelOf(&page.ChannelInfoList[i]))
		}
	}
	c.seats.list(channels)
	return channels, nil
}

// DescribeChannel returns one signaling channel.
func (c *Client) DescribeChannel(ctx context.Context, name string) (Channel, error) {
	began := time.Now()
	out, err := c.control.DescribeSignalingChannel(ctx, &kinesisvideo.DescribeSignalingChannelInput{ChannelName: &name})
	traced(ctx, "DescribeSignalingChannel", began, c.failChannel("DescribeSignalingChannel", name, err))
	if err == nil && (out.ChannelInfo == nil || aws.ToString(out.ChannelInfo.ChannelARN) == "") {
		err = errors.New("the service's answer names no channel")
	}
	if err != nil {
		return Channel{}, c.failChannel("DescribeSignalingChannel", name, err)
	}
	return channelOf(out.ChannelInfo), nil
}

// CreateChannel makes a signaling channel with one master and waits, for at most 30 seconds, until it can be used. A ttl of zero
// leaves it to the service how long messages wait.
func (c *Client) CreateChannel(ctx context.Context, name string, ttl time.Duration) (arn string, err error) {
	in := &kinesisvideo.CreateSignalingChannelInput{ChannelName: &name, ChannelType: types.ChannelTypeSingleMaster}
	if ttl > 0 {
		in.SingleMasterConfiguration = &types.SingleMasterConfiguration{MessageTtlSeconds: aws.Int32(int32(ttl / time.Second))}
	}
	out, err := c.control.CreateSignalingChannel(ctx, in)
	if err != nil {
		return "", c.failChannel("CreateSignalingChannel", name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		ch, err := c.DescribeChannel(ctx, name)
		if err == nil && ch.Status == string(types.StatusActive) {
			return aws.ToString(out.ChannelARN), nil
		}
		select {
		case <-ctx.Done():
			return "", c.failChannel("CreateSignalingChannel", name,
				fmt.Errorf("the channel was created, but did not become active in time: %w", context.Cause(ctx)))
		case <-time.After(pause):
		}
	}
}

// DeleteChannel removes a signaling channel. Who is connected by it is disconnected; calls that are under way go on.
func (c *Client) DeleteChannel(ctx context.Context, name string) error {
	ch, err := c.DescribeChannel(ctx, name)
	if err != nil {
		return err
	}
	_, err = c.control.DeleteSignalingChannel(ctx, &kinesisvideo.DeleteSignalingChannelInput{ChannelARN: &ch.ARN})
	c.seats.forget(name)
	return c.failChannel("DeleteSignalingChannel", name, err)
}

func channelOf(i *types.ChannelInfo) Channel {
	ch := Channel{
		Name:    aws.ToString(i.ChannelName),
		ARN:     aws.ToString(i.ChannelARN),
		Status:  string(i.ChannelStatus),
		Version: aws.ToString(i.Version),
		Created: aws.ToTime(i.CreationTime),
	}
	if i.SingleMasterConfiguration != nil {
		ch.TTL = time.Duration(aws.ToInt32(i.SingleMasterConfiguration.MessageTtlSeconds)) * time.Second
	}
	return ch
}

// failChannel is fail for a call that concerns a signaling channel.
func (c *Client) failChannel(op, channel string, err error) error {
	failed := c.fail(op, "", err)
	var e *Error
	if errors.As(failed, &e) {
		e.Channel = channel
		switch e.Code {
		case "ResourceNotFoundException":
			e.Advice = "Check the channel's name and the region, or create the channel"
		case "ClientLimitExceededException":
			e.Advice = "The channel has all the viewers that it may have, or was called too often: close another viewer or wait a little"
		}
	}
	return failed
}
