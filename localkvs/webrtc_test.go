package localkvs_test

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinora/localkvs/kvstest"
	"kinora/media"
	"kinora/peer"
)

// What a viewer by the official SDK says of a call as it should be.
func (r report) seesAndHears() bool {
	return r.Frames > 20 && r.Width > 0 && r.Sound > 0.01 && r.Heard == "hello viewer"
}

// The official JavaScript SDK as master and as viewer, in Chromium: a picture that moves, sound, and words both ways; directly, and over
// the service's TURN server alone.
func TestOfficialSDK(t *testing.T) {
	for _, policy := range []string{"all", "relay"} {
		t.Run(policy, func(t *testing.T) {
			l := newSDKLobby(t)
			b := l.browse(url.Values{"policy": {policy}}, "master", "viewer")
			viewer := b.until(t, "viewer", "a picture, sound and an answer", report.seesAndHears)
			if viewer.Relayed != (policy == "relay") {
				t.Errorf("relayed is %v", viewer.Relayed)
			}
			b.until(t, "viewer", "a picture that moves on", func(r report) bool { return r.Frames > viewer.Frames+20 })
			b.until(t, "master", "a greeting", func(r report) bool { return r.Heard == "hello master" })
		})
	}
}

// The official SDK watches a master of Kinora's that shows a recording as it is.
func TestOfficialSDKWatchesKinora(t *testing.T) {
	for _, policy := range []string{"all", "relay"} {
		t.Run(policy, func(t *testing.T) {
			l := newSDKLobby(t)
			clip, err := kvstest.LoadClip("h264-g711")
			if err != nil {
				t.Fatal(err)
			}
			options, heard := l.caller(""), make(chan string, 1)
			master := peer.NewMaster(peer.MasterOptions{Options: options, Tracks: clip.Tracks, Heard: func(viewer, text string) { heard <- viewer + ": " + text }})
			l.background(master.Run)
			l.background(func(ctx ctx) error { return master.Feed(ctx, newLoop(clip)) })
			b := l.browse(url.Values{"policy": {policy}}, "viewer")
			if got := receive(t, heard); got != "viewer: hello master" {
				t.Errorf("the master heard %q", got)
			}
			master.Say("hello viewer")
			viewer := b.until(t, "viewer", "a picture, sound and an answer", report.seesAndHears)
			if viewer.Width != 320 || viewer.Relayed != (policy == "relay") {
				t.Errorf("the viewer has %+v", viewer)
			}
			b.until(t, "viewer", "a picture that moves on", func(r report) bool { return r.Frames > viewer.Frames+20 })
		})
	}
}

// Kinora calls Kinora.
func TestKinoraWatchesKinora(t *testing.T) {
	l := newLobby(t)
	clip, err := kvstest.LoadClip("h264-g711")
	if err != nil {
		t.Fatal(err)
	}
	master := peer.NewMaster(peer.MasterOptions{Options: l.caller(""), Tracks: clip.Tracks})
	l.background(master.Run)
	l.background(func(ctx ctx) error { return master.Feed(ctx, newLoop(clip)) })
	viewer := peer.NewViewer(l.caller("viewer"))
	l.background(viewer.Run)
	l.judge(l.record(viewer, 40))
}

// A viewer of Kinora's watches and hears a camera of the official SDK's; FFmpeg says what it gets.
func TestKinoraWatchesOfficialSDK(t *testing.T) {
	l := newSDKLobby(t)
	b := l.browse(nil, "master")
	viewer := peer.NewViewer(l.caller("viewer"))
	l.background(viewer.Run)
	tracks, packets := l.record(viewer, 60)
	picture, _ := media.VideoTrack(tracks)
	if picture.Codec != media.H264 || len(tracks) != 2 {
		t.Fatalf("the tracks are %+v", tracks)
	}
	l.judge(tracks, packets)
	if err := viewer.Say("hello master"); err != nil {
		t.Error(err)
	}
	b.until(t, "master", "a greeting", func(r report) bool { return r.Heard == "hello master" })
	if got := receive(t, viewer.Texts()); got != "hello viewer" {
		t.Errorf("the viewer heard %q", got)
	}
}

var players = filepath.Join("..", "build", "players")

// newSDKLobby is a lobby for a test with the official SDKs, which it skips where they are not.
func newSDKLobby(t *testing.T) *lobby {
	t.Helper()
	if _, err := os.Stat(filepath.Join(players, "aws.bundle.js")); err != nil {
		t.Skip("the SDKs are not there; fetch them with scripts/players")
	}
	return newLobby(t)
}

// browse opens a page with some peers of the lobby's channel, which use the official SDKs and trust the service's CA.
func (l *lobby) browse(asked url.Values, peers ...string) *browser {
	l.Helper()
	keys := l.server.Credentials()
	mux := http.NewServeMux()
	mux.Handle("GET /sdk/", http.StripPrefix("/sdk/", http.FileServer(http.Dir(filepath.Join(players, "node_modules", "amazon-kinesis-video-streams-webrtc", "dist")))))
	mux.HandleFunc("GET /aws.bundle.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(players, "aws.bundle.js"))
	})
	mux.HandleFunc("GET /peer.html", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "testdata/webrtc/peer.html") })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		for _, id := range peers {
			query := url.Values{"id": {id}, "channel": {"door"}, "endpoint": {strings.Replace(l.server.Endpoint(), "http://", "https://", 1)},
				"key": {keys.AccessKeyID}, "secret": {keys.SecretAccessKey}}
			maps.Copy(query, asked)
			fmt.Fprintf(w, "<iframe width=340 height=200 allow=\"autoplay; camera; microphone\" src=\"/peer.html?%s\"></iframe>\n", html.EscapeString(query.Encode()))
		}
	})
	return openBrowser(l.T, mux, l.server.CA(), "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
}
