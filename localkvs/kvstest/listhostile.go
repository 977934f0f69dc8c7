package kvstest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
)

// listWhileAppending: whoever pages through a range gets everything that was stored when they began, and nothing twice, however much is
// added meanwhile in front of the page and behind it.
func listWhileAppending(s *subject) {
	stream, _ := s.stream(1)
	const before, meanwhile = 40, 80
	epoch := start()
	store := func(u *upload, p *producer, at time.Duration) string {
		p.begin(at)
		mustWrite(p.w.End())
		u.send(p.take())
		return u.want(p.timecode(at), "BUFFERING", "RECEIVED", "PERSISTED")
	}
	first := newProducer(epoch, 1)
	u := s.put(stream, nil)
	var stored []string
	for i := range before {
		stored = append(stored, store(u, first, time.Duration(i)*second))
	}
	u.finish()
	var producers sync.WaitGroup
	for _, shift := range []time.Duration{-30 * second, 300 * time.Millisecond} { // some come in front, all come between
		u, p := s.put(stream, nil), newProducer(epoch, 1)
		producers.Go(func() {
			for i := range meanwhile {
				p.begin(shift + time.Duration(i)*second + 40*second)
				mustWrite(p.w.End())
				u.send(p.take())
			}
			u.finish()
		})
	}
	done := make(chan struct{})
	go func() { producers.Wait(); close(done) }()
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true // and once more with all of it
		default:
		}
		for _, clock := range types.FragmentSelectorType("").Values() {
			seen := make(map[string]int)
			for _, n := range numbersOf(s.listRange(stream, clock, epoch.Add(-time.Hour), epoch.Add(time.Hour), 7)) {
				seen[n]++
			}
			for n, times := range seen {
				if times > 1 {
					s.Fatalf("%s is listed %d times by %s", n, times, clock)
				}
			}
			for _, n := range stored {
				if seen[n] == 0 {
					s.Fatalf("%s, which was stored before, is not listed by %s", n, clock)
				}
			}
		}
	}
}

// timed are operations on a range of time or a moment, with a place for the moment.
var timed = map[string]string{
	"/listFragments":    `{"StreamName":%q,"FragmentSelector":{"FragmentSelectorType":"SERVER_TIMESTAMP","TimestampRange":{"StartTimestamp":%s,"EndTimestamp":253402300799}}}`,
	"/kinora/listSpans": `{"StreamName":%q,"FragmentSelector":{"FragmentSelectorType":"PRODUCER_TIMESTAMP","TimestampRange":{"StartTimestamp":%s,"EndTimestamp":253402300799}}}`,
	"/kinora/listTags":  `{"StreamName":%q,"FragmentSelector":{"FragmentSelectorType":"PRODUCER_TIMESTAMP","TimestampRange":{"StartTimestamp":%s,"EndTimestamp":253402300799}}}`,
	"/getMedia":         `{"StreamName":%q,"StartSelector":{"StartSelectorType":"PRODUCER_TIMESTAMP","StartTimestamp":%s}}`,
}

// absurdTimes: what is no time is said to be none, and what is one, however far away, is answered.
func absurdTimes(s *subject) {
	stream, _ := s.stream(1)
	s.uploaded(stream, newProducer(start(), 1), 1)
	for path, body := range timed {
		for _, at := range []string{"-62135596800", "-1", "300000000000000", "1e300", "-1e300", "NaN", "Infinity", `"yesterday"`, `"300000"`, "true", "{}", "[1]"} {
			s.wantInvalid(path, fmt.Sprintf(body, stream, at))
		}
		if path == "/getMedia" {
			continue // its answer has no end
		}
		for _, at := range []string{"0", "300000", "0.0001", "253402300799", "1e9", "1.7e9"} {
			if status, _, answer := s.post(path, fmt.Sprintf(body, stream, at), &signing{}); status != http.StatusOK {
				s.Errorf("%s from %s is answered with %d %s", path, at, status, answer)
			}
		}
	}
	reversed := `{"StreamName":%q,"FragmentSelector":{"FragmentSelectorType":"SERVER_TIMESTAMP","TimestampRange":{"StartTimestamp":1000,"EndTimestamp":999.999}}}`
	for _, path := range []string{"/listFragments", "/kinora/listSpans", "/kinora/listTags"} {
		s.wantInvalid(path, fmt.Sprintf(reversed, stream))
	}
}

// forgedTokens: a token that nobody gave out, or that is of another stream, is refused.
func forgedTokens(s *subject) {
	stream, _ := s.stream(1)
	s.uploaded(stream, newProducer(start(), 1), 2)
	token := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	for _, path := range []string{"/listFragments", "/kinora/listTags"} {
		for _, bad := range []string{
			"x", "AAAA", token("{}x"), token(`{"Clock":7,"From":0,"To":1}`), token(`{"Clock":-1,"From":0,"To":1}`), token(`{"Clock":0,"From":-5,"To":1}`),
			token(`{"Clock":0,"From":5,"To":1}`), token(`{"Clock":0,"From":0,"To":9223372036854775807}`), token(`{"Clock":0,"From":0,"To":1,"Cursor":"AAAA"}`),
			token(`{"Clock":0,"From":0,"To":1,"Skip":-1}`), token(`{"Clock":0,"From":0,"To":1}`),
			token(`{"Clock":1,"From":0,"To":253402300799000,"Skip":1000000}`), token(strings.Repeat("x", 32) + `{"Clock":0,"From":0,"To":1}`), strings.Repeat("A", 900_000),
		} {
			s.wantInvalid(path, fmt.Sprintf(`{"StreamName":%q,"NextToken":%q}`, stream, bad))
		}
	}
	from, to := past()
	first, err := s.archived(stream).ListFragments(s.ctx, &kinesisvideoarchivedmedia.ListFragmentsInput{StreamName: &stream, MaxResults: aws.Int64(1), FragmentSelector: &types.FragmentSelector{
		FragmentSelectorType: types.FragmentSelectorTypeServerTimestamp, TimestampRange: &types.TimestampRange{StartTimestamp: &from, EndTimestamp: &to}}})
	if err != nil || first.NextToken == nil {
		s.Fatalf("a first page of one: %+v, %v", first, err)
	}
	other, _ := s.stream(1)
	_, err = s.archived(other).ListFragments(s.ctx, &kinesisvideoarchivedmedia.ListFragmentsInput{StreamName: &other, NextToken: first.NextToken})
	wantError(s, err, "InvalidArgumentException")
	second, err := s.archived(stream).ListFragments(s.ctx, &kinesisvideoarchivedmedia.ListFragmentsInput{StreamName: &stream, NextToken: first.NextToken})
	if err != nil || len(second.Fragments) != 1 {
		s.Errorf("the second page: %+v, %v", second, err)
	}
}
