package kvstest

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
)

type hlsInput = kinesisvideoarchivedmedia.GetHLSStreamingSessionURLInput

const (
	hlsByProducer = types.HLSFragmentSelectorTypeProducerTimestamp
	hlsByServer   = types.HLSFragmentSelectorTypeServerTimestamp
)

// hlsOnDemand walks from the master playlist to the last media segment.
func hlsOnDemand(s *subject) {
	stream, _ := s.stream(1)
	r := s.reel(stream, "h264-aac", start())
	numbers := r.store(4)
	master := s.hls(stream, hlsInput{
		PlaybackMode: types.HLSPlaybackModeOnDemand, HLSFragmentSelector: hlsRange(hlsByProducer, r.epoch, r.epoch.Add(4*second)),
		DisplayFragmentTimestamp: types.HLSDisplayFragmentTimestampAlways,
	})
	if !strings.Contains(master, "/hls/v1/getHLSMasterPlaylist.m3u8?SessionToken=") || !strings.HasSuffix(master, "~") {
		s.Errorf("the session's URL is %s", master)
	}
	top := s.mustFetch(master)
	for _, want := range []string{`CODECS="avc1.`, `mp4a.40.2`, `RESOLUTION=320x180`, `BANDWIDTH=`} {
		if !strings.Contains(top, want) {
			s.Errorf("the master playlist lacks %s:\n%s", want, top)
		}
	}
	address, p := s.variant(master)
	if !slices.Equal(p.numbers, numbers[:3]) { // the range counts by starts, ends included
		s.Errorf("the playlist has %v, want %v", p.numbers, numbers[:3])
	}
	if !p.ended || p.breaks != 0 || !slices.Equal(p.tag("EXT-X-PLAYLIST-TYPE"), []string{"VOD"}) {
		s.Errorf("a recording by producer time has no discontinuities and an end:\n%s", p.text)
	}
	for i, at := range p.tag("EXT-X-PROGRAM-DATE-TIME") {
		if want := r.epoch.Add(time.Duration(i) * 2 * second).UTC().Format("2006-01-02T15:04:05.000Z"); at != want {
			s.Errorf("fragment %d is said to start at %s, want %s", i, at, want)
		}
	}
	for i, length := range p.tag("EXTINF") {
		if seconds, err := strconv.ParseFloat(strings.TrimSuffix(length, ","), 64); err != nil || seconds < 1.95 || seconds > 2.05 {
			s.Errorf("fragment %d lasts %s", i, length)
		}
	}
	init := attribute(p.tag("EXT-X-MAP")[0], "URI")
	if got := boxes(s.mustFetch(s.relative(address, init))); !slices.Equal(got, []string{"ftyp", "moov"}) {
		s.Errorf("the init fragment has %v", got)
	}
	for _, uri := range p.uris {
		if got := boxes(s.mustFetch(s.relative(address, uri))); !slices.Equal(got, []string{"moof", "mdat"}) {
			s.Errorf("a media fragment has %v", got)
		}
	}
	for _, tag := range (&playlist{text: top}).tag("EXT-X-MEDIA") {
		audio := parsePlaylist(s.mustFetch(s.relative(master, attribute(tag, "URI"))))
		if !slices.Equal(audio.numbers, p.numbers) {
			s.Errorf("the sound has fragments %v", audio.numbers)
		}
	}
}

func hlsTransportStream(s *subject) {
	stream, _ := s.stream(1)
	r := s.reel(stream, "h264-aac", start())
	numbers := r.store(2)
	master := s.hls(stream, hlsInput{
		PlaybackMode: types.HLSPlaybackModeOnDemand, HLSFragmentSelector: hlsRange(hlsByProducer, r.epoch, r.epoch.Add(time.Minute)),
		ContainerFormat: types.ContainerFormatMpegTs,
	})
	address, p := s.variant(master)
	if !slices.Equal(p.numbers, numbers) || len(p.tag("EXT-X-MAP")) != 0 {
		s.Fatalf("the playlist is\n%s", p.text)
	}
	for _, uri := range p.uris {
		b := s.mustFetch(s.relative(address, uri))
		if len(b) == 0 || len(b)%188 != 0 || b[0] != 0x47 {
			s.Errorf("a segment of %d bytes is no transport stream", len(b))
		}
	}
}

