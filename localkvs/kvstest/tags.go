package kvstest

import (
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
)

var tagTests = []test{
	{name: "Stream", run: tagsOfStream},
	{name: "Resource", run: tagsOfResource},
	{name: "Limits", run: tagLimits},
}

func tagsOfStream(s *subject) {
	name, _ := s.stream(0)
	if _, err := s.video.TagStream(s.ctx, &kinesisvideo.TagStreamInput{
		StreamName: &name, Tags: map[string]string{"site": "Zürich 3", "unit": "", "gone": "x"},
	}); err != nil {
		s.Fatal(err)
	}
	if _, err := s.video.UntagStream(s.ctx, &kinesisvideo.UntagStreamInput{StreamName: &name, TagKeyList: []string{"gone", "never"}}); err != nil {
		s.Fatal(err)
	}
	out, err := s.video.ListTagsForStream(s.ctx, &kinesisvideo.ListTagsForStreamInput{StreamName: &name})
	if err != nil {
		s.Fatal(err)
	}
	if want := (map[string]string{"site": "Zürich 3", "unit": ""}); !maps.Equal(out.Tags, want) {
		s.Errorf("tags are %v, want %v", out.Tags, want)
	}
}

func tagsOfResource(s *subject) {
	_, arn := s.stream(0)
	if _, err := s.video.TagResource(s.ctx, &kinesisvideo.TagResourceInput{ResourceARN: &arn, Tags: []types.Tag{
		{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")},
	}}); err != nil {
		s.Fatal(err)
	}
	if _, err := s.video.UntagResource(s.ctx, &kinesisvideo.UntagResourceInput{ResourceARN: &arn, TagKeyList: []string{"a"}}); err != nil {
		s.Fatal(err)
	}
	out, err := s.video.ListTagsForResource(s.ctx, &kinesisvideo.ListTagsForResourceInput{ResourceARN: &arn})
	if err != nil {
		s.Fatal(err)
	}
	if want := (map[string]string{"b": "2"}); !maps.Equal(out.Tags, want) {
		s.Errorf("tags are %v, want %v", out.Tags, want)
	}
}

func tagLimits(s *subject) {
	name, _ := s.stream(0)
	tags := map[string]string{}
	for i := range 50 {
		tags[fmt.Sprint("key", i)] = "v"
	}
	if _, err := s.video.TagStream(s.ctx, &kinesisvideo.TagStreamInput{StreamName: &name, Tags: tags}); err != nil {
		s.Fatal(err)
	}
	_, err := s.video.TagStream(s.ctx, &kinesisvideo.TagStreamInput{StreamName: &name, Tags: map[string]string{"one more": "v"}})
	wantError(s, err, "TagsPerResourceExceededLimitException")
	_, err = s.video.TagStream(s.ctx, &kinesisvideo.TagStreamInput{StreamName: &name, Tags: map[string]string{"<bad>": "v"}})
	wantError(s, err, "InvalidArgumentException")
}
