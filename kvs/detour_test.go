package kvs_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	awscreds "github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/media"
	"kinora/mkv"
)

// gatekeeper stands in front of a service, permits only some calls and has no time for others.
type gatekeeper struct {
	*httptest.Server
	mu     sync.Mutex
	denied []string
	busy   map[string][]int // statuses with which the next calls of a path are refused
	asked  map[string]int
}

func newGatekeeper(t *testing.T, l *local) (*gatekeeper, *kvs.Client) {
	to, err := url.Parse(l.server.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	g := &gatekeeper{asked: map[string]int{}, busy: map[string][]int{}}
	proxy := httputil.NewSingleHostReverseProxy(to) // which keeps the host that was signed
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.asked[r.URL.Path]++
		no := slices.Contains(g.denied, r.URL.Path)
		busy := 0
		if list := g.busy[r.URL.Path]; len(list) > 0 {
			busy, g.busy[r.URL.Path] = list[0], list[1:]
		}
		g.mu.Unlock()
		if no {
			w.Header().Set("X-Amzn-ErrorType", "AccessDeniedException")
			http.Error(w, `{"Message": "User is not authorized"}`, http.StatusForbidden)
			return
		}
		if busy != 0 {
			if busy == http.StatusBadRequest {
				w.Header().Set("X-Amzn-ErrorType", "ClientLimitExceededException:")
			}
			http.Error(w, `{"Message": "too often"}`, busy)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(g.Close)
	keys := l.server.Credentials()
	c := kvs.New(kvs.Config{Endpoint: g.URL, Region: "eu-west-1", Credentials: awscreds.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, "")})
	t.Cleanup(c.Close)
	return g, c
}

func (g *gatekeeper) deny(paths ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.denied = paths
}

// refuse lets the next calls of a path fail for now, one with each status.
func (g *gatekeeper) refuse(path string, statuses ...int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy[path] = statuses
}

func (g *gatekeeper) count(path string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.asked[path]
}

// film stores picture and sound, from a time on, and returns its fragments.
func film(t *testing.T, c *kvs.Client, from time.Time) []*media.Recorded {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "mkv", "testdata", "upload-kvssink-h264-aac.mkv"))
	if err != nil {
		t.Fatal(err)
	}
	var list []*media.Recorded
	var body bytes.Buffer
	var w *mkv.Writer
	first := time.Duration(0)
	for r := mkv.NewReader(bytes.NewReader(b), mkv.Limits{}); ; {
		f, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if w == nil {
			first = f.Start
			w = mkv.NewWriter(&body, f.Tracks, mkv.WriterOptions{Epoch: from})
		}
		if err := w.Begin(f.Start - first); err != nil {
			t.Fatal(err)
		}
		one := &media.Recorded{Fragment: media.Fragment{Start: from.Add(f.Start - first)}, Tracks: f.Tracks}
		for p, err := r.Packet(); err == nil; p, err = r.Packet() {
			p.PTS -= first
			p.DTS -= first
			one.Packets = append(one.Packets, p)
			if err := w.Write(p); err != nil {
				t.Fatal(err)
			}
		}
		list = append(list, one)
	}
	if err := c.Put(t.Context(), "cam", &body, func(kvs.Ack) {}); err != nil {
		t.Fatal(err)
	}
	return list
}