// hlsLive: the newest fragments, of which the list only grows at its end.
func hlsLive(s *subject) {
	stream, _ := s.stream(1)
	r := s.reel(stream, "h264-aac", start())
	numbers := r.store(7)
	master := s.hls(stream, hlsInput{})
	address, p := s.variant(master)
	if !slices.Equal(p.numbers, numbers[2:]) || p.ended || p.breaks == 0 {
		s.Errorf("5 fragments are the default, without an end and with discontinuities by server time:\n%s\nwant %v", p.text, numbers[2:])
	}
	first, err := strconv.Atoi(p.tag("EXT-X-MEDIA-SEQUENCE")[0])
	if err != nil {
		s.Fatal(err)
	}
	numbers = append(numbers, r.store(2)...)
	p = parsePlaylist(s.mustFetch(address))
	if !slices.Equal(p.numbers, numbers[4:]) || !slices.Equal(p.tag("EXT-X-MEDIA-SEQUENCE"), []string{strconv.Itoa(first + 2)}) {
		s.Errorf("after two more fragments the playlist is\n%s\nwant %v", p.text, numbers[4:])
	}
	_, p = s.variant(s.hls(stream, hlsInput{MaxMediaPlaylistFragmentResults: aws.Int64(3)}))
	if !slices.Equal(p.numbers, numbers[6:]) {
		s.Errorf("a session of 3 has %v, want %v", p.numbers, numbers[6:])
	}
}

// hlsLiveReplay begins in the past and goes on as time goes by.
func hlsLiveReplay(s *subject) {
	stream, _ := s.stream(1)
	r := s.reel(stream, "h264-aac", start())
	numbers := r.store(8)
	master := s.hls(stream, hlsInput{PlaybackMode: types.HLSPlaybackModeLiveReplay,
		HLSFragmentSelector: hlsRange(hlsByProducer, r.epoch.Add(second), time.Time{})})
	address, p := s.variant(master)
	if len(p.numbers) == 0 || p.numbers[0] != numbers[1] || p.ended {
		s.Fatalf("the replay begins with\n%s\nwant %s", p.text, numbers[1])
	}
	if s.Strict && len(p.numbers) > 4 {
		s.Errorf("%d fragments are there at once", len(p.numbers))
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for len(p.numbers) < 5 { // in real time
		<-tick.C
		p = parsePlaylist(s.mustFetch(address))
		if !slices.Equal(p.numbers, numbers[1:1+len(p.numbers)]) {
			s.Fatalf("the replay has %v", p.numbers)
		}
	}
}

// hlsDiscontinuity: markers where the modes have them.
func hlsDiscontinuity(s *subject) {
	stream, _ := s.stream(1)
	r := s.reel(stream, "h264-aac", start())
	r.store(2)
	r.sent = 10 // twenty seconds are missing
	r.store(2)
	for mode, want := range map[types.HLSDiscontinuityMode][]int{
		types.HLSDiscontinuityModeAlways: {3, 4}, types.HLSDiscontinuityModeNever: {0}, types.HLSDiscontinuityModeOnDiscontinuity: {1},
	} {
		_, p := s.variant(s.hls(stream, hlsInput{PlaybackMode: types.HLSPlaybackModeOnDemand, DiscontinuityMode: mode,
			HLSFragmentSelector: hlsRange(hlsByProducer, r.epoch, r.epoch.Add(time.Minute))}))
		if !slices.Contains(want, p.breaks) {
			s.Errorf("%s: %d discontinuities, want %v", mode, p.breaks, want)
		}
	}
}

// hlsOtherCoding: a producer that comes back with another size of picture has another init fragment.
func hlsOtherCoding(s *subject) {
	stream, _ := s.stream(1)
	r := s.reel(stream, "h264-aac", start())
	r.store(2)
	r.finish()
	again := s.reel(stream, "smaller", r.epoch.Add(time.Minute))
	again.store(2)
	address, p := s.variant(s.hls(stream, hlsInput{PlaybackMode: types.HLSPlaybackModeOnDemand,
		HLSFragmentSelector: hlsRange(hlsByProducer, r.epoch, r.epoch.Add(2*time.Minute))}))
	maps := p.tag("EXT-X-MAP")
	if len(maps) != 2 || len(p.numbers) != 4 {
		s.Fatalf("the playlist is\n%s", p.text)
	}
	a, b := s.mustFetch(s.relative(address, attribute(maps[0], "URI"))), s.mustFetch(s.relative(address, attribute(maps[1], "URI")))
	if a == b {
		s.Error("both have the same init fragment")
	}
}
