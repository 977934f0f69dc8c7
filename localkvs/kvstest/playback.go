package kvstest

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"

	"kinora/mkv"
)

var playbackTests = []test{
	{name: "HLSOnDemand", run: hlsOnDemand},
	{name: "HLSTransportStream", run: hlsTransportStream},
	{name: "HLSLive", run: hlsLive},
	{name: "HLSLiveReplay", run: hlsLiveReplay},
	{name: "HLSDiscontinuity", run: hlsDiscontinuity},
	{name: "HLSOtherCoding", run: hlsOtherCoding},
	{name: "DASHOnDemand", run: dashOnDemand},
	{name: "DASHLive", run: dashLive},
	{name: "SameProducerTimeTwice", run: sameProducerTimeTwice},
	{name: "Invalid", run: playbackInvalid},
	{name: "NothingToPlay", run: nothingToPlay},
	{name: "Unplayable", run: unplayable},
	{name: "Tokens", run: playbackTokens},
	{name: "AnyOrigin", strict: true, run: anyOrigin},
}

// reel uploads pieces of a clip, two seconds each, over one connection.
type reel struct {
	*upload
	clip  *Clip
	buf   *sink
	w     *mkv.Writer
	epoch time.Time
	sent  int
}

func (s *subject) reel(stream, clip string, epoch time.Time) *reel {
	s.Helper()
	c, err := LoadClip(clip)
	if err != nil {
		s.Fatal(err)
	}
	r := &reel{upload: s.put(stream, nil), clip: c, buf: new(sink), epoch: epoch}
	r.w = mkv.NewWriter(r.buf, c.Tracks, mkv.WriterOptions{Epoch: epoch, App: "kvstest"})
	return r
}

// store uploads n fragments, waits until they are stored, and returns their numbers.
func (r *reel) store(n int) (numbers []string) {
	r.Helper()
	for range n {
		at := time.Duration(r.sent) * 2 * second
		mustWrite(r.clip.Write(r.w, r.sent, at))
		r.send(r.buf.b)
		r.buf.b = nil
		numbers = append(numbers, r.want(r.epoch.Add(at).UnixMilli(), "BUFFERING", "RECEIVED", "PERSISTED"))
		r.sent++
	}
	return numbers
}

// hls asks for an HLS session and returns its URL.
func (s *subject) hls(stream string, in kinesisvideoarchivedmedia.GetHLSStreamingSessionURLInput) string {
	s.Helper()
	in.StreamName = &stream
	out, err := s.archived(stream).GetHLSStreamingSessionURL(s.ctx, &in)
	if err != nil {
		s.Fatal(err)
	}
	return *out.HLSStreamingSessionURL
}

func (s *subject) dash(stream string, in kinesisvideoarchivedmedia.GetDASHStreamingSessionURLInput) string {
	s.Helper()
	in.StreamName = &stream
	out, err := s.archived(stream).GetDASHStreamingSessionURL(s.ctx, &in)
	if err != nil {
		s.Fatal(err)
	}
	return *out.DASHStreamingSessionURL
}

func hlsRange(clock types.HLSFragmentSelectorType, from, to time.Time) *types.HLSFragmentSelector {
	r := &types.HLSTimestampRange{StartTimestamp: &from}
	if !to.IsZero() {
		r.EndTimestamp = &to
	}
	return &types.HLSFragmentSelector{FragmentSelectorType: clock, TimestampRange: r}
}

func dashRange(from, to time.Time) *types.DASHFragmentSelector {
	return &types.DASHFragmentSelector{FragmentSelectorType: types.DASHFragmentSelectorTypeProducerTimestamp,
		TimestampRange: &types.DASHTimestampRange{StartTimestamp: &from, EndTimestamp: &to}}
}

// fetch gets what a player gets, unsigned.
func (s *subject) fetch(address string) (status int, h http.Header, body string) {
	s.Helper()
	req, err := http.NewRequestWithContext(s.ctx, http.MethodGet, address, nil)
	if err != nil {
		s.Fatal(err)
	}
	res, err := s.HTTP.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

func (s *subject) mustFetch(address string) string {
	s.Helper()
	status, _, body := s.fetch(address)
	if status != http.StatusOK {
		s.Fatalf("GET %s is answered with %d %s", address, status, body)
	}
	return body
}

// relative resolves a URI of a playlist.
func (s *subject) relative(base, uri string) string {
	s.Helper()
	b, err := url.Parse(base)
	if err != nil {
		s.Fatal(err)
	}
	u, err := b.Parse(uri)
	if err != nil {
		s.Fatal(err)
	}
	return u.String()
}

// playlist is a media playlist as far as the tests look at it.
type playlist struct {
	text    string
	uris    []string
	numbers []string // of the fragments in it
	breaks  int
	ended   bool
}

var fragmentNumber = regexp.MustCompile(`FragmentNumber=([0-9]+)`)

func parsePlaylist(text string) (p playlist) {
	p.text = text
	for line := range strings.Lines(text) {
		switch line = strings.TrimSpace(line); {
		case line == "#EXT-X-DISCONTINUITY":
			p.breaks++
		case line == "#EXT-X-ENDLIST":
			p.ended = true
		case line != "" && line[0] != '#':
			p.uris = append(p.uris, line)
			p.numbers = append(p.numbers, fragmentNumber.FindStringSubmatch(line)[1])
		}
	}
	return p
}

// tag returns the values of a playlist's tag.
func (p *playlist) tag(name string) (values []string) {
	for line := range strings.Lines(p.text) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "#"+name+":"); ok {
			values = append(values, value)
		}
	}
	return values
}

// attribute returns a quoted attribute of a tag.
func attribute(tag, name string) string {
	m := regexp.MustCompile(`(?:^|,)` + name + `="([^"]*)"`).FindStringSubmatch(tag)
	if m == nil {
		return ""
	}
	return m[1]
}

// variant follows the master playlist to the media playlist of the picture and returns its address and content.
func (s *subject) variant(master string) (address string, p playlist) {
	s.Helper()
	for line := range strings.Lines(s.mustFetch(master)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			address = s.relative(master, line)
			return address, parsePlaylist(s.mustFetch(address))
		}
	}
	s.Fatal("the master playlist has no variant")
	return "", p
}

// boxes are the types of a file's outer boxes.
func boxes(b string) (types []string) {
	for len(b) >= 8 {
		n := int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		types = append(types, b[4:8])
		if n < 8 || n > len(b) {
			return append(types, "cut")
		}
		b = b[n:]
	}
	return types
}
