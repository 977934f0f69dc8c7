package kvstest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"

	"kinora/media"
	"kinora/mkv"
)

// ack is an acknowledgement as it stands on the wire.
type ack struct {
	EventType        string
	FragmentTimecode int64
	FragmentNumber   string
	ErrorId          int
	ErrorCode        string
}

// errCut ends a body as a lost network does.
var errCut = errors.New("the producer is gone")

// upload is one PutMedia connection, whose body the test writes.
type upload struct {
	*subject
	body   *io.PipeWriter
	status int
	acks   *json.Decoder
	close  func()
}

// put opens a PutMedia connection. Headers override or, with an empty value, remove what a producer sends.
func (s *subject) put(stream string, headers map[string]string) *upload {
	s.Helper()
	endpoint := s.dataEndpoint(stream, types.APINamePutMedia)
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(s.ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/putMedia", r)
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("x-amzn-stream-name", stream)
	req.Header.Set("x-amzn-fragment-timecode-type", "ABSOLUTE")
	req.Header.Set("x-amzn-fragment-acknowledgment-required", "1")
	req.Header.Set("x-amzn-producer-start-timestamp", strconv.FormatInt(time.Now().Unix(), 10))
	for name, value := range headers {
		if req.Header.Del(name); value != "" {
			req.Header.Set(name, value)
		}
	}
	req.Header.Set("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
	s.sign(req, signing{hash: "UNSIGNED-PAYLOAD"}, nil)
	res, err := s.HTTP.Do(req)
	if err != nil {
		cancel()
		s.Fatal(err)
	}
	u := &upload{subject: s, body: w, status: res.StatusCode, acks: json.NewDecoder(res.Body), close: func() {
		cancel()
		_ = w.CloseWithError(errCut) // never fails; the connection breaks, it does not end
		_ = res.Body.Close()
	}}
	s.Cleanup(u.close)
	return u
}

// next reads one acknowledgement; the end of the answer gives an empty one.
func (u *upload) next() ack {
	u.Helper()
	var a ack
	if err := u.acks.Decode(&a); err != nil && !errors.Is(err, io.EOF) {
		u.Fatalf("reading acknowledgements: %v", err)
	}
	return a
}

// want reads acknowledgements of one fragment in exactly this order and returns its number.
func (u *upload) want(timecode int64, events ...string) (number string) {
	u.Helper()
	for _, event := range events {
		a := u.next()
		if a.EventType != event || a.FragmentTimecode != timecode {
			u.Fatalf("got %+v, want %s for timecode %d", a, event, timecode)
		}
		if number != "" && a.FragmentNumber != number {
			u.Fatalf("the fragment changed its number from %s to %s", number, a.FragmentNumber)
		}
		number = a.FragmentNumber
	}
	return number
}

// wantError reads acknowledgements until an ERROR, and then the end of the answer.
func (u *upload) wantError(id int, code string) {
	u.Helper()
	for {
		switch a := u.next(); {
		case a == (ack{}):
			u.Fatalf("the answer ended without ERROR %d %s", id, code)
		case a.EventType != "ERROR":
			continue
		case a.ErrorId != id || a.ErrorCode != code:
			u.Fatalf("got ERROR %d %s, want %d %s", a.ErrorId, a.ErrorCode, id, code)
		}
		break
	}
	if a := u.next(); a != (ack{}) {
		u.Errorf("after the ERROR came %+v", a)
	}
}

// send writes to the body; a service that has closed it is no failure here, the acknowledgements tell.
func (u *upload) send(b []byte) {
	_, _ = u.body.Write(b)
}

// finish ends the body.
func (u *upload) finish() { _ = u.body.Close() }

// producer makes what a producer sends. Its frames are text: what a frame holds is not a service's business.
type producer struct {
	buf   *sink
	w     *mkv.Writer
	epoch time.Time
	ids   []int
}

// sink collects what the writer wrote since the last take.
type sink struct{ b []byte }

func (s *sink) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}

func newProducer(epoch time.Time, tracks int) *producer {
	p := &producer{buf: &sink{}, epoch: epoch}
	var all []media.Track
	for id := 1; id <= tracks; id++ {
		all = append(all, media.Track{ID: id, Kind: media.Data, Codec: media.Text, Name: "t" + strconv.Itoa(id)})
		p.ids = append(p.ids, id)
	}
	p.w = mkv.NewWriter(p.buf, all, mkv.WriterOptions{Epoch: epoch, App: "kvstest"})
	return p
}

// take returns what was written since the last call.
func (p *producer) take() []byte {
	b := p.buf.b
	p.buf.b = nil
	return b
}

// begin starts a fragment with one frame a track.
func (p *producer) begin(at time.Duration, tags ...mkv.Tag) {
	mustWrite(p.w.Begin(at, tags...))
	for _, id := range p.ids {
		p.frame(id, at)
	}
}

func (p *producer) frame(track int, at time.Duration) {
	text := []byte("frame of track " + strconv.Itoa(track) + " at " + at.String())
	mustWrite(p.w.Write(&media.Packet{Track: track, PTS: at, DTS: at, Key: true, Data: text}))
}

// fragment makes a whole one of two seconds, without an explicit end.
func (p *producer) fragment(at time.Duration, tags ...mkv.Tag) []byte {
	p.begin(at, tags...)
	for _, id := range p.ids {
		p.frame(id, at+time.Second)
		p.frame(id, at+1900*time.Millisecond)
	}
	return p.take()
}

// timecode is what acknowledgements call the fragment that starts at this time.
func (p *producer) timecode(at time.Duration) int64 { return p.epoch.Add(at).UnixMilli() }

// mustWrite panics on an error of writing to memory, which only a mistake in this package can cause.
func mustWrite(err error) {
	if err != nil {
		panic("kvstest: " + err.Error())
	}
}
