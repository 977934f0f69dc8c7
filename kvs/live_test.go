package kvs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kinora/media"
	"kinora/mkv"
)

var (
	testTracks = []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264, Private: []byte{1, 2, 3}, Width: 640, Height: 360}}
	testEpoch  = time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC)
)

// chunk is a fragment as GetMedia sends it: two frames, the second 500 ms after the first.
type chunk struct {
	number   int
	producer time.Duration // after testEpoch
	timecode time.Duration // relative when not 0
	late     time.Duration // by which it arrives later than a second after its producer time
	tracks   []media.Track
	tags     []mkv.Tag // of the producer
	cut      bool      // ends within the second frame
}

func (c chunk) bytes(t *testing.T) []byte {
	t.Helper()
	tracks := c.tracks
	if tracks == nil {
		tracks = testTracks
	}
	o := mkv.WriterOptions{Epoch: testEpoch.Add(c.producer)}
	if c.timecode != 0 {
		o.Epoch = time.Unix(0, 0).Add(c.timecode)
	}
	var b bytes.Buffer
	w := mkv.NewWriter(&b, tracks, o)
	stamp := func(at time.Time) string { return fmt.Sprintf("%d.%03d", at.Unix(), at.Nanosecond()/1e6) }
	check(t, w.Begin(0, append([]mkv.Tag{
		{Name: mkv.FragmentNumber, Value: fmt.Sprint(c.number)},
		{Name: mkv.ServerTimestamp, Value: stamp(testEpoch.Add(c.producer + time.Second + c.late))},
		{Name: mkv.ProducerTimestamp, Value: stamp(testEpoch.Add(c.producer))}}, c.tags...)...))
	for i := range 2 {
		check(t, w.Write(&media.Packet{Track: tracks[0].ID, PTS: time.Duration(i) * 500 * time.Millisecond, Key: i == 0, Data: []byte("frame")}))
	}
	if c.cut {
		return b.Bytes()[:b.Len()-2]
	}
	return mkv.AppendTags(b.Bytes(),
		mkv.Tag{Name: mkv.MillisBehindNow, Value: "0"},
		mkv.Tag{Name: mkv.ContinuationToken, Value: fmt.Sprint(c.number)})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// chunks answers GetMedia with chunks, and then ends.
func chunks(t *testing.T, list ...chunk) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, c := range list {
			if _, err := w.Write(c.bytes(t)); err != nil {
				return
			}
		}
	}
}

