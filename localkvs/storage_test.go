package localkvs_test

import (
	"encoding/binary"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"

	"kinora/internal/browser"
	"kinora/kvs"
	"kinora/localkvs"
	"kinora/localkvs/kvstest"
	"kinora/media"
	"kinora/mkv"
	"kinora/peer"
)

// newStore lets a lobby's channel store into a stream.
func newStore(l *lobby) *lobby {
	t := l.T
	t.Helper()
	createStream(t, l.client, "gate", 24)
	if err := l.client.StoreChannel(deadline(t), "door", "gate"); err != nil {
		t.Fatal(err)
	}
	return l
}

// stored waits for a number of fragments and returns their packets, of the tracks of the first.
func (l *lobby) stored(n int) (tracks []media.Track, packets []*media.Packet) {
	l.Helper()
	limit := time.Now().Add(browser.Time)
	for len(fragments(l.T, l.client, "gate")) < n {
		if time.Now().After(limit) {
			l.Fatalf("there are not %d fragments after %s", n, browser.Time)
		}
		<-time.After(100 * time.Millisecond)
	}
	var numbers []string
	for _, f := range fragments(l.T, l.client, "gate") {
		numbers = append(numbers, f.Number)
	}
	out, err := archivedClient(l.server).GetMediaForFragmentList(deadline(l.T), &kinesisvideoarchivedmedia.GetMediaForFragmentListInput{
		StreamName: aws.String("gate"), Fragments: numbers})
	if err != nil {
		l.Fatal(err)
	}
	defer out.Payload.Close()
	r := mkv.NewReader(out.Payload, mkv.Limits{})
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return tracks, packets
		}
		if err != nil {
			l.Fatal(err)
		}
		if tracks == nil {
			tracks = f.Tracks
		}
		for first := true; ; first = false {
			p, err := r.Packet()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				l.Fatal(err)
			}
			if first && !p.Key {
				l.Errorf("fragment %s does not begin with a key frame", f.Number)
			}
			packets = append(packets, p)
		}
	}
}

// talkative is a clip with sound of Opus, each frame of which holds its number.
type talkative struct {
	media.Source
	waiting *media.Packet // of the picture
	next    int           // frame of sound
}

var opus = media.Track{ID: 9, Kind: media.Audio, Codec: media.Opus, Rate: 48000, Channels: 2}

func (s *talkative) Tracks() []media.Track {
	picture, _ := media.VideoTrack(s.Source.Tracks())
	return []media.Track{picture, opus}
}

func (s *talkative) Read() (*media.Packet, error) {
	picture, _ := media.VideoTrack(s.Source.Tracks())
	for s.waiting == nil {
		p, err := s.Source.Read()
		if err != nil {
			return nil, err
		}
		if p.Track == picture.ID {
			s.waiting = p
		}
	}
	if at := time.Duration(s.next) * 20 * time.Millisecond; at <= s.waiting.PTS {
		s.next++
		return &media.Packet{Track: opus.ID, PTS: at, DTS: at, Key: true, Data: binary.BigEndian.AppendUint32([]byte{0xFC}, uint32(s.next-1))}, nil
	}
	p := s.waiting
	s.waiting = nil
	return p, nil
}

// What a master sends is stored as it is, picture and sound, while a viewer watches it peer to peer.
func TestStorageSession(t *testing.T) {
	l := newStore(newLobby(t))
	clip, err := kvstest.LoadClip("h264-g711")
	if err != nil {
		t.Fatal(err)
	}
	source := &talkative{Source: newLoop(clip)}
	master := peer.NewMaster(peer.MasterOptions{Options: l.caller(""), Tracks: source.Tracks()})
	l.background(master.Run)
	l.background(func(ctx ctx) error { return master.Feed(ctx, source) })
	began := time.Now()
	if err := l.client.JoinStorageSession(deadline(t), "door"); err != nil {
		t.Fatal(err)
	}
	viewer := peer.NewViewer(l.caller("viewer"))
	l.background(viewer.Run)
	l.record(viewer, 30)

	tracks, packets := l.stored(3)
	if len(tracks) != 2 || tracks[0].Codec != media.H264 || tracks[1].Codec != media.Opus || tracks[0].Width != 320 {
		t.Fatalf("the stream has the tracks %+v", tracks)
	}
	pictures := make(map[string]bool)
	for _, piece := range clip.Pieces {
		for _, p := range piece.Packets {
			if p.Track == clip.Tracks[0].ID {
				pictures[string(p.Data)] = true
			}
		}
	}
	heard, seen := -1, 0
	for _, p := range packets {
		if p.Track == tracks[0].ID {
			if !pictures[string(p.Data)] {
				t.Errorf("the picture at %v is none that was sent", p.PTS)
			}
			seen++
			continue
		}
		n := int(binary.BigEndian.Uint32(p.Data[1:]))
		if heard >= 0 && n != heard+1 {
			t.Errorf("sound %d after %d", n, heard)
		}
		heard = n
	}
	if seen < 60 {
		t.Errorf("%d pictures were stored", seen)
	}
	for _, f := range fragments(t, l.client, "gate") { // by the master's clock, which is this one
		if f.Producer.Before(began.Add(-10*time.Second)) || f.Producer.After(time.Now()) {
			t.Errorf("a fragment is of the time %v", f.Producer)
		}
	}
	l.record(viewer, 30) // still
	if got := len(master.Seats()); got != 2 {
		t.Errorf("the master has %d viewers, want the service and one more", got)
	}
	if err := l.client.StoreChannel(deadline(t), "door", ""); err != nil { // ends it
		t.Fatal(err)
	}
	wantAPIError(t, l.client.JoinStorageSession(deadline(t), "door"), "InvalidArgumentException")
}

