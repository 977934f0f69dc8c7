package localkvs

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"time"

	"kinora/media"
	"kinora/mp4"
)

// The elements of a manifest (ISO/IEC 23009-1), as far as they are used.
type (
	mpd struct {
		XMLName   xml.Name    `xml:"MPD"`
		Namespace string      `xml:"xmlns,attr"`
		KVS       string      `xml:"xmlns:kvs,attr"`
		Profiles  string      `xml:"profiles,attr"`
		Type      string      `xml:"type,attr"`
		MinBuffer string      `xml:"minBufferTime,attr"`
		Duration  string      `xml:"mediaPresentationDuration,attr,omitempty"` // when nothing will be added
		Start     string      `xml:"availabilityStartTime,attr,omitempty"`     // dynamic, and all below
		Published string      `xml:"publishTime,attr,omitempty"`
		Update    string      `xml:"minimumUpdatePeriod,attr,omitempty"`
		Depth     string      `xml:"timeShiftBufferDepth,attr,omitempty"`
		Delay     string      `xml:"suggestedPresentationDelay,attr,omitempty"`
		Periods   []period    `xml:"Period"`
		Clock     *descriptor `xml:"UTCTiming"`
	}
	descriptor struct {
		Scheme string `xml:"schemeIdUri,attr"`
		Value  string `xml:"value,attr"`
	}
	period struct {
		ID    string       `xml:"id,attr"`
		Start string       `xml:"start,attr"`
		Sets  []adaptation `xml:"AdaptationSet"`
	}
	adaptation struct {
		ID       int    `xml:"id,attr"`
		Kind     string `xml:"contentType,attr"`
		Mime     string `xml:"mimeType,attr"`
		Aligned  bool   `xml:"segmentAlignment,attr"`
		SAP      int    `xml:"startWithSAP,attr"`
		Template template
		Media    representation
	}
	template struct {
		XMLName     xml.Name `xml:"SegmentTemplate"`
		Timescale   int      `xml:"timescale,attr"`
		Offset      int64    `xml:"presentationTimeOffset,attr"`
		StartNumber int      `xml:"startNumber,attr"`
		Init        string   `xml:"initialization,attr"`
		Media       string   `xml:"media,attr"`
		Timeline    []piece  `xml:"SegmentTimeline>S"`
	}
	piece struct {
		Time     int64  `xml:"t,attr"`
		Duration int64  `xml:"d,attr"`
		At       string `xml:"kvs:ts,attr,omitempty"` // seconds since 1970
		Number   string `xml:"kvs:fn,attr,omitempty"`
	}
	representation struct {
		XMLName   xml.Name    `xml:"Representation"`
		ID        string      `xml:"id,attr"`
		Bandwidth int64       `xml:"bandwidth,attr"`
		Codecs    string      `xml:"codecs,attr"`
		Width     int         `xml:"width,attr,omitempty"`
		Height    int         `xml:"height,attr,omitempty"`
		Rate      int         `xml:"audioSamplingRate,attr,omitempty"`
		Channels  *descriptor `xml:"AudioChannelConfiguration"`
	}
)

// manifestScale is how many ticks a second manifests count.
const manifestScale = 1000

// manifest lists the fragments of all tracks. A Period is a run of fragments that are coded alike. Where something is missing
// the timeline goes on without a gap, and its start is moved by as much, so that LIVE keeps up with the clock.
func (r *play) manifest() (answered, error) {
	w, err := r.window()
	if err != nil {
		return answered{}, err
	}
	if len(w.shown) == 0 {
		return answered{}, noFragments()
	}
	m := &mpd{
		Namespace: "urn:mpeg:dash:schema:mpd:2011", KVS: "urn:com:amazonaws:kinesisvideo", Profiles: "urn:mpeg:dash:profile:isoff-live:2011",
		Type: "static", MinBuffer: "PT2S",
	}
	last := w.shown[len(w.shown)-1]
	end := last.media + last.length
	if r.Mode != onDemand {
		r.moving(m, &w, end)
	}
	if w.ended {
		m.Duration, m.Update = isoDuration(end), ""
	}
	for i := 0; i < len(w.shown); {
		n := i + 1
		for n < len(w.shown) && w.shown[n].run == w.shown[i].run {
			n++
		}
		p, err := r.period(&w, i, n)
		if err != nil {
			return answered{}, err
		}
		m.Periods = append(m.Periods, p)
		i = n
	}
	b, err := xml.MarshalIndent(m, "", " ")
	if err != nil {
		return answered{}, fmt.Errorf("writing a manifest: %w", err)
	}
	return answered{kindManifest, [][]byte{[]byte(xml.Header), b}, false}, nil
}

