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

	"kinora/internal/leak"
)

// duplex answers 200 at once and then lets f talk while the body comes in.
func duplex(t *testing.T, f func(body io.Reader, say func(format string, args ...any))) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		if err := rc.EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		say := func(format string, args ...any) {
			fmt.Fprintf(w, format, args...)
			rc.Flush()
		}
		rc.Flush()
		f(r.Body, say)
	}
}

// Every frame must be on the wire before the next one exists, and its ack must arrive while the body goes on.
func TestPutIsFullDuplexAndUnbuffered(t *testing.T) {
	s, c := newService(t)
	s.serve("/putMedia", func(w http.ResponseWriter, r *http.Request) {
		for name, want := range map[string]string{
			"X-Amzn-Stream-Name":            "cam",
			"X-Amzn-Fragment-Timecode-Type": "ABSOLUTE",
			"Expect":                        "",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if len(r.TransferEncoding) != 1 || r.TransferEncoding[0] != "chunked" {
			t.Errorf("transfer encoding %q, want chunked", r.TransferEncoding)
		}
		duplex(t, func(body io.Reader, say func(string, ...any)) {
			buf := make([]byte, 100)
			for i := 0; ; i++ {
				if _, err := io.ReadFull(body, buf); err == io.EOF {
					break
				} else if err != nil {
					t.Error(err)
					break
				}
				if want := bytes.Repeat([]byte{byte(i)}, 100); !bytes.Equal(buf, want) {
					t.Errorf("frame %d is %x", i, buf[:4])
				}
				say(`{"EventType":"PERSISTED","FragmentTimecode":%d,"FragmentNumber":"91"}`+"\n", i)
			}
			say(`{"EventType":"IDLE"}` + "\n")
		})(w, r)
	})
	out, in := io.Pipe()
	acks := make(chan Ack, 100)
	done := make(chan error, 1)
	go func() { done <- c.Put(testContext(t), "cam", out, func(a Ack) { acks <- a }) }()
	for i := range 20 {
		if _, err := in.Write(bytes.Repeat([]byte{byte(i)}, 100)); err != nil {
			t.Fatal(err)
		}
		want := Ack{Type: Persisted, Timecode: int64(i), Number: "91"}
		if got := receive(t, acks); got != want {
			t.Fatalf("ack %+v, want %+v", got, want)
		}
	}
	in.Close()
	if err := receive(t, done); err != nil {
		t.Errorf("Put: %v", err)
	}
	if got := receive(t, acks); got.Type != Idle {
		t.Errorf("last ack %+v, want Idle", got)
	}
}

// endless is a body that never ends by itself and remembers that it was closed. After its first bytes it gives one at
// each tick, or nothing if there are no ticks.
type endless struct {
	closed chan struct{}
	sent   bool
	ticks  <-chan time.Time
}

func newEndless(ticks <-chan time.Time) *endless {
	return &endless{closed: make(chan struct{}), ticks: ticks}
}

func (e *endless) Read(p []byte) (int, error) {
	if !e.sent {
		e.sent = true
		return copy(p, "some media"), nil
	}
	select {
	case <-e.ticks:
		return copy(p, "x"), nil
	case <-e.closed:
		return 0, errors.New("closed")
	}
}

func (e *endless) Close() error {
	close(e.closed)
	return nil
}

func TestPutEndsWith(t *testing.T) {
	tests := []struct {
		name   string
		answer func(*testing.T) http.HandlerFunc
		class  Class
		text   string
	}{
		{"error ack", func(t *testing.T) http.HandlerFunc {
			return duplex(t, func(body io.Reader, say func(string, ...any)) {
				io.ReadFull(body, make([]byte, 10))
				say(`{"EventType":"ERROR","FragmentTimecode":7,"FragmentNumber":"91","ErrorId":4004,"ErrorCode":"FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS"}` + "\n")
				io.Copy(io.Discard, body)
			})
		}, Retry, "fragment 91 (timecode 7): error 4004 FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS: it does not begin after the one before"},
		{"error ack of a deleted stream", func(t *testing.T) http.HandlerFunc {
			return duplex(t, func(body io.Reader, say func(string, ...any)) {
				say(`{"EventType":"ERROR","FragmentTimecode":-1,"FragmentNumber":"","ErrorId":4008,"ErrorCode":"STREAM_NOT_ACTIVE"}` + "\n")
				io.Copy(io.Discard, body)
			})
		}, GiveUp, `upload to stream "cam" was refused: error 4008 STREAM_NOT_ACTIVE`},
		{"silence", func(t *testing.T) http.HandlerFunc {
			return duplex(t, func(body io.Reader, say func(string, ...any)) { io.Copy(io.Discard, body) })
		}, Retry, "acknowledged nothing for too long"},
		{"no answer", func(t *testing.T) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }
		}, Retry, "acknowledged nothing for too long"},
		{"cut at once", func(t *testing.T) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { cut(t, w) }
		}, Retry, "the connection was cut"},
		{"early end", func(t *testing.T) http.HandlerFunc {
			return duplex(t, func(body io.Reader, say func(string, ...any)) {})
		}, Retry, "ended its answer before the upload was complete"},
		{"no JSON", func(t *testing.T) http.HandlerFunc {
			return duplex(t, func(body io.Reader, say func(string, ...any)) {
				say("<html>")
				io.Copy(io.Discard, body)
			})
		}, Retry, "acknowledgement at byte"},
		{"too long an ack", func(t *testing.T) http.HandlerFunc {
			return duplex(t, func(body io.Reader, say func(string, ...any)) {
				say(`{"EventType":"%s`, strings.Repeat("x", 2*maxAck))
				io.Copy(io.Discard, body)
			})
		}, Retry, "longer than 64 KiB"},
		{"no such stream", func(t *testing.T) http.HandlerFunc {
			return refusing(404, "ResourceNotFoundException", "The requested stream is not found or not active.")
		}, GiveUp, `PutMedia of stream "cam" failed: ResourceNotFoundException: The requested stream is not found or not active. Check the stream's name`},
		{"expired token", func(t *testing.T) http.HandlerFunc {
			return refusing(403, "ExpiredTokenException", "The security token included in the request is expired")
		}, Reauthenticate, "sign in again"},
		{"bare 403", func(t *testing.T) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusForbidden) }
		}, Reauthenticate, "sign in again"},
		{"wrong endpoint", func(t *testing.T) http.HandlerFunc {
			return refusing(400, "InvalidEndpointException", "call GetDataEndpoint")
		}, Retry, "InvalidEndpointException"},
		{"trouble", func(t *testing.T) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503) }
		}, Retry, "HTTP status 503"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newService(t)
			c.staleness = 200 * time.Millisecond
			s.serve("/putMedia", tt.answer(t))
			frames := time.NewTicker(time.Millisecond)
			defer frames.Stop()
			mkv := newEndless(frames.C)
			err := c.Put(testContext(t), "cam", mkv, func(Ack) {})
			if err == nil || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want %q", err, tt.text)
			}
			if got := Classify(fmt.Errorf("wrapped: %w", err)); got != tt.class {
				t.Errorf("class %v, want %v", got, tt.class)
			}
			receive(t, mkv.closed)
		})
	}
}

