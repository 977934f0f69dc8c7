package kvs

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
)

// StoreChannel says which stream is to store what a signaling channel's master sends; an empty name: none. The stream must keep what
// it gets for an hour at least.
func (c *Client) StoreChannel(ctx context.Context, channel, stream string) error {
	const op = "UpdateMediaStorageConfiguration"
	ch, err := c.DescribeChannel(ctx, channel)
	if err != nil {
		return err
	}
	config := types.MediaStorageConfiguration{Status: types.MediaStorageConfigurationStatusDisabled}
	if stream != "" {
		s, err := c.Describe(ctx, stream)
		if err != nil {
			return err
		}
		config = types.MediaStorageConfiguration{Status: types.MediaStorageConfigurationStatusEnabled, StreamARN: &s.ARN}
	}
	_, err = c.control.UpdateMediaStorageConfiguration(ctx, &kinesisvideo.UpdateMediaStorageConfigurationInput{ChannelARN: &ch.ARN, MediaStorageConfiguration: &config})
	return c.failChannel(op, channel, err)
}

// JoinStorageSession has the service call the channel's master, who is connected by its WebSocket: an offer comes over that, and what is
// sent to whoever made it is stored. It is called again when such a call has ended.
func (c *Client) JoinStorageSession(ctx context.Context, channel string) error {
	const op = "JoinStorageSession"
	ch, err := c.DescribeChannel(ctx, channel)
	if err != nil {
		return err
	}
	out, err := c.control.GetSignalingChannelEndpoint(ctx, &kinesisvideo.GetSignalingChannelEndpointInput{
		ChannelARN: &ch.ARN,
		SingleMasterChannelEndpointConfiguration: &types.SingleMasterChannelEndpointConfiguration{
			Protocols: []types.ChannelProtocol{types.ChannelProtocolWebrtc}, Role: types.ChannelRoleMaster,
		},
	})
	if err != nil {
		return c.failChannel("GetSignalingChannelEndpoint", channel, err)
	}
	for _, one := range out.ResourceEndpointList {
		address := strings.TrimSuffix(aws.ToString(one.ResourceEndpoint), "/")
		if one.Protocol == types.ChannelProtocolWebrtc && isAddress(address, "https", "http") {
			in := struct {
				ChannelARN string `json:"channelArn"`
			}{ch.ARN}
			return c.failChannel(op, channel, c.post(ctx, address+"/joinStorageSession", in, nil))
		}
	}
	return c.failChannel(op, channel, errors.New("the service named no usable address for it"))
}
