package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/localkvs/kvstest"
	"kinora/mkv"
)

// listed reads which fragment has which sequence number in a playlist.
func listed(t *testing.T, playlist string) map[int]string {
	t.Helper()
	req, err := http.NewRequestWithContext(deadline(t, time.Minute), http.MethodGet, playlist, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true // the service dies
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	first := regexp.MustCompile(`#EXT-X-MEDIA-SEQUENCE:(\d+)`).FindSubmatch(text)
	if err != nil || first == nil {
		t.Fatalf("no playlist: %s, %v", text, err)
	}
	n, err := strconv.Atoi(string(first[1]))
	if err != nil {
		t.Fatal(err)
	}
	numbers := make(map[int]string)
	for i, f := range regexp.MustCompile(`FragmentNumber=(\d+)`).FindAllSubmatch(bytes.SplitN(text, []byte("#EXTINF"), 2)[1], -1) {
		numbers[n+i] = string(f[1])
	}
	return numbers
}

// TestKillUnderPlayers kills the service while a player follows a stream, before and after its places have been written, and each time when
// there is more than what was written. A sequence number that the player has seen means the same fragment for as long as its session lasts.
func TestKillUnderPlayers(t *testing.T) {
	leak.Check(t)
	ctx := deadline(t, 4*time.Minute)
	data, address := t.TempDir(), freeAddress(t)
	d := startDaemon(t, data, address)
	defer func() { d.stop(t) }()
	env := environment(t, data)
	endpoint := env["AWS_ENDPOINT_URL"]
	keys := credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], "")
	client := kvs.New(kvs.Config{Endpoint: endpoint, Region: env["AWS_REGION"], Credentials: keys})
	defer client.Close()
	if _, err := client.Create(ctx, "gate", 24*time.Hour, "video/h264"); err != nil {
		t.Fatal(err)
	}
	clip, err := kvstest.LoadClip("smaller")
	if err != nil {
		t.Fatal(err)
	}
	epoch, next := time.Now().Add(-time.Minute).Truncate(time.Millisecond), 0
	upload := func(n int) {
		t.Helper()
		var body bytes.Buffer
		w := mkv.NewWriter(&body, clip.Tracks, mkv.WriterOptions{Epoch: epoch})
		for range n {
			if err := clip.Write(w, next, time.Duration(next)*2*time.Second); err != nil {
				t.Fatal(err)
			}
			next++
		}
		stored := 0
		err := client.Put(ctx, "gate", &body, func(a kvs.Ack) {
			if a.Type == kvs.Persisted {
				stored++
			}
		})
		if err != nil || stored != n {
			t.Fatalf("%d of %d fragments are stored: %v", stored, n, err)
		}
	}
	upload(2)
	session, err := kinesisvideoarchivedmedia.New(kinesisvideoarchivedmedia.Options{Region: env["AWS_REGION"], BaseEndpoint: &endpoint, Credentials: keys}).
		GetHLSStreamingSessionURL(ctx, &kinesisvideoarchivedmedia.GetHLSStreamingSessionURLInput{StreamName: aws.String("gate"), MaxMediaPlaylistFragmentResults: aws.Int64(4)})
	if err != nil {
		t.Fatal(err)
	}
	playlist := strings.Replace(*session.HLSStreamingSessionURL, "getHLSMasterPlaylist.m3u8?", "getHLSMediaPlaylist.m3u8?TrackNumber=1&", 1)

	seen := make(map[int]string)
	look := func(when string) {
		t.Helper()
		for n, fragment := range listed(t, playlist) {
			if before, known := seen[n]; known && before != fragment {
				t.Errorf("%s number %d is %s, and was %s", when, n, fragment, before)
			}
			seen[n] = fragment
		}
		if len(seen) != next {
			t.Errorf("%s the player has seen %d fragments of %d: %v", when, len(seen), next, seen)
		}
	}
	look("at first")
	for round := range 4 {
		if round == 2 {
			written(t, ctx, filepath.Join(data, "places.json"))
		}
		upload(3)
		look("before a kill")
		d.kill(t)
		d = startDaemon(t, data, address)
		look("after a kill")
		upload(1)
		look("behind a kill")
	}
}

// written waits until a file is there.
func written(t *testing.T, ctx context.Context, path string) {
	t.Helper()
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		if _, err := os.Stat(path); err == nil {
			tick.Stop()
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s was not written", path)
		}
	}
}
