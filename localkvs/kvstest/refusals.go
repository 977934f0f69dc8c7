package kvstest

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
	"github.com/aws/smithy-go"

	"kinora/media"
	"kinora/mkv"
)

// sameProducerTimeTwice: of fragments that start at the same moment the one that came last is shown.
func sameProducerTimeTwice(s *subject) {
	stream, _ := s.stream(1)
	r := s.reel(stream, "h264-aac", start())
	first := r.store(3)
	r.finish()
	again := s.reel(stream, "h264-aac", r.epoch.Add(2*second))
	want := append(first[:1:1], again.store(2)...)
	_, p := s.variant(s.hls(stream, hlsInput{PlaybackMode: types.HLSPlaybackModeOnDemand,
		HLSFragmentSelector: hlsRange(hlsByProducer, r.epoch, r.epoch.Add(time.Minute))}))
	if !slices.Equal(p.numbers, want) {
		s.Errorf("the playlist has %v, want %v", p.numbers, want)
	}
}

func playbackInvalid(s *subject) {
	stream, _ := s.stream(1)
	r := s.reel(stream, "h264-aac", start())
	r.store(1)
	past, now, future := r.epoch.Add(-time.Hour), time.Now(), time.Now().Add(time.Hour)
	client := s.archived(stream)
	demand, replay := types.HLSPlaybackModeOnDemand, types.HLSPlaybackModeLiveReplay
	for name, in := range map[string]hlsInput{
		"a range when live":        {HLSFragmentSelector: hlsRange(hlsByServer, past, now)},
		"no range":                 {PlaybackMode: demand},
		"no range to replay":       {PlaybackMode: replay},
		"no end":                   {PlaybackMode: demand, HLSFragmentSelector: hlsRange(hlsByServer, past, time.Time{})},
		"an end before the start":  {PlaybackMode: demand, HLSFragmentSelector: hlsRange(hlsByServer, now, past)},
		"an end at the start":      {PlaybackMode: demand, HLSFragmentSelector: hlsRange(hlsByServer, past, past)},
		"more than a day":          {PlaybackMode: demand, HLSFragmentSelector: hlsRange(hlsByProducer, now.Add(-25*time.Hour), now)},
		"an end in the future":     {PlaybackMode: demand, HLSFragmentSelector: hlsRange(hlsByServer, past, future)},
		"a session too short":      {Expires: aws.Int32(299)},
		"a session too long":       {Expires: aws.Int32(43201)},
		"no results":               {MaxMediaPlaylistFragmentResults: aws.Int64(0)},
		"too many results":         {MaxMediaPlaylistFragmentResults: aws.Int64(5001)},
		"a mode that is none":      {PlaybackMode: "SOMETIMES"},
		"a container that is none": {ContainerFormat: "AVI"},
		"a discontinuity mode":     {DiscontinuityMode: "SOMETIMES"},
		"a clock that is none":     {HLSFragmentSelector: &types.HLSFragmentSelector{FragmentSelectorType: "SUNDIAL"}},
		"a display that is none":   {DisplayFragmentTimestamp: "SOMETIMES"},
	} {
		in.StreamName = &stream
		_, err := client.GetHLSStreamingSessionURL(s.ctx, &in)
		if api := smithy.APIError(nil); !errors.As(err, &api) || api.ErrorCode() != "InvalidArgumentException" {
			s.Errorf("%s: %v, want InvalidArgumentException", name, err)
		}
	}
	for name, in := range map[string]dashInput{
		"a range when live": {DASHFragmentSelector: dashRange(past, now)},
		"no range":          {PlaybackMode: types.DASHPlaybackModeOnDemand},
		"reversed":          {PlaybackMode: types.DASHPlaybackModeOnDemand, DASHFragmentSelector: dashRange(now, past)},
		"too many results":  {MaxManifestFragmentResults: aws.Int64(5001)},
		"a display":         {DisplayFragmentNumber: "SOMETIMES"},
	} {
		in.StreamName = &stream
		_, err := client.GetDASHStreamingSessionURL(s.ctx, &in)
		if api := smithy.APIError(nil); !errors.As(err, &api) || api.ErrorCode() != "InvalidArgumentException" {
			s.Errorf("DASH, %s: %v, want InvalidArgumentException", name, err)
		}
	}
}

// nothingToPlay: a stream without retention, one without media, a range without media, and none at all.
func nothingToPlay(s *subject) {
	unkept, _ := s.stream(0)
	_, err := s.archived(unkept).GetHLSStreamingSessionURL(s.ctx, &hlsInput{StreamName: &unkept})
	wantError(s, err, "NoDataRetentionException")
	_, err = s.archived(unkept).GetDASHStreamingSessionURL(s.ctx, &dashInput{StreamName: &unkept})
	wantError(s, err, "NoDataRetentionException")
	empty, _ := s.stream(1)
	_, err = s.archived(empty).GetHLSStreamingSessionURL(s.ctx, &hlsInput{StreamName: &empty})
	wantError(s, err, "ResourceNotFoundException")
	from := time.Now().Add(-time.Hour)
	_, err = s.archived(empty).GetHLSStreamingSessionURL(s.ctx, &hlsInput{StreamName: &empty,
		PlaybackMode: types.HLSPlaybackModeOnDemand, HLSFragmentSelector: hlsRange(hlsByServer, from, from.Add(time.Minute))})
	wantError(s, err, "ResourceNotFoundException")
	missing := s.name()
	_, err = s.archived(empty).GetHLSStreamingSessionURL(s.ctx, &hlsInput{StreamName: &missing})
	wantError(s, err, "ResourceNotFoundException")
}

