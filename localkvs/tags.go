package localkvs

import (
	"fmt"
	"net/http"
	"strings"

	"kinora/localkvs/archive"
)

// mergeTags adds tags to a stream's, within the limit of 50.
func mergeTags(into, tags map[string]string) error {
	for key, value := range tags {
		if err := checkTag(key, value); err != nil {
			return err
		}
		into[key] = value
	}
	if len(into) > maxTags {
		return &apiError{http.StatusBadRequest, "TagsPerResourceExceededLimitException",
			fmt.Sprintf("A stream can have %d tags; this would make %d.", maxTags, len(into))}
	}
	return nil
}

// setTags replaces what fn does to a copy of the tags, so that a refused change leaves nothing behind.
func setTags(stream *archive.Stream, fn func(tags map[string]string) error) error {
	return stream.Update(func(m *archive.Meta) error {
		tags := make(map[string]string, len(m.Tags))
		for key, value := range m.Tags {
			tags[key] = value
		}
		if err := fn(tags); err != nil {
			return err
		}
		m.Tags = tags
		return nil
	})
}

func addTags(stream *archive.Stream, tags map[string]string) error {
	if len(tags) < 1 || len(tags) > maxTags {
		return invalidArgument("Tags must hold 1 to %d tags.", maxTags)
	}
	return setTags(stream, func(all map[string]string) error { return mergeTags(all, tags) })
}

func removeTags(stream *archive.Stream, keys []string) error {
	if len(keys) < 1 || len(keys) > maxTags {
		return invalidArgument("TagKeyList must hold 1 to %d keys.", maxTags)
	}
	return setTags(stream, func(all map[string]string) error {
		for _, key := range keys {
			delete(all, key)
		}
		return nil
	})
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
	return empty{}, addTags(stream, in.Tags)
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
	return empty{}, removeTags(stream, in.TagKeyList)
}

type tagsOut struct {
	Tags map[string]string
}

// tagsOf answers both list operations. At most 50 tags are one page, so there is never a NextToken.
func tagsOf(stream *archive.Stream) tagsOut {
	out := tagsOut{Tags: make(map[string]string)}
	for key, value := range stream.Meta().Tags {
		out.Tags[key] = value
	}
	return out
}

func listTagsForStream(s *Service, _ *http.Request, in streamRef) (tagsOut, error) {
	stream, err := s.stream(in.StreamName, in.StreamARN)
	if err != nil {
		return tagsOut{}, err
	}
	return tagsOf(stream), nil
}

// resource finds the stream behind the ARN that the three operations on resources take.
func (s *Service) resource(arn string) (*archive.Stream, error) {
	if arn == "" {
		return nil, invalidArgument("ResourceARN must be given.")
	}
	if !strings.Contains(arn, ":stream/") {
		return nil, notFound("resource", arn)
	}
	return s.stream("", arn)
}

type tagResourceIn struct {
	ResourceARN string
	Tags        []struct{ Key, Value string }
}

func tagResource(s *Service, _ *http.Request, in tagResourceIn) (empty, error) {
	stream, err := s.resource(in.ResourceARN)
	if err != nil {
		return empty{}, err
	}
	tags := make(map[string]string, len(in.Tags))
	for _, tag := range in.Tags {
		tags[tag.Key] = tag.Value
	}
	return empty{}, addTags(stream, tags)
}

type untagResourceIn struct {
	ResourceARN string
	TagKeyList  []string
}

func untagResource(s *Service, _ *http.Request, in untagResourceIn) (empty, error) {
	stream, err := s.resource(in.ResourceARN)
	if err != nil {
		return empty{}, err
	}
	return empty{}, removeTags(stream, in.TagKeyList)
}

func listTagsForResource(s *Service, _ *http.Request, in struct{ ResourceARN string }) (tagsOut, error) {
	stream, err := s.resource(in.ResourceARN)
	if err != nil {
		return tagsOut{}, err
	}
	return tagsOf(stream), nil
}
