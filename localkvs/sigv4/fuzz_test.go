package sigv4

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
)

// FuzzVerify feeds arbitrary claims. None may panic, none may be accepted (nobody knows the secret), and every
// refusal is an *Error with a 4xx status.
func FuzzVerify(f *testing.F) {
	const scope = "AKIDEXAMPLE/20261122/us-west-2/kinesisvideo/aws4_request"
	f.Add("/describeStream", "", "AWS4-HMAC-SHA256 Credential="+scope+", SignedHeaders=host;x-amz-date, Signature="+emptyHash, "20261122T111101Z", "127.0.0.1:1", "")
	f.Add("/", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="+url.QueryEscape(scope)+"&X-Amz-Date=20261122T111101Z&X-Amz-Expires=299&X-Amz-SignedHeaders=host&X-Amz-Signature="+emptyHash, "", "", "localhost", "UNSIGNED-PAYLOAD")
	f.Add("", "&&=%20&a", "AWS4-HMAC-SHA256 Credential=////,SignedHeaders=;,Signature=", "Sun, 22 Nov 2026 11:11:01 GMT", "", "x")
	f.Fuzz(func(t *testing.T, path, query, auth, date, host, hash string) {
		r := &http.Request{
			Method: "POST",
			URL:    &url.URL{Path: path, RawQuery: query},
			Host:   host,
			Header: http.Header{"X-Amz-Date": {date}, "X-Amz-Content-Sha256": {hash}},
		}
		if auth != "" {
			r.Header.Set("Authorization", auth)
		}
		for _, body := range []Body{Streaming, Hashed(emptyHash)} {
			err := testVerifier().Verify(r, body)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("Verify = %v, want an *Error", err)
			}
			if e.Status != 400 && e.Status != 403 || e.Code == "" || e.Message == "" {
				t.Fatalf("incomplete error %+v", e)
			}
		}
	})
}
