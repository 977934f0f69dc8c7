package localkvs_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
)

// A player can have a range of what may be kept, and is told its size without any of it; a playlist comes whole.
func TestRangesOfMedia(t *testing.T) {
	s := newStage(t)
	epoch := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch)
	number := p.fragments(1)[0]
	p.stop()
	for _, container := range []types.ContainerFormat{types.ContainerFormatFragmentedMp4, types.ContainerFormatMpegTs} {
		master := s.hls(hlsInput{PlaybackMode: types.HLSPlaybackModeOnDemand, HLSFragmentSelector: between(epoch, epoch.Add(time.Minute)), ContainerFormat: container})
		of := func(path string) string {
			return strings.Replace(master, "getHLSMasterPlaylist.m3u8?", path+"?TrackNumber=1&FragmentNumber="+number+"&", 1)
		}
		paths := map[types.ContainerFormat][]string{
			types.ContainerFormatFragmentedMp4: {"getMP4MediaFragment.mp4", "getMP4InitFragment.mp4"},
			types.ContainerFormatMpegTs:        {"getTSFragment.ts"},
		}
		for _, path := range paths[container] {
			whole := s.get(of(path))
			size := len(whole)
			for asked, want := range map[string]string{
				"bytes=0-99":                        whole[:100],
				"bytes=100-":                        whole[100:],
				"bytes=-7":                          whole[size-7:],
				"bytes=0-0":                         whole[:1],
				fmt.Sprintf("bytes=50-%d", 2*size):  whole[50:],
				fmt.Sprintf("bytes=-%d", size):      whole,
				fmt.Sprintf("bytes=%d-", size-1):    whole[size-1:],
				fmt.Sprintf("bytes=0-%d", size-101): whole[:size-100],
			} {
				for _, method := range []string{http.MethodGet, http.MethodHead} {
					h, status, body := s.ranged(method, of(path), asked)
					if want := fmt.Sprint(len(want)); status != http.StatusPartialContent || h.Get("Content-Length") != want ||
						!strings.HasSuffix(h.Get("Content-Range"), fmt.Sprintf("/%d", size)) || h.Get("Content-Type") == "" {
						t.Errorf("%s %s, %s: %d %v, want 206 and %s bytes", method, path, asked, status, h, want)
					}
					if method == http.MethodGet && body != want || method == http.MethodHead && body != "" {
						t.Errorf("%s %s, %s: other bytes came, %d", method, path, asked, len(body))
					}
				}
			}
			if h, status, _ := s.ranged(http.MethodGet, of(path), fmt.Sprintf("bytes=%d-", size)); status != http.StatusRequestedRangeNotSatisfiable || h.Get("Content-Range") != fmt.Sprintf("bytes */%d", size) {
				t.Errorf("%s behind its end: %d %v", path, status, h)
			}
			h, status, body := s.ranged(http.MethodHead, of(path), "")
			if status != http.StatusOK || h.Get("Accept-Ranges") != "bytes" || h.Get("Content-Length") != fmt.Sprint(size) || body != "" {
				t.Errorf("HEAD %s: %d %v", path, status, h)
			}
		}
		if h, status, body := s.ranged(http.MethodGet, master, "bytes=0-3"); status != http.StatusOK || h.Get("Accept-Ranges") != "" || !strings.Contains(body, "#EXT-X-STREAM-INF") {
			t.Errorf("the first bytes of a playlist: %d %v", status, h)
		}
	}
}

// ranged asks for a range; none when it is empty.
func (s *stage) ranged(method, address, asked string) (h http.Header, status int, body string) {
	s.Helper()
	r, err := http.NewRequestWithContext(deadline(s.T), method, address, nil)
	if err != nil {
		s.Fatal(err)
	}
	if asked != "" {
		r.Header.Set("Range", asked)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	return resp.Header, resp.StatusCode, string(b)
}
