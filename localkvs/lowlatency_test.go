package localkvs_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"

	"kinora/localkvs"
	"kinora/media"
	"kinora/mp4"
)

// begin starts the next piece as a fragment, of which frames sends more, a number of pictures and the sound between them.
func (p *producer) begin() *piece {
	p.Helper()
	if err := p.w.Begin(p.at); err != nil {
		p.Fatal(err)
	}
	c := &piece{p, p.clip.Pieces[p.next%len(p.clip.Pieces)].Packets, p.at}
	p.at += p.clip.Pieces[p.next%len(p.clip.Pieces)].Length
	p.next++
	return c
}

// piece is a fragment that a test sends frame by frame.
type piece struct {
	*producer
	rest []*media.Packet
	at   time.Duration
}

func (c *piece) pictures(n int) {
	c.Helper()
	for n > 0 && len(c.rest) > 0 {
		if c.packet().Track == 1 {
			n--
		}
	}
}

// packet sends the next one.
func (c *piece) packet() media.Packet {
	c.Helper()
	packet := *c.rest[0]
	c.rest = c.rest[1:]
	packet.PTS += c.at
	packet.DTS = packet.PTS
	if err := c.w.Write(&packet); err != nil {
		c.Fatal(err)
	}
	return packet
}

// end sends what is left and waits until the fragment is stored. It returns its number.
func (c *piece) end() string {
	c.Helper()
	c.pictures(len(c.rest))
	if err := c.w.End(); err != nil {
		c.Fatal(err)
	}
	return c.stored()
}

// lose breaks the connection in the middle of the fragment.
func (c *piece) lose() {
	c.Helper()
	_ = c.body.CloseWithError(errors.New("the network is away")) // never fails
	if err := <-c.ended; err == nil {
		c.Error("an upload that broke off ended well")
	}
}

// watcher is a player of low latency, of one track.
type watcher struct {
	*stage
	media string // its playlist
}

func (s *stage) watcher(clock types.HLSFragmentSelectorType, breaks types.HLSDiscontinuityMode, track int) *watcher {
	s.Helper()
	master := s.hls(hlsInput{DiscontinuityMode: breaks, HLSFragmentSelector: &types.HLSFragmentSelector{FragmentSelectorType: clock}}) + "&LowLatency=YES"
	for _, uri := range regexp.MustCompile(`getHLSMediaPlaylist[^"\n]*`).FindAllString(s.get(master), -1) {
		if strings.HasSuffix(uri, fmt.Sprintf("TrackNumber=%d", track)) {
			return &watcher{s, s.resolve(master, uri)}
		}
	}
	s.Fatalf("the master playlist has no track %d", track)
	return nil
}

func (s *stage) resolve(base, uri string) string {
	s.Helper()
	from, err := url.Parse(base)
	if err != nil {
		s.Fatal(err)
	}
	to, err := from.Parse(uri)
	if err != nil {
		s.Fatal(err)
	}
	return to.String()
}

// playlist waits for a part of a fragment.
func (w *watcher) playlist(fragment, part int) string {
	w.Helper()
	return w.get(fmt.Sprintf("%s&_HLS_msn=%d&_HLS_part=%d", w.media, fragment, part))
}

// plain makes a playlist comparable: without tokens, with the numbers of fragments counted from 1, in the order of numbers.
func plain(list string, numbers ...string) string {
	list = regexp.MustCompile(`&?SessionToken=[^&"\n]*`).ReplaceAllString(list, "")
	list = regexp.MustCompile(`SequenceNumber=\d+`).ReplaceAllString(list, "SequenceNumber=C")
	for i, n := range numbers {
		list = strings.ReplaceAll(list, n, fmt.Sprint(i+1))
	}
	return strings.ReplaceAll(list, "?&", "?")
}

// arriving is the number of the fragment that the playlist hints at.
func (w *watcher) arriving(list string) string {
	w.Helper()
	hint := regexp.MustCompile(`PRELOAD-HINT:.*FragmentNumber=(\d+)`).FindStringSubmatch(list)
	if hint == nil {
		w.Fatalf("nothing is hinted at in\n%s", list)
	}
	return hint[1]
}

// hint is the address of the part that is hinted at.
func (w *watcher) hint(list string) string {
	w.Helper()
	w.arriving(list)
	return w.resolve(w.media, regexp.MustCompile(`PRELOAD-HINT:TYPE=PART,URI="([^"]*)`).FindStringSubmatch(list)[1])
}

const (
	byProducer = types.HLSFragmentSelectorTypeProducerTimestamp
	byServer   = types.HLSFragmentSelectorTypeServerTimestamp
)