func open(t *testing.T, o media.Opener) media.Source {
	t.Helper()
	s, err := o(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// read returns the packets until the first error as "PTS in ms", with a "!" where one is a discontinuity.
func read(t *testing.T, s media.Source) (packets string, err error) {
	t.Helper()
	var b strings.Builder
	for {
		p, err := s.Read()
		if err != nil {
			return strings.TrimSpace(b.String()), err
		}
		if string(p.Data) != "frame" || p.DTS != p.PTS {
			t.Errorf("packet %+v", p)
		}
		fmt.Fprintf(&b, " %d", p.PTS.Milliseconds())
		if p.Discontinuity {
			b.WriteByte('!')
		}
	}
}

func TestLiveTime(t *testing.T) {
	other := []media.Track{{ID: 2, Kind: media.Video, Codec: media.H265, Private: []byte{9}, Width: 64, Height: 36}}
	s := time.Second
	tests := []struct {
		name   string
		chunks []chunk
		want   string
	}{
		{"continuous", []chunk{{number: 1}, {number: 2, producer: s}, {number: 3, producer: 2 * s}}, "0 500 1000 1500 2000 2500"},
		{"jitter", []chunk{{number: 1}, {number: 2, producer: s - 20*time.Millisecond, timecode: 0}}, "0 500 980 1480"},
		{"relative timecodes", []chunk{{number: 1, timecode: s}, {number: 2, producer: s, timecode: 2 * s}}, "0 500 1000 1500"},
		{"another session, relative", []chunk{{number: 1, timecode: 5 * s}, {number: 2, producer: s, timecode: s}}, "0 500 1000! 1500"},
		{"gap", []chunk{{number: 1}, {number: 2, producer: 10 * s}}, "0 500 10000! 10500"},
		{"the past beside what is live", []chunk{{number: 1}, {number: 2, producer: -10 * s}, {number: 3, producer: s}, {number: 4, producer: -9 * s}, {number: 5, producer: 2 * s}}, "0 500 1000 1500 2000 2500"},
		{"other tracks", []chunk{{number: 1}, {number: 2, producer: s, tracks: other}}, "0 500 1000! 1500"},
		{"uploaded twice", []chunk{{number: 1}, {number: 2, producer: s}, {number: 3}, {number: 4, producer: s}, {number: 5, producer: 2 * s}}, "0 500 1000 1500 2000 2500"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newService(t)
			s.serve("/getMedia", chunks(t, tt.chunks...))
			src := open(t, c.Live("cam"))
			if got := src.Epoch(); !got.Equal(testEpoch) {
				t.Errorf("epoch %v, want %v", got, testEpoch)
			}
			if got := src.Tracks(); len(got) != 1 || got[0].Codec != media.H264 || got[0].Width != 640 {
				t.Errorf("tracks %+v", got)
			}
			got, err := read(t, src)
			if got != tt.want {
				t.Errorf("packets %q, want %q", got, tt.want)
			}
			if err == nil || errors.Is(err, io.EOF) || Classify(err) != Retry || !strings.Contains(err.Error(), "the service ended its answer") {
				t.Errorf("end %v, want an error that is worth a retry", err)
			}
		})
	}
}

func TestLiveResumes(t *testing.T) {
	s, c := newService(t)
	starts := make(chan string, 10)
	noting := func(answer http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			starts <- fmt.Sprint(body(t, r)["StartSelector"])
			answer(w, r)
		}
	}
	s.sequence("/getMedia",
		noting(func(w http.ResponseWriter, r *http.Request) {
			chunks(t, chunk{number: 1}, chunk{number: 2, producer: time.Second, cut: true})(w, r)
			http.NewResponseController(w).Flush()
			cut(t, w)
		}),
		// After the cut a second upload fills in what is older than what was shown.
		noting(chunks(t, chunk{number: 20, producer: -time.Minute, late: time.Minute}, chunk{number: 2, producer: time.Second},
			chunk{number: 21, producer: -time.Minute + time.Second, late: time.Minute},
			chunk{number: 3, producer: 2 * time.Second})),
		noting(func(w http.ResponseWriter, r *http.Request) {
			chunks(t, chunk{number: 4, producer: 3 * time.Second})(w, r)
			w.Write(errorRecord(t, "4000"))
		}),
		noting(chunks(t, chunk{number: 9})))
	opener := c.Live("cam")
	for i, want := range []struct{ start, packets, err string }{
		{"map[StartSelectorType:NOW]", "0 500 1000", `GetMedia of stream "cam" failed at fragment 2: the connection was cut`},
		{"map[AfterFragmentNumber:1 StartSelectorType:FRAGMENT_NUMBER]", "0 500 1000 1500", "the service ended its answer"},
		{"map[AfterFragmentNumber:3 StartSelectorType:FRAGMENT_NUMBER]", "0 500", "at fragment 4: the service stopped with error 4000: it is gone"},
		{"map[StartSelectorType:NOW]", "0 500", "the service ended its answer"},
	} {
		src := open(t, opener)
		packets, err := read(t, src)
		if got := receive(t, starts); got != want.start {
			t.Errorf("%d: start %s, want %s", i, got, want.start)
		}
		if packets != want.packets {
			t.Errorf("%d: packets %q, want %q", i, packets, want.packets)
		}
		if err == nil || !strings.Contains(err.Error(), want.err) {
			t.Errorf("%d: error %v, want %q", i, err, want.err)
		}
	}
}

func TestLivePositionAges(t *testing.T) {
	var p position
	now := time.Now()
	p.set(&mkv.Fragment{Number: "7", ProducerTime: testEpoch}, now)
	if got, at := p.get(now.Add(resumable - time.Millisecond)); got != "7" || !at.Equal(testEpoch) {
		t.Errorf("a young position is %q at %v, want 7", got, at)
	}
	if got, at := p.get(now.Add(resumable)); got != "" || !at.IsZero() {
		t.Errorf("an old position is %q at %v, want none", got, at)
	}
}

// errorRecord is the document with which the service reports an error in GetMedia.
func errorRecord(t *testing.T, id string) []byte {
	t.Helper()
	var b bytes.Buffer
	check(t, mkv.NewWriter(&b, testTracks, mkv.WriterOptions{}).Begin(0))
	e, err := mkv.NewParser(&b, mkv.ParserOptions{}).Next()
	check(t, err)
	return mkv.AppendTags(bytes.Clone(e.Bytes),
		mkv.Tag{Name: mkv.FragmentNumber, Value: "4"},
		mkv.Tag{Name: mkv.ErrorCode, Value: "it is gone"},
		mkv.Tag{Name: mkv.ErrorID, Value: id})
}

