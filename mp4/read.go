package mp4

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/Eyevinn/mp4ff/bits"
	box "github.com/Eyevinn/mp4ff/mp4"

	"kinora/media"
)

// A Track that was read knows what its segments need to be read.
type readTrack struct {
	media.Track
	id    uint32
	scale uint32
	trex  *box.TrexBox
}

// Reader reads the segments of a fragmented MP4, of which each stands alone. Create it with [ReadInit].
type Reader struct{ tracks []readTrack }

// ReadInit reads an init segment. Its tracks have the codecs that [Init] writes; others are an error that wraps ErrCodec.
func ReadInit(init []byte) (r *Reader, err error) {
	defer fault(&err)
	file, err := box.DecodeFileSR(bits.NewFixedSliceReader(init))
	if err != nil {
		return nil, fmt.Errorf("mp4: an init segment cannot be read: %w", err)
	}
	if file.Moov == nil {
		return nil, fmt.Errorf("mp4: an init segment has no moov")
	}
	r = &Reader{}
	for _, trak := range file.Moov.Traks {
		t, err := readTrak(trak)
		if err != nil {
			return nil, err
		}
		if mvex := file.Moov.Mvex; mvex != nil {
			t.trex, _ = mvex.GetTrex(t.id)
		}
		r.tracks = append(r.tracks, t)
	}
	return r, nil
}

// fault makes an error of what a box that contradicts itself does to the room that reads it.
func fault(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("mp4: a segment contradicts itself: %v", p)
	}
}

// Tracks are those of the init segment.
func (r *Reader) Tracks() []media.Track {
	list := make([]media.Track, len(r.tracks))
	for i := range r.tracks {
		list[i] = r.tracks[i].Track
	}
	return list
}

// Segment reads a media segment: its packets in decode order, track by track, with times on the presentation's timeline. Their data
// is the segment's own.
func (r *Reader) Segment(segment []byte) (packets []*media.Packet, err error) {
	defer fault(&err)
	file, err := box.DecodeFileSR(bits.NewFixedSliceReader(segment))
	if err != nil {
		return nil, fmt.Errorf("mp4: a segment cannot be read: %w", err)
	}
	for _, s := range file.Segments {
		for _, f := range s.Fragments {
			if f.Moof == nil || f.Mdat == nil {
				return nil, fmt.Errorf("mp4: a segment is not whole")
			}
			for i := range r.tracks {
				if packets, err = r.tracks[i].read(f, packets); err != nil {
					return nil, err
				}
			}
		}
	}
	return packets, nil
}

// read appends the packets of the track.
func (t *readTrack) read(f *box.Fragment, packets []*media.Packet) ([]*media.Packet, error) {
	trex := t.trex
	if trex == nil {
		trex = box.CreateTrex(t.id)
	}
	for _, traf := range f.Moof.Trafs {
		if traf.Tfhd == nil || traf.Tfhd.TrackID != t.id {
			continue
		}
		samples, err := f.GetFullSamples(trex)
		if len(f.Moof.Trafs) > 1 {
			samples, err = only(f, traf, trex)
		}
		if err != nil {
			return nil, fmt.Errorf("mp4: the frames of a segment cannot be found: %w", err)
		}
		for _, s := range samples {
			pts := t.time(int64(s.DecodeTime) + int64(s.CompositionTimeOffset))
			packets = append(packets, &media.Packet{Track: t.ID, PTS: pts, DTS: pts, Key: s.IsSync() || t.Kind != media.Video, Data: s.Data})
		}
	}
	return packets, nil
}

// only returns the samples of one track of several.
func only(f *box.Fragment, traf *box.TrafBox, trex *box.TrexBox) ([]box.FullSample, error) {
	one := *f
	moof := *f.Moof
	moof.Trafs, moof.Traf = []*box.TrafBox{traf}, traf
	one.Moof = &moof
	return one.GetFullSamples(trex)
}

// time is a track's ticks as a duration, to the millisecond, as the times of packets are.
func (t *readTrack) time(ticks int64) time.Duration {
	seconds, rest := ticks/int64(t.scale), ticks%int64(t.scale)
	return time.Duration(seconds)*time.Second + time.Duration(math.Round(float64(rest)*1000/float64(t.scale)))*time.Millisecond
}

// readTrak says what a track is.
func readTrak(trak *box.TrakBox) (readTrack, error) {
	mdia := trak.Mdia
	if trak.Tkhd == nil || mdia == nil || mdia.Mdhd == nil || mdia.Mdhd.Timescale == 0 || mdia.Minf == nil || mdia.Minf.Stbl == nil || mdia.Minf.Stbl.Stsd == nil {
		return readTrack{}, fmt.Errorf("mp4: a track of an init segment is not whole")
	}
	t := readTrack{id: trak.Tkhd.TrackID, scale: mdia.Mdhd.Timescale, Track: media.Track{ID: int(trak.Tkhd.TrackID)}}
	entries := mdia.Minf.Stbl.Stsd.Children
	if len(entries) == 0 {
		return readTrack{}, fmt.Errorf("mp4: a track of an init segment has no description")
	}
	if err := t.describe(entries[0]); err != nil {
		return readTrack{}, &TrackError{t.ID, media.Codec(entries[0].Type()), err}
	}
	return t, nil
}

func (t *readTrack) describe(entry box.Box) error {
	var record interface {
		Size() uint64
		EncodeSW(bits.SliceWriter) error
	}
	switch e := entry.(type) {
	case *box.VisualSampleEntryBox:
		t.Kind, t.Width, t.Height = media.Video, int(e.Width), int(e.Height)
		switch {
		case e.AvcC != nil:
			t.Codec, record = media.H264, e.AvcC
		case e.HvcC != nil:
			t.Codec, record = media.H265, e.HvcC
		default:
			return ErrCodec
		}
		b, err := encode(nil, record.Size(), record.EncodeSW)
		if err != nil || len(b) < 8 {
			return ErrInvalidPrivate
		}
		t.Private = bytes.Clone(b[8:])
		if lengths := map[media.Codec]int{media.H264: 4, media.H265: 21}[t.Codec]; len(t.Private) <= lengths || t.Private[lengths]&3 != 3 {
			return fmt.Errorf("%w: its frames have short lengths", ErrCodec)
		}
	case *box.AudioSampleEntryBox:
		t.Kind, t.Codec, t.Rate, t.Channels = media.Audio, media.AAC, cmp.Or(int(e.SampleRate), int(t.scale)), int(e.ChannelCount)
		if e.Dops != nil {
			t.Codec, t.Private = media.Opus, opusHead(e.Dops)
			return nil
		}
		if e.Esds == nil || e.Esds.DecConfigDescriptor == nil || e.Esds.DecConfigDescriptor.DecSpecificInfo == nil {
			return ErrNoPrivate
		}
		t.Private = bytes.Clone(e.Esds.DecConfigDescriptor.DecSpecificInfo.DecConfig)
	case *box.UnknownBox: // of sound that the room does not know
		codec, ok := map[string]media.Codec{"ulaw": media.MuLaw, "alaw": media.ALaw}[e.Type()]
		b := e.Payload()
		if !ok || len(b) < 28 {
			return ErrCodec
		}
		t.Kind, t.Codec = media.Audio, codec
		t.Channels, t.Rate = int(binary.BigEndian.Uint16(b[16:])), int(binary.BigEndian.Uint16(b[24:]))
	default:
		return ErrCodec
	}
	return nil
}
