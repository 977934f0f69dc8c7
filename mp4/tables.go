package mp4

import (
	"bytes"
	"time"

	box "github.com/Eyevinn/mp4ff/mp4"

	"kinora/media"
)

// track is one track of a Movie: the tables of its samples, which say for each how long it lasts, when it is shown, how
// large it is and where it stands.
type track struct {
	media        media.Track // as the last fragment has it
	scale        int
	descriptions []description
	privates     [][]byte
	current      int // of descriptions

	count   uint32
	sizes   []uint32 // not of G.711, whose samples are all of one size
	lengths runs
	offsets runs     // from decoding to showing, as int32
	syncs   []uint32 // numbers of the samples where decoding can start
	chunks  []int64  // where each begins in the media data
	layout  []chunkRun

	first, last, due int64 // decoding times: of the first sample, of the last one, of the next one when nothing is missing
	ahead            int64 // by how much the decoding times are too late
	chunkEnd         int64 // where the chunk that grows ends; -1 when none does
}

// runs are values, the repeated ones counted.
type runs struct{ counts, values []uint32 }

func (r *runs) add(value, count uint32) {
	if n := len(r.values); n > 0 && r.values[n-1] == value {
		r.counts[n-1] += count
		return
	}
	r.counts, r.values = append(r.counts, count), append(r.values, value)
}

// chunkRun is an entry of stsc: chunks of as many samples, from a chunk on.
type chunkRun struct{ first, samples, description uint32 }

// describe makes a description the current one. A producer that comes back has its old one.
func (t *track) describe(d description, private []byte) {
	for i, p := range t.privates {
		if bytes.Equal(p, private) {
			t.current = i
			return
		}
	}
	t.descriptions, t.privates = append(t.descriptions, d), append(t.privates, private)
	t.current = len(t.descriptions) - 1
}

// constant tells whether the track is G.711: a sample is then one byte of each channel.
func (t *track) constant() bool { return t.media.Codec == media.ALaw || t.media.Codec == media.MuLaw }

func (t *track) width() int { return max(1, t.media.Channels) }

// pictures gives the frames of a fragment that begins at a time their place. Decoding times follow the order of showing;
// how much earlier they must be is known only at the end. What comes before the first key frame is left out.
func (t *track) pictures(packets []*media.Packet, at time.Duration) []sample {
	if t.count == 0 {
		for len(packets) > 0 && !Starts(t.media.Codec, packets[0]) {
			packets = packets[1:]
		}
	}
	shown := showing(packets)
	list := make([]sample, len(packets))
	before := t.last
	for i, p := range packets {
		place := ticks(at+shown[i], t.scale)
		if t.count > 0 || i > 0 {
			place = max(place, before+1)
		}
		before = place
		list[i] = sample{packet: p, at: place, offset: int32(ticks(at+p.PTS, t.scale) - place), sync: Starts(t.media.Codec, p)}
	}
	if n := len(list); n > 0 {
		list[n-1].length = uint32(ticks(spacing(shown), t.scale))
	}
	return list
}

// maxSilence bounds, in bytes, what stands for missing sound of G.711: some hours.
const maxSilence = 128 << 20

// sounds lays frames end to end, as audioSamples does, behind what is there. A frame for which there is sound already is
// left out, and so is G.711 behind a longer silence than can be written.
func (t *track) sounds(packets []*media.Packet, at time.Duration) []sample {
	frame := frameLength(t.media, packets)
	list := make([]sample, 0, len(packets))
	due, begun := t.due, t.count > 0
	limit := ticks(slack, t.scale)
	for _, p := range packets {
		place, length := ticks(at+p.PTS, t.scale), frameOf(t.media, p, frame)
		if begun {
			if early := due - place; early > max(limit, int64(length)/2) {
				continue
			}
			if place-due <= limit {
				place = due
			} else if t.constant() && (place-due)*int64(t.width()) > maxSilence {
				continue
			}
		}
		due, begun = place+int64(length), true
		list = append(list, sample{packet: p, at: place, length: length, sync: true})
	}
	return list
}