// The fragment that arrives is listed in parts as they come, and the whole ones as ever.
func TestLowLatencyPlaylist(t *testing.T) {
	s := newStage(t)
	p := s.produce("h264-aac", time.Now().Truncate(time.Millisecond))
	defer p.stop()
	numbers := p.fragments(2)
	w := s.watcher(byProducer, "", 1)
	c := p.begin()
	c.pictures(14) // the fourteenth tells how long the thirteenth lasts
	list := w.playlist(3, 1)
	numbers = append(numbers, w.arriving(list))
	whole := func(n string) string {
		text := ""
		for i := range 5 {
			text += `#EXT-X-PART:DURATION=0.400,URI="getMP4Part.mp4?FragmentNumber=` + n + `&Part=` + fmt.Sprint(i) + `&TrackNumber=1"`
			if i == 0 {
				text += ",INDEPENDENT=YES"
			}
			text += "\n"
		}
		return text + "#EXTINF:2.000,\ngetMP4MediaFragment.mp4?FragmentNumber=" + n + "&TrackNumber=1\n"
	}
	want := `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.206
#EXT-X-PART-INF:PART-TARGET=0.402
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="getMP4InitFragment.mp4?SequenceNumber=C&TrackNumber=1"
` + whole("1") + whole("2") + `#EXT-X-PART:DURATION=0.400,URI="getMP4Part.mp4?FragmentNumber=3&Part=0&TrackNumber=1",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.400,URI="getMP4Part.mp4?FragmentNumber=3&Part=1&TrackNumber=1"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="getMP4Part.mp4?FragmentNumber=3&Part=2&TrackNumber=1"
`
	text, report, _ := strings.Cut(plain(list, numbers...), "#EXT-X-RENDITION-REPORT:")
	if text != want {
		t.Errorf("the playlist is\n%s\nwant\n%s", text, want)
	}
	if !strings.HasPrefix(report, `URI="getHLSMediaPlaylist.m3u8?LowLatency=YES&TrackNumber=2",LAST-MSN=3,LAST-PART=`) {
		t.Errorf("of the sound it says %q", report)
	}
	if n := c.end(); n != numbers[2] {
		t.Errorf("fragment %s was announced as %s", n, numbers[2])
	}
	text, _, _ = strings.Cut(plain(s.get(w.media), numbers...), "#EXT-X-RENDITION-REPORT:")
	want, _, _ = strings.Cut(want, whole("1"))
	if want += whole("1") + whole("2") + whole("3"); text != want {
		t.Errorf("behind the fragment the playlist is\n%s\nwant\n%s", text, want)
	}
	if text := s.get(strings.Replace(w.media, "LowLatency=YES&", "", 1)); strings.Contains(text, "PART") || strings.Contains(text, "SERVER-CONTROL") {
		t.Errorf("who did not ask for parts gets\n%s", text)
	}
}

// A player that waits for part after part gets, of picture and of sound, what the whole fragments are.
func TestPartsAsTheyArrive(t *testing.T) {
	s := newStage(t)
	p := s.produce("h264-aac", time.Now().Truncate(time.Millisecond))
	defer p.stop()
	p.fragments(1)
	watchers := []*watcher{s.watcher(byProducer, "", 1), s.watcher(byServer, "", 2)}
	type loaded struct {
		parts []*media.Packet
		whole []*media.Packet
	}
	got, hinted := make([]loaded, 2), make([]string, 2)
	for fragment := 2; fragment < 5; fragment++ {
		c := p.begin()
		for part := range 4 {
			c.pictures(map[bool]int{true: 8, false: 6}[part == 0]) // the sound comes a little later
			for i, w := range watchers {
				list := w.playlist(fragment, part)
				got[i].parts = append(got[i].parts, w.load(list, fmt.Sprintf(`getMP4Part[^"]*Number=%s&Part=%d&[^"]*`, w.arriving(list), part))...)
				hinted[i] = w.arriving(list)
			}
		}
		number := c.end()
		for i, w := range watchers {
			list := w.get(w.media)
			for part := 4; strings.Contains(list, fmt.Sprintf("%s&Part=%d&", number, part)); part++ {
				got[i].parts = append(got[i].parts, w.load(list, fmt.Sprintf(`getMP4Part[^"]*Number=%s&Part=%d&[^"]*`, number, part))...)
			}
			got[i].whole = append(got[i].whole, w.load(list, `getMP4MediaFragment.*Number=`+number+`&.*`)...)
			if hinted[i] != number {
				t.Errorf("parts of fragment %s were those of %s", number, hinted[i])
			}
		}
	}
	for i, l := range got {
		if len(l.parts) < 60 || !slices.EqualFunc(l.parts, l.whole, func(a, b *media.Packet) bool {
			return a.PTS == b.PTS && a.DTS == b.DTS && a.Key == b.Key && bytes.Equal(a.Data, b.Data)
		}) {
			t.Errorf("track %d: the parts have %d frames that are not the %d of the fragments", i+1, len(l.parts), len(l.whole))
		}
	}
}

