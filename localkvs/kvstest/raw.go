package kvstest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// signing is how a request made by hand is signed; the zero value signs it well.
type signing struct {
	at   time.Time       // zero: now
	keys aws.Credentials // empty: the target's
	hash string          // payload hash; empty: of the body
}

// post sends a JSON body to a path of the control endpoint and returns status, header and body of the answer.
func (s *subject) post(path, body string, sign *signing) (int, http.Header, []byte) {
	s.Helper()
	endpoint := s.Endpoint
	if endpoint == "" {
		endpoint = "https://kinesisvideo." + s.Region + ".amazonaws.com"
	}
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, endpoint+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if sign != nil {
		s.sign(req, *sign, []byte(body))
	}
	res, err := s.HTTP.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		s.Fatal(err)
	}
	return res.StatusCode, res.Header, answer
}

func (s *subject) sign(req *http.Request, sign signing, body []byte) {
	s.Helper()
	if sign.at.IsZero() {
		sign.at = time.Now()
	}
	if sign.keys.AccessKeyID == "" {
		keys, err := s.Credentials.Retrieve(s.ctx)
		if err != nil {
			s.Fatal(err)
		}
		sign.keys = keys
	}
	if sign.hash == "" {
		sum := sha256.Sum256(body)
		sign.hash = hex.EncodeToString(sum[:])
	}
	if err := v4.NewSigner().SignHTTP(s.ctx, sign.keys, req, sign.hash, "kinesisvideo", s.Region, sign.at); err != nil {
		s.Fatal(err)
	}
}

var requestTests = []test{
	{name: "WrongSecret", run: wrongSecret},
	{name: "UnknownKey", run: unknownKey},
	{name: "NoSignature", run: noSignature},
	{name: "ClockSkew", run: clockSkew},
	{name: "BodyChanged", run: bodyChanged},
	{name: "UnknownOperation", run: unknownOperation},
	{name: "ErrorForm", run: errorForm},
	{name: "NotJSON", run: notJSON},
	{name: "Preflight", strict: true, run: preflight},
	{name: "HugeBody", strict: true, run: hugeBody},
}

// wantRefused checks that an answer is a refusal by the front end that names its reason.
func wantRefused(s *subject, status int, h http.Header, body []byte, want int) {
	s.Helper()
	var message struct {
		Message string `json:"message"`
	}
	if err := json.Unmarshal(body, &message); err != nil || message.Message == "" {
		s.Errorf("the answer %q has no message", body)
	}
	if status != want {
		s.Errorf("status %d (%s), want %d", status, message.Message, want)
	}
	if h.Get("x-amzn-ErrorType") == "" {
		s.Error("the answer has no x-amzn-ErrorType")
	}
}

func wrongSecret(s *subject) {
	keys, err := s.Credentials.Retrieve(s.ctx)
	if err != nil {
		s.Fatal(err)
	}
	keys.SecretAccessKey += "x"
	status, h, body := s.post("/listStreams", "{}", &signing{keys: keys})
	wantRefused(s, status, h, body, http.StatusForbidden)
	if got := h.Get("x-amzn-ErrorType"); !strings.Contains(got, "Signature") {
		s.Errorf("a wrong secret is %q", got)
	}
}

func unknownKey(s *subject) {
	status, h, body := s.post("/listStreams", "{}", &signing{keys: aws.Credentials{AccessKeyID: "AKIDNOBODY", SecretAccessKey: "x"}})
	wantRefused(s, status, h, body, http.StatusForbidden)
}

func noSignature(s *subject) {
	status, h, body := s.post("/listStreams", "{}", nil)
	wantRefused(s, status, h, body, http.StatusForbidden)
}

func clockSkew(s *subject) {
	for offset, text := range map[time.Duration]string{
		-6 * time.Minute: "Signature expired", 6 * time.Minute: "Signature not yet current",
	} {
		status, h, body := s.post("/listStreams", "{}", &signing{at: time.Now().Add(offset)})
		wantRefused(s, status, h, body, http.StatusForbidden)
		if !bytes.Contains(body, []byte(text)) {
			s.Errorf("a clock that is off by %s is answered with %s, want %q in it", offset, body, text)
		}
		if _, err := http.ParseTime(h.Get("Date")); err != nil {
			s.Errorf("clients mend their clock by the Date header: %v", err)
		}
	}
}

func bodyChanged(s *subject) {
	sum := sha256.Sum256([]byte("{}"))
	status, h, body := s.post("/listStreams", `{"MaxResults":1}`, &signing{hash: hex.EncodeToString(sum[:])})
	wantRefused(s, status, h, body, http.StatusForbidden)
}

func unknownOperation(s *subject) {
	for _, path := range []string{"/CreateStream", "/noSuchThing", "/GetHLSStreamingSessionURL"} {
		_, _, body := s.post(path, "{}", &signing{})
		if !bytes.Contains(body, []byte("UnknownOperationException")) {
			s.Errorf("POST %s is answered with %s", path, body)
		}
	}
}

func errorForm(s *subject) {
	status, h, body := s.post("/describeStream", `{"StreamName":"`+s.name()+`"}`, &signing{})
	if status != http.StatusNotFound {
		s.Errorf("status %d, want 404", status)
	}
	if got := h.Get("x-amzn-ErrorType"); !strings.HasPrefix(got, "ResourceNotFoundException") {
		s.Errorf("x-amzn-ErrorType is %q", got)
	}
	var message struct{ Message string }
	if err := json.Unmarshal(body, &message); err != nil || message.Message == "" {
		s.Errorf("the body %s has no Message", body)
	}
	if h.Get("x-amzn-RequestId") == "" {
		s.Error("the answer has no x-amzn-RequestId")
	}
	if s.Strict && (h.Get("x-amz-ErrorType") == "" || h.Get("Content-Length") == "") {
		s.Errorf("the second form of the error header, or the length, is missing: %v", h)
	}
}

func notJSON(s *subject) {
	status, _, _ := s.post("/describeStream", `{"StreamName":`, &signing{})
	if status != http.StatusBadRequest {
		s.Errorf("a broken body is answered with %d, want 400", status)
	}
}

func preflight(s *subject) {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodOptions, s.Endpoint+"/describeStream", nil)
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Origin", "http://example.org")
	req.Header.Set("Access-Control-Request-Headers", "authorization,x-amz-date")
	res, err := s.HTTP.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	res.Body.Close()
	if res.Header.Get("Access-Control-Allow-Origin") != "*" || res.Header.Get("Access-Control-Allow-Headers") != "authorization,x-amz-date" {
		s.Errorf("the preflight is answered with %d %v", res.StatusCode, res.Header)
	}
}

func hugeBody(s *subject) {
	status, _, _ := s.post("/describeStream", `{"StreamName":"`+strings.Repeat("x", 2<<20)+`"}`, &signing{})
	if status != http.StatusBadRequest {
		s.Errorf("a body of 2 MiB is answered with %d, want 400", status)
	}
}
