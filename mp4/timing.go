package mp4

import (
	"slices"
	"time"

	"kinora/media"
)

// sample is a frame with its place in a track, in the track's ticks.
type sample struct {
	packet *media.Packet
	at     int64  // decoding time
	length uint32 // until the next one is decoded
	offset int32  // from decoding to showing
	sync   bool   // decoding can start here
}

// ticks is a time in units of a timescale, to the nearest.
func ticks(d time.Duration, scale int) int64 {
	whole, rest := int64(d/time.Second), int64(d%time.Second)
	half := int64(time.Second / 2)
	if rest < 0 {
		half = -half
	}
	return whole*int64(scale) + (rest*int64(scale)+half)/int64(time.Second)
}

// samples puts the packets of one track, in decode order, on a timeline on which media time zero stands at base. next is
// the media time at which the following fragment starts, zero when it is not known or does not follow at once.
func samples(t media.Track, packets []*media.Packet, base, next time.Duration) []sample {
	if len(packets) == 0 {
		return nil
	}
	if t.Kind == media.Audio {
		return audioSamples(t, packets, base, next)
	}
	return videoSamples(t, packets, base, next)
}

// videoSamples gives the frames the decoding times that their order allows: what is shown first to what is decoded first,
// and so on, all so much earlier that no frame is shown before it is decoded. Where that would lie before the timeline's
// beginning, the first frames are decoded in quick succession.
func videoSamples(t media.Track, packets []*media.Packet, base, next time.Duration) []sample {
	shown := showing(packets)
	var ahead time.Duration
	for i, p := range packets {
		ahead = max(ahead, shown[i]-p.PTS)
	}
	return decodedAhead(t, packets, shown, ahead, base, next)
}

// decodedAhead makes samples of frames that are decoded earlier than they are shown by a given time.
func decodedAhead(t media.Track, packets []*media.Packet, shown []time.Duration, ahead, base, next time.Duration) []sample {
	scale := timescale(t)
	list := make([]sample, len(packets))
	for i, p := range packets {
		at := max(0, ticks(base+shown[i]-ahead, scale))
		if i > 0 {
			at = max(at, list[i-1].at+1)
			list[i-1].length = uint32(at - list[i-1].at)
		}
		list[i] = sample{packet: p, at: at, offset: int32(ticks(base+p.PTS, scale) - at), sync: p.Key}
	}
	last := shown[len(shown)-1]
	if next <= last {
		next = last + spacing(shown)
	}
	end := &list[len(list)-1]
	end.length = uint32(max(1, ticks(base+next-ahead, scale)-end.at))
	return list
}

// showing returns the times of packets in the order in which they are shown.
func showing(packets []*media.Packet) []time.Duration {
	shown := make([]time.Duration, len(packets))
	for i, p := range packets {
		shown[i] = p.PTS
	}
	slices.Sort(shown)
	return shown
}

// audioSamples lays frames end to end: their times are rounded, their lengths are not. Where a frame comes later than
// slack allows, it was sound that is missing, and the frame before it is stretched; and so is the last one to where the following
// fragment starts, when that is less than a frame away.
func audioSamples(t media.Track, packets []*media.Packet, base, next time.Duration) []sample {
	scale := timescale(t)
	frame := frameLength(t, packets)
	list := make([]sample, len(packets))
	for i, p := range packets {
		at := max(0, ticks(base+p.PTS, scale))
		length := frameOf(t, p, frame)
		if i > 0 {
			before := &list[i-1]
			expected := before.at + int64(before.length)
			if at-expected <= ticks(slack, scale) {
				at = expected
			}
			before.length = uint32(at - before.at)
		}
		list[i] = sample{packet: p, at: at, length: length, sync: true}
	}
	end := &list[len(list)-1]
	if short := ticks(base+next, scale) - end.at - int64(end.length); next > 0 && short > 0 && short < int64(end.length) {
		end.length += uint32(short) // players wait for what is announced
	}
	return list
}

// slack is by how much sound may drift from its times before a gap is seen in it.
const slack = 20 * time.Millisecond

// aacFrames are the lengths that frames of AAC have: of the plain codec, of what carries half the rate, of low delay.
var aacFrames = [...]int64{1024, 2048, 960, 512, 480}

// frameLength is how many ticks each frame of AAC lasts, judged by the times of several.
func frameLength(t media.Track, packets []*media.Packet) int64 {
	if n := int64(len(packets) - 1); n > 0 {
		mean := ticks(packets[n].PTS-packets[0].PTS, timescale(t)) / n
		for _, length := range aacFrames {
			if 20*abs(mean-length) <= length {
				return length
			}
		}
	}
	return aacFrames[0]
}

func frameOf(t media.Track, p *media.Packet, aac int64) uint32 {
	switch t.Codec {
	case media.AAC:
		return uint32(aac)
	case media.Opus:
		return opusLength(p.Data)
	}
	return uint32(max(1, len(p.Data)/max(1, t.Channels)))
}

func abs(n int64) int64 { return max(n, -n) }

// spacing is the usual time from frame to frame: the median, of times in their order.
func spacing(shown []time.Duration) time.Duration {
	steps := make([]time.Duration, 0, len(shown))
	for i := 1; i < len(shown); i++ {
		if step := shown[i] - shown[i-1]; step > 0 {
			steps = append(steps, step)
		}
	}
	if len(steps) == 0 {
		return time.Second / 30 // a single frame does not say
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}

// Duration is how long a fragment lasts, the last frame included. Packets count from the fragment's start. next is where
// the following fragment starts on that timeline; it is zero when that is not known or does not follow at once, and the
// last frame then lasts as long as frames usually do. The picture decides; the sound where there is no picture.
func Duration(tracks []media.Track, packets []*media.Packet, next time.Duration) time.Duration {
	t, ok := media.VideoTrack(tracks)
	if !ok {
		if t, ok = media.AudioTrack(tracks); !ok {
			return max(0, next)
		}
	}
	list := samples(t, of(t, packets), 0, next)
	if len(list) == 0 {
		return max(0, next)
	}
	var end int64
	for _, s := range list {
		end = max(end, s.at+int64(s.offset)+int64(s.length))
	}
	return max(time.Duration(end)*time.Second/time.Duration(timescale(t)), next)
}

// of returns the packets of a track that are in its codec's form.
func of(t media.Track, packets []*media.Packet) []*media.Packet {
	var own []*media.Packet
	for _, p := range packets {
		if p.Track == t.ID && Sound(t.Codec, p.Data) {
			own = append(own, p)
		}
	}
	return own
}