// moving says of a manifest that fragments will be added, and when.
func (r *play) moving(m *mpd, w *window, end time.Duration) {
	start := w.began
	if r.Mode == liveReplay {
		start = time.UnixMilli(r.Began).Add(-w.ahead)
	}
	listed := end - w.shown[0].media
	m.Type = "dynamic"
	m.Start, m.Published = isoTime(start), isoTime(r.now)
	m.Update = isoDuration(min(max(w.target/2, time.Second), 5*time.Second))
	m.Depth = isoDuration(max(listed, r.now.Sub(start)-w.shown[0].media)) // while nothing comes, what is listed grows old
	m.Delay = isoDuration(max(w.target, min(headStart*w.target, listed-w.target)))
	m.Clock = &descriptor{"urn:mpeg:dash:utc:direct:2014", isoTime(r.now)}
}

// period lists the fragments from i to before n of a window, which are coded alike.
func (r *play) period(w *window, i, n int) (period, error) {
	first := &w.shown[i]
	p := period{ID: strconv.Itoa(first.run.Number), Start: isoDuration(first.run.Start)}
	h, err := r.headIn(r.stream, w, i)
	if err != nil {
		return p, err
	}
	tracks, err := r.playable(h.tracks)
	if err != nil {
		return p, err
	}
	timeline := make([]piece, 0, n-i)
	for ; i < n; i++ {
		f := &w.shown[i]
		s := piece{Time: ticksOf(f.media), Duration: ticksOf(w.span(i))}
		if r.Times {
			s.At = seconds(f.at)
		}
		if r.Numbers {
			s.Number = f.Number.String()
		}
		timeline = append(timeline, s)
	}
	number := w.first + n - len(timeline)
	for _, t := range tracks {
		set, err := r.adaptation(w, t, first.Config)
		if err != nil {
			return p, err
		}
		set.Template.Offset, set.Template.StartNumber, set.Template.Timeline = ticksOf(first.run.Start), number, timeline
		p.Sets = append(p.Sets, set)
	}
	return p, nil
}

func (r *play) adaptation(w *window, t media.Track, config int64) (adaptation, error) {
	codec, err := mp4.Codec(t)
	if err != nil {
		return adaptation{}, asMediaError(err, t.ID)
	}
	track := strconv.Itoa(t.ID)
	a := adaptation{ID: t.ID, Kind: t.Kind.String(), Mime: t.Kind.String() + "/mp4", Aligned: true, SAP: 1}
	a.Template.Timescale = manifestScale
	a.Template.Init = r.uri("getMP4InitFragment.mp4", "SequenceNumber", strconv.FormatInt(config, 10), "TrackNumber", track)
	a.Template.Media = r.uri("getMP4MediaFragment.mp4", "FragmentNumber", "$Number$", "TrackNumber", track)
	a.Media = representation{ID: track, Codecs: codec, Width: t.Width, Height: t.Height}
	if a.Media.Bandwidth, _ = w.bandwidth(); t.Kind == media.Audio {
		a.Media.Bandwidth, a.Media.Rate = audioBandwidth, t.Rate
		a.Media.Channels = &descriptor{"urn:mpeg:dash:23003:3:audio_channel_configuration:2011", strconv.Itoa(max(1, t.Channels))}
	}
	return a, nil
}

// audioBandwidth is what a manifest says of sound, of which the index knows no size of its own; in bits a second.
const audioBandwidth = 128_000

func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func isoDuration(d time.Duration) string { return "PT" + seconds3(d.Round(time.Millisecond)) + "S" }

// ticksOf rounds as isoDuration does: where a Period starts, its media timeline must be.
func ticksOf(d time.Duration) int64 { return d.Round(time.Millisecond).Milliseconds() }
