package localkvs_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
)

var targetOf = regexp.MustCompile(`#EXT-X-TARGETDURATION:(\d+)\n`)

// mediaOf is the address of the first track's playlist.
func mediaOf(master string) string {
	return strings.Replace(master, "getHLSMasterPlaylist.m3u8?", "getHLSMediaPlaylist.m3u8?TrackNumber=1&", 1)
}

// stretched sends a fragment that lasts some times as long as a piece of the clip, and waits until it is stored.
func (p *producer) stretched(by time.Duration) {
	p.Helper()
	piece := p.clip.Pieces[0]
	if err := p.w.Begin(p.at); err != nil {
		p.Fatal(err)
	}
	for _, packet := range piece.Packets {
		moved := *packet
		moved.PTS = p.at + by*packet.PTS
		moved.DTS = moved.PTS
		if err := p.w.Write(&moved); err != nil {
			p.Fatal(err)
		}
	}
	if err := p.w.End(); err != nil {
		p.Fatal(err)
	}
	p.at += by * piece.Length
	p.stored()
}

// A session's target duration is that of the longest fragment lately, whether it is listed or not, and stays while such fragments come
// and go.
func TestTargetDurationStays(t *testing.T) {
	s := newStage(t)
	epoch := time.Now().Add(-20 * time.Second).Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch)
	p.stretched(3)
	first := p.at
	p.fragments(4)
	of := func(address string) string {
		t.Helper()
		m := targetOf.FindStringSubmatch(s.get(address))
		if m == nil {
			t.Fatal("a playlist without a target duration")
		}
		return m[1]
	}
	three := int64(3)
	live := mediaOf(s.hls(hlsInput{MaxMediaPlaylistFragmentResults: &three,
		HLSFragmentSelector: &types.HLSFragmentSelector{FragmentSelectorType: types.HLSFragmentSelectorTypeProducerTimestamp}}))
	from := epoch.Add(first)
	replay := mediaOf(s.hls(hlsInput{PlaybackMode: types.HLSPlaybackModeLiveReplay, HLSFragmentSelector: &types.HLSFragmentSelector{
		FragmentSelectorType: types.HLSFragmentSelectorTypeProducerTimestamp, TimestampRange: &types.HLSTimestampRange{StartTimestamp: &from}}}))
	want := of(live)
	if want == of(replay) {
		t.Fatalf("a replay of shorter fragments has the target duration %s, too", want)
	}
	for _, by := range []time.Duration{1, 3, 1, 2, 3, 1, 1, 1} {
		if p.stretched(by); of(live) != want {
			t.Fatalf("behind a fragment of %d pieces it is %s, and was %s", by, of(live), want)
		}
	}
	p.stretched(6) // no fragment is longer than a list says, even so
	if of(live) == want {
		t.Errorf("behind a fragment that is longer than all before it is still %s", want)
	}
	p.stop()
}
