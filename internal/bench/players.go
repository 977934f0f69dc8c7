package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"kinora/internal/rig"
)

// measurePlayers has HLS players at one live stream: how soon a session has its first segment, and what fifty of them cost the
// service beyond the first.
func measurePlayers(ctx context.Context, s setting) ([]figure, error) {
	const stream, sessions, crowd, span = "gate", 20, 50, 20 * time.Second
	t, err := rig.Tape720.Load(ctx, rig.Dir)
	if err != nil {
		return nil, err
	}
	kinorad, account, err := rig.Serve(ctx, filepath.Join(s.dir, "service"), stream)
	if err != nil {
		return nil, err
	}
	defer kinorad.Stop()
	sending, stop := context.WithCancel(ctx)
	defer stop()
	group, sending := errgroup.WithContext(sending)
	sender := &rig.Sender{Tape: t, Client: account.Client, Stream: stream}
	group.Go(func() error { return sender.Run(sending) })

	var soon []time.Duration
	var used [2]time.Duration
	err = rest(sending, 12*time.Second) // until there is a playlist's worth
	for range sessions {
		if err != nil {
			break
		}
		var took time.Duration
		if took, err = firstSegment(sending, account, stream); err == nil {
			soon = append(soon, took)
			err = rest(sending, 100*time.Millisecond)
		}
	}
	for i, players := range []int{1, crowd} {
		if err == nil {
			used[i], err = usageWith(sending, account, stream, players, span, kinorad)
		}
	}
	stop()
	if err := errors.Join(err, group.Wait()); err != nil {
		return nil, err
	}
	beyond := max(0, (used[1]-used[0]).Seconds()/span.Seconds())
	return []figure{
		measured("HLS: session call to first segment, 95th percentile", milliseconds(percentile(soon, 95)), "ms").atMost(100),
		measured(fmt.Sprintf("HLS: %d players of one live stream, beyond the first", crowd), beyond, "cores").atMost(0.5),
	}, nil
}

// usageWith takes the service's processor time while a number of players play.
func usageWith(ctx context.Context, account *rig.Account, stream string, players int, span time.Duration, service *rig.Process) (used time.Duration, err error) {
	playing, stop := context.WithCancel(ctx)
	defer stop()
	group, playing := errgroup.WithContext(playing)
	for range players {
		p, err := openSession(playing, account, stream)
		if err != nil {
			return 0, err
		}
		group.Go(func() error { return p.play(playing) })
	}
	if err = rest(playing, 3*time.Second); err == nil {
		used, err = usage(playing, span, service)
	}
	stop()
	return used, errors.Join(err, group.Wait())
}

// listener is a player that throws away what it gets.
type listener struct {
	media *url.URL // of the media playlist
	seen  map[string]bool
}

func openSession(ctx context.Context, account *rig.Account, stream string) (*listener, error) {
	answer, _, err := account.Call(ctx, "/getHLSStreamingSessionURL", map[string]any{"StreamName": stream})
	if err != nil {
		return nil, err
	}
	var session struct{ HLSStreamingSessionURL string }
	if err := json.Unmarshal(answer, &session); err != nil {
		return nil, err
	}
	master, err := url.Parse(session.HLSStreamingSessionURL)
	if err != nil {
		return nil, err
	}
	text, err := download(ctx, master)
	if err != nil {
		return nil, err
	}
	for _, uri := range uris(text) {
		media, err := master.Parse(uri)
		return &listener{media: media, seen: make(map[string]bool)}, err
	}
	return nil, fmt.Errorf("the master playlist of %s names nothing to play", stream)
}

func firstSegment(ctx context.Context, account *rig.Account, stream string) (time.Duration, error) {
	began := time.Now()
	p, err := openSession(ctx, account, stream)
	if err != nil {
		return 0, err
	}
	n, err := p.next(ctx, 1)
	if err == nil && n == 0 {
		err = fmt.Errorf("%s has nothing to play", stream)
	}
	return time.Since(began), err
}

// next fetches what the playlist has that was not fetched yet, at most some segments, and returns how many that were.
func (p *listener) next(ctx context.Context, most int) (n int, err error) {
	text, err := download(ctx, p.media)
	if err != nil {
		return 0, err
	}
	for _, uri := range uris(text) {
		if p.seen[uri] || n == most {
			continue
		}
		segment, err := p.media.Parse(uri)
		if err == nil {
			_, err = download(ctx, segment)
		}
		if err != nil {
			return n, err
		}
		p.seen[uri] = true
		n++
	}
	return n, nil
}

// play asks as players do: for the playlist every second. The end of ctx is no error.
func (p *listener) play(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if _, err := p.next(ctx, 100); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// uris are the lines of a playlist that are no tags.
func uris(playlist string) (all []string) {
	for line := range strings.Lines(playlist) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}

func download(ctx context.Context, from *url.URL) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from.String(), nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s is answered with %s: %.200s", from.Path, res.Status, b)
	}
	return string(b), err
}
