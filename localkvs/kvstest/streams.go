package kvstest

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
	"github.com/aws/smithy-go"
)

var streamTests = []test{
	{name: "CreateAndDescribe", run: createAndDescribe},
	{name: "CreateTwice", run: createTwice},
	{name: "DescribeMissing", run: describeMissing},
	{name: "ListPagesAndPrefix", run: listPagesAndPrefix},
	{name: "UpdateChangesVersion", run: updateChangesVersion},
	{name: "Retention", run: retention},
	{name: "Delete", run: deleteStream},
	{name: "DataEndpoint", run: dataEndpoint},
	{name: "InvalidArguments", run: invalidArguments},
}

// wantError checks an error's name as the SDK reads it.
func wantError(s *subject, err error, name string) {
	s.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		s.Fatalf("got %v, want %s", err, name)
	}
	if api.ErrorCode() != name {
		s.Fatalf("got %s (%s), want %s", api.ErrorCode(), api.ErrorMessage(), name)
	}
	if api.ErrorMessage() == "" {
		s.Errorf("%s has no message", name)
	}
}

func createAndDescribe(s *subject) {
	name, arn := s.stream(24)
	info := s.describe(name)
	if *info.StreamName != name || *info.StreamARN != arn || *info.DataRetentionInHours != 24 || *info.MediaType != "video/h264" {
		s.Errorf("DescribeStream says %+v", info)
	}
	if info.Status != types.StatusActive && info.Status != types.StatusCreating {
		s.Errorf("a new stream is %s", info.Status)
	}
	if *info.Version == "" || *info.KmsKeyId == "" || info.CreationTime.IsZero() {
		s.Errorf("version %q, key %q and creation time %v must be set", *info.Version, *info.KmsKeyId, info.CreationTime)
	}
	byARN, err := s.video.DescribeStream(s.ctx, &kinesisvideo.DescribeStreamInput{StreamARN: &arn})
	if err != nil {
		s.Fatal(err)
	}
	if *byARN.StreamInfo.StreamName != name {
		s.Errorf("described by ARN, the stream is %q", *byARN.StreamInfo.StreamName)
	}
}

func createTwice(s *subject) {
	name, _ := s.stream(0)
	_, err := s.video.CreateStream(s.ctx, &kinesisvideo.CreateStreamInput{StreamName: &name})
	wantError(s, err, "ResourceInUseException")
}

func describeMissing(s *subject) {
	name := s.name()
	_, err := s.video.DescribeStream(s.ctx, &kinesisvideo.DescribeStreamInput{StreamName: &name})
	wantError(s, err, "ResourceNotFoundException")
}

func listPagesAndPrefix(s *subject) {
	prefix := s.name()
	want := map[string]bool{}
	for _, suffix := range []string{"a", "b", "c"} {
		name := prefix + suffix
		out, err := s.video.CreateStream(s.ctx, &kinesisvideo.CreateStreamInput{StreamName: &name})
		if err != nil {
			s.Fatal(err)
		}
		defer func() {
			_, _ = s.video.DeleteStream(s.ctx, &kinesisvideo.DeleteStreamInput{StreamARN: out.StreamARN}) // clean-up
		}()
		want[name] = true
	}
	pages := kinesisvideo.NewListStreamsPaginator(s.video, &kinesisvideo.ListStreamsInput{
		MaxResults:          aws.Int32(2),
		StreamNameCondition: &types.StreamNameCondition{ComparisonOperator: types.ComparisonOperatorBeginsWith, ComparisonValue: &prefix},
	})
	count := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(s.ctx)
		if err != nil {
			s.Fatal(err)
		}
		if len(page.StreamInfoList) > 2 {
			s.Errorf("a page of 2 has %d streams", len(page.StreamInfoList))
		}
		for _, info := range page.StreamInfoList {
			if !want[*info.StreamName] {
				s.Errorf("listed %q twice or without the prefix", *info.StreamName)
			}
			delete(want, *info.StreamName)
		}
		count++
	}
	if len(want) > 0 || count < 2 {
		s.Errorf("%d pages did not list %v", count, want)
	}
}

func updateChangesVersion(s *subject) {
	name, _ := s.stream(0)
	before := s.describe(name)
	_, err := s.video.UpdateStream(s.ctx, &kinesisvideo.UpdateStreamInput{
		StreamName: &name, CurrentVersion: before.Version, MediaType: aws.String("video/h265"),
	})
	if err != nil {
		s.Fatal(err)
	}
	after := s.describe(name)
	if *after.MediaType != "video/h265" || *after.Version == *before.Version {
		s.Errorf("after the update: media type %s, version %s (before: %s)", *after.MediaType, *after.Version, *before.Version)
	}
	_, err = s.video.UpdateStream(s.ctx, &kinesisvideo.UpdateStreamInput{
		StreamName: &name, CurrentVersion: before.Version, MediaType: aws.String("video/h264"),
	})
	wantError(s, err, "VersionMismatchException")
}

