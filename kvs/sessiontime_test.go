package kvs

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// boxed is a box around others.
func boxed(kind string, content ...[]byte) []byte {
	b := append(make([]byte, 4), kind...)
	for _, c := range content {
		b = append(b, c...)
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

func u32(n ...uint32) (b []byte) {
	for _, v := range n {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

func TestSessionZero(t *testing.T) {
	_, c := newService(t)
	files := map[string]string{
		"/master.m3u8": "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI=\"sound.m3u8?SessionToken=t\"\n#EXT-X-STREAM-INF:BANDWIDTH=1\nvideo.m3u8?SessionToken=t\n",
		"/video.m3u8": "#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4?SessionToken=t\"\n#EXT-X-PROGRAM-DATE-TIME:2020-02-28T10:59:00.000Z\n#EXTINF:2,\nold.mp4\n" +
			"#EXT-X-PROGRAM-DATE-TIME:2020-02-28T11:00:10.500Z\n#EXTINF:2,\nlast.mp4?SessionToken=t\n",
		"/init.mp4": string(boxed("ftyp", u32(1))) + string(boxed("moov", boxed("mvhd", u32(0)), boxed("trak", boxed("mdia", boxed("mdhd", u32(0, 0, 0, 90000)))))),
		"/last.mp4": string(boxed("styp")) + string(boxed("moof", boxed("mfhd", u32(0, 1)), boxed("traf", boxed("tfhd", u32(0, 1)), boxed("tfdt", u32(1<<24, 0, 945000)), boxed("trun", make([]byte, 100)))))[:100],
		"/manifest.mpd": `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:kvs="urn:kvs"><Period><AdaptationSet>
			<SegmentTemplate timescale="1000"><SegmentTimeline><S t="10500" d="2000" kvs:ts="1582887610.5"/></SegmentTimeline></SegmentTemplate></AdaptationSet></Period></MPD>`,
		"/empty.m3u8":     "#EXTM3U\n",
		"/timeless.m3u8":  "video2.m3u8",
		"/video2.m3u8":    "#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:2,\nlast.mp4\n",
		"/broken.m3u8":    "video3.m3u8",
		"/video3.m3u8":    "#EXT-X-MAP:URI=\"master.m3u8\"\n#EXT-X-PROGRAM-DATE-TIME:2020-02-28T11:00:00Z\nlast.mp4\n",
		"/timeless.mpd":   `<MPD><Period><SegmentTemplate timescale="0"><SegmentTimeline><S t="1"/></SegmentTimeline></SegmentTemplate></Period></MPD>`,
		"/endless.mpd":    `<MPD><Period><S ts="1e300" t="1"/></Period></MPD>`,
		"/unfinished.mpd": `<MPD><Period`,
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := files[r.URL.Path]
		if !ok || r.URL.Query().Get("SessionToken") == "wrong" {
			w.WriteHeader(http.StatusForbidden)
		}
		fmt.Fprint(w, text)
	}))
	t.Cleanup(s.Close)
	t.Cleanup(c.Close)
	for name, dash := range map[string]bool{"master.m3u8": false, "manifest.mpd": true} {
		at, err := c.SessionZero(testContext(t), s.URL+"/"+name+"?SessionToken=t", Session{DASH: dash})
		if want := shelfEpoch; err != nil || !at.Equal(want) {
			t.Errorf("%s: %v, %v, want %v", name, at, err, want)
		}
	}
	for _, name := range []string{"empty.m3u8", "timeless.m3u8", "broken.m3u8", "timeless.mpd", "endless.mpd", "unfinished.mpd", "absent.mpd", "master.m3u8?SessionToken=wrong"} {
		_, err := c.SessionZero(testContext(t), s.URL+"/"+name, Session{DASH: strings.HasSuffix(name, "mpd")})
		if err == nil || strings.Contains(err.Error(), "SessionToken") {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.Close()
	if _, err := c.SessionZero(testContext(t), s.URL+"/x?SessionToken=t", Session{}); err == nil || strings.Contains(err.Error(), "SessionToken") {
		t.Errorf("nobody answers: %v", err)
	}
	if got := ticksOf(1<<62, 1<<31); got != time.Duration(1<<31)*time.Second {
		t.Errorf("%v", got)
	}
}
