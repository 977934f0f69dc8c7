package kvstest

import (
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo"

	"kinora/mkv"
)

var putMediaTests = []test{
	{name: "Acknowledgements", run: acknowledgements},
	{name: "EndOfFragment", run: endOfFragment},
	{name: "AnswerBeforeBody", run: answerBeforeBody},
	{name: "NoRetention", run: noRetention},
	{name: "Relative", run: relative},
	{name: "Headers", run: putHeaders},
	{name: "NoAcknowledgements", strict: true, run: noAcknowledgements},
	{name: "TwoAtOnce", strict: true, run: twoAtOnce},
	{name: "Repeated", strict: true, run: repeated},
	{name: "Garbage", run: garbage},
	{name: "Truncated", run: truncated},
	{name: "SecondSegment", run: secondSegment},
	{name: "TimecodeGoesBack", run: timecodeGoesBack},
	{name: "UndeclaredTrack", run: undeclaredTrack},
	{name: "TrackWithoutFrames", run: trackWithoutFrames},
	{name: "TooManyTracks", run: tooManyTracks},
	{name: "TooManyTags", run: tooManyTags},
	{name: "EventTags", run: eventTags},
	{name: "TooLong", run: tooLong},
	{name: "HostileSizes", run: hostileSizes},
	{name: "StreamDeleted", strict: true, run: streamDeleted},
	{name: "OthersGoOn", run: othersGoOn},
}

const second = time.Second

// start is the producer's time zero: recent, to the millisecond.
func start() time.Time { return time.Now().Add(-time.Minute).Truncate(time.Millisecond) }

func acknowledgements(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	if u.status != http.StatusOK {
		s.Fatalf("PutMedia is answered with %d", u.status)
	}
	u.send(p.fragment(0))
	first := u.want(p.timecode(0), "BUFFERING")
	u.send(p.fragment(2 * second))
	seen := map[string][]string{}
	for range 3 { // of fragments that follow each other, the acknowledgements may interleave
		a := u.next()
		seen[a.FragmentNumber] = append(seen[a.FragmentNumber], a.EventType)
	}
	if got := strings.Join(seen[first], " "); got != "RECEIVED PERSISTED" {
		s.Errorf("the first fragment is acknowledged by BUFFERING %s", got)
	}
	u.finish()
	second := u.want(p.timecode(2*second), "RECEIVED", "PERSISTED")
	if len(first) != 47 || second <= first {
		s.Errorf("fragment numbers are %s and %s", first, second)
	}
	if a := u.next(); a != (ack{}) {
		s.Errorf("after the last acknowledgement came %+v", a)
	}
}

func endOfFragment(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	p.begin(0)
	mustWrite(p.w.End(mkv.Tag{Name: "event", Value: "door opened"}))
	u.send(p.take())
	u.want(p.timecode(0), "BUFFERING", "RECEIVED", "PERSISTED") // while the body stays open
	u.send(p.fragment(5 * second))
	u.want(p.timecode(5*second), "BUFFERING")
	u.finish()
	u.want(p.timecode(5*second), "RECEIVED", "PERSISTED")
}

func answerBeforeBody(s *subject) {
	stream, _ := s.stream(0)
	if u := s.put(stream, nil); u.status != http.StatusOK { // put returns with nothing of the body sent
		s.Errorf("status %d", u.status)
	}
}

func noRetention(s *subject) {
	stream, _ := s.stream(0)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	u.send(p.fragment(0))
	u.finish()
	u.want(p.timecode(0), "BUFFERING", "RECEIVED")
	if a := u.next(); a != (ack{}) {
		s.Errorf("a stream without retention acknowledges %+v", a)
	}
}

func relative(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(time.Unix(0, 0), 1) // timecodes count from zero
	u := s.put(stream, map[string]string{
		"x-amzn-fragment-timecode-type": "RELATIVE", "x-amzn-producer-start-timestamp": "1690707289.209",
	})
	u.send(p.fragment(3 * second))
	u.finish()
	u.want(3000, "BUFFERING", "RECEIVED", "PERSISTED") // the raw timecode, not a time of day
	if got := s.list(stream)[0].ProducerTimestamp.UnixMilli(); got != 1690707292209 {
		s.Errorf("the producer timestamp is %d", got)
	}
}

func putHeaders(s *subject) {
	stream, _ := s.stream(0)
	for _, headers := range []map[string]string{
		{"x-amzn-stream-name": ""},
		{"x-amzn-fragment-timecode-type": "SOMETIMES"},
		{"x-amzn-producer-start-timestamp": "yesterday"},
		{"x-amzn-stream-name": "no such name!"},
	} {
		if u := s.put(stream, headers); u.status != http.StatusBadRequest {
			s.Errorf("headers %v are answered with %d, want 400", headers, u.status)
		}
	}
	if u := s.put(stream, map[string]string{"x-amzn-stream-name": s.name()}); u.status != http.StatusNotFound {
		s.Errorf("a missing stream is answered with %d, want 404", u.status)
	}
}

func noAcknowledgements(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	u := s.put(stream, map[string]string{"x-amzn-fragment-acknowledgment-required": "0"})
	u.send(p.fragment(0))
	u.finish()
	if a := u.next(); a != (ack{}) {
		s.Errorf("a producer that wants no acknowledgements gets %+v", a)
	}
	if got := s.list(stream); len(got) != 1 {
		s.Errorf("%d fragments are listed, want 1", len(got))
	}
}

