package localkvs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
	"github.com/aws/smithy-go"

	"kinora/internal/leak"
	"kinora/localkvs"
	"kinora/localkvs/archive"
	"kinora/localkvs/kvstest"
	"kinora/mkv"
)

// backdated makes a data directory with the stream "gate" that got n fragments of a clip at each of some times. It returns their
// numbers.
func backdated(t *testing.T, dir, film string, n int, times ...time.Time) (numbers []string) {
	t.Helper()
	clip, err := kvstest.LoadClip(film)
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(dir, archive.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- a.Run(context.Background()) }()
	<-a.Ready()
	s, err := a.Create(archive.Meta{Name: "gate", RetentionHours: 24, Version: "1", Created: times[0], ARN: "arn:aws:kinesisvideo:us-east-1:000000000000:stream/gate/1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, epoch := range times {
		var out bytes.Buffer
		w := mkv.NewWriter(&out, clip.Tracks, mkv.WriterOptions{Epoch: epoch})
		var head []byte
		at := time.Duration(0)
		for i := range n {
			if err := clip.Write(w, i, at); err != nil {
				t.Fatal(err)
			}
			written := bytes.Clone(out.Bytes())
			out.Reset()
			if i == 0 {
				cluster := bytes.Index(written, []byte{0x1F, 0x43, 0xB6, 0x75})
				head, written = written[:cluster], written[cluster:]
			}
			piece := clip.Pieces[i%len(clip.Pieces)]
			f := &archive.Fragment{Number: s.NextNumber(epoch.Add(at), i == 0), Server: epoch.Add(at), Producer: epoch.Add(at), Timecode: uint64(epoch.Add(at).UnixMilli()),
				Length: piece.Length, Frames: len(piece.Packets), Header: head, Cluster: written}
			if err := s.Append(t.Context(), f); err != nil {
				t.Fatal(err)
			}
			numbers = append(numbers, f.Number.String())
			at += piece.Length
		}
	}
	if err := errors.Join(a.Close(), <-ran); err != nil {
		t.Fatal(err)
	}
	return numbers
}

// refusal is the service's name of an error, empty for none.
func refusal(t *testing.T, err error) string {
	t.Helper()
	var api smithy.APIError
	if err != nil && !errors.As(err, &api) {
		t.Fatal(err)
	}
	if api == nil {
		return ""
	}
	return api.ErrorCode()
}

// What retention has removed is not there in any of the calls, each of which says so in its way, nor in a session that was begun before,
// whose list stands; what is kept beside it is.
func TestWhatHasExpiredIsAskedFor(t *testing.T) {
	leak.Check(t)
	defer http.DefaultClient.CloseIdleConnections()
	dir := t.TempDir()
	now := time.Now().Truncate(time.Second)
	old, kept := now.Add(-90*time.Minute), now.Add(-10*time.Minute)
	numbers := backdated(t, dir, "h264-aac", 3, old, kept)
	o := localkvs.ServerOptions{Data: dir}
	program, err := localkvs.FindProgram()
	if err == nil {
		o.Decoder = program
	}
	server := serve(t, o)
	s := &stage{T: t, server: server, client: clientOf(t, server), stream: "gate", sdk: archivedOf(server)}
	master := s.hls(hlsInput{PlaybackMode: types.HLSPlaybackModeOnDemand, HLSFragmentSelector: between(old, now)})
	manifest := s.dash(dashInput{PlaybackMode: types.DASHPlaybackModeOnDemand, DASHFragmentSelector: betweenDASH(old, now)})
	segment := func(n int) map[string]string {
		return map[string]string{
			"HLS":  strings.Replace(master, "getHLSMasterPlaylist.m3u8?", "getMP4MediaFragment.mp4?TrackNumber=1&FragmentNumber="+numbers[n-1]+"&", 1),
			"DASH": strings.Replace(manifest, "getDASHManifest.mpd?", fmt.Sprintf("getMP4MediaFragment.mp4?TrackNumber=1&FragmentNumber=%d&", n), 1),
		}
	}
	for _, n := range []int{1, 6} {
		for _, address := range segment(n) {
			s.get(address)
		}
	}
	if status, b := post(t, server, "/updateDataRetention", `{"StreamName":"gate","CurrentVersion":"1","Operation":"DECREASE_DATA_RETENTION","DataRetentionChangeInHours":23}`); status != http.StatusOK {
		t.Fatalf("%d %s", status, b)
	}

	ask := func(from time.Time) (answers map[string]string) {
		to := from.Add(time.Minute)
		answers = map[string]string{}
		listed, err := s.sdk.ListFragments(deadline(t), &kinesisvideoarchivedmedia.ListFragmentsInput{StreamName: &s.stream,
			FragmentSelector: &types.FragmentSelector{FragmentSelectorType: types.FragmentSelectorTypeServerTimestamp, TimestampRange: &types.TimestampRange{StartTimestamp: &from, EndTimestamp: &to}}})
		if err != nil {
			t.Fatal(err)
		}
		answers["ListFragments"] = fmt.Sprint(len(listed.Fragments))
		clip, err := s.sdk.GetClip(deadline(t), &kinesisvideoarchivedmedia.GetClipInput{StreamName: &s.stream, ClipFragmentSelector: &types.ClipFragmentSelector{
			FragmentSelectorType: types.ClipFragmentSelectorTypeServerTimestamp, TimestampRange: &types.ClipTimestampRange{StartTimestamp: &from, EndTimestamp: &to}}})
		if err == nil {
			err = clip.Payload.Close()
		}
		answers["GetClip"] = refusal(t, err)
		for mode, end := range map[string]*time.Time{"ON_DEMAND": &to, "LIVE_REPLAY": &to} {
			_, err = s.sdk.GetHLSStreamingSessionURL(deadline(t), &hlsInput{StreamName: &s.stream, PlaybackMode: types.HLSPlaybackMode(mode), HLSFragmentSelector: &types.HLSFragmentSelector{
				FragmentSelectorType: types.HLSFragmentSelectorTypeServerTimestamp, TimestampRange: &types.HLSTimestampRange{StartTimestamp: &from, EndTimestamp: end}}})
			answers["HLS "+mode] = refusal(t, err)
			_, err = s.sdk.GetDASHStreamingSessionURL(deadline(t), &dashInput{StreamName: &s.stream, PlaybackMode: types.DASHPlaybackMode(mode), DASHFragmentSelector: &types.DASHFragmentSelector{
				FragmentSelectorType: types.DASHFragmentSelectorTypeServerTimestamp, TimestampRange: &types.DASHTimestampRange{StartTimestamp: &from, EndTimestamp: end}}})
			answers["DASH "+mode] = refusal(t, err)
		}
		if o.Decoder == nil {
			return answers
		}
		pictures, err := s.sdk.GetImages(deadline(t), &kinesisvideoarchivedmedia.GetImagesInput{StreamName: &s.stream, ImageSelectorType: types.ImageSelectorTypeServerTimestamp,
			StartTimestamp: aws.Time(from), EndTimestamp: aws.Time(from.Add(time.Second)), SamplingInterval: aws.Int32(2000), Format: types.FormatJpeg})
		if err != nil || len(pictures.Images) != 1 {
			t.Fatalf("%+v, %v", pictures, err)
		}
		answers["GetImages"] = string(pictures.Images[0].Error)
		return answers
	}
	const none = "ResourceNotFoundException"
	want := map[string]string{"ListFragments": "0", "GetClip": none, "HLS ON_DEMAND": none, "DASH ON_DEMAND": none, "HLS LIVE_REPLAY": none, "DASH LIVE_REPLAY": none, "GetImages": "NO_MEDIA"}
	for call, got := range ask(old) {
		if got != want[call] {
			t.Errorf("%s of what has expired is answered with %q, want %q", call, got, want[call])
		}
	}
	for call, got := range ask(kept) {
		if want := map[string]string{"ListFragments": "3"}[call]; got != want {
			t.Errorf("%s of what is kept is answered with %q, want %q", call, got, want)
		}
	}
	if got := listedMedia(t, server, "gate", numbers[0], numbers[3], numbers[2]); !slices.Equal(got, []string{numbers[0] + " 4000", numbers[3], numbers[2] + " 4000"}) {
		t.Errorf("GetMediaForFragmentList is answered with %v", got)
	}
	for n := range 6 {
		for protocol, address := range segment(n + 1) {
			status, text := s.fetch(address)
			if expired := n < 3; expired && (status != http.StatusNotFound || !strings.Contains(text, none)) || !expired && status != http.StatusOK {
				t.Errorf("%s: fragment %d of 6, of which three have expired, is answered with %d %.200q", protocol, n+1, status, text)
			}
		}
	}
}
