package localkvs

import (
	"net/http"

	"kinora/localkvs/channels"
)

// mediaStorage says whether a stream stores what a channel's master sends. Its StreamARN is null when none does.
type mediaStorage struct {
	Status    string
	StreamARN *string
}

const (
	storageEnabled  = "ENABLED"
	storageDisabled = "DISABLED"
)

type updateMediaStorageConfigurationIn struct {
	ChannelARN                string
	MediaStorageConfiguration *mediaStorage
}

func updateMediaStorageConfiguration(s *Service, _ *http.Request, in updateMediaStorageConfigurationIn) (empty, error) {
	channel, err := s.channel("", in.ChannelARN)
	if err != nil {
		return empty{}, err
	}
	if in.MediaStorageConfiguration == nil {
		return empty{}, invalidArgument("MediaStorageConfiguration must be given.")
	}
	stream := ""
	switch c := in.MediaStorageConfiguration; c.Status {
	case storageDisabled:
	case storageEnabled:
		if c.StreamARN == nil || *c.StreamARN == "" {
			return empty{}, invalidArgument("StreamARN must be given when Status is ENABLED.")
		}
		stream = *c.StreamARN
		if err := s.canStore(stream, channel); err != nil {
			return empty{}, err
		}
	default:
		return empty{}, invalidArgument("Status must be ENABLED or DISABLED.")
	}
	if stream != channel.Stream {
		defer s.endStoring(channel.ARN)
	}
	return empty{}, s.channels.Update(channel.ARN, func(c *channels.Channel) error {
		c.Stream = stream
		return nil
	})
}

// canStore says whether the stream may store what comes over the channel: it keeps what it gets, and for no other channel.
func (s *Service) canStore(streamARN string, channel channels.Channel) error {
	stream, err := s.stream("", streamARN)
	if err != nil {
		return err
	}
	if stream.Meta().RetentionHours == 0 {
		return noRetention()
	}
	if other, taken := s.storesInto(streamARN); taken && other.ARN != channel.ARN {
		return resourceInUse("The signaling channel %s stores into the stream already. DescribeMappedResourceConfiguration tells.", other.Name)
	}
	return nil
}

// storesInto finds the channel that a stream stores for.
func (s *Service) storesInto(streamARN string) (channels.Channel, bool) {
	for _, c := range s.channels.All() {
		if c.Stream == streamARN {
			return c, true
		}
	}
	return channels.Channel{}, false
}

type describeMediaStorageConfigurationOut struct{ MediaStorageConfiguration mediaStorage }

func describeMediaStorageConfiguration(s *Service, _ *http.Request, in channelRef) (out describeMediaStorageConfigurationOut, err error) {
	channel, err := s.channel(in.ChannelName, in.ChannelARN)
	if err != nil {
		return out, err
	}
	out.MediaStorageConfiguration.Status = storageDisabled
	if channel.Stream != "" {
		out.MediaStorageConfiguration = mediaStorage{storageEnabled, &channel.Stream}
	}
	return out, nil
}

type describeMappedResourceConfigurationIn struct {
	streamRef
	MaxResults *int
	NextToken  string
}

type mappedResource struct{ Type, ARN string }

type describeMappedResourceConfigurationOut struct {
	MappedResourceConfigurationList []mappedResource
}

// describeMappedResourceConfiguration names the channel that a stream stores for. There is one at most, and so never a NextToken.
func describeMappedResourceConfiguration(s *Service, _ *http.Request, in describeMappedResourceConfigurationIn) (describeMappedResourceConfigurationOut, error) {
	out := describeMappedResourceConfigurationOut{MappedResourceConfigurationList: []mappedResource{}}
	stream, err := s.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return out, err
	}
	if in.MaxResults != nil && *in.MaxResults != 1 {
		return out, invalidArgument("MaxResults must be 1.")
	}
	if in.NextToken != "" {
		return out, invalidArgument("NextToken was not given out by this service.")
	}
	if channel, ok := s.storesInto(stream.Meta().ARN); ok {
		out.MappedResourceConfigurationList = append(out.MappedResourceConfigurationList, mappedResource{"SIGNALING_CHANNEL", channel.ARN})
	}
	return out, nil
}