func retention(s *subject) {
	name, _ := s.stream(24)
	change := func(op types.UpdateDataRetentionOperation, hours int32) error {
		_, err := s.video.UpdateDataRetention(s.ctx, &kinesisvideo.UpdateDataRetentionInput{
			StreamName: &name, CurrentVersion: s.describe(name).Version, Operation: op, DataRetentionChangeInHours: &hours,
		})
		return err
	}
	const more, less = types.UpdateDataRetentionOperationIncreaseDataRetention, types.UpdateDataRetentionOperationDecreaseDataRetention
	if err := change(more, 10); err != nil {
		s.Fatal(err)
	}
	if got := *s.describe(name).DataRetentionInHours; got != 34 {
		s.Errorf("24 h and 10 h more are %d h", got)
	}
	if err := change(less, 34); err != nil {
		s.Fatal(err)
	}
	if got := *s.describe(name).DataRetentionInHours; got != 0 {
		s.Errorf("34 h and 34 h less are %d h", got)
	}
	wantError(s, change(less, 1), "InvalidArgumentException")
	wantError(s, change(more, 87601), "InvalidArgumentException")
}

func deleteStream(s *subject) {
	name, arn := s.stream(1)
	_, err := s.video.DeleteStream(s.ctx, &kinesisvideo.DeleteStreamInput{StreamARN: &arn, CurrentVersion: aws.String("wrong")})
	wantError(s, err, "VersionMismatchException")
	if _, err := s.video.DeleteStream(s.ctx, &kinesisvideo.DeleteStreamInput{StreamARN: &arn}); err != nil {
		s.Fatal(err)
	}
	_, err = s.video.DescribeStream(s.ctx, &kinesisvideo.DescribeStreamInput{StreamName: &name})
	wantError(s, err, "ResourceNotFoundException")
	again, err := s.video.CreateStream(s.ctx, &kinesisvideo.CreateStreamInput{StreamName: &name})
	if err != nil {
		s.Fatal(err)
	}
	if *again.StreamARN == arn {
		s.Error("a stream made again has the ARN of the one before")
	}
	_, err = s.video.DescribeStream(s.ctx, &kinesisvideo.DescribeStreamInput{StreamARN: &arn})
	wantError(s, err, "ResourceNotFoundException")
	if _, err := s.video.DeleteStream(s.ctx, &kinesisvideo.DeleteStreamInput{StreamARN: again.StreamARN}); err != nil {
		s.Fatal(err)
	}
}

func dataEndpoint(s *subject) {
	name, _ := s.stream(0)
	for _, api := range types.APIName("").Values() {
		endpoint := s.dataEndpoint(name, api)
		if !strings.HasPrefix(endpoint, "http") || strings.HasSuffix(endpoint, "/") {
			s.Errorf("%s has the endpoint %q", api, endpoint)
		}
	}
	_, err := s.video.GetDataEndpoint(s.ctx, &kinesisvideo.GetDataEndpointInput{StreamName: &name, APIName: "NO_SUCH_API"})
	wantError(s, err, "InvalidArgumentException")
	missing := s.name()
	_, err = s.video.GetDataEndpoint(s.ctx, &kinesisvideo.GetDataEndpointInput{StreamName: &missing, APIName: types.APINameGetMedia})
	wantError(s, err, "ResourceNotFoundException")
}

func invalidArguments(s *subject) {
	for _, in := range []*kinesisvideo.CreateStreamInput{
		{StreamName: aws.String("a b")},
		{StreamName: aws.String(strings.Repeat("x", 257))},
		{StreamName: aws.String(s.name()), MediaType: aws.String("video")},
		{StreamName: aws.String(s.name()), DataRetentionInHours: aws.Int32(87601)},
		{StreamName: aws.String(s.name()), DataRetentionInHours: aws.Int32(-1)},
	} {
		_, err := s.video.CreateStream(s.ctx, in)
		wantError(s, err, "InvalidArgumentException")
	}
	_, err := s.video.DescribeStream(s.ctx, &kinesisvideo.DescribeStreamInput{})
	wantError(s, err, "InvalidArgumentException")
}
