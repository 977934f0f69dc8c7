package localkvs

import (
	"fmt"
	"maps"
	"net/http"
	"strings"

	"kinora/localkvs/archive"
	"kinora/localkvs/channels"
)

// mergeTags adds tags to a resource's, within the limit of 50.
func mergeTags(into, tags map[string]string) error {
	for key, value := range tags {
		if err := checkTag(key, value); err != nil {
			return err
		}
		into[key] = value
	}
	if len(into) > maxTags {
		return &apiError{http.StatusBadRequest, "TagsPerResourceExceededLimitException",
			fmt.Sprintf("A resource can have %d tags; this would make %d.", maxTags, len(into))}
	}
	return nil
}

// tagged is a stream or a channel as the operations on tags see it.
type tagged struct {
	tags   func() map[string]string                          // not to be changed
	change func(fn func(tags map[string]string) error) error // fn changes a copy, which replaces the tags unless it fails
}

func taggedStream(stream *archive.Stream) tagged {
	return tagged{
		tags: func() map[string]string { return stream.Meta().Tags },
		change: func(fn func(map[string]string) error) error {
			return stream.Update(func(m *archive.Meta) error { return changeTags(&m.Tags, fn) })
		},
	}
}

func (s *Service) taggedChannel(channel channels.Channel) tagged {
	return tagged{
		tags: func() map[string]string { return channel.Tags },
		change: func(fn func(map[string]string) error) error {
			return s.channels.Update(channel.ARN, func(c *channels.Channel) error { return changeTags(&c.Tags, fn) })
		},
	}
}

// changeTags replaces tags by what fn makes of a copy, so that a refused change leaves nothing behind.
func changeTags(all *map[string]string, fn func(tags map[string]string) error) error {
	tags := make(map[string]string, len(*all))
	maps.Copy(tags, *all)
	if err := fn(tags); err != nil {
		return err
	}
	*all = tags
	return nil
}

func (t tagged) add(tags map[string]string) error {
	if len(tags) < 1 || len(tags) > maxTags {
		return invalidArgument("Tags must hold 1 to %d tags.", maxTags)
	}
	return t.change(func(all map[string]string) error { return mergeTags(all, tags) })
}

func (t tagged) remove(keys []string) error {
	if len(keys) < 1 || len(keys) > maxTags {
		return invalidArgument("TagKeyList must hold 1 to %d keys.", maxTags)
	}
	return t.change(func(all map[string]string) error {
		for _, key := range keys {
			delete(all, key)
		}
		return nil
	})
}

type tagsOut struct {
	Tags map[string]string
}

// list answers both list operations. At most 50 tags are one page, so there is never a NextToken.
func (t tagged) list() tagsOut {
	out := tagsOut{Tags: make(map[string]string)}
	maps.Copy(out.Tags, t.tags())
	return out
}

type tagStreamIn struct {
	streamRef
	Tags map[string]string
}

func tagStream(s *Service, _ *http.Request, in tagStreamIn) (empty, error) {
	stream, err := s.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return empty{}, err
	}
	return empty{}, taggedStream(stream).add(in.Tags)
}

type untagStreamIn struct {
	streamRef
	TagKeyList []string
}

func untagStream(s *Service, _ *http.Request, in untagStreamIn) (empty, error) {
	stream, err := s.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return empty{}, err
	}
	return empty{}, taggedStream(stream).remove(in.TagKeyList)
}

func listTagsForStream(s *Service, _ *http.Request, in streamRef) (tagsOut, error) {
	stream, err := s.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return tagsOut{}, err
	}
	return taggedStream(stream).list(), nil
}

// resource finds the stream or the channel behind the ARN that the three operations on resources take.
func (s *Service) resource(arn string) (tagged, error) {
	switch {
	case arn == "":
		return tagged{}, invalidArgument("ResourceARN must be given.")
	case strings.Contains(arn, ":stream/"):
		stream, err := s.stream("", arn)
		return taggedStream(stream), err
	case strings.Contains(arn, ":channel/"):
		channel, err := s.channel("", arn)
		return s.taggedChannel(channel), err
	}
	return tagged{}, notFound("resource", arn)
}

// tag is an entry of the lists in which requests on resources and channels carry tags.
type tag struct{ Key, Value string }

func tagMap(list []tag) map[string]string {
	tags := make(map[string]string, len(list))
	for _, tag := range list {
		tags[tag.Key] = tag.Value
	}
	return tags
}

type tagResourceIn struct {
	ResourceARN string
	Tags        []tag
}

func tagResource(s *Service, _ *http.Request, in tagResourceIn) (empty, error) {
	resource, err := s.resource(in.ResourceARN)
	if err != nil {
		return empty{}, err
	}
	return empty{}, resource.add(tagMap(in.Tags))
}

type untagResourceIn struct {
	ResourceARN string
	TagKeyList  []string
}

func untagResource(s *Service, _ *http.Request, in untagResourceIn) (empty, error) {
	resource, err := s.resource(in.ResourceARN)
	if err != nil {
		return empty{}, err
	}
	return empty{}, resource.remove(in.TagKeyList)
}

func listTagsForResource(s *Service, _ *http.Request, in struct{ ResourceARN string }) (tagsOut, error) {
	resource, err := s.resource(in.ResourceARN)
	if err != nil {
		return tagsOut{}, err
	}
	return resource.list(), nil
}