// load reads the frames of what a playlist names by a pattern.
func (w *watcher) load(list, pattern string) []*media.Packet {
	w.Helper()
	r, err := mp4.ReadInit([]byte(w.get(w.resolve(w.media, regexp.MustCompile(`getMP4Init[^"]*`).FindString(list)))))
	if err != nil {
		w.Fatal(err)
	}
	uri := regexp.MustCompile(pattern).FindString(list)
	if uri == "" {
		w.Fatalf("no %s in\n%s", pattern, list)
	}
	packets, err := r.Segment([]byte(w.get(w.resolve(w.media, uri))))
	if err != nil {
		w.Fatal(err)
	}
	return packets
}

// A part that is hinted at can be asked for before it is there; and a fragment before its parts are.
func TestRequestsWaitForWhatComes(t *testing.T) {
	s := newStage(t)
	p := s.produce("h264-aac", time.Now().Truncate(time.Millisecond))
	defer p.stop()
	p.fragments(2)
	w := s.watcher(byProducer, "", 1)
	c := p.begin()
	c.pictures(8)
	list := w.playlist(3, 0)
	hint := w.hint(list)
	answers := make(chan string, 3)
	for _, address := range []string{hint, w.media + "&_HLS_msn=3", w.media + "&_HLS_msn=4&_HLS_part=0"} {
		go func() {
			res, err := http.Get(address)
			if err != nil {
				answers <- err.Error()
				return
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != http.StatusOK {
				answers <- fmt.Sprint(res.Status, err)
				return
			}
			answers <- string(body)
		}()
	}
	c.pictures(8)
	if part := <-answers; !strings.Contains(part, "moof") {
		t.Errorf("the first answer is not the part that came first: %.300s", part)
	}
	number := c.end()
	if list := <-answers; !strings.Contains(list, "#EXTINF:2.000,\ngetMP4MediaFragment.mp4?FragmentNumber="+number) {
		t.Errorf("the second answer does not have the fragment:\n%s", list)
	}
	c = p.begin()
	c.pictures(8)
	if list := <-answers; !strings.Contains(list, "getMP4Part.mp4?FragmentNumber="+w.arriving(list)+"&Part=0") {
		t.Errorf("the third answer does not have the next fragment's first part:\n%s", list)
	}
	c.end()
}

// A fragment whose upload breaks off keeps its place: by the producer's clock for the same one that is sent again, else as a gap.
func TestLowLatencyBreaksOff(t *testing.T) {
	s := newStage(t)
	epoch := time.Now().Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch)
	p.fragments(2)
	same, other := s.watcher(byProducer, "", 1), s.watcher(byServer, types.HLSDiscontinuityModeNever, 1)
	c := p.begin()
	c.pictures(14)
	lost := same.arriving(same.playlist(3, 1))
	list := other.playlist(3, 1)
	if n := other.arriving(list); n != lost {
		t.Errorf("two sessions have %s and %s behind the same list", n, lost)
	}
	c.lose()
	if status, body := s.fetch(other.hint(list)); status != http.StatusNotFound {
		t.Errorf("a part that will not come: %d %.300s", status, body)
	}
	if list := s.get(same.media); !strings.Contains(list, lost+"&Part=1&") || strings.Contains(list, "PRELOAD-HINT") {
		t.Errorf("what was listed is not any more, or more is said to come:\n%s", list)
	}
	p = s.produce("h264-aac", epoch.Add(c.at))
	defer p.stop()
	p.next = 2
	c = p.begin()
	c.pictures(20)
	list = same.playlist(3, 2)
	number := same.arriving(list)
	if strings.Contains(list, "EXT-X-GAP") || strings.Contains(list, lost) || !strings.Contains(list, "MEDIA-SEQUENCE:1\n") {
		t.Errorf("by the producer's clock the same fragment does not take its own place:\n%s", list)
	}
	list = other.playlist(4, 2)
	if !strings.Contains(list, "#EXT-X-GAP\n#EXTINF:0.800,\ngetMP4MediaFragment.mp4?FragmentNumber="+lost) || strings.Contains(list, lost+"&Part") {
		t.Errorf("by the service's clock there is no gap:\n%s", list)
	}
	if c.end() != number {
		t.Errorf("another fragment than %s was stored", number)
	}
	for _, w := range []*watcher{same, other} {
		if list := s.get(w.media); strings.Count(list, "getMP4MediaFragment.mp4?FragmentNumber="+number) != 1 || strings.Contains(list, "GAP") != (w == other) {
			t.Errorf("behind the fragment the playlist is\n%s", list)
		}
	}
}