// Where an account may not get fragments, or not list them either, the archive comes through sessions; so it does when a person wants
// it. What comes is the same.
func TestDetour(t *testing.T) {
	leak.Check(t)
	l, direct := startLocal(t)
	g, c := newGatekeeper(t, l)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := direct.Create(ctx, "cam", 24*time.Hour, "video/h264"); err != nil {
		t.Fatal(err)
	}
	from := time.Now().Add(-3 * time.Hour).Truncate(time.Second)
	want := film(t, direct, from)
	const list, get, spans = "/listFragments", "/getMediaForFragmentList", "/kinora/listSpans"
	for _, tt := range []struct {
		name   string
		way    kvs.Way
		clock  kvs.Clock
		denied []string
		why    bool
	}{
		{"chosen HLS", kvs.HLS, kvs.ProducerTime, nil, false},
		{"chosen DASH", kvs.DASH, kvs.ProducerTime, nil, false},
		{"fragments cannot be had", kvs.Direct, kvs.ProducerTime, []string{get}, true},
		{"nor be listed", kvs.Direct, kvs.ProducerTime, []string{get, list, spans}, true},
		{"nor be listed, by DASH", kvs.DASH, kvs.ProducerTime, []string{get, list, spans}, true},
		{"nor be listed, by the server's clock", kvs.Direct, kvs.ServerTime, []string{get, list, spans}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g.deny(tt.denied...)
			a := c.Archive("cam", kvs.ArchiveOptions{Clock: tt.clock, Way: tt.way})
			defer a.Close()
			before := g.count(get)
			begin := from
			if tt.clock == kvs.ServerTime {
				begin = time.Now().Add(-time.Hour)
			}
			n := 0
			f, err := a.Find(ctx, begin.Add(-time.Minute), true)
			for ; err == nil; f, err = a.Next(ctx, f, true) {
				r, err := a.Load(ctx, f)
				if err != nil {
					t.Fatal(err)
				}
				if n < len(want) {
					same(t, r, want[n], tt.clock)
				}
				n++
			}
			if err != io.EOF || n != len(want) {
				t.Errorf("%d fragments of %d, then %v", n, len(want), err)
			}
			if last, err := a.Find(ctx, time.Now().Add(time.Hour), false); err != nil || tt.clock == kvs.ProducerTime && !last.Start.Equal(want[len(want)-1].Start) {
				t.Errorf("the last is %+v, %v", last, err)
			}
			if why := a.Detour(); (why != nil) != tt.why && tt.way == kvs.Direct {
				t.Errorf("why it comes through sessions: %v", why)
			}
			if asked := g.count(get) - before; asked > 1 {
				t.Errorf("what is not permitted was asked for %d times", asked)
			}
			var o media.Overview
			if err := a.Survey(ctx, time.Now().Add(-12*time.Hour), time.Now(), time.Second, func(next media.Overview) { o = next }); err != nil || !o.Complete || len(o.Spans) != 1 {
				t.Errorf("surveyed %+v, %v", o, err)
			}
		})
	}
	g.deny(get, "/getHLSStreamingSessionURL")
	a := c.Archive("cam", kvs.ArchiveOptions{Clock: kvs.ProducerTime})
	defer a.Close()
	f, err := a.Find(ctx, from, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Load(ctx, f); !kvs.IsForbidden(err) || a.Detour() != nil {
		t.Errorf("where nothing is permitted: %v; %v", err, a.Detour())
	}
}

// same compares a fragment's packets.
func same(t *testing.T, got, want *media.Recorded, clock kvs.Clock) {
	t.Helper()
	if clock == kvs.ProducerTime && !got.Start.Equal(want.Start) {
		t.Fatalf("the fragment is of %v, want %v", got.Start, want.Start)
	}
	video, _ := media.VideoTrack(want.Tracks)
	shown, _ := media.VideoTrack(got.Tracks)
	if len(got.Tracks) != 2 || !bytes.Equal(shown.Private, video.Private) || len(got.Packets) != len(want.Packets) {
		t.Fatalf("%d tracks, %d packets, want %d", len(got.Tracks), len(got.Packets), len(want.Packets))
	}
	var a, b []*media.Packet
	for _, p := range got.Packets {
		if p.Track == shown.ID {
			a = append(a, p)
		}
	}
	for _, p := range want.Packets {
		if p.Track == video.ID {
			b = append(b, p)
		}
	}
	for i := range a {
		if at := a[i].PTS - (b[i].PTS - b[0].PTS); !bytes.Equal(a[i].Data, b[i].Data) || a[i].Key != b[i].Key || at.Abs() > 2*time.Millisecond {
			t.Fatalf("packet %d is another one, or off by %v", i, at)
		}
	}
}
