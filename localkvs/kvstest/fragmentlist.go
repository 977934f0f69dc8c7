package kvstest

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"

	"kinora/mkv"
)

var fragmentListTests = []test{
	{name: "Order", strict: true, run: listedMedia},
	{name: "Verbatim", run: listedVerbatim},
	{name: "Missing", strict: true, run: listedMissing},
	{name: "Invalid", run: fragmentListInvalid},
}

// archivedAt is a client of the data endpoint of one operation.
func (s *subject) archivedAt(stream string, api types.APIName) *kinesisvideoarchivedmedia.Client {
	s.Helper()
	endpoint := s.dataEndpoint(stream, api)
	return kinesisvideoarchivedmedia.New(kinesisvideoarchivedmedia.Options{
		Region: s.Region, Credentials: s.Credentials, BaseEndpoint: &endpoint, HTTPClient: s.HTTP,
	})
}

// mediaOf returns the whole answer of GetMediaForFragmentList.
func (s *subject) mediaOf(stream string, numbers ...string) []byte {
	s.Helper()
	out, err := s.archivedAt(stream, types.APINameGetMediaForFragmentList).GetMediaForFragmentList(s.ctx,
		&kinesisvideoarchivedmedia.GetMediaForFragmentListInput{StreamName: &stream, Fragments: numbers})
	if err != nil {
		s.Fatal(err)
	}
	defer out.Payload.Close()
	if got := aws.ToString(out.ContentType); got != "video/webm" {
		s.Errorf("Content-Type is %q", got)
	}
	b, err := io.ReadAll(out.Payload)
	if err != nil {
		s.Fatal(err)
	}
	return b
}

// fragmentsIn reads the numbers of the fragments in an answer, and the error with which it ends, nil at a clean end.
func fragmentsIn(s *subject, answer []byte) (numbers []string, err error) {
	s.Helper()
	r := mkv.NewReader(bytes.NewReader(answer), mkv.Limits{})
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return numbers, nil
		}
		if err != nil {
			return numbers, err
		}
		numbers = append(numbers, f.Number)
		if f.ServerTime.IsZero() || f.ProducerTime.IsZero() {
			s.Errorf("fragment %s has no times", f.Number)
		}
		for err == nil {
			_, err = r.Packet()
		}
		if f.Token != "" || f.BehindNow != 0 {
			s.Errorf("fragment %s has the closing tags of GetMedia", f.Number)
		}
	}
}

// listedMedia: fragments come in the order in which they were asked for, also twice.
func listedMedia(s *subject) {
	stream, _ := s.stream(1)
	all := s.uploaded(stream, newProducer(start(), 2), 3)
	want := []string{all[2], all[0], all[1], all[0]}
	if got, err := fragmentsIn(s, s.mediaOf(stream, want...)); err != nil || !slices.Equal(got, want) {
		s.Errorf("got %q, %v; want %q", got, err, want)
	}
}

// listedVerbatim: the producer's bytes stand between the service's tags unchanged.
func listedVerbatim(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	sent := p.fragment(0, mkv.Tag{Name: "door", Value: "open"})
	u := s.put(stream, nil)
	u.send(sent)
	u.finish()
	number := u.want(p.timecode(0), "BUFFERING", "RECEIVED", "PERSISTED")
	answer := s.mediaOf(stream, number)
	cluster := []byte{0x1F, 0x43, 0xB6, 0x75}
	if at := bytes.Index(sent, cluster); !bytes.Contains(answer, sent[at:]) {
		s.Error("the cluster is not as it was sent")
	}
	if !bytes.Contains(answer, []byte("door")) {
		s.Error("the producer's tag is missing")
	}
}

// listedMissing: in the place of what is not stored stands a record that names it.
func listedMissing(s *subject) {
	stream, _ := s.stream(1)
	all := s.uploaded(stream, newProducer(start(), 1), 2)
	for _, unknown := range []string{"91343852333181432392682062607743920146159169392", "7"} {
		r := mkv.NewReader(bytes.NewReader(s.mediaOf(stream, all[0], unknown, all[1])), mkv.Limits{})
		for _, want := range []string{all[0], unknown, all[1]} {
			f, err := r.Next()
			var record *mkv.ServiceError
			switch {
			case errors.As(err, &record) && record.ID == 4000 && record.Fragment == unknown && want == unknown:
			case err != nil || f.Number != want:
				s.Errorf("fragment %s is answered with %v", want, err)
			}
		}
		if _, err := r.Next(); !errors.Is(err, io.EOF) {
			s.Errorf("behind the list: %v", err)
		}
	}
	kept, _ := s.stream(0)
	if _, err := fragmentsIn(s, s.mediaOf(kept, all[0])); err == nil {
		s.Error("a stream without retention gives out a fragment")
	}
}

func fragmentListInvalid(s *subject) {
	stream, _ := s.stream(1)
	client := s.archivedAt(stream, types.APINameGetMediaForFragmentList)
	many := slices.Repeat([]string{"91343852333181432392682062607743920146159169392"}, 1001)
	_, err := client.GetMediaForFragmentList(s.ctx, &kinesisvideoarchivedmedia.GetMediaForFragmentListInput{StreamName: &stream, Fragments: many})
	wantError(s, err, "FragmentLimitExceeded")
	for _, numbers := range [][]string{{}, {"../../etc/passwd"}, {"1", ""}} {
		_, err := client.GetMediaForFragmentList(s.ctx, &kinesisvideoarchivedmedia.GetMediaForFragmentListInput{StreamName: &stream, Fragments: numbers})
		wantError(s, err, "InvalidArgumentException")
	}
	missing := s.name()
	_, err = client.GetMediaForFragmentList(s.ctx, &kinesisvideoarchivedmedia.GetMediaForFragmentListInput{StreamName: &missing, Fragments: []string{"1"}})
	wantError(s, err, "ResourceNotFoundException")
	_, err = client.GetMediaForFragmentList(s.ctx, &kinesisvideoarchivedmedia.GetMediaForFragmentListInput{Fragments: []string{"1"}})
	wantError(s, err, "InvalidArgumentException")
}

// past is a range that holds everything a test has uploaded, and lies in the past.
func past() (from, to time.Time) {
	return time.Now().Add(-time.Hour), time.Now().Add(-time.Millisecond)
}
