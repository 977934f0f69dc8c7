package localkvs_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"

	"kinora/localkvs"
)

// Where a stream may have ten sessions an eleventh closes the oldest, and no other; those of DASH count for themselves.
func TestAnEleventhSession(t *testing.T) {
	s := stageOn(t, localkvs.ServerOptions{Limits: localkvs.Limits{Sessions: 10}})
	epoch := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch)
	p.fragments(3)
	p.stop()
	begin := func() string {
		address := s.hls(hlsInput{PlaybackMode: types.HLSPlaybackModeOnDemand, HLSFragmentSelector: between(epoch, epoch.Add(time.Minute))})
		for now := time.Now().UnixMilli(); time.Now().UnixMilli() == now; { // which is oldest is told by the millisecond
		}
		return strings.Replace(address, "getHLSMasterPlaylist.m3u8?", "getHLSMediaPlaylist.m3u8?TrackNumber=1&", 1)
	}
	manifest := s.dash(dashInput{PlaybackMode: types.DASHPlaybackModeOnDemand, DASHFragmentSelector: betweenDASH(epoch, epoch.Add(time.Minute))})
	var all []string
	for range 10 {
		all = append(all, begin())
	}
	for i, address := range all {
		if status, text := s.fetch(address); status != http.StatusOK {
			t.Errorf("session %d of ten: %d %s", i+1, status, text)
		}
	}
	for len(all) < 12 {
		all = append(all, begin())
	}
	for i, address := range append(all, manifest) {
		switch status, text := s.fetch(address); {
		case i < 2 && (status != http.StatusForbidden || !strings.Contains(text, "NotAuthorizedException") || !strings.Contains(text, "newer sessions")):
			t.Errorf("session %d of 12 is answered with %d %s", i+1, status, text)
		case i >= 2 && status != http.StatusOK:
			t.Errorf("session %d of 12 is closed: %d %s", i+1, status, text)
		}
	}
}
