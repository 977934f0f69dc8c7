package localkvs_test

import (
	"net/url"
	"strings"
	"testing"

	"kinora/internal/browser"
	"kinora/localkvs/kvstest"
	"kinora/media"
	"kinora/peer"
)

// The official JavaScript SDK as master and as viewer, in Chromium: a picture that moves, sound, and words both ways; directly, and over
// the service's TURN server alone.
func TestOfficialSDK(t *testing.T) {
	for _, policy := range []string{"all", "relay"} {
		t.Run(policy, func(t *testing.T) {
			l := newLobby(t)
			b := l.browse(url.Values{"policy": {policy}, "talks": {"yes"}}, "master", "viewer")
			viewer := b.Until(t, "viewer", "a picture, sound and an answer", report.SeesAndHears)
			if viewer.Relayed != (policy == "relay") {
				t.Errorf("relayed is %v", viewer.Relayed)
			}
			b.Until(t, "viewer", "a picture that moves on", func(r report) bool { return r.Frames > viewer.Frames+20 })
			b.Until(t, "master", "a greeting, and the viewer's sound", func(r report) bool { return r.Heard == "hello master" && r.Sound > 0.01 })
		})
	}
}

// The official SDK watches a master of Kinora's that shows a recording as it is.
func TestOfficialSDKWatchesKinora(t *testing.T) {
	for _, policy := range []string{"all", "relay"} {
		t.Run(policy, func(t *testing.T) {
			l := newLobby(t)
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
			viewer := b.Until(t, "viewer", "a picture, sound and an answer", report.SeesAndHears)
			if viewer.Width != 320 || viewer.Relayed != (policy == "relay") {
				t.Errorf("the viewer has %+v", viewer)
			}
			b.Until(t, "viewer", "a picture that moves on", func(r report) bool { return r.Frames > viewer.Frames+20 })
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

// A viewer of Kinora's watches and hears a camera of the official SDK's, in Opus and in G.711; FFmpeg says what it gets.
func TestKinoraWatchesOfficialSDK(t *testing.T) {
	for codec, asked := range map[media.Codec]url.Values{media.Opus: nil, media.MuLaw: {"plain": {"yes"}}} {
		t.Run(string(codec), func(t *testing.T) {
			l := newLobby(t)
			b := l.browse(asked, "master")
			viewer := peer.NewViewer(l.caller("viewer"))
			l.background(viewer.Run)
			tracks, packets := l.record(viewer, 60)
			picture, _ := media.VideoTrack(tracks)
			sound, _ := media.AudioTrack(tracks)
			if picture.Codec != media.H264 || sound.Codec != codec {
				t.Fatalf("the tracks are %+v", tracks)
			}
			l.judge(tracks, packets)
			if err := viewer.Say("hello master"); err != nil {
				t.Error(err)
			}
			b.Until(t, "master", "a greeting", func(r report) bool { return r.Heard == "hello master" })
			if got := receive(t, viewer.Texts()); got != "hello viewer" {
				t.Errorf("the viewer heard %q", got)
			}
		})
	}
}

// browse opens a page with some peers of the lobby's channel, which use the official SDKs and trust the service's CA.
func (l *lobby) browse(asked url.Values, peers ...string) *browser.Browser {
	l.Helper()
	keys := l.server.Credentials()
	return browser.Service{Root: "..", Endpoint: strings.Replace(l.server.Endpoint(), "http://", "https://", 1), CA: l.server.CA(),
		Key: keys.AccessKeyID, Secret: keys.SecretAccessKey, Channel: "door"}.Call(l.T, asked, peers...)
}
