package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"kinora/internal/rig"
	"kinora/kvs"
	"kinora/mkv"
)

const (
	pastStream = "past"
	pastLength = 2592 * time.Millisecond // a million of it are 30 days
	pastMany   = 1_000_000
	pastFew    = 10_000
	pastAsked  = 300 // questions of each kind
)

// measureArchive asks a service with a million fragments in one stream, beside one with ten thousand.
func measureArchive(ctx context.Context, s setting) (found []figure, err error) {
	until := time.Now().Truncate(time.Second)
	many, err := openPast(ctx, filepath.Join(s.dir, "many"), pastMany, until)
	if err != nil {
		return nil, err
	}
	defer many.service.Stop()
	few, err := openPast(ctx, filepath.Join(s.dir, "few"), pastFew, until)
	if err != nil {
		return nil, err
	}
	defer few.service.Stop()
	found = append(found, measured("start of kinorad with 1,000,000 fragments", many.start.Seconds(), "s").atMost(1))

	const peer = "with 10,000"
	ask := func(name string, p float64, bar float64, question func(context.Context, *past) (time.Duration, error)) {
		if err != nil {
			return
		}
		var took, beside []time.Duration
		if took, beside, err = askBoth(ctx, many, few, question); err != nil {
			err = fmt.Errorf("%s: %w", name, err)
			return
		}
		name = fmt.Sprintf("%s, %gth percentile", name, p)
		value, other := milliseconds(percentile(took, p)), milliseconds(percentile(beside, p))
		f := measured(name, value, "ms")
		if bar > 0 {
			f = f.atMost(bar)
		}
		found = append(found, f, measured(name, value, "ms").against(peer, other).atMost(2))
	}
	ask("a page of ListFragments", 99, 10, func(ctx context.Context, p *past) (time.Duration, error) { return p.list(ctx, 0) })
	ask("a page of 1000", 99, 0, func(ctx context.Context, p *past) (time.Duration, error) { return p.list(ctx, 1000) })
	ask("GetMedia from a moment to its first bytes", 95, 0, func(ctx context.Context, p *past) (time.Duration, error) { return p.getMedia(ctx) })
	ask("HLS of an hour from the session to its playlist", 95, 0, func(ctx context.Context, p *past) (time.Duration, error) { return p.hls(ctx) })
	if err != nil {
		return nil, err
	}
	for _, view := range []struct {
		name           string
		span, by       time.Duration
		bar            float64
		anywhere, tags bool
	}{
		{name: "a month's spans by the hour", span: 30 * 24 * time.Hour, by: time.Hour, bar: 50},
		{name: "a month's spans by the minute", span: 30 * 24 * time.Hour, by: time.Minute, bar: 500},
		{name: "an hour's spans by 50 ms", span: time.Hour, by: 50 * time.Millisecond, bar: 20, anywhere: true},
		{name: "a thousand tags of a month", span: 30 * 24 * time.Hour, bar: 0, tags: true},
	} {
		var took []time.Duration
		for range pastAsked / 6 {
			at := many.begin
			if view.anywhere {
				at = many.moment()
			}
			var d time.Duration
			if view.tags {
				d, err = many.tags(ctx, at, at.Add(view.span))
			} else {
				d, err = many.spans(ctx, at, at.Add(view.span), view.by)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", view.name, err)
			}
			took = append(took, d)
		}
		f := measured(view.name+", 95th percentile", milliseconds(percentile(took, 95)), "ms")
		if view.bar > 0 {
			f = f.atMost(view.bar)
		}
		found = append(found, f)
	}
	resident, err := many.service.Memory()
	if err != nil {
		return nil, err
	}
	return append(found, measured("kinorad's resident memory after all of it", float64(resident)/1e6, "MB").atMost(250)), nil
}

// past is a service with a stream whose fragments were made.
type past struct {
	service    *rig.Process
	account    *rig.Account
	start      time.Duration // from the process's start to its first answer
	begin, end time.Time
}

