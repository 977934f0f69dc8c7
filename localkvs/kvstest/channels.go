package kvstest

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
)

var channelTests = []test{
	{name: "CreateAndDescribe", run: createChannel},
	{name: "ListPagesAndPrefix", run: listChannels},
	{name: "Update", run: updateChannel},
	{name: "Delete", run: deleteChannel},
	{name: "Tags", run: tagsOfChannel},
	{name: "InvalidArguments", run: invalidChannels},
	{name: "MediaStorage", run: mediaStorage},
	{name: "MediaStorageRefused", run: mediaStorageRefused},
}

// channel makes a signaling channel, which is deleted at the test's end if it is still there.
func (s *subject) channel() (name, arn string) {
	s.Helper()
	name = s.name()
	out, err := s.video.CreateSignalingChannel(s.ctx, &kinesisvideo.CreateSignalingChannelInput{ChannelName: &name})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), deadline)
		defer cancel()
		_, _ = s.video.DeleteSignalingChannel(ctx, &kinesisvideo.DeleteSignalingChannelInput{ChannelARN: out.ChannelARN}) // the test may have done it
	})
	return name, *out.ChannelARN
}

func (s *subject) describeChannel(arn string) *types.ChannelInfo {
	s.Helper()
	out, err := s.video.DescribeSignalingChannel(s.ctx, &kinesisvideo.DescribeSignalingChannelInput{ChannelARN: &arn})
	if err != nil {
		s.Fatal(err)
	}
	return out.ChannelInfo
}

func createChannel(s *subject) {
	name, arn := s.channel()
	info := s.describeChannel(arn)
	if *info.ChannelName != name || *info.ChannelARN != arn || info.ChannelType != types.ChannelTypeSingleMaster {
		s.Errorf("DescribeSignalingChannel says %+v", info)
	}
	if *info.SingleMasterConfiguration.MessageTtlSeconds != 60 || *info.Version == "" || info.CreationTime.IsZero() {
		s.Errorf("defaults: TTL %d, version %q, created %v", *info.SingleMasterConfiguration.MessageTtlSeconds, *info.Version, info.CreationTime)
	}
	if info.ChannelStatus != types.StatusActive && info.ChannelStatus != types.StatusCreating {
		s.Errorf("a new channel is %s", info.ChannelStatus)
	}
	byName, err := s.video.DescribeSignalingChannel(s.ctx, &kinesisvideo.DescribeSignalingChannelInput{ChannelName: &name})
	if err != nil {
		s.Fatal(err)
	}
	if *byName.ChannelInfo.ChannelARN != arn {
		s.Errorf("described by name, the channel is %q", *byName.ChannelInfo.ChannelARN)
	}
	_, err = s.video.CreateSignalingChannel(s.ctx, &kinesisvideo.CreateSignalingChannelInput{ChannelName: &name})
	wantError(s, err, "ResourceInUseException")
	missing := s.name()
	_, err = s.video.DescribeSignalingChannel(s.ctx, &kinesisvideo.DescribeSignalingChannelInput{ChannelName: &missing})
	wantError(s, err, "ResourceNotFoundException")
	// The C client reads the answer by its first key.
	_, _, body := s.post("/describeSignalingChannel", "{\n\t\"ChannelName\": \""+name+"\"\n}", &signing{})
	if !strings.HasPrefix(string(body), `{"ChannelInfo":`) {
		s.Errorf("the answer begins with %.40s", body)
	}
}

func listChannels(s *subject) {
	prefix := s.name()
	want := map[string]bool{}
	for _, suffix := range []string{"a", "b", "c"} {
		name := prefix + suffix
		out, err := s.video.CreateSignalingChannel(s.ctx, &kinesisvideo.CreateSignalingChannelInput{ChannelName: &name})
		if err != nil {
			s.Fatal(err)
		}
		defer func() {
			_, _ = s.video.DeleteSignalingChannel(s.ctx, &kinesisvideo.DeleteSignalingChannelInput{ChannelARN: out.ChannelARN}) // clean-up
		}()
		want[name] = true
	}
	pages := kinesisvideo.NewListSignalingChannelsPaginator(s.video, &kinesisvideo.ListSignalingChannelsInput{
		MaxResults:           aws.Int32(2),
		ChannelNameCondition: &types.ChannelNameCondition{ComparisonOperator: types.ComparisonOperatorBeginsWith, ComparisonValue: &prefix},
	})
	count := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(s.ctx)
		if err != nil {
			s.Fatal(err)
		}
		for _, info := range page.ChannelInfoList {
			if !want[*info.ChannelName] {
				s.Errorf("listed %q twice or without the prefix", *info.ChannelName)
			}
			delete(want, *info.ChannelName)
		}
		count++
	}
	if len(want) > 0 || count != 2 {
		s.Errorf("%d pages of 2 did not list %v", count, want)
	}
}

