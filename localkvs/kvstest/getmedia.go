package kvstest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	archived "github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideomedia"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideomedia/types"

	"kinora/mkv"
)

var getMediaTests = []test{
	{name: "Selectors", run: selectors},
	{name: "Verbatim", run: verbatim},
	{name: "Tags", run: fragmentTags},
	{name: "InvalidSelectors", run: invalidSelectors},
	{name: "Now", run: now},
	{name: "WhileArriving", strict: true, run: whileArriving},
	{name: "BrokenOff", strict: true, run: brokenOff},
	{name: "NoRetention", strict: true, run: getWithoutRetention},
}

// get opens GetMedia and returns its body, which is closed at the test's end.
func (s *subject) get(stream string, selector types.StartSelector) io.Reader {
	s.Helper()
	out, err := s.media(stream).GetMedia(s.ctx, &kinesisvideomedia.GetMediaInput{StreamName: &stream, StartSelector: &selector})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = out.Payload.Close() })
	if got := aws.ToString(out.ContentType); got != "video/webm" {
		s.Errorf("Content-Type is %q", got)
	}
	return out.Payload
}

// uploaded sends n fragments of two seconds and returns their numbers when all are persisted.
func (s *subject) uploaded(stream string, p *producer, n int) (numbers []string) {
	s.Helper()
	u := s.put(stream, nil)
	for i := range n {
		at := time.Duration(i) * 2 * second
		b := p.fragment(at)
		mustWrite(p.w.End())
		u.send(append(b, p.take()...))
		numbers = append(numbers, u.want(p.timecode(at), "BUFFERING", "RECEIVED", "PERSISTED"))
	}
	u.finish()
	if a := u.next(); a != (ack{}) {
		s.Errorf("after the last fragment came %+v", a)
	}
	return numbers
}

// read returns the numbers of the next n fragments, each read to its end.
func (s *subject) read(r *mkv.Reader, n int) (numbers []string) {
	s.Helper()
	for range n {
		f, err := r.Next()
		if err != nil {
			s.Fatalf("after %d fragments: %v", len(numbers), err)
		}
		for err == nil {
			_, err = r.Packet()
		}
		if !errors.Is(err, io.EOF) || !f.Complete || f.Token != f.Number {
			s.Fatalf("fragment %s ended with %v, complete %v, token %s", f.Number, err, f.Complete, f.Token)
		}
		numbers = append(numbers, f.Number)
	}
	return numbers
}

func selectors(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	numbers := s.uploaded(stream, p, 4)
	listed := s.list(stream)
	sameTime := slices.IndexFunc(listed, func(f archived.Fragment) bool { return f.ServerTimestamp.Equal(*listed[1].ServerTimestamp) })
	for name, c := range map[string]struct {
		selector types.StartSelector
		want     []string
	}{
		"EARLIEST": {types.StartSelector{StartSelectorType: types.StartSelectorTypeEarliest}, numbers},
		"FRAGMENT_NUMBER": {types.StartSelector{
			StartSelectorType: types.StartSelectorTypeFragmentNumber, AfterFragmentNumber: &numbers[1]}, numbers[2:]},
		"CONTINUATION_TOKEN": {types.StartSelector{
			StartSelectorType: types.StartSelectorTypeContinuationToken, ContinuationToken: &numbers[0]}, numbers[1:]},
		"PRODUCER_TIMESTAMP": {types.StartSelector{
			StartSelectorType: types.StartSelectorTypeProducerTimestamp, StartTimestamp: aws.Time(p.epoch.Add(3 * second))}, numbers[2:]},
		"SERVER_TIMESTAMP": {types.StartSelector{
			StartSelectorType: types.StartSelectorTypeServerTimestamp, StartTimestamp: listed[1].ServerTimestamp}, numbers[sameTime:]},
	} {
		got := s.read(mkv.NewReader(s.get(stream, c.selector), mkv.Limits{}), len(c.want))
		if !slices.Equal(got, c.want) {
			s.Errorf("%s gives %v, want %v", name, got, c.want)
		}
	}
}

// verbatim compares every byte of an answer: the producer's, with the service's tags around the cluster.
func verbatim(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 2)
	u := s.put(stream, nil)
	note := mkv.Tag{Name: "note", Value: "first"}
	sent := p.fragment(0, note)
	mustWrite(p.w.End())
	sent = append(sent, p.take()...)
	u.send(sent)
	number := u.want(p.timecode(0), "BUFFERING", "RECEIVED", "PERSISTED")
	u.finish()
	listed := s.list(stream)[0]

	noteAt := bytes.Index(sent, mkv.AppendTags(nil, note)[:4])
	if noteAt < 0 {
		s.Fatal("the fragment made for the test has no tags in front")
	}
	decimal := func(t time.Time) string { return fmt.Sprintf("%d.%03d", t.UnixMilli()/1000, t.UnixMilli()%1000) }
	want := slices.Concat(sent[:noteAt], mkv.AppendTags(nil,
		mkv.Tag{Name: mkv.FragmentNumber, Value: number},
		mkv.Tag{Name: mkv.ServerTimestamp, Value: decimal(*listed.ServerTimestamp)},
		mkv.Tag{Name: mkv.ProducerTimestamp, Value: decimal(p.epoch)}), sent[noteAt:])
	body := s.get(stream, types.StartSelector{StartSelectorType: types.StartSelectorTypeEarliest})
	got := make([]byte, len(want))
	if _, err := io.ReadFull(body, got); err != nil {
		s.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		s.Errorf("GetMedia gives\n%q, want\n%q", got, want)
	}
}