func twoAtOnce(s *subject) {
	stream, _ := s.stream(1)
	p, q := newProducer(start(), 1), newProducer(start().Add(second), 1)
	u, v := s.put(stream, nil), s.put(stream, nil)
	u.send(p.fragment(0))
	one := u.want(p.timecode(0), "BUFFERING")
	v.send(q.fragment(0))
	two := v.want(q.timecode(0), "BUFFERING")
	v.finish()
	v.want(q.timecode(0), "RECEIVED", "PERSISTED")
	u.finish()
	u.want(p.timecode(0), "RECEIVED", "PERSISTED")
	if two <= one {
		s.Errorf("numbers %s and %s do not grow in the order of arrival", one, two)
	}
}

func garbage(s *subject) {
	stream, _ := s.stream(1)
	u := s.put(stream, nil)
	go u.send([]byte(strings.Repeat("this is no Matroska. ", 500)))
	u.wantError(4006, "INVALID_MKV_DATA")
}

func truncated(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	b := p.fragment(0)
	go func() {
		u.send(b[:len(b)-5])
		u.finish()
	}()
	u.wantError(4006, "INVALID_MKV_DATA")
	if got := s.list(stream); len(got) != 0 {
		s.Errorf("half a fragment is listed: %v", got)
	}
}

func secondSegment(s *subject) {
	stream, _ := s.stream(1)
	u := s.put(stream, nil)
	from := start()
	go func() {
		u.send(newProducer(from, 1).fragment(0))
		u.send(newProducer(from, 1).fragment(2 * second))
	}()
	u.wantError(4006, "INVALID_MKV_DATA")
}

func timecodeGoesBack(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	go func() {
		u.send(p.fragment(4 * second))
		u.send(p.fragment(2 * second))
	}()
	u.wantError(4004, "FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS")
}

// block is a SimpleBlock of a track with 4 bytes of payload at the start of its cluster.
func block(track byte) []byte {
	return []byte{0xA3, 0x88, 0x80 | track, 0, 0, 0x80, 'd', 'a', 't', 'a'}
}

func undeclaredTrack(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	p.begin(0)
	go u.send(append(p.take(), block(7)...))
	u.wantError(4010, "TRACK_NUMBER_MISMATCH")
}

func trackWithoutFrames(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 2)
	u := s.put(stream, nil)
	mustWrite(p.w.Begin(0))
	p.frame(1, 0)
	mustWrite(p.w.End())
	go u.send(p.take())
	u.wantError(4011, "FRAMES_MISSING_FOR_TRACK")
}

func tooManyTracks(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 4)
	u := s.put(stream, nil)
	go u.send(p.fragment(0))
	u.wantError(4012, "MORE_THAN_ALLOWED_TRACKS_FOUND")
}

func tooManyTags(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	var tags []mkv.Tag
	for _, c := range "abcdefghijk" {
		tags = append(tags, mkv.Tag{Name: string(c), Value: "v"})
	}
	go u.send(p.fragment(0, tags...))
	u.wantError(4009, "FRAGMENT_METADATA_LIMIT_REACHED")
}

// eventTags sends what a producer that marks two events sends: each with tags of its own beside the fragment's.
func eventTags(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	tags := []mkv.Tag{{Name: mkv.Notification}, {Name: mkv.ImageGeneration}, {Name: mkv.ImagePrefix, Value: "door"}}
	for _, c := range "abcdefghijklmnopqrstuvwxyzABCD" {
		tags = append(tags, mkv.Tag{Name: string(c), Value: "v"})
	}
	go func() {
		u.send(p.fragment(0, tags...))
		u.finish()
	}()
	u.want(p.timecode(0), "BUFFERING", "RECEIVED", "PERSISTED")
}

func tooLong(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	p.begin(0)
	p.frame(1, 21*second)
	go u.send(p.take())
	u.wantError(4002, "MAX_FRAGMENT_DURATION_REACHED")
}

// hostileSizes declares elements of 2^55 bytes: the service must neither believe nor wait for them.
func hostileSizes(s *subject) {
	stream, _ := s.stream(1)
	huge := []byte{0x01, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}
	p := newProducer(start(), 1)
	p.begin(0)
	head := p.take()
	for name, bytes := range map[string][]byte{
		"head":  append([]byte{0x1A, 0x45, 0xDF, 0xA3}, huge...),
		"block": append(append(head, 0xA3), huge...),
	} {
		u := s.put(stream, nil)
		go func() {
			u.send(bytes)
			u.send(make([]byte, 1<<16))
			u.finish()
		}()
		for a := u.next(); a.EventType != "ERROR"; a = u.next() {
			if a == (ack{}) {
				s.Errorf("a hostile %s is not answered with an ERROR", name)
				break
			}
		}
	}
}

func streamDeleted(s *subject) {
	stream, arn := s.stream(1)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	u.send(p.fragment(0))
	u.want(p.timecode(0), "BUFFERING")
	if _, err := s.video.DeleteStream(s.ctx, &kinesisvideo.DeleteStreamInput{StreamARN: &arn}); err != nil {
		s.Fatal(err)
	}
	go u.send(p.fragment(2 * second))
	u.wantError(4008, "STREAM_NOT_ACTIVE")
}

// othersGoOn has one connection break every rule while another goes on.
func othersGoOn(s *subject) {
	stream, _ := s.stream(1)
	p := newProducer(start(), 1)
	u := s.put(stream, nil)
	u.send(p.fragment(0))
	u.want(p.timecode(0), "BUFFERING")
	other, _ := s.stream(1)
	bad := s.put(other, nil)
	go bad.send([]byte(strings.Repeat("no Matroska ", 100)))
	bad.wantError(4006, "INVALID_MKV_DATA")
	u.finish()
	u.want(p.timecode(0), "RECEIVED", "PERSISTED")
}