// Pictures of another size have their own init fragment, also while the first fragment of them is all that there is.
func TestLowLatencyOtherCoding(t *testing.T) {
	s := newStage(t)
	epoch := time.Now().Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch)
	p.fragments(2)
	p.stop()
	w := s.watcher(byProducer, types.HLSDiscontinuityModeOnDiscontinuity, 1)
	p = s.produce("smaller", epoch.Add(time.Minute))
	defer p.stop()
	first := p.begin()
	first.pictures(14)
	if list := s.get(w.media); strings.Count(list, "EXT-X-MAP") != 1 || strings.Contains(list, "PRELOAD-HINT") {
		t.Errorf("there are parts of pictures whose order nothing says:\n%s", list)
	}
	first.end()
	second := p.begin()
	second.pictures(14)
	list := w.playlist(4, 0)
	if strings.Count(list, "EXT-X-MAP") != 2 || strings.Count(list, "EXT-X-DISCONTINUITY\n") != 1 {
		t.Errorf("the playlist is\n%s", list)
	}
	if packets := w.load(list[strings.LastIndex(list, "EXT-X-MAP"):], `getMP4Part[^"]*`); len(packets) == 0 {
		t.Error("a part is empty")
	}
	second.end()
}

func TestLowLatencyRefusals(t *testing.T) {
	s := stageOn(t, localkvs.ServerOptions{Limits: localkvs.Limits{WaitingPlayers: 1}})
	epoch := time.Now().Truncate(time.Millisecond)
	p := s.produce("h264-aac", epoch)
	defer p.stop()
	p.fragments(2)
	w := s.watcher(byProducer, "", 1)
	replay := s.hls(hlsInput{PlaybackMode: types.HLSPlaybackModeLiveReplay, HLSFragmentSelector: between(epoch, epoch.Add(time.Minute))})
	ts := s.hls(hlsInput{ContainerFormat: types.ContainerFormatMpegTs})
	for address, want := range map[string]string{
		w.media + "&_HLS_part=0":                                    "InvalidArgumentException",
		w.media + "&_HLS_msn=x":                                     "InvalidArgumentException",
		w.media + "&_HLS_msn=1&_HLS_part=-1":                        "InvalidArgumentException",
		w.media + "&_HLS_msn=5":                                     "too far ahead",
		w.media + "&_HLS_msn=3&_HLS_part=9":                         "too far ahead",
		w.media + "&LowLatency=YES":                                 "",
		strings.Replace(w.media, "LowLatency=YES", "LowLatency", 1): "",
		strings.Replace(w.media, "=YES", "=1", 1):                   "LowLatency must be YES or NO",
		replay + "&LowLatency=YES":                                  "PlaybackMode is LIVE",
		ts + "&LowLatency=YES":                                      "FRAGMENTED_MP4",
	} {
		status, body := s.fetch(address)
		if want == "" && status != http.StatusOK || want != "" && (status != http.StatusBadRequest || !strings.Contains(body, want)) {
			t.Errorf("%s: %d %.300s, want %q", strings.ReplaceAll(address, w.media, ""), status, body, want)
		}
	}
	selector := &types.HLSFragmentSelector{FragmentSelectorType: byProducer}
	for address, want := range map[string]bool{
		s.hls(hlsInput{}) + "&LowLatency=YES": true,
		s.hls(hlsInput{}):                     false,
		s.hls(hlsInput{HLSFragmentSelector: selector, DiscontinuityMode: types.HLSDiscontinuityModeOnDiscontinuity}) + "&LowLatency=YES": false,
	} {
		if list := s.get(address); strings.Contains(list, "\n# ") != want || want && !strings.Contains(list, "DiscontinuityMode=ON_DISCONTINUITY.\n") {
			t.Errorf("that low latency has no discontinuities is said or not, want %v:\n%s", want, list)
		}
	}
	c := p.begin()
	refused := make(chan bool)
	for range 2 {
		go func() {
			status, body := s.fetch(w.media + "&_HLS_msn=3&_HLS_part=0")
			refused <- status == http.StatusBadRequest && strings.Contains(body, "ClientLimitExceededException")
		}()
	}
	if !<-refused { // the other one waits
		t.Error("one request may wait, and another one was answered")
	}
	c.pictures(8)
	if <-refused {
		t.Error("the request that waits was refused")
	}
	c.end()
}