func updateChannel(s *subject) {
	_, arn := s.channel()
	before := s.describeChannel(arn)
	update := func(version *string, seconds int32) error {
		_, err := s.video.UpdateSignalingChannel(s.ctx, &kinesisvideo.UpdateSignalingChannelInput{
			ChannelARN: &arn, CurrentVersion: version, SingleMasterConfiguration: &types.SingleMasterConfiguration{MessageTtlSeconds: &seconds},
		})
		return err
	}
	if err := update(before.Version, 5); err != nil {
		s.Fatal(err)
	}
	after := s.describeChannel(arn)
	if *after.SingleMasterConfiguration.MessageTtlSeconds != 5 || *after.Version == *before.Version {
		s.Errorf("after the update: TTL %d, version %s (before: %s)", *after.SingleMasterConfiguration.MessageTtlSeconds, *after.Version, *before.Version)
	}
	wantError(s, update(before.Version, 6), "VersionMismatchException")
	wantError(s, update(after.Version, 4), "InvalidArgumentException")
	wantError(s, update(after.Version, 121), "InvalidArgumentException")
}

func deleteChannel(s *subject) {
	name, arn := s.channel()
	_, err := s.video.DeleteSignalingChannel(s.ctx, &kinesisvideo.DeleteSignalingChannelInput{ChannelARN: &arn, CurrentVersion: aws.String("wrong")})
	wantError(s, err, "VersionMismatchException")
	if _, err := s.video.DeleteSignalingChannel(s.ctx, &kinesisvideo.DeleteSignalingChannelInput{ChannelARN: &arn}); err != nil {
		s.Fatal(err)
	}
	_, err = s.video.DescribeSignalingChannel(s.ctx, &kinesisvideo.DescribeSignalingChannelInput{ChannelName: &name})
	wantError(s, err, "ResourceNotFoundException")
	_, err = s.video.DeleteSignalingChannel(s.ctx, &kinesisvideo.DeleteSignalingChannelInput{ChannelARN: &arn})
	wantError(s, err, "ResourceNotFoundException")
}

func tagsOfChannel(s *subject) {
	_, arn := s.channel()
	var tags []types.Tag
	for i := range 50 {
		tags = append(tags, types.Tag{Key: aws.String(fmt.Sprint("key", i)), Value: aws.String("v")})
	}
	if _, err := s.video.TagResource(s.ctx, &kinesisvideo.TagResourceInput{ResourceARN: &arn, Tags: tags[:2]}); err != nil {
		s.Fatal(err)
	}
	if _, err := s.video.UntagResource(s.ctx, &kinesisvideo.UntagResourceInput{ResourceARN: &arn, TagKeyList: []string{"key0"}}); err != nil {
		s.Fatal(err)
	}
	out, err := s.video.ListTagsForResource(s.ctx, &kinesisvideo.ListTagsForResourceInput{ResourceARN: &arn})
	if err != nil {
		s.Fatal(err)
	}
	if want := (map[string]string{"key1": "v"}); !maps.Equal(out.Tags, want) {
		s.Errorf("tags are %v, want %v", out.Tags, want)
	}
	if _, err := s.video.TagResource(s.ctx, &kinesisvideo.TagResourceInput{ResourceARN: &arn, Tags: tags}); err != nil {
		s.Fatal(err)
	}
	_, err = s.video.TagResource(s.ctx, &kinesisvideo.TagResourceInput{ResourceARN: &arn, Tags: []types.Tag{{Key: aws.String("more"), Value: aws.String("v")}}})
	wantError(s, err, "TagsPerResourceExceededLimitException")
}

