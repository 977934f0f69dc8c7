package sigv4

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	testKey    = "AKIDEXAMPLE"
	testSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	testRegion = "us-west-2"
)

var testTime = time.Date(2026, 11, 22, 11, 11, 1, 0, time.UTC)

func testVerifier() *Verifier {
	return &Verifier{
		Secret: func(key string) (string, bool) { return testSecret, key == testKey },
		Region: testRegion,
		Now:    func() time.Time { return testTime },
	}
}

// serve starts a real server that verifies every request and answers with the outcome.
func serve(t *testing.T, v *Verifier, streaming bool) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := Streaming
		if !streaming {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			body = Hashed(sum(b))
		}
		if err := v.Verify(r, body); err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Errorf("Verify returned %T, want *Error", err)
				return
			}
			http.Error(w, e.Error(), e.Status)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// outcome sends the request and returns "200", or the status and error.
func outcome(t *testing.T, r *http.Request) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	resp, err := http.DefaultClient.Do(r.WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(resp.Status[:3] + " " + string(b))
}

func want(t *testing.T, got, prefix string) {
	t.Helper()
	if !strings.HasPrefix(got, prefix) {
		t.Errorf("got %q, want %q...", got, prefix)
	}
}

// The SDK's own signer is an implementation that owes nothing to this one.
func TestSignedBySDK(t *testing.T) {
	body := []byte(`{"StreamName": "teststream"}`)
	creds := aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret}
	token := aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret, SessionToken: "TOKEN/EXAMPLE+=="}
	tests := []struct {
		name      string
		creds     aws.Credentials
		payload   string // hash that is signed
		header    string // x-amz-content-sha256
		streaming bool
		path      string
		service   string
		region    string
		at        time.Duration // after testTime
		tamper    func(*http.Request)
		want      string
	}{
		{name: "JSON", creds: creds, payload: sum(body), want: "200"},
		{name: "JSON with hash header", creds: creds, payload: sum(body), header: sum(body), want: "200"},
		{name: "JSON with temporary credentials", creds: token, payload: sum(body), want: "200"},
		{name: "JSON with another body's hash", creds: creds, payload: emptyHash, header: emptyHash, want: "403 InvalidSignatureException: The value of x-amz-content-sha256"},
		{name: "JSON unsigned", creds: creds, payload: "UNSIGNED-PAYLOAD", header: "UNSIGNED-PAYLOAD", want: "403 InvalidSignatureException"},
		{name: "JSON with the hash of nothing", creds: creds, payload: emptyHash, want: "403 InvalidSignatureException: The request signature we calculated"},
		{name: "stream, hash of nothing", creds: creds, payload: emptyHash, streaming: true, want: "200"},
		{name: "stream, unsigned", creds: creds, payload: "UNSIGNED-PAYLOAD", header: "UNSIGNED-PAYLOAD", streaming: true, want: "200"},
		{name: "stream, literal", creds: creds, payload: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", header: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", streaming: true, want: "200"},
		{name: "empty service", creds: creds, payload: sum(body), service: "-", want: "200"},
		{name: "another service", creds: creds, payload: sum(body), service: "s3", want: "403 InvalidSignatureException: Credential should be scoped to correct service: 'kinesisvideo'."},
		{name: "another region", creds: creds, payload: sum(body), region: "eu-west-1", want: "403 InvalidSignatureException: Credential should be scoped to a valid region"},
		{name: "unknown key", creds: aws.Credentials{AccessKeyID: "NOBODY", SecretAccessKey: testSecret}, payload: sum(body), want: "403 UnrecognizedClientException"},
		{name: "wrong secret", creds: aws.Credentials{AccessKeyID: testKey, SecretAccessKey: "x"}, payload: sum(body), want: "403 InvalidSignatureException: The request signature we calculated"},
		{name: "query and odd path", creds: creds, payload: sum(body), path: "/a%20b/%C3%A9%2Fx?b=2&a=%2B&a=%20x&c&b=1&d=%C3%A9%7E", want: "200"},
		{name: "5 minutes old", creds: creds, payload: sum(body), at: -5 * time.Minute, want: "200"},
		{name: "older", creds: creds, payload: sum(body), at: -5*time.Minute - time.Second,
			want: "403 InvalidSignatureException: Signature expired: 20261122T110600Z is now earlier than 20261122T110601Z (20261122T111101Z - 5 min.)"},
		{name: "5 minutes ahead", creds: creds, payload: sum(body), at: 5 * time.Minute, want: "200"},
		{name: "further ahead", creds: creds, payload: sum(body), at: 5*time.Minute + time.Second,
			want: "403 InvalidSignatureException: Signature not yet current: 20261122T111602Z is still later than 20261122T111601Z (20261122T111101Z + 5 min.)"},
		{name: "signed header changed", creds: creds, payload: sum(body), tamper: func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, want: "403"},
		{name: "signed header removed", creds: creds, payload: sum(body), tamper: func(r *http.Request) { r.Header.Del("X-Amzn-Stream-Name") }, want: "403"},
		{name: "query added", creds: creds, payload: sum(body), tamper: func(r *http.Request) { r.URL.RawQuery = "a=b" }, want: "403"},
		{name: "path changed", creds: creds, payload: sum(body), tamper: func(r *http.Request) { r.URL.Path = "/deleteStream" }, want: "403"},
		{name: "method changed", creds: creds, payload: sum(body), tamper: func(r *http.Request) { r.Method = "PUT" }, want: "403"},
		{name: "unsigned header added", creds: creds, payload: sum(body), tamper: func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "T") }, want: "200"},
		{name: "broken query", creds: creds, payload: sum(body), tamper: func(r *http.Request) { r.URL.RawQuery = "a=%zz" }, want: "400 IncompleteSignatureException"},
		{name: "no signature", creds: creds, payload: sum(body), tamper: func(r *http.Request) { r.Header.Del("Authorization") }, want: "403 MissingAuthenticationTokenException: Missing Authentication Token"},
		{name: "no date", creds: creds, payload: sum(body), tamper: func(r *http.Request) { r.Header.Del("X-Amz-Date") }, want: "400 IncompleteSignatureException: The request's date"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, testVerifier(), tt.streaming)
			path := "/describeStream"
			if tt.path != "" {
				path = tt.path
			}
			r, err := http.NewRequest("POST", s.URL+path, bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Add("X-Amzn-Stream-Name", "  a   b ")
			r.Header.Add("X-Amzn-Stream-Name", "c")
			if tt.header != "" {
				r.Header.Set("X-Amz-Content-Sha256", tt.header)
			}
			svc, region := service, testRegion
			if tt.service != "" {
				svc = strings.Trim(tt.service, "-")
			}
			if tt.region != "" {
				region = tt.region
			}
			if err := v4.NewSigner().SignHTTP(t.Context(), tt.creds, r, tt.payload, svc, region, testTime.Add(tt.at)); err != nil {
				t.Fatal(err)
			}
			if tt.tamper != nil {
				tt.tamper(r)
			}
			want(t, outcome(t, r), tt.want)
		})
	}
}

