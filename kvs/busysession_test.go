package kvs_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/media"
)

// What a session refuses for now, since it is asked too often, is asked again: nothing fails, and it is said what is waited for.
func TestSessionsThatAreAskedTooOften(t *testing.T) {
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
	for _, tt := range []struct {
		way   kvs.Way
		paths []string
	}{
		{kvs.HLS, []string{"/hls/v1/getHLSMasterPlaylist.m3u8", "/hls/v1/getHLSMediaPlaylist.m3u8", "/hls/v1/getMP4InitFragment.mp4", "/hls/v1/getMP4MediaFragment.mp4"}},
		{kvs.DASH, []string{"/dash/v1/getDASHManifest.mpd", "/dash/v1/getMP4InitFragment.mp4", "/dash/v1/getMP4MediaFragment.mp4"}},
	} {
		a := c.Archive("cam", kvs.ArchiveOptions{Clock: kvs.ProducerTime, Way: tt.way})
		f, err := a.Find(ctx, from, true)
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]string{} // paths by what is called there
		for i, path := range tt.paths {
			status := []int{http.StatusBadRequest, http.StatusTooManyRequests}[i%2]
			g.refuse(path, status, status, status) // until it was seen that somebody waits
			name, _, _ := strings.Cut(path[strings.LastIndex(path, "/")+1:], ".")
			names[strings.ToLower(name)] = path
		}
		type loaded struct {
			r   *media.Recorded
			err error
		}
		done := make(chan loaded, 1)
		go func() {
			r, err := a.Load(ctx, f)
			done <- loaded{r, err}
		}()
		wait(t, "waiting for all that is refused", func() bool {
			if w, ok := c.Waiting("cam"); ok && w.Until.Sub(w.Since) >= 500*time.Millisecond {
				g.refuse(names[strings.ToLower(w.Op)])
				delete(names, strings.ToLower(w.Op))
			}
			return len(names) == 0
		})
		got := <-done
		if got.err != nil {
			t.Fatalf("way %v: %v", tt.way, got.err)
		}
		same(t, got.r, want[0], kvs.ProducerTime)
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
}
