package localkvs

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"time"

	"kinora/media"
	"kinora/mp4"
)

// masterPlaylist lists what there is to play: a picture with its sound, as one variant.
func (r *play) masterPlaylist() (answered, error) {
	low, err := r.lowLatency()
	if err != nil {
		return answered{}, err
	}
	w, err := r.window()
	if err != nil {
		return answered{}, err
	}
	if len(w.shown) == 0 {
		return answered{}, noFragments()
	}
	h, err := r.headIn(r.stream, &w, w.newest())
	if err != nil {
		return answered{}, err
	}
	tracks, err := r.playable(h.tracks)
	if err != nil {
		return answered{}, err
	}
	codecs, err := mp4.Codecs(tracks...)
	if err != nil {
		return answered{}, err
	}
	var b bytes.Buffer
	b.WriteString("#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n")
	if low && r.Breaks == breakAlways {
		b.WriteString(wholeFragments)
	}
	apart := r.Container == fragmentedMP4 && len(tracks) == 2
	if apart {
		fmt.Fprintf(&b, "#EXT-X-MEDIA:TYPE=AUDIO,URI=\"%s\",GROUP-ID=\"audio\",NAME=\"audio\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"%d\"\n",
			r.mediaURI(low, tracks[1].ID), max(1, tracks[1].Channels))
	}
	fmt.Fprintf(&b, "#EXT-X-STREAM-INF:CODECS=\"%s\"", codecs)
	if t := tracks[0]; t.Kind == media.Video && t.Width > 0 {
		fmt.Fprintf(&b, ",RESOLUTION=%dx%d", t.Width, t.Height)
		if h.rate > 0 {
			fmt.Fprintf(&b, ",FRAME-RATE=%.3f", h.rate)
		}
	}
	peak, mean := w.bandwidth()
	fmt.Fprintf(&b, ",BANDWIDTH=%d,AVERAGE-BANDWIDTH=%d", peak, mean)
	if apart {
		b.WriteString(",AUDIO=\"audio\"")
	}
	fmt.Fprintf(&b, "\n%s\n", r.mediaURI(low, tracks[0].ID))
	return answered{kindPlaylist, [][]byte{b.Bytes()}, false}, nil
}

// wholeFragments is a comment for who wonders why there is no low latency.
const wholeFragments = "# Players do not load parts of fragments between which there are discontinuities: " +
	"ask for a session with FragmentSelectorType=PRODUCER_TIMESTAMP and DiscontinuityMode=ON_DISCONTINUITY.\n"

// bandwidth is the highest rate of a fragment in the window and the mean of all, in bits a second.
func (w *window) bandwidth() (peak, mean int64) {
	var size int64
	var length float64
	for i := range w.shown {
		seconds := max(0.001, w.span(i).Seconds())
		peak = max(peak, int64(float64(8*w.shown[i].Size)/seconds))
		size, length = size+8*w.shown[i].Size, length+seconds
	}
	return max(1, peak), max(1, int64(float64(size)/max(0.001, length)))
}

// mediaURI is the path of a track's playlist.
func (r *play) mediaURI(low bool, track int) string {
	parameters := []string{"TrackNumber", strconv.Itoa(track)}
	if low {
		parameters = append([]string{"LowLatency", "YES"}, parameters...)
	}
	return r.uri("getHLSMediaPlaylist.m3u8", parameters...)
}

// uri is a path with the session's token and further parameters.
func (r *play) uri(path string, parameters ...string) string {
	b := append(make([]byte, 0, len(path)+len(r.token)+100), path...)
	b = append(b, '?')
	token := false
	for i := 0; i < len(parameters); i += 2 {
		if !token && parameters[i] > "SessionToken" {
			b = append(append(append(b, "SessionToken="...), r.token...), '&')
			token = true
		}
		b = append(append(append(b, parameters[i]...), '='), parameters[i+1]...)
		b = append(b, '&')
	}
	if !token {
		b = append(append(append(b, "SessionToken="...), r.token...), '&')
	}
	return string(b[:len(b)-1])
}

// mediaPlaylist lists the fragments of one track, or of all together in MPEG-TS.
func (r *play) mediaPlaylist() (answered, error) {
	if low, err := r.lowLatency(); low || err != nil {
		return r.partsPlaylist(err)
	}
	w, err := r.window()
	if err != nil {
		return answered{}, err
	}
	if len(w.shown) == 0 {
		return answered{}, noFragments()
	}
	list, err := r.newTrackList(&w)
	if err != nil {
		return answered{}, err
	}
	list.b.WriteString("#EXT-X-INDEPENDENT-SEGMENTS\n")
	for i := range w.shown {
		if err := list.fragment(&w, i); err != nil {
			return answered{}, err
		}
	}
	if w.ended {
		list.b.WriteString("#EXT-X-ENDLIST\n")
	}
	return answered{kindPlaylist, [][]byte{list.b.Bytes()}, false}, nil
}