func TestPresignedBySDK(t *testing.T) {
	creds := aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret, SessionToken: "TOKEN/EXAMPLE+=="}
	tests := []struct {
		name    string
		expires string
		at      time.Duration
		tamper  func(url.Values)
		want    string
	}{
		{name: "viewer in a browser", expires: "299", want: "200"},
		{name: "C client", expires: "604800", at: -604800 * time.Second, want: "200"},
		{name: "one second late", expires: "299", at: -300 * time.Second,
			want: "403 InvalidSignatureException: Signature expired: 20261122T110601Z is now earlier than 20261122T110602Z (20261122T111101Z - 299 s.)"},
		{name: "from the future", expires: "299", at: 301 * time.Second, want: "403 InvalidSignatureException: Signature not yet current"},
		{name: "too long", expires: "604801", want: "400 IncompleteSignatureException: X-Amz-Expires"},
		{name: "no number", expires: "-1", want: "400 IncompleteSignatureException: X-Amz-Expires"},
		{name: "another client", expires: "299", tamper: func(q url.Values) { q.Set("X-Amz-ClientId", "other") }, want: "403 InvalidSignatureException: The request signature"},
		{name: "twice", expires: "299", tamper: func(q url.Values) { q.Add("X-Amz-Date", "20261122T111101Z") }, want: "400 IncompleteSignatureException"},
		{name: "algorithm", expires: "299", tamper: func(q url.Values) { q.Set("X-Amz-Algorithm", "none") }, want: "400 IncompleteSignatureException"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, testVerifier(), false)
			q := url.Values{
				"X-Amz-Expires":    {tt.expires},
				"X-Amz-ChannelARN": {"arn:aws:kinesisvideo:us-west-2:123456789012:channel/ch/1700000000000"},
				"X-Amz-ClientId":   {"viewer 1"},
			}
			r, err := http.NewRequest("GET", s.URL+"/?"+q.Encode(), nil)
			if err != nil {
				t.Fatal(err)
			}
			signed, _, err := v4.NewSigner().PresignHTTP(t.Context(), creds, r, emptyHash, service, testRegion, testTime.Add(tt.at))
			if err != nil {
				t.Fatal(err)
			}
			if r.URL, err = url.Parse(signed); err != nil {
				t.Fatal(err)
			}
			if tt.tamper != nil {
				q := r.URL.Query()
				tt.tamper(q)
				r.URL.RawQuery = q.Encode()
			}
			want(t, outcome(t, r), tt.want)
		})
	}
}

