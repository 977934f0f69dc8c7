package kvstest

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
)

var listFragmentsTests = []test{
	{name: "Ranges", run: listRanges},
	{name: "Pages", run: listPages},
	{name: "Fields", run: listFields},
	{name: "Invalid", run: listInvalid},
	{name: "PagesWhileAppending", strict: true, run: listWhileAppending},
	{name: "AbsurdTimes", strict: true, run: absurdTimes},
	{name: "ForgedTokens", strict: true, run: forgedTokens},
}

// list returns every fragment of a stream by server time, in the order of their numbers.
func (s *subject) list(stream string) []types.Fragment {
	s.Helper()
	return s.listRange(stream, types.FragmentSelectorTypeServerTimestamp, time.Now().Add(-time.Hour), time.Now().Add(time.Hour), 0)
}

func (s *subject) listRange(stream string, clock types.FragmentSelectorType, from, to time.Time, pageSize int64) (all []types.Fragment) {
	s.Helper()
	in := &kinesisvideoarchivedmedia.ListFragmentsInput{StreamName: &stream, FragmentSelector: &types.FragmentSelector{
		FragmentSelectorType: clock, TimestampRange: &types.TimestampRange{StartTimestamp: &from, EndTimestamp: &to},
	}}
	if pageSize > 0 {
		in.MaxResults = &pageSize
	}
	pages := kinesisvideoarchivedmedia.NewListFragmentsPaginator(s.archived(stream), in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(s.ctx)
		if err != nil {
			s.Fatal(err)
		}
		if pageSize > 0 && len(page.Fragments) > int(pageSize) {
			s.Errorf("a page of %d has %d fragments", pageSize, len(page.Fragments))
		}
		all = append(all, page.Fragments...)
	}
	slices.SortFunc(all, func(a, b types.Fragment) int {
		if *a.FragmentNumber < *b.FragmentNumber {
			return -1
		}
		return 1
	})
	return all
}

func numbersOf(fragments []types.Fragment) (numbers []string) {
	for _, f := range fragments {
		numbers = append(numbers, *f.FragmentNumber)
	}
	return numbers
}

// listRanges: both ends belong to a range, and only a fragment's start counts.
func listRanges(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	numbers := s.uploaded(stream, p, 4) // start at 0, 2, 4 and 6 s
	const producer = types.FragmentSelectorTypeProducerTimestamp
	for _, c := range []struct {
		from, to time.Duration
		want     []string
	}{
		{second, 4 * second, numbers[1:3]},
		{2 * second, 2 * second, numbers[1:2]},
		{7 * second, 9 * second, nil},
		{-time.Hour, time.Hour, numbers},
	} {
		got := numbersOf(s.listRange(stream, producer, p.epoch.Add(c.from), p.epoch.Add(c.to), 0))
		if !slices.Equal(got, c.want) {
			s.Errorf("%s to %s lists %v, want %v", c.from, c.to, got, c.want)
		}
	}
	if got := numbersOf(s.list(stream)); !slices.Equal(got, numbers) {
		s.Errorf("by server time: %v, want %v", got, numbers)
	}
}

func listPages(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	numbers := s.uploaded(stream, p, 7)
	for _, clock := range types.FragmentSelectorType("").Values() {
		got := numbersOf(s.listRange(stream, clock, time.Now().Add(-time.Hour), time.Now().Add(time.Hour), 3))
		if !slices.Equal(got, numbers) {
			s.Errorf("%s in pages of 3: %v, want %v", clock, got, numbers)
		}
	}
}

func listFields(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 2)
	before := time.Now().Add(-time.Second)
	s.uploaded(stream, p, 1)
	f := s.list(stream)[0]
	if got := f.ProducerTimestamp.UnixMilli(); got != p.epoch.UnixMilli() {
		s.Errorf("producer timestamp %d, want %d", got, p.epoch.UnixMilli())
	}
	if f.ServerTimestamp.Before(before) || f.ServerTimestamp.After(time.Now().Add(time.Second)) {
		s.Errorf("server timestamp %s", f.ServerTimestamp)
	}
	if f.FragmentLengthInMilliseconds != 1900 {
		s.Errorf("length %d ms, want the 1900 from the first frame to the last", f.FragmentLengthInMilliseconds)
	}
	if f.FragmentSizeInBytes < 100 {
		s.Errorf("size %d", f.FragmentSizeInBytes)
	}
}

func listInvalid(s *subject) {
	stream, _ := s.stream(1)
	client := s.archived(stream)
	from, to := time.Now().Add(-time.Hour), time.Now()
	good := &types.FragmentSelector{FragmentSelectorType: types.FragmentSelectorTypeServerTimestamp,
		TimestampRange: &types.TimestampRange{StartTimestamp: &from, EndTimestamp: &to}}
	reversed := &types.FragmentSelector{FragmentSelectorType: types.FragmentSelectorTypeServerTimestamp,
		TimestampRange: &types.TimestampRange{StartTimestamp: &to, EndTimestamp: &from}}
	for _, in := range []*kinesisvideoarchivedmedia.ListFragmentsInput{
		{StreamName: &stream},
		{StreamName: &stream, FragmentSelector: reversed},
		{StreamName: &stream, FragmentSelector: good, MaxResults: aws.Int64(1001)},
		{StreamName: &stream, NextToken: aws.String("bm90IG91cnM=")},
		{FragmentSelector: good},
	} {
		_, err := client.ListFragments(s.ctx, in)
		wantError(s, err, "InvalidArgumentException")
	}
	missing := s.name()
	_, err := client.ListFragments(s.ctx, &kinesisvideoarchivedmedia.ListFragmentsInput{StreamName: &missing, FragmentSelector: good})
	wantError(s, err, "ResourceNotFoundException")
}
