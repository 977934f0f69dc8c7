package kvs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscreds "github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/internal/leak"
	"kinora/localkvs/sigv4"
)

const (
	testKey    = "AKIDEXAMPLE"
	testSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	testToken  = "TOKENEXAMPLE"
)

// service is a stand-in for the real one, on a real port, whose answers a test decides. It verifies every signature.
type service struct {
	*httptest.Server
	t  *testing.T
	mu sync.Mutex
	// answers to a path; each call of serve replaces one.
	answers map[string]http.HandlerFunc
	calls   map[string]int
}

// newService starts a service that knows its data endpoint, and a client of it.
func newService(t *testing.T) (*service, *Client) {
	leak.Check(t)
	s := &service{t: t, answers: map[string]http.HandlerFunc{}, calls: map[string]int{}}
	verifier := &sigv4.Verifier{Region: "eu-west-1", Secret: func(key string) (string, bool) { return testSecret, key == testKey }}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := sigv4.Streaming
		if r.URL.Path != "/putMedia" {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			sum := sha256.Sum256(b)
			body = sigv4.Hashed(hex.EncodeToString(sum[:]))
			r.Body = io.NopCloser(bytes.NewReader(b))
		}
		if err := verifier.Verify(r, body); err != nil {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		if got := r.Header.Get("X-Amz-Security-Token"); got != testToken {
			t.Errorf("%s: security token %q, want %q", r.URL.Path, got, testToken)
		}
		s.mu.Lock()
		s.calls[r.URL.Path]++
		answer := s.answers[r.URL.Path]
		s.mu.Unlock()
		if answer == nil {
			refuse(w, http.StatusNotFound, "UnknownOperationException", "no such operation")
			return
		}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	s.serve("/getDataEndpoint", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"DataEndpoint": %q}`, s.URL)
	})
	c := New(Config{Endpoint: s.URL, Region: "eu-west-1", Credentials: awscreds.NewStaticCredentialsProvider(testKey, testSecret, testToken)})
	t.Cleanup(c.Close)
	return s, c
}

func (s *service) serve(path string, answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[path] = answer
}

// sequence answers the nth call with the nth handler, and every further one with the last.
func (s *service) sequence(path string, answers ...http.HandlerFunc) {
	n := 0
	var mu sync.Mutex
	s.serve(path, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		answer := answers[min(n, len(answers)-1)]
		n++
		mu.Unlock()
		answer(w, r)
	})
}

func (s *service) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[path]
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-ErrorType", code)
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"__type": %q, "Message": %q, "message": %q}`, code, message, message)
}

func refusing(status int, code, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { refuse(w, status, code, message) }
}

// body decodes a request.
func body(t *testing.T, r *http.Request) map[string]any {
	var m map[string]any
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		t.Error(err)
	}
	return m
}

// cut ends the connection without a word.
func cut(t *testing.T, w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	conn.Close()
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// receive waits for a value, but not for ever.
func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(30 * time.Second):
		t.Fatal("nothing came within 30 s")
		panic("unreachable")
	}
}

// renewing is a provider whose credentials expire when it is told so.
type renewing struct {
	mu    sync.Mutex
	calls int
}

func (p *renewing) Retrieve(context.Context) (aws.Credentials, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	return aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret, SessionToken: testToken}, nil
}
