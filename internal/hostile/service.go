package hostile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"kinora/localkvs/sigv4"
)

// What a Service accepts: requests signed by these keys, in this region, in the last five minutes of its clock.
const (
	AccessKey = "AKIDHOSTILE"
	SecretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYHOSTILEKEY"
	Region    = "us-east-1"
)

// ServiceOptions say how a Service behaves. With the zero value it behaves well.
type ServiceOptions struct {
	// Script decides what becomes of a fragment, when that begins: the nth of the nth upload, both counted from 1. nil
	// acknowledges all. It is called from several goroutines.
	Script func(upload, fragment int) Act
	// Refuse decides whether the nth call, from 1, of an operation ("putMedia", "getDataEndpoint", "describeStream") is
	// refused, and with what; nil: none is. It is called from several goroutines.
	Refuse func(operation string, call int) *Refusal
	// Clock is by how much the service's clock is ahead. By more than five minutes, either way, it refuses signatures.
	Clock time.Duration
}

// A Refusal is an answer that is an error: an HTTP status, an exception's name and a sentence.
type Refusal struct {
	Status        int
	Code, Message string
}

// Refusals as the real service words them.
var (
	Forbidden    = Refusal{http.StatusForbidden, "AccessDeniedException", "User is not authorized to perform this operation."}
	Expired      = Refusal{http.StatusForbidden, "ExpiredTokenException", "The security token included in the request is expired"}
	Unauthorized = Refusal{http.StatusUnauthorized, "NotAuthorizedException", "The caller is not authorized to perform this operation."}
	NotFound     = Refusal{http.StatusNotFound, "ResourceNotFoundException", "The requested stream is not found or not active."}
	Throttled    = Refusal{http.StatusTooManyRequests, "ThrottlingException", "Rate exceeded"}
	Limited      = Refusal{http.StatusBadRequest, "ConnectionLimitExceededException", "Kinesis Video Streams has throttled the request because you have exceeded the limit of allowed client connections."}
	Failing      = Refusal{http.StatusInternalServerError, "InternalFailure", "Internal Failure"}
)

// Service is a scripted stand-in for Kinesis Video Streams, as far as a recorder uses it: DescribeStream, GetDataEndpoint
// and PutMedia of any stream, on a port of its own. It keeps what it got, in memory. Its methods may be called from any goroutine.
type Service struct {
	options  ServiceOptions
	verifier sigv4.Verifier
	server   *http.Server
	url      string
	served   chan error
	handlers sync.WaitGroup

	mu        sync.Mutex
	calls     map[string]int
	fragments []*Fragment
}

// Serve starts a service on a loopback port. Close it after use.
func Serve(o ServiceOptions) (*Service, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the service cannot listen: %w", err)
	}
	s := &Service{options: o, url: "http://" + l.Addr().String(), served: make(chan error, 1), calls: make(map[string]int)}
	s.verifier = sigv4.Verifier{
		Secret: func(key string) (string, bool) { return SecretKey, key == AccessKey }, Region: Region, Now: s.now,
	}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 20 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { s.served <- s.server.Serve(l) }()
	return s, nil
}

// URL is the base URL of the service, and of its data.
func (s *Service) URL() string { return s.url }

// Close breaks all connections and returns when nothing of the service runs any more.
func (s *Service) Close() error {
	err := s.server.Close()
	if ended := <-s.served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	s.handlers.Wait()
	return err
}

// Fragments returns copies of all fragments that began to arrive so far, in that order. Bytes of frames are shared.
func (s *Service) Fragments() []Fragment {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Fragment, len(s.fragments))
	for i, f := range s.fragments {
		all[i] = *f
		all[i].Frames = slices.Clone(f.Frames)
	}
	return all
}

// Calls returns how often an operation was asked for, refused calls included.
func (s *Service) Calls(operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[operation]
}

func (s *Service) now() time.Time { return time.Now().Add(s.options.Clock) }

// ServeHTTP answers one call.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handlers.Add(1)
	defer s.handlers.Done()
	operation := strings.TrimPrefix(r.URL.Path, "/")
	s.mu.Lock()
	s.calls[operation]++
	call := s.calls[operation]
	s.mu.Unlock()
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
	if refusal := s.check(r, operation, call); refusal != nil {
		w.Header().Set("Connection", "close") // an upload's body is not read
		refusal.write(w)
		return
	}
	switch operation {
	case "putMedia":
		s.putMedia(w, r, call)
	case "getDataEndpoint":
		writeJSON(w, http.StatusOK, map[string]string{"DataEndpoint": "http://" + r.Host}) // so that what leads here leads to the data too
	case "describeStream":
		s.describe(w, r)
	default:
		(&Refusal{http.StatusNotFound, "UnknownOperationException", "There is no such operation."}).write(w)
	}
}

// check returns the answer to a call that the script or its signature forbids.
func (s *Service) check(r *http.Request, operation string, call int) *Refusal {
	if s.options.Refuse != nil {
		if refusal := s.options.Refuse(operation, call); refusal != nil {
			return refusal
		}
	}
	body := sigv4.Streaming
	if operation != "putMedia" {
		b, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			return &Refusal{http.StatusBadRequest, "InvalidArgumentException", "The body could not be read."}
		}
		sum := sha256.Sum256(b)
		body = sigv4.Hashed(hex.EncodeToString(sum[:]))
		r.Body = io.NopCloser(bytes.NewReader(b))
	}
	var wrong *sigv4.Error
	if errors.As(s.verifier.Verify(r, body), &wrong) {
		return &Refusal{wrong.Status, wrong.Code, wrong.Message}
	}
	return nil
}

// describe says of every stream that it is there.
func (s *Service) describe(w http.ResponseWriter, r *http.Request) {
	var in struct{ StreamName string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.StreamName == "" {
		(&Refusal{http.StatusBadRequest, "InvalidArgumentException", "StreamName must be given."}).write(w)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"StreamInfo": map[string]any{
		"StreamName": in.StreamName, "StreamARN": "arn:aws:kinesisvideo:" + Region + ":000000000000:stream/" + in.StreamName + "/1",
		"Status": "ACTIVE", "Version": "1", "DataRetentionInHours": 24, "CreationTime": 1,
	}})
}

func (r *Refusal) write(w http.ResponseWriter) {
	w.Header().Set("X-Amzn-ErrorType", r.Code)
	writeJSON(w, r.Status, map[string]string{"__type": r.Code, "Message": r.Message, "message": r.Message})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("hostile: an answer cannot be encoded: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone; nobody is left to tell
}