// The official SDK's camera is stored by the official SDK's call, and FFmpeg plays what is in the stream.
func TestOfficialSDKStores(t *testing.T) {
	l := newStore(newLobby(t))
	b := l.browse(url.Values{"stored": {"1"}}, "master", "viewer")
	l.judge(l.stored(3))
	path := filepath.Join(t.TempDir(), "clip.mp4")
	if err := os.WriteFile(path, getClip(t, archivedClient(l.server), "gate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(runs(t, "ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path)); !slices.Equal(got, []string{"h264", "opus"}) {
		t.Errorf("a clip has %q", got)
	}
	runs(t, "ffmpeg", "-v", "error", "-xerror", "-i", path, "-f", "null", "-") // decodes all of it
	b.Until(t, "viewer", "a picture, sound and an answer", report.SeesAndHears)
}

// oneKey is the picture of a source with its first key frame alone.
type oneKey struct {
	media.Source
	begun bool
	given atomic.Int32
}

func (s *oneKey) Tracks() []media.Track {
	picture, _ := media.VideoTrack(s.Source.Tracks())
	return []media.Track{picture}
}

func (s *oneKey) Read() (*media.Packet, error) {
	for {
		p, err := s.Source.Read()
		if err != nil {
			return nil, err
		}
		if p.Track == s.Tracks()[0].ID && !(p.Key && s.begun) {
			s.begun = true
			s.given.Add(1)
			return p, nil
		}
	}
}

// What has come when the service stops is stored, though it is no whole fragment yet.
func TestStorageSessionStoresWhatHasCome(t *testing.T) {
	data := t.TempDir()
	const held = 45 // pictures, of more than a second
	t.Run("a service that stops", func(t *testing.T) {
		l := newStore(newLobbyOn(t, localkvs.ServerOptions{Data: data}))
		clip, err := kvstest.LoadClip("h264-g711")
		if err != nil {
			t.Fatal(err)
		}
		source := &oneKey{Source: newLoop(clip)}
		master := peer.NewMaster(peer.MasterOptions{Options: l.caller(""), Tracks: source.Tracks()})
		l.background(master.Run)
		l.background(func(ctx ctx) error { return master.Feed(ctx, source) })
		if err := l.client.JoinStorageSession(deadline(t), "door"); err != nil {
			t.Fatal(err)
		}
		viewer := peer.NewViewer(l.caller("viewer")) // the service's is no slower
		l.background(viewer.Run)
		l.record(viewer, 10)
		for enough := source.given.Load() + held; source.given.Load() < enough; {
			<-time.After(10 * time.Millisecond)
		}
		if n := len(fragments(t, l.client, "gate")); n != 0 {
			t.Fatalf("there are %d fragments before there is a second key frame", n)
		}
	})
	list := fragments(t, clientOf(t, serve(t, localkvs.ServerOptions{Data: data})), "gate")
	if len(list) != 1 || list[0].Length < time.Second {
		t.Errorf("stored is %+v, want what came", list)
	}
}

// A master that joins again is called again, as one peer more; the service that stops has stored what came.
func TestStorageSessionIsReplaced(t *testing.T) {
	l := newStore(newLobby(t))
	options := l.caller("")
	for range 3 {
		if err := l.client.JoinStorageSession(deadline(t), "door"); err != nil {
			t.Fatal(err)
		}
		in := receive(t, options.Signaling.Events())
		for in.Type != "SDP_OFFER" {
			in = receive(t, options.Signaling.Events())
		}
	}
	wantAPIError(t, l.client.JoinStorageSession(deadline(t), "gone"), "ResourceNotFoundException")
}

func wantAPIError(t *testing.T, err error, code string) {
	t.Helper()
	var e *kvs.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("error %v, want %s", err, code)
	}
}