// trackList writes a media playlist.
type trackList struct {
	*play
	b      bytes.Buffer
	kind   media.Kind
	config int64 // of the last EXT-X-MAP
	track  int   // number of the track in it; 0: there is none
	maps   int
}

// maxMaps is how often the way of coding may change in a playlist.
const maxMaps = 500

func (r *play) newTrackList(w *window) (*trackList, error) {
	l := &trackList{play: r}
	h, err := r.headIn(r.stream, w, w.newest())
	if err != nil {
		return nil, err
	}
	t, err := r.chosen(h)
	if err != nil { // a session whose tracks changed is asked for by the numbers that they had
		first, lost := r.headIn(r.stream, w, 0)
		if lost != nil {
			return nil, lost
		}
		if t, err = r.chosen(first); err != nil {
			return nil, err
		}
	}
	l.kind = t.Kind
	version := map[containerName]int{fragmentedMP4: 7, mpegTS: 6}[r.Container]
	fmt.Fprintf(&l.b, "#EXTM3U\n#EXT-X-VERSION:%d\n", version)
	if r.Mode == onDemand {
		l.b.WriteString("#EXT-X-PLAYLIST-TYPE:VOD\n")
	}
	fmt.Fprintf(&l.b, "#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:%d\n", r.targetDuration(w), w.first)
	if r.Mode != onDemand && r.Breaks != breakNever {
		fmt.Fprintf(&l.b, "#EXT-X-DISCONTINUITY-SEQUENCE:%d\n", w.breaks)
	}
	return l, nil
}

// targetDuration is in seconds. It is what the session began with: a player that holds a list may not be told another. A fragment that is longer
// than all that came before raises it all the same, for no fragment may be longer either, and players who load the list again can follow that.
func (p *playback) targetDuration(w *window) int { return max(p.Target, targetDuration(w)) }

// targetDuration is in seconds; no fragment is longer, as the list has it and rounded.
func targetDuration(w *window) int {
	longest := w.target
	for i := range w.shown {
		longest = max(longest, w.span(i))
	}
	return max(1, int(math.Round(longest.Round(time.Millisecond).Seconds())))
}

func (l *trackList) fragment(w *window, i int) error {
	f := &w.shown[i]
	if err := l.lead(f, func() (head, error) { return l.headIn(l.stream, w, i) }); err != nil {
		return err
	}
	length := f.length
	if w.ended {
		length = w.span(i)
	}
	l.segment(f, length)
	return nil
}

// lead writes what stands in front of a fragment or of its parts.
func (l *trackList) lead(f *shown, coded func() (head, error)) error {
	if f.breaks {
		l.b.WriteString("#EXT-X-DISCONTINUITY\n")
	}
	if l.Container == fragmentedMP4 && f.Config != l.config && !f.gap {
		if err := l.mapOf(f, coded); err != nil {
			return err
		}
	}
	if l.Times {
		fmt.Fprintf(&l.b, "#EXT-X-PROGRAM-DATE-TIME:%s\n", isoTime(f.at))
	}
	return nil
}

func (l *trackList) segment(f *shown, length time.Duration) {
	if l.Container == fragmentedMP4 && l.track == 0 || f.gap {
		l.b.WriteString("#EXT-X-GAP\n")
	}
	fmt.Fprintf(&l.b, "#EXTINF:%s,\n", seconds3(length))
	number := f.Number.String()
	if l.Container == mpegTS {
		l.b.WriteString(l.uri("getTSFragment.ts", "FragmentNumber", number))
	} else {
		l.b.WriteString(l.uri("getMP4MediaFragment.mp4", "FragmentNumber", number, "TrackNumber", strconv.Itoa(l.track)))
	}
	l.b.WriteByte('\n')
}

// mapOf writes an EXT-X-MAP, for the way of coding is new.
func (l *trackList) mapOf(f *shown, coded func() (head, error)) error {
	l.config, l.track = f.Config, 0
	if l.maps++; l.maps > maxMaps {
		return mediaError("InvalidCodecPrivateDataException", "The codec private data changes more than %d times in the session.", maxMaps)
	}
	h, err := coded()
	if err != nil {
		return err
	}
	t, ok := trackOf(l.kind, h.tracks)
	if !ok || mp4.Check(t) != nil {
		return nil
	}
	l.track = t.ID
	fmt.Fprintf(&l.b, "#EXT-X-MAP:URI=\"%s\"\n", l.uri("getMP4InitFragment.mp4",
		"SequenceNumber", strconv.FormatInt(f.Config, 10), "TrackNumber", strconv.Itoa(t.ID)))
	return nil
}

// seconds3 is a duration in seconds with three decimals.
func seconds3(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