func TestLiveCloseUnblocksRead(t *testing.T) {
	s, c := newService(t)
	s.serve("/getMedia", func(w http.ResponseWriter, r *http.Request) {
		chunks(t, chunk{number: 1})(w, r)
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	src := open(t, c.Live("cam"))
	failed := make(chan error, 1)
	first := make(chan struct{})
	go func() {
		_, err := src.Read()
		close(first)
		for err == nil {
			_, err = src.Read()
		}
		failed <- err
	}()
	receive(t, first)
	src.Close()
	if err := receive(t, failed); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestLiveCannotBeOpened(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		class  Class
		text   string
	}{
		{"no such stream", refusing(404, "ResourceNotFoundException", "The requested stream is not found or not active."), GiveUp, "Check the stream's name"},
		{"no permission", refusing(401, "AccessDeniedException", "User is not authorized"), GiveUp, "kinesisvideo:GetMedia"},
		{"too many viewers", refusing(400, "ConnectionLimitExceededException", "limit"), Retry, "Close other viewers"},
		{"no media", func(w http.ResponseWriter, r *http.Request) {}, Retry, "the service ended its answer"},
		{"no Matroska", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>") }, Retry, "GetMedia"},
		{"no key", func(w http.ResponseWriter, r *http.Request) { w.Write(errorRecord(t, "4500")) }, GiveUp, "error 4500"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newService(t)
			s.serve("/getMedia", tt.answer)
			_, err := c.Live("cam")(testContext(t))
			if err == nil || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want %q", err, tt.text)
			}
			if got := Classify(err); got != tt.class {
				t.Errorf("class %v, want %v", got, tt.class)
			}
		})
	}
}

// paced gives a chunk of one second each so often.
type paced struct {
	t     *testing.T
	every time.Duration
	left  int
	n     int
	bytes.Buffer
}

func (p *paced) Read(b []byte) (int, error) {
	if p.Len() == 0 && p.n < p.left {
		time.Sleep(p.every)
		p.n++
		p.Write(chunk{number: p.n, producer: time.Duration(p.n) * time.Second}.bytes(p.t))
	}
	return p.Buffer.Read(b)
}

func TestLiveDoesNotFallBehind(t *testing.T) {
	for _, test := range []struct {
		name   string
		every  time.Duration
		end    error
		number string // to resume after
	}{
		{"as fast as recorded", time.Second, errAnswerEnded, "90"},
		{"catching up", time.Second / 2, errAnswerEnded, "90"},
		{"slower than recorded", 3 * time.Second / 2, errBehind, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &paced{t: t, every: test.every, left: 90}
				l := &live{
					client: New(Config{Region: "eu-west-1"}), stream: "cam", ctx: t.Context(), cancel: func() {}, body: io.NopCloser(r),
					reader: mkv.NewReader(r, mkv.Limits{}), last: &position{},
				}
				err := l.next()
				for err == nil {
					_, err = l.Read()
				}
				if !errors.Is(err, test.end) || Classify(err) != Retry {
					t.Errorf("after %d fragments: %v, want %v", r.n, err, test.end)
				}
				if got, _ := l.last.get(time.Now()); got != test.number {
					t.Errorf("goes on after %q, want %q", got, test.number)
				}
			})
		})
	}
}

// script gives chunks, each after a pause, and then ends.
type script struct {
	t     *testing.T
	pause time.Duration
	list  []chunk
	bytes.Buffer
}

func (s *script) Read(b []byte) (int, error) {
	if s.Len() == 0 && len(s.list) > 0 {
		time.Sleep(s.pause)
		s.Write(s.list[0].bytes(s.t))
		s.list = s.list[1:]
	}
	return s.Buffer.Read(b)
}

// A clock that was set back is no past that is filled in: nothing newer comes beside it.
func TestLiveFollowsAClockThatIsSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := []chunk{{number: 1}}
		for i := range 8 {
			list = append(list, chunk{number: 2 + i, producer: time.Duration(i)*time.Second - time.Hour, late: time.Hour + time.Second})
		}
		r := &script{t: t, pause: time.Second, list: list}
		l := &live{
			client: New(Config{Region: "eu-west-1"}), stream: "cam", ctx: t.Context(), cancel: func() {}, body: io.NopCloser(r),
			reader: mkv.NewReader(r, mkv.Limits{}), last: &position{}, shown: time.Now(),
		}
		if err := l.next(); err != nil {
			t.Fatal(err)
		}
		got, err := read(t, l)
		if want := "0 500 -3596000! -3595500 -3595000 -3594500 -3594000 -3593500 -3593000 -3592500"; got != want || !errors.Is(err, errAnswerEnded) {
			t.Errorf("packets %q, want %q (%v)", got, want, err)
		}
	})
}
