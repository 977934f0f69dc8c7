package localkvs

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"kinora/localkvs/channels"
)

// channelRef is how requests name their signaling channel.
type channelRef struct {
	ChannelName string
	ChannelARN  string
}

// channel finds the signaling channel that a request names by name or ARN.
func (s *Service) channel(name, arn string) (channels.Channel, error) {
	name, err := named("Channel", name, arn)
	if err != nil {
		return channels.Channel{}, err
	}
	channel, ok := s.channels.Lookup(name)
	if !ok || arn != "" && channel.ARN != arn {
		return channels.Channel{}, notFound("channel", name)
	}
	return channel, nil
}

type singleMaster struct{ MessageTtlSeconds int }

// The only type of channel that there is, and how long its messages may wait.
const (
	singleMasterType = "SINGLE_MASTER"
	defaultTTL       = 60
	minTTL, maxTTL   = 5, 120
)

// ttl is the time that a configuration asks for.
func (c *singleMaster) ttl() (time.Duration, error) {
	switch {
	case c == nil || c.MessageTtlSeconds == 0:
		return defaultTTL * time.Second, nil
	case c.MessageTtlSeconds < minTTL || c.MessageTtlSeconds > maxTTL:
		return 0, invalidArgument("MessageTtlSeconds must be %d to %d.", minTTL, maxTTL)
	}
	return time.Duration(c.MessageTtlSeconds) * time.Second, nil
}

type channelInfo struct {
	ChannelName               string
	ChannelARN                string
	ChannelType               string
	ChannelStatus             string
	CreationTime              epoch
	SingleMasterConfiguration singleMaster
	Version                   string
}

func channelInfoOf(c channels.Channel) channelInfo {
	return channelInfo{
		ChannelName: c.Name, ChannelARN: c.ARN, ChannelType: c.Type, ChannelStatus: "ACTIVE", CreationTime: epoch(c.Created),
		SingleMasterConfiguration: singleMaster{int(c.MessageTTL / time.Second)}, Version: c.Version,
	}
}

type createSignalingChannelIn struct {
	ChannelName               string
	ChannelType               string
	SingleMasterConfiguration *singleMaster
	Tags                      []tag
}

type createSignalingChannelOut struct{ ChannelARN string }

func createSignalingChannel(s *Service, _ *http.Request, in createSignalingChannelIn) (createSignalingChannelOut, error) {
	var out createSignalingChannelOut
	if err := checkName("ChannelName", in.ChannelName); err != nil {
		return out, err
	}
	if in.ChannelType != "" && in.ChannelType != singleMasterType {
		return out, invalidArgument("ChannelType must be SINGLE_MASTER.")
	}
	ttl, err := in.SingleMasterConfiguration.ttl()
	if err != nil {
		return out, err
	}
	tags := make(map[string]string)
	if err := mergeTags(tags, tagMap(in.Tags)); err != nil {
		return out, err
	}
	if s.channels.Len() >= s.limits.Channels {
		return out, &apiError{http.StatusBadRequest, "AccountChannelLimitExceededException",
			fmt.Sprintf("There are %d signaling channels, which is the limit.", s.limits.Channels)}
	}
	created := time.Now().Truncate(time.Millisecond)
	arn := fmt.Sprintf("arn:aws:kinesisvideo:%s:%s:channel/%s/%d", s.region, accountID, in.ChannelName, created.UnixMilli())
	err = s.channels.Create(channels.Channel{
		Name: in.ChannelName, ARN: arn, Type: singleMasterType, MessageTTL: ttl, Version: newVersion(), Created: created, Tags: tags,
	})
	if errors.Is(err, channels.ErrExists) {
		return out, resourceInUse("The channel %s already exists.", in.ChannelName)
	}
	if err != nil {
		return out, err
	}
	s.log.Info("signaling channel created", "channel", in.ChannelName)
	return createSignalingChannelOut{arn}, nil
}

type describeSignalingChannelOut struct{ ChannelInfo channelInfo }

func describeSignalingChannel(s *Service, _ *http.Request, in channelRef) (describeSignalingChannelOut, error) {
	channel, err := s.channel(in.ChannelName, in.ChannelARN)
	if err != nil {
		return describeSignalingChannelOut{}, err
	}
	return describeSignalingChannelOut{channelInfoOf(channel)}, nil
}

type listSignalingChannelsIn struct {
	MaxResults           *int
	NextToken            string
	ChannelNameCondition *nameCondition
}

type listSignalingChannelsOut struct {
	ChannelInfoList []channelInfo
	NextToken       string `json:",omitempty"`
}

func listSignalingChannels(s *Service, _ *http.Request, in listSignalingChannelsIn) (listSignalingChannelsOut, error) {
	out := listSignalingChannelsOut{ChannelInfoList: []channelInfo{}}
	l, err := listingOf(in.MaxResults, 500, in.NextToken, in.ChannelNameCondition)
	if err != nil {
		return out, err
	}
	page, token := pageOfNames(l, s.channels.All(), func(c channels.Channel) string { return c.Name })
	for _, channel := range page {
		out.ChannelInfoList = append(out.ChannelInfoList, channelInfoOf(channel))
	}
	out.NextToken = token
	return out, nil
}

type updateSignalingChannelIn struct {
	ChannelARN                string
	CurrentVersion            string
	SingleMasterConfiguration *singleMaster
}

func updateSignalingChannel(s *Service, _ *http.Request, in updateSignalingChannelIn) (empty, error) {
	if in.CurrentVersion == "" {
		return empty{}, invalidArgument("CurrentVersion must be given. Describe the channel to get it.")
	}
	channel, err := s.channel("", in.ChannelARN)
	if err != nil {
		return empty{}, err
	}
	ttl, err := in.SingleMasterConfiguration.ttl()
	if err != nil {
		return empty{}, err
	}
	return empty{}, s.channels.Update(channel.ARN, func(c *channels.Channel) error {
		if c.Version != in.CurrentVersion {
			return versionMismatch("channel", in.CurrentVersion, c.Version)
		}
		if in.SingleMasterConfiguration != nil {
			c.MessageTTL = ttl
		}
		c.Version = newVersion()
		return nil
	})
}

type deleteSignalingChannelIn struct {
	ChannelARN     string
	CurrentVersion string
}

func deleteSignalingChannel(s *Service, _ *http.Request, in deleteSignalingChannelIn) (empty, error) {
	channel, err := s.channel("", in.ChannelARN)
	if err != nil {
		return empty{}, err
	}
	if in.CurrentVersion != "" && in.CurrentVersion != channel.Version {
		return empty{}, versionMismatch("channel", in.CurrentVersion, channel.Version)
	}
	if err := s.channels.Delete(channel.ARN); err != nil {
		return empty{}, err
	}
	s.hub.Drop(channel.ARN)
	s.quotas.forget(channel.ARN)
	s.log.Info("signaling channel deleted", "channel", channel.Name)
	return empty{}, nil
}
