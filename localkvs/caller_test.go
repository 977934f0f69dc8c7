package localkvs_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kinora/internal/browser"
	"kinora/kvs"
	"kinora/localkvs/kvstest"
	"kinora/media"
	"kinora/mkv"
	"kinora/peer"
	"kinora/signaling"
)

type ctx = context.Context

// caller connects a seat of the lobby's channel, as the app does: the master's, or a viewer's.
func (l *lobby) caller(client string) peer.Options {
	l.Helper()
	seat := kvs.Seat{Channel: "door", ClientID: client}
	servers := signaling.NewServers(func(ctx ctx) ([]signaling.ICEServer, error) {
		all, err := l.client.ICEServers(ctx, seat)
		var lent []signaling.ICEServer
		for _, one := range all {
			lent = append(lent, signaling.ICEServer{URIs: one.URIs, Username: one.Username, Password: one.Password, TTL: int(one.TTL / time.Second)})
		}
		return lent, err
	})
	channel := signaling.New(signaling.Options{
		Address: func(ctx ctx, again bool) (string, error) { return l.client.SignalingURL(ctx, seat, again) },
		Client:  l.http,
		Servers: servers,
	})
	l.background(channel.Run)
	return peer.Options{Signaling: channel, Servers: servers.Get, Loopback: true}
}

// background runs something until the test is over.
func (l *lobby) background(run func(ctx) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	l.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			l.Errorf("what ran in the background ended with: %v", err)
		}
	})
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(browser.Time):
		t.Fatalf("nothing came within %s", browser.Time)
		panic("unreachable")
	}
}

// loop shows a clip again and again, at its pace.
type loop struct {
	clip   *kvstest.Clip
	epoch  time.Time
	at     time.Duration // of the piece that is shown
	piece  int
	next   int // packet of it
	closed chan struct{}
	close  func()
}

func newLoop(c *kvstest.Clip) *loop {
	l := &loop{clip: c, epoch: time.Now(), closed: make(chan struct{})}
	l.close = sync.OnceFunc(func() { close(l.closed) })
	return l
}

func (l *loop) Tracks() []media.Track { return l.clip.Tracks }
func (l *loop) Epoch() time.Time      { return l.epoch }
func (l *loop) Close() error          { l.close(); return nil }

func (l *loop) Read() (*media.Packet, error) {
	piece := l.clip.Pieces[l.piece%len(l.clip.Pieces)]
	if l.next == len(piece.Packets) {
		l.at, l.piece, l.next = l.at+piece.Length, l.piece+1, 0
		piece = l.clip.Pieces[l.piece%len(l.clip.Pieces)]
	}
	p := *piece.Packets[l.next]
	p.PTS += l.at
	p.DTS = p.PTS
	l.next++
	select {
	case <-l.closed:
		return nil, io.EOF
	case <-time.After(time.Until(l.epoch.Add(p.PTS))):
		return &p, nil
	}
}

// record takes what a viewer sees until there are some pictures.
func (l *lobby) record(v *peer.Viewer, pictures int) (tracks []media.Track, packets []*media.Packet) {
	l.Helper()
	ctx := deadline(l.T)
	source, err := v.Open(ctx)
	if err != nil {
		l.Fatal(err)
	}
	defer source.Close()
	defer context.AfterFunc(ctx, func() { source.Close() })()
	for pictures > 0 {
		p, err := source.Read()
		if err != nil {
			l.Fatalf("%d pictures before the end: %v", pictures, err)
		}
		if picture, ok := media.VideoTrack(source.Tracks()); ok && p.Track == picture.ID {
			pictures--
		}
		packets = append(packets, p)
	}
	return source.Tracks(), packets
}

var loudest = regexp.MustCompile(`max_volume: (-?[0-9.]+) dB`)

// judge has FFmpeg decode what a viewer has seen: pictures that differ, and sound that is more than silence.
func (l *lobby) judge(tracks []media.Track, packets []*media.Packet) {
	l.Helper()
	path := filepath.Join(l.TempDir(), "seen.mkv")
	file, err := os.Create(path)
	if err != nil {
		l.Fatal(err)
	}
	defer file.Close()
	w := mkv.NewWriter(file, tracks, mkv.WriterOptions{})
	if err := w.Begin(max(0, packets[0].PTS)); err != nil {
		l.Fatal(err)
	}
	for _, p := range packets {
		if err := w.Write(p); err != nil {
			l.Fatal(err)
		}
	}
	pictures := make(map[string]bool)
	for line := range strings.Lines(runs(l.T, "ffmpeg", "-v", "error", "-i", path, "-map", "0:v", "-f", "framehash", "-")) {
		if fields := strings.Split(strings.TrimSpace(line), ","); !strings.HasPrefix(line, "#") {
			pictures[fields[len(fields)-1]] = true
		}
	}
	if len(pictures) < 20 {
		l.Errorf("there are %d different pictures", len(pictures))
	}
	said := runs(l.T, "ffmpeg", "-hide_banner", "-nostats", "-i", path, "-map", "0:a", "-af", "volumedetect", "-f", "null", "-")
	match := loudest.FindStringSubmatch(said)
	if match == nil {
		l.Fatalf("FFmpeg heard nothing:\n%s", said)
	}
	if level, err := strconv.ParseFloat(match[1], 64); err != nil || level < -40 {
		l.Errorf("the loudest sound has %s dB, %v", match[1], err)
	}
}