// The worked example of the SigV4 documentation (GET ListUsers of IAM).
func TestDocumentationExample(t *testing.T) {
	r := httptest.NewRequest("GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", nil)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.Header.Set("X-Amz-Date", "20150830T123600Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature="+emptyHash)
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		t.Fatal(err)
	}
	c, err := readClaim(r, query)
	if err != nil {
		t.Fatal(err)
	}
	key := derive(keyID{testSecret, c.day, c.region, c.service})
	got := hmacSHA256(key[:], stringToSign(c, canonicalRequest(r, query, c, emptyHash)))
	if want := "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"; hex.EncodeToString(got[:]) != want {
		t.Errorf("signature %x, want %s", got, want)
	}
}

func TestMalformedAuthorization(t *testing.T) {
	const good = "Credential=AKIDEXAMPLE/20261122/us-west-2/kinesisvideo/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + emptyHash
	for _, tt := range []struct{ name, auth, want string }{
		{"scheme", "Basic dXNlcg==", "IncompleteSignatureException"},
		{"asymmetric", "AWS4-ECDSA-P256-SHA256 " + good, "IncompleteSignatureException"},
		{"empty", algorithm, "IncompleteSignatureException"},
		{"no credential", algorithm + " SignedHeaders=host, Signature=" + emptyHash, "IncompleteSignatureException"},
		{"short scope", algorithm + " Credential=A/20261122/us-west-2/aws4_request, SignedHeaders=host, Signature=" + emptyHash, "IncompleteSignatureException"},
		{"field twice", algorithm + " " + good + ", Signature=" + emptyHash, "IncompleteSignatureException"},
		{"host unsigned", algorithm + " " + strings.Replace(good, "host;", "", 1), "IncompleteSignatureException"},
		{"header twice", algorithm + " " + strings.Replace(good, "host;", "host;host;", 1), "IncompleteSignatureException"},
		{"many headers", algorithm + " " + strings.Replace(good, "host;", "host;"+strings.Repeat("a;", maxSigned), 1), "IncompleteSignatureException"},
		{"short signature", algorithm + " " + good[:len(good)-1], "IncompleteSignatureException"},
		{"other day", algorithm + " " + strings.Replace(good, "20261122", "20261121", 1), "InvalidSignatureException"},
		{"terminator", algorithm + " " + strings.Replace(good, "aws4_request", "aws5_request", 1), "InvalidSignatureException"},
		{"well-formed", algorithm + " " + good, "InvalidSignatureException"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/describeStream", nil)
			r.Header.Set("X-Amz-Date", "20261122T111101Z")
			r.Header.Set("Authorization", tt.auth)
			err := testVerifier().Verify(r, Hashed(emptyHash))
			var e *Error
			if !errors.As(err, &e) || e.Code != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), emptyHash) {
				t.Errorf("error %v repeats the signature", err)
			}
		})
	}
}

func TestKeyCacheIsBounded(t *testing.T) {
	var c keyCache
	for i := range 3 * maxKeys {
		id := keyID{"secret", testTime.AddDate(0, 0, i).Format("20060102"), testRegion, service}
		key := c.get(id)
		c.keep(id, key)
		if again := c.get(id); again != key || again != derive(id) {
			t.Fatalf("key %d differs from the derived one", i)
		}
		if len(c.keys) > maxKeys {
			t.Fatalf("cache holds %d keys, want at most %d", len(c.keys), maxKeys)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	v := testVerifier()
	r := httptest.NewRequest("POST", "http://127.0.0.1:8080/describeStream", nil)
	r.Header.Set("Content-Type", "application/json")
	creds := aws.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret}
	if err := v4.NewSigner().SignHTTP(b.Context(), creds, r, emptyHash, service, testRegion, testTime); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := v.Verify(r, Hashed(emptyHash)); err != nil {
			b.Fatal(err)
		}
	}
}
