package player

import (
	"slices"
	"sync"
	"time"

	"kinora/media"
)

var soundTrack = media.Track{ID: 2, Kind: media.Audio, Codec: media.AAC, Rate: 48000, Channels: 2}

const soundStep = 20 * time.Millisecond // of a packet of sound

// played is a sound as a voice got it.
type played struct {
	pts  time.Duration
	wall time.Time
	due  time.Time // by the clock that held then
}

// fakeVoice writes down what it is told, and decodes too.
type fakeVoice struct {
	ahead time.Duration
	err   error // of the codec

	mu           sync.Mutex
	clock        Clock
	follows      bool
	played       []played
	hushed       int
	made, closed int
}

func (v *fakeVoice) Follow(c Clock) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.clock, v.follows = c, true
}

func (v *fakeVoice) Play(pts time.Duration, samples []float32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.played = append(v.played, played{pts, time.Now(), v.clock.Due(pts)})
}

func (v *fakeVoice) Hush() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.follows = false
	v.hushed++
}

func (v *fakeVoice) Ahead() time.Duration { return v.ahead }

// take returns what was played so far and forgets it, and whether more may be heard.
func (v *fakeVoice) take() (got []played, follows bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	got, v.played = v.played, nil
	return got, v.follows
}

// soundingCodecs are codecs of pictures, and a voice's of sound.
type soundingCodecs struct {
	Codecs
	voice *fakeVoice
}

func (c soundingCodecs) Audio(media.Track) (AudioDecoder, error) {
	if c.voice.err != nil {
		return nil, c.voice.err
	}
	c.voice.made++
	return &fakeSound{voice: c.voice}, nil
}

// fakeSound yields one sound a packet.
type fakeSound struct {
	voice *fakeVoice
	pts   time.Duration
	ok    bool
}

func (d *fakeSound) Send(p *media.Packet) error {
	if len(p.Data) == 0 {
		return errDamaged
	}
	d.pts, d.ok = p.PTS, true
	return nil
}

func (d *fakeSound) Receive() (time.Duration, []float32, bool, error) {
	ok := d.ok
	d.ok = false
	return d.pts, make([]float32, 960*media.SoundChannels), ok, nil
}

func (d *fakeSound) Flush()       { d.ok = false }
func (d *fakeSound) Close() error { d.voice.closed++; return nil }

// withSound adds sound to what a source yields, each packet that much later than it would be with the pictures.
func withSound(next func() (arrival, bool), late time.Duration) func() (arrival, bool) {
	var all []arrival
	for a, ok := next(); ok; a, ok = next() {
		all = append(all, a)
	}
	end := all[len(all)-1].packet.PTS
	for pts := time.Duration(0); pts < end; pts += soundStep {
		all = append(all, arrival{pts + late, media.Packet{Track: 2, PTS: pts, DTS: pts, Key: true, Data: []byte{1}}})
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return int(a.at - b.at) })
	return arrivals(all...)
}

// addSound puts sound into the fragments of an archive.
func addSound(a *fakeArchive) {
	next := a.fragments[0].Start
	for i, rec := range a.fragments {
		rec.Tracks = append(rec.Tracks, soundTrack)
		end := rec.End().Add(time.Second / 30)
		if i+1 < len(a.fragments) && a.fragments[i+1].Start.Sub(end) < time.Second/10 {
			end = a.fragments[i+1].Start
		}
		if next.Before(rec.Start) {
			next = rec.Start
		}
		for ; next.Before(end); next = next.Add(soundStep) {
			pts := next.Sub(rec.Start)
			rec.Packets = append(rec.Packets, &media.Packet{Track: 2, PTS: pts, DTS: pts, Key: true, Data: []byte{1}})
		}
		slices.SortStableFunc(rec.Packets, func(a, b *media.Packet) int { return int(a.DTS - b.DTS) })
	}
}
