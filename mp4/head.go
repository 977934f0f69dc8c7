package mp4

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	box "github.com/Eyevinn/mp4ff/mp4"

	"kinora/media"
)

// movieScale is what times of the whole movie count in.
const movieScale = 90000

// mac is the beginning of the time in which MP4 counts seconds.
var mac = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)

// Head is what stands in front of the media data: ftyp, moov and the head of mdat. It ends the movie: nothing can be added
// any more. A movie without a frame is an error, ErrEmpty.
func (m *Movie) Head() ([]byte, error) {
	moov, err := m.moov()
	if err != nil {
		return nil, err
	}
	head, err := encode(nil, fileType().Size(), fileType().EncodeSW)
	if err != nil {
		return nil, err
	}
	end := dataHead(m.size)
	m.locate(moov, int64(len(head))+int64(moov.Size())+int64(len(end)))
	if head, err = encode(head, moov.Size(), moov.EncodeSW); err != nil {
		return nil, err
	}
	return append(head, end...), nil
}

func fileType() *box.FtypBox { return box.NewFtyp("isom", 0x200, []string{"isom", "iso2", "mp41"}) }

// dataHead is the head of an mdat, always of the long form, so that its length does not depend on what it says.
func dataHead(size int64) []byte {
	head := []byte{0, 0, 0, 1, 'm', 'd', 'a', 't'}
	return binary.BigEndian.AppendUint64(head, uint64(size+16))
}

// moov is the index, the chunks' places left open.
func (m *Movie) moov() (*box.MoovBox, error) {
	moov := box.NewMoovBox()
	header := box.CreateMvhd()
	header.CreationTime = uint64(max(0, m.began.Sub(mac)/time.Second))
	header.ModificationTime = header.CreationTime
	header.Timescale, header.NextTrackID = movieScale, 1
	moov.AddChild(header)
	for _, t := range m.all() {
		trak, duration, err := m.trak(t, header.NextTrackID)
		if err != nil {
			return nil, err
		}
		header.NextTrackID++
		header.Duration = max(header.Duration, duration)
		trak.Tkhd.CreationTime, trak.Tkhd.ModificationTime = header.CreationTime, header.CreationTime
		moov.AddChild(trak)
	}
	if header.NextTrackID == 1 {
		return nil, ErrEmpty
	}
	if header.Duration > math.MaxUint32 || header.CreationTime > math.MaxUint32 {
		header.Version = 1
	}
	return moov, nil
}

// all returns the tracks that have samples.
func (m *Movie) all() []*track {
	var list []*track
	for _, t := range []*track{m.video, m.audio} {
		if t != nil && t.count > 0 {
			list = append(list, t)
		}
	}
	return list
}

// trak returns a track and how long it is in the movie.
func (m *Movie) trak(t *track, id uint32) (*box.TrakBox, uint64, error) {
	kind := "video"
	if t.media.Kind == media.Audio {
		kind = "audio"
	}
	trak := box.CreateEmptyTrak(id, uint32(t.scale), kind, "und")
	delay := convert(t.first, t.scale) - m.zero()
	played, begin := convert(t.duration(), t.scale), t.ahead
	if delay < 0 { // sound from before the first picture
		begin -= delay * int64(t.scale) / movieScale
		played, delay = max(0, played+delay), 0
	}
	d := t.descriptions[0]
	trak.Tkhd.Width, trak.Tkhd.Height = box.Fixed32(d.width<<16), box.Fixed32(d.height<<16)
	trak.Tkhd.Duration = uint64(delay + played)
	media := trak.Mdia.Mdhd
	media.Duration = uint64(t.duration())
	if trak.Tkhd.Duration > math.MaxUint32 {
		trak.Tkhd.Version = 1
	}
	if media.Duration > math.MaxUint32 {
		media.Version = 1
	}
	if delay > 0 || begin > 0 {
		edit(trak, delay, played, begin)
	}
	stbl := trak.Mdia.Minf.Stbl
	for _, d := range t.descriptions {
		stbl.Stsd.AddChild(d.entry)
	}
	return trak, trak.Tkhd.Duration, t.fill(stbl, m.large())
}

// edit lets a track begin later than the movie by a delay, at a place of its own time, and play so long.
func edit(trak *box.TrakBox, delay, played, begin int64) {
	list := new(box.ElstBox)
	if delay > 0 {
		list.Entries = append(list.Entries, box.ElstEntry{SegmentDuration: uint64(delay), MediaTime: -1, MediaRateInteger: 1})
	}
	list.Entries = append(list.Entries, box.ElstEntry{SegmentDuration: uint64(played), MediaTime: begin, MediaRateInteger: 1})
	if delay+played > math.MaxUint32 {
		list.Version = 1
	}
	edits := new(box.EdtsBox)
	edits.AddChild(list)
	mdia := trak.Children[len(trak.Children)-1]
	trak.Children = trak.Children[:len(trak.Children)-1]
	trak.AddChild(edits)
	trak.AddChild(mdia)
}

// fill puts the tables in place of the empty ones, the places of the chunks excepted.
func (t *track) fill(stbl *box.StblBox, large bool) error {
	stsd := stbl.Stsd
	*stbl = box.StblBox{}
	stbl.AddChild(stsd)
	stbl.AddChild(t.stts())
	ctts, err := t.ctts()
	if err != nil {
		return fmt.Errorf("mp4: %w", err)
	}
	if ctts != nil {
		stbl.AddChild(ctts)
	}
	if t.media.Kind == media.Video && len(t.syncs) < int(t.count) {
		stbl.AddChild(&box.StssBox{SampleNumber: t.syncs})
	}
	stsc, err := t.stsc()
	if err != nil {
		return fmt.Errorf("mp4: %w", err)
	}
	stbl.AddChild(stsc)
	stbl.AddChild(t.stsz())
	if large {
		stbl.AddChild(&box.Co64Box{ChunkOffset: make([]uint64, len(t.chunks))})
	} else {
		stbl.AddChild(&box.StcoBox{ChunkOffset: make([]uint32, len(t.chunks))})
	}
	return nil
}

// large tells whether the places of chunks may need more than 32 bits: the data and an index in front of it.
func (m *Movie) large() bool { return m.size > math.MaxUint32-256<<20 }

// locate says where the chunks are when the media data stands at an offset of the file.
func (m *Movie) locate(moov *box.MoovBox, data int64) {
	for i, t := range m.all() {
		stbl := moov.Traks[i].Mdia.Minf.Stbl
		for n, at := range t.chunks {
			if stbl.Co64 != nil {
				stbl.Co64.ChunkOffset[n] = uint64(data + at)
			} else {
				stbl.Stco.ChunkOffset[n] = uint32(data + at)
			}
		}
	}
}

// zero is where on the timeline of the fragments the movie begins: at the first picture, or sound where there is none.
func (m *Movie) zero() int64 {
	first := m.all()[0]
	return convert(first.first, first.scale)
}

// convert turns a track's ticks into the movie's.
func convert(n int64, scale int) int64 {
	return (n*movieScale + int64(scale)/2) / int64(scale)
}
