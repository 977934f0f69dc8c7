package kvs

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// lateReader is a transport that reads a request's body after its sender has closed it.
type lateReader struct{ sender io.Closer }

func (l lateReader) RoundTrip(r *http.Request) (*http.Response, error) {
	l.sender.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(string(b))), Request: r}, nil
}

func TestWholeOutlivesTheSendersBody(t *testing.T) {
	out, in := io.Pipe()
	go func() {
		io.WriteString(in, `{"a":1}`)
		in.Close()
	}()
	r, err := http.NewRequest("POST", "http://localhost/", out)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := whole{&http.Client{Transport: lateReader{out}}}.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(resp.Body)
	if err != nil || string(got) != `{"a":1}` {
		t.Errorf("body %q, %v", got, err)
	}
}

// The local service knows by the name that a request is whole.
func TestStreamedAnswersAreAskedForByName(t *testing.T) {
	s, c := newService(t)
	agents := make(chan string, 2)
	for _, path := range []string{"/getMedia", "/getMediaForFragmentList"} {
		s.serve(path, func(_ http.ResponseWriter, r *http.Request) { agents <- r.UserAgent() })
	}
	live, err := c.GetMedia(testContext(t), "cam", Start{})
	check(t, err)
	check(t, live.Close())
	list, err := c.Fragments(testContext(t), "cam", []string{"1"})
	check(t, err)
	check(t, list.Close())
	for range 2 {
		if agent := <-agents; !strings.Contains(agent, " app/Kinora") {
			t.Errorf("%q does not say who asks", agent)
		}
	}
}
