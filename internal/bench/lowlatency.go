package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"kinora/internal/rig"
)

var hlsJS = filepath.Join("build", "players", "node_modules", "hls.js", "dist", "hls.min.js")

//go:embed lowlatency.html
var lowLatencyPage []byte

// measureLowLatency has hls.js play a live stream of 2 s fragments in Chromium twice at the same time, with the parts of the fragment that
// arrives and without, and takes how far each picture is behind the sender.
func measureLowLatency(ctx context.Context, s setting) (found []figure, err error) {
	const stream, filled, settles, span = "gate", 12 * time.Second, 25 * time.Second, 30 * time.Second
	if _, err := os.Stat(hlsJS); err != nil {
		return nil, fmt.Errorf("hls.js is not there; fetch it with scripts/players: %w", err)
	}
	t, err := rig.Tape720.Load(ctx, rig.Dir)
	if err != nil {
		return nil, err
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		return nil, err
	}
	kinorad, account, err := rig.Serve(ctx, filepath.Join(s.dir, "service"), stream)
	if err != nil {
		return nil, err
	}
	defer kinorad.Stop()
	sending, stop := context.WithCancel(ctx)
	group, sending := errgroup.WithContext(sending)
	sender := &rig.Sender{Tape: t, Client: account.Client, Stream: stream}
	group.Go(func() error { return sender.Run(sending) })
	defer func() {
		stop()
		err = errors.Join(err, group.Wait())
	}()
	if err := rest(sending, filled); err != nil {
		return nil, err
	}
	whole, err := datedSession(sending, account, stream)
	if err != nil {
		return nil, err
	}
	parts, err := datedSession(sending, account, stream)
	if err != nil {
		return nil, err
	}
	seen := &behind{by: make(map[string][]time.Duration)}
	address, closeSite, err := seen.serve(sending)
	if err != nil {
		return nil, err
	}
	defer closeSite()
	query := url.Values{"whole": {whole}, "parts": {parts + "&LowLatency=YES"}}
	browser, err := rig.Launch(sending, "chromium", os.Environ(), chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
		"--disable-background-networking", "--autoplay-policy=no-user-gesture-required", "--disable-background-timer-throttling",
		"--user-data-dir="+filepath.Join(s.dir, "chromium"), address+"/?"+query.Encode())
	if err != nil {
		return nil, err
	}
	defer browser.Stop()
	if err := rest(sending, settles); err != nil {
		return nil, err
	}
	seen.begin()
	if err := errors.Join(rest(sending, span), browser.Running()); err != nil {
		return nil, err
	}
	with, without := seen.of("parts"), seen.of("whole")
	if len(with) < 100 || len(without) < 100 {
		return nil, fmt.Errorf("the players played for %d and %d tenths of a second", len(with), len(without))
	}
	const peer = "whole fragments"
	return []figure{
		measured("HLS in parts: behind the sender, median", percentile(with, 50).Seconds(), "s").against(peer, percentile(without, 50).Seconds()).atMost(0.5),
		measured("HLS in parts: behind the sender, 95th percentile", percentile(with, 95).Seconds(), "s").against(peer, percentile(without, 95).Seconds()),
		measured("HLS in parts: tenths of a second with a picture that moves on", float64(len(with)), "").against(peer, float64(len(without))),
	}, nil
}

// datedSession asks for a LIVE session whose playlists say when each fragment was.
func datedSession(ctx context.Context, account *rig.Account, stream string) (string, error) {
	answer, _, err := account.Call(ctx, "/getHLSStreamingSessionURL", map[string]any{"StreamName": stream, "DisplayFragmentTimestamp": "ALWAYS",
		"DiscontinuityMode": "ON_DISCONTINUITY", "HLSFragmentSelector": map[string]any{"FragmentSelectorType": "PRODUCER_TIMESTAMP"}})
	if err != nil {
		return "", err
	}
	var session struct{ HLSStreamingSessionURL string }
	err = json.Unmarshal(answer, &session)
	return session.HLSStreamingSessionURL, err
}

// behind is how far players say that they are behind the clock.
type behind struct {
	mu sync.Mutex
	by map[string][]time.Duration
}

// serve answers a browser until close is called.
func (b *behind) serve(ctx context.Context) (address string, closeSite func() error, err error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(lowLatencyPage) // the browser shows what it got
	})
	mux.HandleFunc("GET /hls.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, hlsJS)
	})
	mux.HandleFunc("POST /behind", b.take)
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	return "http://" + l.Addr().String(), func() error {
		err := server.Close()
		<-served
		return err
	}, nil
}

func (b *behind) take(w http.ResponseWriter, r *http.Request) {
	var said struct {
		ID      string
		Playing bool
		MS      float64
	}
	if err := json.NewDecoder(r.Body).Decode(&said); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if said.Playing {
		b.by[said.ID] = append(b.by[said.ID], time.Duration(said.MS*float64(time.Millisecond)))
	}
}

// begin forgets what was said before.
func (b *behind) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.by)
}

func (b *behind) of(player string) []time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.by[player])
}