func fragmentTags(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	u.send(p.fragment(0))
	next := p.fragment(2*second, mkv.Tag{Name: "belongs to", Value: "the second"})
	u.send(next)
	mustWrite(p.w.End(mkv.Tag{Name: "event", Value: "also the second"}))
	u.send(p.take())
	u.finish()
	for a := u.next(); a != (ack{}); a = u.next() {
		if a.EventType == "ERROR" {
			s.Fatalf("%+v", a)
		}
	}
	r := mkv.NewReader(s.get(stream, types.StartSelector{StartSelectorType: types.StartSelectorTypeEarliest}), mkv.Limits{})
	first, err := r.Next()
	if err != nil {
		s.Fatal(err)
	}
	for err == nil {
		_, err = r.Packet()
	}
	second, err := r.Next()
	if err != nil {
		s.Fatal(err)
	}
	for err == nil {
		_, err = r.Packet()
	}
	has := func(tags []mkv.Tag, name string) bool {
		return slices.ContainsFunc(tags, func(t mkv.Tag) bool { return t.Name == name })
	}
	if has(first.Tags, "belongs to") || has(first.Trailer, "belongs to") || has(first.Trailer, "event") {
		s.Errorf("the first fragment has tags of the second: %v %v", first.Tags, first.Trailer)
	}
	if !has(second.Tags, "belongs to") || !has(second.Trailer, "event") {
		s.Errorf("the second fragment lacks its tags: %v %v", second.Tags, second.Trailer)
	}
}

func invalidSelectors(s *subject) {
	stream, _ := s.stream(1)
	client := s.media(stream)
	for _, selector := range []types.StartSelector{
		{StartSelectorType: "SOMEWHERE"},
		{StartSelectorType: types.StartSelectorTypeFragmentNumber},
		{StartSelectorType: types.StartSelectorTypeContinuationToken},
		{StartSelectorType: types.StartSelectorTypeServerTimestamp},
		{StartSelectorType: types.StartSelectorTypeProducerTimestamp},
	} {
		_, err := client.GetMedia(s.ctx, &kinesisvideomedia.GetMediaInput{StreamName: &stream, StartSelector: &selector})
		wantError(s, err, "InvalidArgumentException")
	}
	missing := s.name()
	_, err := client.GetMedia(s.ctx, &kinesisvideomedia.GetMediaInput{
		StreamName: &missing, StartSelector: &types.StartSelector{StartSelectorType: types.StartSelectorTypeNow}})
	wantError(s, err, "ResourceNotFoundException")
}

// now starts a reader after some fragments: they must not come.
func now(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	old := s.uploaded(stream, p, 2)
	r := mkv.NewReader(s.get(stream, types.StartSelector{StartSelectorType: types.StartSelectorTypeNow}), mkv.Limits{})
	u := s.put(stream, nil)
	q := newProducer(p.epoch.Add(10*second), 1)
	u.send(q.fragment(0))
	number := u.want(q.timecode(0), "BUFFERING")
	u.finish()
	if got := s.read(r, 1)[0]; got != number || slices.Contains(old, got) {
		s.Errorf("NOW gives %s, want %s", got, number)
	}
}

// whileArriving sends single frames and demands each from the reader before the next is sent.
func whileArriving(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	p.begin(0)
	u.send(p.take())
	u.want(p.timecode(0), "BUFFERING")
	r := mkv.NewReader(s.get(stream, types.StartSelector{StartSelectorType: types.StartSelectorTypeNow}), mkv.Limits{})
	if _, err := r.Next(); err != nil {
		s.Fatal(err)
	}
	for i := range 5 {
		packet, err := r.Packet()
		if err != nil {
			s.Fatalf("frame %d: %v", i, err)
		}
		if at := time.Duration(i) * second; !strings.HasSuffix(string(packet.Data), " "+at.String()) {
			s.Errorf("frame %d is %q", i, packet.Data)
		}
		p.frame(1, time.Duration(i+1)*second)
		u.send(p.take())
	}
	u.finish()
}

// brokenOff cuts a producer in the middle of a fragment. Its reader goes on with the next producer's.
func brokenOff(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	p.begin(0)
	u.send(p.take())
	u.want(p.timecode(0), "BUFFERING")
	r := mkv.NewReader(s.get(stream, types.StartSelector{StartSelectorType: types.StartSelectorTypeNow}), mkv.Limits{})
	if _, err := r.Next(); err != nil {
		s.Fatal(err)
	}
	if _, err := r.Packet(); err != nil {
		s.Fatal(err)
	}
	u.close()
	v := s.put(stream, nil)
	q := newProducer(p.epoch.Add(10*second), 1)
	v.send(q.fragment(0))
	number := v.want(q.timecode(0), "BUFFERING")
	v.finish()
	if got := s.read(r, 1)[0]; got != number {
		s.Errorf("after the break comes %s, want %s", got, number)
	}
	v.want(q.timecode(0), "RECEIVED", "PERSISTED")
	if listed := s.list(stream); len(listed) != 1 || *listed[0].FragmentNumber != number {
		s.Errorf("the archive lists %d fragments, want the whole one alone", len(listed))
	}
}

func getWithoutRetention(s *subject) {
	stream, _ := s.stream(0)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	u.send(p.fragment(0))
	number := u.want(p.timecode(0), "BUFFERING")
	u.finish()
	u.want(p.timecode(0), "RECEIVED")
	r := mkv.NewReader(s.get(stream, types.StartSelector{StartSelectorType: types.StartSelectorTypeEarliest}), mkv.Limits{})
	if got := s.read(r, 1)[0]; got != number {
		s.Errorf("EARLIEST gives %s, want %s", got, number)
	}
}
