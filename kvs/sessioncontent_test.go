package kvs

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
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
