package browser

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
)

// Service is where the official SDKs for JavaScript find a channel.
type Service struct {
	Root        string // of the sources: the SDKs lie below build
	Endpoint    string // https
	CA          []byte // in PEM
	Key, Secret string
	Channel     string
}

// Call opens a page with some peers of the channel, master or viewers, which use the SDKs unmodified. What is asked of them goes into
// their addresses; see peer.html. It skips the test where there are no SDKs.
func (s Service) Call(t *testing.T, asked url.Values, peers ...string) *Browser {
	t.Helper()
	sdks := filepath.Join(s.Root, "build", "players")
	if _, err := os.Stat(filepath.Join(sdks, "aws.bundle.js")); err != nil {
		t.Skip("the SDKs are not there; fetch them with scripts/players")
	}
	mux := http.NewServeMux()
	mux.Handle("GET /sdk/", http.StripPrefix("/sdk/", http.FileServer(http.Dir(filepath.Join(sdks, "node_modules", "amazon-kinesis-video-streams-webrtc", "dist")))))
	mux.HandleFunc("GET /aws.bundle.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(sdks, "aws.bundle.js"))
	})
	mux.HandleFunc("GET /peer.html", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(s.Root, "localkvs", "testdata", "webrtc", "peer.html"))
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		for _, id := range peers {
			query := url.Values{"id": {id}, "channel": {s.Channel}, "endpoint": {s.Endpoint}, "key": {s.Key}, "secret": {s.Secret}}
			maps.Copy(query, asked)
			fmt.Fprintf(w, "<iframe width=340 height=200 allow=\"autoplay; camera; microphone\" src=\"/peer.html?%s\"></iframe>\n", html.EscapeString(query.Encode()))
		}
	})
	return Open(t, mux, s.CA, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
}

// SeesAndHears is what a viewer says of a call as it should be: pictures, more than silence, and the master's answer.
func (r Report) SeesAndHears() bool {
	return r.Frames > 20 && r.Width > 0 && r.Sound > 0.01 && r.Heard == "hello viewer"
}
