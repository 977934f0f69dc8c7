package mp4

import (
	"fmt"
	"time"

	"github.com/Eyevinn/mp4ff/bits"
	box "github.com/Eyevinn/mp4ff/mp4"

	"kinora/media"
)

// Init returns the init segment, ftyp and moov, of a fragmented MP4 with the given tracks. A track keeps its ID. The error
// is a *TrackError.
func Init(tracks ...media.Track) ([]byte, error) {
	init := box.NewMP4Init()
	init.AddChild(box.NewFtyp("iso6", 0, []string{"iso6", "mp41", "cmfc"}))
	moov := box.NewMoovBox()
	init.AddChild(moov)
	moov.AddChild(box.CreateMvhd())
	extends := box.NewMvexBox()
	for _, t := range tracks {
		trak, err := newTrak(t)
		if err != nil {
			return nil, err
		}
		moov.AddChild(trak)
		moov.Mvhd.NextTrackID = max(moov.Mvhd.NextTrackID, uint32(t.ID)+1)
		extends.AddChild(box.CreateTrex(uint32(t.ID)))
	}
	moov.AddChild(extends)
	return encode(nil, init.Size(), init.EncodeSW)
}

// newTrak is a trak with one sample description and no samples.
func newTrak(t media.Track) (*box.TrakBox, error) {
	d, err := describe(t)
	if err != nil {
		return nil, err
	}
	kind := "video"
	if t.Kind == media.Audio {
		kind = "audio"
	}
	trak := box.CreateEmptyTrak(uint32(t.ID), uint32(timescale(t)), kind, "und")
	trak.Tkhd.Width, trak.Tkhd.Height = box.Fixed32(d.width<<16), box.Fixed32(d.height<<16)
	trak.Mdia.Minf.Stbl.Stsd.AddChild(d.entry)
	return trak, nil
}

// Segment says where a segment stands.
type Segment struct {
	Sequence uint32        // of its moof; grows from segment to segment
	Base     time.Duration // where media time zero of the packets stands on the presentation's timeline; best a second from its beginning
	Next     time.Duration // media time at which what follows starts; zero when unknown or when nothing follows at once
}

// AppendSegment appends a media segment, moof and mdat, of the given tracks to dst, and returns the extended buffer.
// Packets are those of one fragment or a run of it, in decode order, their times counted from any zero; those of other
// tracks are passed over, and so is a frame that is not in its codec's form. A track without packets is left out. When
// no packet is left, dst comes back as it is.
func AppendSegment(dst []byte, s Segment, tracks []media.Track, packets []*media.Packet) ([]byte, error) {
	var ids []uint32
	var lists [][]sample
	for _, t := range tracks {
		if err := Check(t); err != nil {
			return dst, err
		}
		if list := samples(t, of(t, packets), s.Base, s.Next); len(list) > 0 {
			ids, lists = append(ids, uint32(t.ID)), append(lists, list)
		}
	}
	if len(ids) == 0 {
		return dst, nil
	}
	return appendFragment(dst, s.Sequence, ids, lists)
}

// appendFragment appends moof and mdat with the samples of some tracks.
func appendFragment(dst []byte, sequence uint32, ids []uint32, lists [][]sample) ([]byte, error) {
	fragment, err := box.CreateMultiTrackFragment(sequence, ids)
	if err != nil {
		return dst, fmt.Errorf("mp4: segment %d: %w", sequence, err)
	}
	for i, list := range lists {
		for _, one := range list {
			if err := fragment.AddSampleToTrack(one.mp4(), ids[i], uint64(one.at)); err != nil {
				return dst, fmt.Errorf("mp4: segment %d: %w", sequence, err)
			}
			fragment.Mdat.AddSampleDataPart(one.packet.Data)
		}
		traf := fragment.Moof.Trafs[i]
		traf.Trun.Version = 1 // offsets are signed
		if err := traf.OptimizeTfhdTrun(); err != nil {
			return dst, fmt.Errorf("mp4: segment %d: %w", sequence, err)
		}
	}
	return encode(dst, fragment.Size(), fragment.EncodeSW)
}

func (s sample) mp4() box.Sample {
	flags := box.NonSyncSampleFlags
	if s.sync {
		flags = box.SyncSampleFlags
	}
	return box.Sample{Flags: flags, Dur: s.length, Size: uint32(len(s.packet.Data)), CompositionTimeOffset: s.offset}
}

// encode appends boxes of a known size.
func encode(dst []byte, size uint64, write func(bits.SliceWriter) error) ([]byte, error) {
	w := bits.NewFixedSliceWriter(int(size))
	if err := write(w); err != nil {
		return dst, fmt.Errorf("mp4: %w", err)
	}
	if dst == nil {
		return w.Bytes(), nil
	}
	return append(dst, w.Bytes()...), nil
}