func TestPutIsCancelled(t *testing.T) {
	s, c := newService(t)
	ctx, cancel := context.WithCancel(testContext(t))
	s.serve("/putMedia", duplex(t, func(body io.Reader, say func(string, ...any)) {
		io.ReadFull(body, make([]byte, 10))
		cancel()
		io.Copy(io.Discard, body)
	}))
	if err := c.Put(ctx, "cam", newEndless(nil), func(Ack) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestPutReportsTheReadersError(t *testing.T) {
	s, c := newService(t)
	s.serve("/putMedia", duplex(t, func(body io.Reader, say func(string, ...any)) { io.Copy(io.Discard, body) }))
	broken := errors.New("the disk is gone")
	err := c.Put(testContext(t), "cam", io.MultiReader(strings.NewReader("x"), failing{broken}), func(Ack) {})
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// A connection that was refused for another reason than its media is made at a fresh endpoint.
func TestPutForgetsTheEndpoint(t *testing.T) {
	s, c := newService(t)
	s.sequence("/putMedia",
		refusing(400, "InvalidEndpointException", "call GetDataEndpoint"),
		duplex(t, func(body io.Reader, say func(string, ...any)) { io.Copy(io.Discard, body) }))
	for i, wantErr := range []bool{true, false, false} {
		err := c.Put(testContext(t), "cam", strings.NewReader("x"), func(Ack) {})
		if (err != nil) != wantErr {
			t.Errorf("Put %d: %v", i, err)
		}
	}
	if got := s.count("/getDataEndpoint"); got != 2 {
		t.Errorf("%d calls of GetDataEndpoint, want 2", got)
	}
}

// When the service says that our clock is wrong, the next upload is signed with its time.
func TestPutLearnsTheTime(t *testing.T) {
	leak.Check(t)
	s, c := newService(t)
	s.sequence("/putMedia", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat))
		refuse(w, 403, "InvalidSignatureException", "Signature expired: 20261122T111101Z is now earlier than 20261122T111102Z (20261122T111602Z - 5 min.)")
	}, func(w http.ResponseWriter, r *http.Request) {
		signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if err != nil {
			t.Error(err)
		}
		if ahead := time.Until(signed); ahead < 10*time.Second {
			t.Errorf("signed %v ahead, want about a minute", ahead)
		}
		io.Copy(io.Discard, r.Body)
	})
	err := c.Put(testContext(t), "cam", strings.NewReader("x"), func(Ack) {})
	if err == nil || !strings.Contains(err.Error(), "Check this computer's clock") {
		t.Errorf("error %v, want advice on the clock", err)
	}
	if err := c.Put(testContext(t), "cam", strings.NewReader("x"), func(Ack) {}); err != nil {
		t.Error(err)
	}
}

