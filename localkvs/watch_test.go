package localkvs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// deaf is a producer's connection on which nothing can be written, as when it does not take its acknowledgements.
type deaf struct {
	httptest.ResponseRecorder
	ended chan struct{} // closed when the body is ended
}

var errDeaf = errors.New("nothing is taken")

func (d *deaf) Write([]byte) (int, error)        { return 0, errDeaf }
func (d *deaf) SetWriteDeadline(time.Time) error { return nil }
func (d *deaf) SetReadDeadline(time.Time) error {
	close(d.ended)
	return nil
}

// silent is a body that gives some bytes and then nothing, until it is ended.
type silent struct {
	first *bytes.Reader
	ended <-chan struct{}
}

func (s silent) Read(p []byte) (int, error) {
	if n, err := s.first.Read(p); err == nil {
		return n, nil
	}
	<-s.ended
	return 0, errors.New("ended")
}

func watch(t *testing.T, body *uploadBody, w http.ResponseWriter, work func()) {
	t.Helper()
	s := New(Options{})
	ctx, stop := context.WithCancel(context.Background())
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		s.watchUpload(ctx, body, &ackWriter{w: w, rc: http.NewResponseController(w)})
	}()
	work()
	stop()
	<-watched
}

func TestProducerThatTakesNothingIsStillWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &deaf{ended: make(chan struct{})}
		body := bodyOf(silent{bytes.NewReader([]byte("x")), w.ended}, http.NewResponseController(w))
		begin := time.Now()
		watch(t, body, w, func() {
			if _, err := io.Copy(io.Discard, body); err == nil {
				t.Error("a silent body ended by itself")
			}
		})
		if took := time.Since(begin); took < 30*time.Second || took > 32*time.Second {
			t.Errorf("a silent producer was watched for %s, want 30 s", took)
		}
	})
}

// A service that does not read because it is busy must not call its producer idle.
func TestBusyServiceIsNoIdleProducer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &deaf{ended: make(chan struct{})}
		body := bodyOf(bytes.NewReader([]byte("xy")), http.NewResponseController(w))
		watch(t, body, w, func() {
			if _, err := body.Read(make([]byte, 1)); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Minute) // the disk is slow
		})
		if got := body.ended.Load(); got != endNone {
			t.Errorf("the body was ended for reason %d although its producer waits", got)
		}
	})
}

// A producer that begins no fragment cannot stay for longer than one that does.
func TestEndlessTrickleIsEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &deaf{ended: make(chan struct{})}
		trickle := readerFunc(func(p []byte) (int, error) {
			select {
			case <-w.ended:
				return 0, errors.New("ended")
			case <-time.After(20 * time.Second):
				return 1, nil
			}
		})
		body := bodyOf(trickle, http.NewResponseController(w))
		begin := time.Now()
		watch(t, body, w, func() {
			if _, err := io.Copy(io.Discard, body); err == nil {
				t.Error("an endless body ended by itself")
			}
		})
		if took := time.Since(begin); took > 46*time.Minute || body.ended.Load() != endOld {
			t.Errorf("after %s the body was ended for reason %d, want %d within 46 minutes", took, body.ended.Load(), endOld)
		}
	})
}

// Behind the end that the service makes of a failed upload the body can still be read, so that the producer sees why.
func TestFailedBodyIsStillReadable(t *testing.T) {
	began, rest := make(chan struct{}), make(chan int64, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := bodyOf(r.Body, http.NewResponseController(w))
		if _, err := body.Read(make([]byte, 4)); err != nil {
			t.Error(err)
		}
		body.end(endFailed)
		close(began)
		if n, err := body.Read(make([]byte, 4)); n > 0 || err == nil {
			t.Errorf("a body that has ended gives %d bytes, %v", n, err)
		}
		if err := http.NewResponseController(w).SetReadDeadline(time.Time{}); err != nil {
			t.Error(err)
		}
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			t.Error(err)
		}
		rest <- n
	}))
	defer server.Close()
	r, w := io.Pipe()
	go func() {
		_, _ = w.Write([]byte("head")) // the handler tells
		<-began
		_, _ = w.Write(make([]byte, 1000))
		_ = w.Close() // never fails
	}()
	res, err := http.Post(server.URL, "", r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if n := <-rest; n != 1000 {
		t.Errorf("%d bytes could be read behind the end, want 1000", n)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