// unplayable: media that players cannot play has an error that says so.
func unplayable(s *subject) {
	text, _ := s.stream(1)
	s.uploaded(text, newProducer(start(), 1), 1)
	_, err := s.archived(text).GetHLSStreamingSessionURL(s.ctx, &hlsInput{StreamName: &text})
	wantError(s, err, "UnsupportedStreamMediaTypeException")

	g711, _ := s.stream(1)
	s.reel(g711, "h264-g711", start()).store(1)
	_, err = s.archived(g711).GetHLSStreamingSessionURL(s.ctx, &hlsInput{StreamName: &g711})
	wantError(s, err, "UnsupportedStreamMediaTypeException")

	for private, want := range map[string]string{"": "MissingCodecPrivateDataException", "\x01\x02": "InvalidCodecPrivateDataException"} {
		stream, _ := s.stream(1)
		u := s.put(stream, nil)
		buf := new(sink)
		track := media.Track{ID: 1, Kind: media.Video, Codec: media.H264, Private: []byte(private), Width: 320, Height: 180}
		epoch := start()
		w := mkv.NewWriter(buf, []media.Track{track}, mkv.WriterOptions{Epoch: epoch})
		mustWrite(w.Begin(0))
		mustWrite(w.Write(&media.Packet{Track: 1, Key: true, Data: []byte{0, 0, 0, 2, 0x65, 1}}))
		mustWrite(w.End())
		u.send(buf.b)
		u.want(epoch.UnixMilli(), "BUFFERING", "RECEIVED", "PERSISTED")
		_, err = s.archived(stream).GetHLSStreamingSessionURL(s.ctx, &hlsInput{StreamName: &stream})
		wantError(s, err, want)
	}
}

// playbackTokens: nobody plays without a token that the service has given out for just that.
func playbackTokens(s *subject) {
	stream, arn := s.stream(1)
	r := s.reel(stream, "h264-aac", start())
	r.store(1)
	master := s.hls(stream, hlsInput{})
	base, token, _ := strings.Cut(master, "SessionToken=")
	changed := []byte(token)
	changed[len(changed)/2] ^= 1
	for name, address := range map[string]string{
		"none":         strings.TrimSuffix(base, "?"),
		"empty":        base + "SessionToken=",
		"no token":     base + "SessionToken=letmein~",
		"changed":      base + "SessionToken=" + string(changed),
		"cut":          base + "SessionToken=" + token[:len(token)/2] + "~",
		"without end":  base + "SessionToken=" + strings.TrimSuffix(token, "~"),
		"long":         base + "SessionToken=" + strings.Repeat("A", 20000) + "~",
		"of HLS, DASH": strings.Replace(master, "/hls/v1/getHLSMasterPlaylist.m3u8", "/dash/v1/getDASHManifest.mpd", 1),
	} {
		if status, h, body := s.fetch(address); status != http.StatusForbidden || h.Get("x-amzn-ErrorType") == "" {
			s.Errorf("a token (%s) is answered with %d %.200s", name, status, body)
		}
	}
	for name, path := range map[string]string{
		"another file": "getHLSMediaPlaylist.m3u8/../../../etc/passwd", "another name": "gethlsmediaplaylist.m3u8", "a parent": "../../kek",
	} {
		if status, _, body := s.fetch(strings.Replace(master, "getHLSMasterPlaylist.m3u8", path, 1)); status == http.StatusOK {
			s.Errorf("%s is answered with %d %.200s", name, status, body)
		}
	}
	for name, query := range map[string]string{
		"no number": "FragmentNumber=x&TrackNumber=1", "no fragment": "FragmentNumber=" + strings.Repeat("9", 47) + "&TrackNumber=1", "nothing": "",
	} {
		address := strings.Replace(master, "getHLSMasterPlaylist.m3u8?", "getMP4MediaFragment.mp4?"+query+"&", 1)
		if status, _, body := s.fetch(address); status != http.StatusBadRequest && status != http.StatusNotFound {
			s.Errorf("a fragment (%s) is answered with %d %.200s", name, status, body)
		}
	}
	s.mustFetch(master)
	if _, err := s.video.DeleteStream(s.ctx, &kinesisvideo.DeleteStreamInput{StreamARN: &arn}); err != nil {
		s.Fatal(err)
	}
	if status, _, body := s.fetch(master); status != http.StatusNotFound {
		s.Errorf("the session of a stream that is gone is answered with %d %.200s", status, body)
	}
}

// anyOrigin: players are pages of any origin.
func anyOrigin(s *subject) {
	stream, _ := s.stream(1)
	s.reel(stream, "h264-aac", start()).store(1)
	master := s.hls(stream, hlsInput{})
	address, p := s.variant(master)
	for _, u := range []string{master, address, s.relative(address, p.uris[0]), strings.Split(master, "?")[0]} {
		if _, h, _ := s.fetch(u); h.Get("Access-Control-Allow-Origin") != "*" {
			s.Errorf("%s is for its own origin only", u)
		}
	}
}
