package kvs

import (
	"bytes"
	"io"
	"net/http"
)

// whole is the HTTP client for the SDK. It reads a request's body, a small JSON object, before it sends it.
//
// The SDK closes that body as soon as the answer begins. A service that is near can begin its answer while the
// transport still looks for the body's end; it would find it closed, take that for a failure and cut the connection,
// and with it the endless answer of GetMedia.
type whole struct{ client *http.Client }

func (w whole) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return w.client.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	own := r.WithContext(r.Context())
	own.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	own.Body, _ = own.GetBody() // never fails
	return w.client.Do(own)
}
