package kvs

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What a session sends without an end is not read to it, and that is said.
func TestASessionsAnswerIsBounded(t *testing.T) {
	_, c := newService(t)
	const most = 2_000_000
	for size, want := range map[int]error{most: nil, most + 1: errOversize, 4 * most: errOversize} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, size)) // the client may leave
		}))
		b, err := c.get(testContext(t), s.URL, most)
		s.Close()
		if !errors.Is(err, want) || err != nil && !strings.Contains(err.Error(), "larger than 2 MB") || err == nil && len(b) != size {
			t.Errorf("of %d bytes %d are read: %v", size, len(b), err)
		}
	}
}

// Each session has the service's rates for itself, and whoever watches the stream can see that one waits.
func TestRatesOfASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Client{}
		c.gates.quotas = awsQuotas
		one := &session{client: c, stream: "cam", gates: make(map[string]*gate)}
		two := &session{client: c, stream: "cam", gates: make(map[string]*gate)}
		began := time.Now()
		pass := func(s *session, op string) {
			check(t, c.gates.passOf(t.Context(), op, s.stream, func() *gate { return s.gate(op) }))
		}
		for range 60 {
			pass(one, opSegment)
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("60 segments of a session take %v, want 2 s: 20 at once, and 20 in a second", took)
		}
		for range 20 {
			pass(two, opSegment)
		}
		for range 5 {
			pass(one, opPlaylist)
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("another session and another operation waited: %v", took)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			pass(one, opPlaylist)
		}()
		synctest.Wait()
		if w, ok := c.Waiting("cam"); !ok || w.Op != opPlaylist || w.Until.Sub(w.Since) != time.Second/5 {
			t.Errorf("%+v, %v", w, ok)
		}
		if w, ok := c.Waiting("another"); ok {
			t.Errorf("%+v waits", w)
		}
		<-done
		if w, ok := c.Waiting("cam"); ok {
			t.Errorf("%+v waits in the end", w)
		}
	})
}

// A session that refuses to answer was reached, and another one may answer: whoever it is shown to is not told of the network or of keys.
func TestASessionsRefusal(t *testing.T) {
	c := &Client{}
	for _, tt := range []struct {
		refusal *sessionError
		advice  string
	}{
		{&sessionError{400, "ClientLimitExceededException"}, "Close other viewers of this stream or wait a little"},
		{&sessionError{429, ""}, "Close other viewers of this stream or wait a little"},
		{&sessionError{403, "NotAuthorizedException"}, ""},
		{&sessionError{404, "ResourceNotFoundException"}, ""},
	} {
		err := c.fail(opSession, "cam", tt.refusal)
		var e *Error
		if !errors.As(err, &e) || e.Status != tt.refusal.status || e.Advice != tt.advice || IsNetwork(err) || Classify(err) != Retry {
			t.Errorf("%+v: %v, class %v, network %v", tt.refusal, err, Classify(err), IsNetwork(err))
		}
	}
}