func invalidChannels(s *subject) {
	name := s.name()
	for _, in := range []*kinesisvideo.CreateSignalingChannelInput{
		{ChannelName: aws.String("a b")},
		{ChannelName: aws.String(strings.Repeat("x", 257))},
		{ChannelName: &name, ChannelType: types.ChannelTypeFullMesh},
		{ChannelName: &name, SingleMasterConfiguration: &types.SingleMasterConfiguration{MessageTtlSeconds: aws.Int32(4)}},
		{ChannelName: &name, SingleMasterConfiguration: &types.SingleMasterConfiguration{MessageTtlSeconds: aws.Int32(121)}},
		{ChannelName: &name, Tags: []types.Tag{{Key: aws.String("<bad>"), Value: aws.String("v")}}},
	} {
		_, err := s.video.CreateSignalingChannel(s.ctx, in)
		wantError(s, err, "InvalidArgumentException")
	}
	_, err := s.video.DescribeSignalingChannel(s.ctx, &kinesisvideo.DescribeSignalingChannelInput{})
	wantError(s, err, "InvalidArgumentException")
	_, err = s.video.DescribeSignalingChannel(s.ctx, &kinesisvideo.DescribeSignalingChannelInput{ChannelARN: aws.String("arn:aws:kinesisvideo")})
	wantError(s, err, "InvalidArgumentException")
}

func (s *subject) store(channelARN string, status types.MediaStorageConfigurationStatus, streamARN *string) error {
	_, err := s.video.UpdateMediaStorageConfiguration(s.ctx, &kinesisvideo.UpdateMediaStorageConfigurationInput{
		ChannelARN: &channelARN, MediaStorageConfiguration: &types.MediaStorageConfiguration{Status: status, StreamARN: streamARN},
	})
	return err
}

const (
	enabled  = types.MediaStorageConfigurationStatusEnabled
	disabled = types.MediaStorageConfigurationStatusDisabled
)

func mediaStorage(s *subject) {
	_, channel := s.channel()
	_, stream := s.stream(1)
	stored := func() *types.MediaStorageConfiguration {
		out, err := s.video.DescribeMediaStorageConfiguration(s.ctx, &kinesisvideo.DescribeMediaStorageConfigurationInput{ChannelARN: &channel})
		if err != nil {
			s.Fatal(err)
		}
		return out.MediaStorageConfiguration
	}
	mapped := func() []types.MappedResourceConfigurationListItem {
		out, err := s.video.DescribeMappedResourceConfiguration(s.ctx, &kinesisvideo.DescribeMappedResourceConfigurationInput{StreamARN: &stream})
		if err != nil {
			s.Fatal(err)
		}
		return out.MappedResourceConfigurationList
	}
	if c := stored(); c.Status != disabled {
		s.Errorf("a new channel's storage is %s", c.Status)
	}
	if err := s.store(channel, enabled, &stream); err != nil {
		s.Fatal(err)
	}
	if c := stored(); c.Status != enabled || c.StreamARN == nil || *c.StreamARN != stream {
		s.Errorf("enabled storage is %s", c.Status)
	}
	if list := mapped(); len(list) != 1 || *list[0].ARN != channel {
		s.Errorf("the stream is mapped to %d resources", len(list))
	}
	if err := s.store(channel, disabled, nil); err != nil {
		s.Fatal(err)
	}
	if c := stored(); c.Status != disabled {
		s.Errorf("disabled storage is %s", c.Status)
	}
	if list := mapped(); len(list) != 0 {
		s.Errorf("after disabling, the stream is mapped to %d resources", len(list))
	}
}

func mediaStorageRefused(s *subject) {
	_, channel := s.channel()
	_, other := s.channel()
	_, stream := s.stream(1)
	_, forgetful := s.stream(0)
	wantError(s, s.store(channel, enabled, nil), "InvalidArgumentException")
	wantError(s, s.store(channel, enabled, &forgetful), "NoDataRetentionException")
	missing := strings.Replace(stream, ":stream/", ":stream/no-", 1)
	wantError(s, s.store(channel, enabled, &missing), "ResourceNotFoundException")
	if err := s.store(channel, enabled, &stream); err != nil {
		s.Fatal(err)
	}
	wantError(s, s.store(other, enabled, &stream), "ResourceInUseException")
	_, err := s.video.DeleteStream(s.ctx, &kinesisvideo.DeleteStreamInput{StreamARN: &stream})
	wantError(s, err, "ResourceInUseException")
	if err := s.store(channel, disabled, nil); err != nil {
		s.Fatal(err)
	}
}