func TestReadAcks(t *testing.T) {
	in := `{"EventType":"BUFFERING","FragmentTimecode":1597730826769,"FragmentNumber":"9134"}{"EventType":"NEW","X":[1]}

	{"EventType":"ERROR","FragmentTimecode":-1,"FragmentNumber":"","ErrorId":5000,"ErrorCode":"INTERNAL_ERROR"} {"EventType":"IDLE"}`
	var got []Ack
	err := readAcks(strings.NewReader(in), func(a Ack) error {
		got = append(got, a)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Ack{{Buffering, 1597730826769, "9134", 0, ""}, {Failed, -1, "", 5000, "INTERNAL_ERROR"}, {Type: Idle}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("acks %v, want %v", got, want)
	}
}

// FuzzReadAcks checks that no answer makes the reader hang, panic or read more than its bound past an ack.
func FuzzReadAcks(f *testing.F) {
	f.Add([]byte(`{"EventType":"PERSISTED","FragmentTimecode":1,"FragmentNumber":"9"}` + "\n" + `{"EventType":"IDLE"}`))
	f.Add([]byte(`{"EventType":"ERROR","ErrorId":1e3}`))
	f.Add([]byte(`[[[{`))
	f.Fuzz(func(t *testing.T, in []byte) {
		n := 0
		err := readAcks(bytes.NewReader(in), func(a Ack) error {
			if n++; a.Type < Buffering || a.Type > Idle {
				t.Errorf("ack of type %d", a.Type)
			}
			return nil
		})
		if err == io.EOF {
			t.Error("a bare io.EOF")
		}
		if n > len(in)/2 {
			t.Errorf("%d acks from %d bytes", n, len(in))
		}
	})
}

// A connection that dies while the transport is inside a write is found too: no Read follows that could start the watch.
func TestUploadIsWatchedWhileTheNetworkTakesNothing(t *testing.T) {
	for _, test := range []struct {
		name  string
		again bool // the write ends, and another Read waits for media
		stale bool
	}{{"blocked in a write", false, true}, {"waiting for media", true, false}} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stale := false
				u := &upload{r: newEndless(nil), staleness: 30 * time.Second, stale: func() { stale = true }}
				if _, err := u.Read(make([]byte, 100)); err != nil {
					t.Fatal(err)
				}
				u.acknowledged()
				if test.again {
					go u.Read(make([]byte, 100))
				}
				time.Sleep(31 * time.Second)
				synctest.Wait()
				if stale != test.stale {
					t.Errorf("given up: %v, want %v", stale, test.stale)
				}
				u.Close()
			})
		})
	}
}