// openPast makes an archive and starts a service on it. Six times a day nothing was recorded for ten minutes, and every hundredth fragment has a tag.
func openPast(ctx context.Context, dir string, fragments int, until time.Time) (*past, error) {
	const gapEvery, gap = 5555, 10 * time.Minute
	err := rig.Fill(ctx, dir, rig.Past{
		Stream: pastStream, Fragments: fragments, Length: pastLength, Until: until,
		Gap: func(i int) time.Duration {
			if i%gapEvery == gapEvery-1 {
				return gap
			}
			return 0
		},
		Tags: func(i int) []mkv.Tag {
			if i%100 == 99 {
				return []mkv.Tag{{Name: "door", Value: fmt.Sprint(i)}}
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	p := &past{begin: until.Add(-time.Duration(fragments)*pastLength - time.Duration(fragments/gapEvery)*gap), end: until}
	began := time.Now()
	if p.service, err = rig.LaunchService(ctx, dir); err != nil {
		return nil, err
	}
	if p.account, err = rig.Connect(ctx, p.service, dir); err == nil {
		p.start = time.Since(began)
		_, err = p.list(ctx, 1)
	}
	if err != nil {
		p.service.Stop()
		return nil, err
	}
	return p, nil
}

// askBoth asks two services in turn, and returns how long each took.
func askBoth(ctx context.Context, a, b *past, question func(context.Context, *past) (time.Duration, error)) (of, beside []time.Duration, err error) {
	for range pastAsked {
		first, err1 := question(ctx, a)
		second, err2 := question(ctx, b)
		if err := errors.Join(err1, err2); err != nil {
			return nil, nil, err
		}
		of, beside = append(of, first), append(beside, second)
	}
	return of, beside, nil
}

// moment returns any of the past, an hour before its end at the latest.
func (p *past) moment() time.Time {
	return p.begin.Add(time.Duration(rand.Int64N(int64(p.end.Sub(p.begin) - time.Hour))))
}

func selector(clock string, from, to time.Time) map[string]any {
	return map[string]any{"FragmentSelectorType": clock, "TimestampRange": map[string]any{
		"StartTimestamp": float64(from.UnixMilli()) / 1000, "EndTimestamp": float64(to.UnixMilli()) / 1000}}
}

// list asks for a page from a random moment on, by the producer's clock.
func (p *past) list(ctx context.Context, size int) (time.Duration, error) {
	in := map[string]any{"StreamName": pastStream, "FragmentSelector": selector("PRODUCER_TIMESTAMP", p.moment(), p.end)}
	if size > 0 {
		in["MaxResults"] = size
	}
	answer, took, err := p.account.Call(ctx, "/listFragments", in)
	if err == nil && len(answer) < 100 {
		err = fmt.Errorf("nothing is listed: %s", answer)
	}
	return took, err
}

func (p *past) spans(ctx context.Context, from, to time.Time, resolution time.Duration) (time.Duration, error) {
	answer, took, err := p.account.Call(ctx, "/kinora/listSpans", map[string]any{"StreamName": pastStream,
		"FragmentSelector": selector("PRODUCER_TIMESTAMP", from, to), "ResolutionInMilliseconds": resolution.Milliseconds()})
	if err == nil && len(answer) < 100 {
		err = fmt.Errorf("no spans are found: %s", answer)
	}
	return took, err
}

func (p *past) tags(ctx context.Context, from, to time.Time) (time.Duration, error) {
	answer, took, err := p.account.Call(ctx, "/kinora/listTags", map[string]any{"StreamName": pastStream,
		"FragmentSelector": selector("PRODUCER_TIMESTAMP", from, to), "MaxResults": 1000})
	if err == nil && len(answer) < 100*1000 {
		err = fmt.Errorf("fewer than a thousand tags are found: %.100s", answer)
	}
	return took, err
}

// getMedia starts to read at a random moment and returns the time to the first bytes of the first fragment.
func (p *past) getMedia(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	began := time.Now()
	body, err := p.account.Client.GetMedia(ctx, pastStream, kvs.Start{Producer: p.moment()})
	if err != nil {
		return 0, err
	}
	_, err = io.ReadFull(body, make([]byte, 64))
	took := time.Since(began)
	return took, errors.Join(err, body.Close())
}

// hls asks for a session of an hour, its master playlist and its media playlist, and returns the time all three took.
func (p *past) hls(ctx context.Context) (time.Duration, error) {
	at := p.moment()
	answer, took, err := p.account.Call(ctx, "/getHLSStreamingSessionURL", map[string]any{"StreamName": pastStream, "PlaybackMode": "ON_DEMAND",
		"HLSFragmentSelector": selector("PRODUCER_TIMESTAMP", at, at.Add(time.Hour))})
	var session struct{ HLSStreamingSessionURL string }
	if err == nil {
		err = json.Unmarshal(answer, &session)
	}
	if err != nil {
		return 0, err
	}
	began := time.Now()
	next, err := url.Parse(session.HLSStreamingSessionURL)
	var playlist string
	for range 2 {
		if err == nil {
			playlist, err = get(ctx, next.String())
		}
		if err != nil {
			return 0, err
		}
		lines := strings.Fields(playlist)
		next, err = next.Parse(lines[len(lines)-1])
	}
	if segments := strings.Count(playlist, "#EXTINF"); err == nil && segments < 900 {
		err = fmt.Errorf("the playlist of an hour has %d segments", segments)
	}
	return took + time.Since(began), err
}

// get returns the text at an address that needs no signature.
func get(ctx context.Context, address string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && (res.StatusCode != http.StatusOK || len(text) == 0) {
		err = fmt.Errorf("the service answers %s: %s", res.Status, text)
	}
	return string(text), err
}
