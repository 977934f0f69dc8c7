package localkvs_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
)

// A session gives its media in the container that was asked for, and in no other.
func TestASessionHasOneContainer(t *testing.T) {
	s := newStage(t)
	epoch := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch)
	number := p.fragments(1)[0]
	p.stop()
	for _, container := range []types.ContainerFormat{types.ContainerFormatFragmentedMp4, types.ContainerFormatMpegTs} {
		master := s.hls(hlsInput{PlaybackMode: types.HLSPlaybackModeOnDemand, HLSFragmentSelector: between(epoch, epoch.Add(time.Minute)), ContainerFormat: container})
		for path, of := range map[string]types.ContainerFormat{"getMP4MediaFragment.mp4": types.ContainerFormatFragmentedMp4, "getTSFragment.ts": types.ContainerFormatMpegTs} {
			address := strings.Replace(master, "getHLSMasterPlaylist.m3u8?", path+"?TrackNumber=1&FragmentNumber="+number+"&", 1)
			status, text := s.fetch(address)
			if of == container && status != http.StatusOK || of != container && (status != http.StatusBadRequest || !strings.Contains(text, "InvalidArgumentException")) {
				t.Errorf("%s of a session of %s is answered with %d %.200q", path, container, status, text)
			}
		}
	}
}
