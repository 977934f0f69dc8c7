package localkvs_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"

	"kinora/localkvs"
)

// mortal is a stage whose service can be stopped before the test ends.
type mortal struct {
	*stage
	stop func()
}

func mortalStage(t *testing.T, data string) *mortal {
	t.Helper()
	server, err := localkvs.Listen(localkvs.ServerOptions{Data: data, Limits: localkvs.Limits{FragmentsPerSecond: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- server.Run(ctx) }()
	m := &mortal{&stage{T: t, server: server, client: clientOf(t, server), stream: "gate", sdk: archivedOf(server)}, func() {
		if ctx.Err() != nil {
			return
		}
		cancel()
		http.DefaultClient.CloseIdleConnections()
		if err := <-ran; err != nil {
			t.Errorf("the service ended with: %v", err)
		}
	}}
	t.Cleanup(m.stop)
	return m
}

// again is a service that starts anew where another was, and the address there of something that the other one gave out.
func (m *mortal) again(data, address string) (*mortal, string) {
	m.Helper()
	m.stop()
	next := mortalStage(m.T, data)
	return next, strings.Replace(address, m.server.Endpoint(), next.server.Endpoint(), 1)
}

// numbered reads which fragment has which sequence number in a playlist. A gap stands there as GAP.
func numbered(t *testing.T, list string) map[int]string {
	t.Helper()
	first := regexp.MustCompile(`#EXT-X-MEDIA-SEQUENCE:(\d+)`).FindStringSubmatch(list)
	if first == nil {
		t.Fatalf("no playlist: %s", list)
	}
	number, err := strconv.Atoi(first[1])
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[int]string)
	for _, f := range regexp.MustCompile(`(#EXT-X-GAP\n)?#EXTINF:.*\n.*FragmentNumber=(\d+)`).FindAllStringSubmatch(list, -1) {
		if out[number] = f[2]; f[1] != "" {
			out[number] = "GAP"
		}
		number++
	}
	return out
}

// What a sequence number meant it means after the service has started again, also where nothing was stored: a fragment that was announced
// while it arrived and broke off, then or by the restart itself, is a gap.
func TestSequenceNumbersOutliveARestart(t *testing.T) {
	data := t.TempDir()
	s := mortalStage(t, data)
	createStream(t, s.client, s.stream, 24)
	epoch := time.Now().Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch)
	p.fragments(2)
	w := s.watcher(byServer, types.HLSDiscontinuityModeNever, 1)
	part := "" // one that was announced last
	lose := func(fragment int) {
		c := p.begin()
		c.pictures(14)
		parts := regexp.MustCompile(`#EXT-X-PART:.*URI="(.*)"`).FindAllStringSubmatch(w.playlist(fragment, 1), -1)
		part = parts[len(parts)-1][1]
		c.lose()
	}
	lose(3)
	p = s.produce("h264-aac", epoch.Add(time.Minute))
	p.fragments(1)
	lose(5)
	before := numbered(t, s.get(w.media))
	if len(before) != 4 || before[3] != "GAP" {
		t.Fatalf("before the restart %v is listed", before)
	}

	next, media := s.again(data, w.media)
	list := next.get(media)
	if status, body := next.fetch(next.resolve(media, part)); status != http.StatusNotFound || !strings.Contains(body, "ResourceNotFoundException") {
		t.Errorf("a part of what the restart has cut off is answered with %d %s", status, body)
	}
	for n, what := range numbered(t, list) {
		if before[n] != what {
			t.Errorf("number %d was %s and is %s:\n%s", n, before[n], what, list)
		}
	}
	p = next.produce("h264-aac", epoch.Add(2*time.Minute))
	defer p.stop()
	newest := p.fragments(1)[0]
	list = next.get(media)
	if after := numbered(t, list); after[4] != before[4] || after[5] != "GAP" || after[6] != newest {
		t.Errorf("behind the restart %v is listed, want a gap and %s", after, newest)
	}
}

// A damaged file of places costs nothing but the places.
func TestDamagedPlaces(t *testing.T) {
	data := t.TempDir()
	s := mortalStage(t, data)
	createStream(t, s.client, s.stream, 24)
	p := s.produce("h264-aac", time.Now().Truncate(time.Millisecond))
	p.fragments(2)
	p.stop()
	w := s.watcher(byServer, "", 1)
	before := numbered(t, s.get(w.media))
	s.stop()
	path := filepath.Join(data, "places.json")
	if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), before[2]) {
		t.Fatalf("the places are %s, %v", text, err)
	}
	if err := os.WriteFile(path, []byte(`{"Format":1,"Places":[{"Session":`), 0o600); err != nil {
		t.Fatal(err)
	}
	next, media := s.again(data, w.media)
	if after := numbered(t, next.get(media)); len(after) != 2 || after[1] != before[1] || after[2] != before[2] {
		t.Errorf("after the restart %v is listed, want %v", after, before)
	}
}