// silence is what must stand in front of a sample of G.711, whose samples cannot be stretched.
func (t *track) silence(s sample) []byte {
	if !t.constant() || t.count == 0 || s.at <= t.due {
		return nil
	}
	quiet := byte(0xFF) // of µ-law
	if t.media.Codec == media.ALaw {
		quiet = 0xD5
	}
	return bytes.Repeat([]byte{quiet}, int(s.at-t.due)*t.width())
}

// add appends a sample of a size, which stands at a place of the media data.
func (t *track) add(s sample, size int, place int64) {
	samples := uint32(1)
	if t.count == 0 {
		t.first = s.at
	}
	if t.constant() {
		samples = uint32(size / t.width())
		t.due = s.at + int64(samples)
	} else {
		if t.count > 0 {
			t.lengths.add(uint32(s.at-t.last), 1)
		}
		t.sizes = append(t.sizes, uint32(size))
		t.offsets.add(uint32(s.offset), 1)
		t.ahead = max(t.ahead, -int64(s.offset))
		t.due = s.at + int64(s.length)
	}
	t.last = s.at
	if s.sync && t.media.Kind == media.Video {
		t.syncs = append(t.syncs, t.count+1)
	}
	t.count += samples
	t.chunk(samples, place)
	t.chunkEnd = place + int64(size)
}

// chunk adds samples to the chunk that ends where they begin, else to a new one.
func (t *track) chunk(samples uint32, place int64) {
	description := uint32(t.current + 1)
	n := len(t.layout)
	if place == t.chunkEnd {
		open := &t.layout[n-1]
		grown := open.samples + samples
		if open.first == uint32(len(t.chunks)) {
			open.samples = grown
		} else {
			t.layout = append(t.layout, chunkRun{uint32(len(t.chunks)), grown, description})
		}
		t.fold()
		return
	}
	t.chunks = append(t.chunks, place)
	if n == 0 || t.layout[n-1].samples != samples || t.layout[n-1].description != description {
		t.layout = append(t.layout, chunkRun{uint32(len(t.chunks)), samples, description})
	}
}

// fold drops the last run when it only says again what the one before it says.
func (t *track) fold() {
	n := len(t.layout)
	if n > 1 && t.layout[n-1].samples == t.layout[n-2].samples && t.layout[n-1].description == t.layout[n-2].description {
		t.layout = t.layout[:n-1]
	}
}

// duration is the length of all samples, in ticks.
func (t *track) duration() int64 { return t.due - t.first }

// stsd, stts and so on are the tables as boxes. They are called once, when all samples are there.
func (t *track) stts() *box.SttsBox {
	if t.constant() {
		return &box.SttsBox{SampleCount: []uint32{t.count}, SampleTimeDelta: []uint32{1}}
	}
	t.lengths.add(uint32(t.due-t.last), 1)
	return &box.SttsBox{SampleCount: t.lengths.counts, SampleTimeDelta: t.lengths.values}
}

// ctts is nil when every sample is shown when it is decoded.
func (t *track) ctts() (*box.CttsBox, error) {
	if t.constant() || len(t.offsets.values) == 1 && t.offsets.values[0] == 0 {
		return nil, nil
	}
	offsets := make([]int32, len(t.offsets.values))
	for i, v := range t.offsets.values {
		offsets[i] = int32(v) + int32(t.ahead)
	}
	ctts := new(box.CttsBox)
	return ctts, ctts.AddSampleCountsAndOffset(t.offsets.counts, offsets)
}

func (t *track) stsz() *box.StszBox {
	if t.constant() {
		return &box.StszBox{SampleUniformSize: uint32(t.width()), SampleNumber: t.count}
	}
	return &box.StszBox{SampleNumber: t.count, SampleSize: t.sizes}
}

func (t *track) stsc() (*box.StscBox, error) {
	stsc := new(box.StscBox)
	for _, r := range t.layout {
		if err := stsc.AddEntry(r.first, r.samples, r.description); err != nil {
			return nil, err
		}
	}
	return stsc, nil
}
