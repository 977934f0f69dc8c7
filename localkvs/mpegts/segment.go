// Package mpegts writes media as MPEG transport streams (ISO/IEC 13818-1), for HLS sessions that ask for them. It is pure
// computation: no goroutine, no file, nothing kept between calls.
package mpegts

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/Eyevinn/mp4ff/aac"
	"github.com/Eyevinn/mp4ff/avc"
	"github.com/Eyevinn/mp4ff/hevc"
	"github.com/asticode/go-astits"

	"kinora/media"
	"kinora/media/nal"
)

// firstPID is that of the first elementary stream; the next has the next one.
const firstPID = 0x100

// lead is how long before its decoding time a frame arrives at a decoder that goes by the stream's clock.
const lead = 100 * time.Millisecond

// mostADTS is how many bytes an AAC frame has at most: 13 bits say how many it has with its head.
const mostADTS = 1<<13 - 1 - 7

// Fits tells whether a transport stream has room for a frame.
func Fits(c media.Codec, frame []byte) bool { return c != media.AAC || len(frame) <= mostADTS }

// Segment returns a transport stream that stands for itself: tables, then the packets of the given tracks, of one fragment and in
// decode order. Tracks are H.264, H.265 or AAC, whose frames are of a size that [Fits]. Media time zero of the packets stands at start,
// modulo 2^33 ticks of 1/90000 s, so that the times of fragments that follow each other do, too.
func Segment(tracks []media.Track, packets []*media.Packet, start time.Duration) ([]byte, error) {
	var out bytes.Buffer
	mux := astits.NewMuxer(context.Background(), &out)
	mux.SetPCRPID(firstPID)
	streams := make(map[int]*stream, len(tracks))
	for i, t := range tracks {
		s, err := newStream(t, firstPID+uint16(i))
		if err != nil {
			return nil, fmt.Errorf("track %d (%s): %w", t.ID, t.Codec, err)
		}
		if err := mux.AddElementaryStream(astits.PMTElementaryStream{ElementaryPID: s.pid, StreamType: s.kind}); err != nil {
			return nil, err
		}
		s.decode = schedule(packets, t)
		streams[t.ID] = s
	}
	if _, err := mux.WriteTables(); err != nil {
		return nil, err
	}
	for _, p := range packets {
		if s := streams[p.Track]; s != nil {
			if err := s.write(mux, p, start); err != nil {
				return nil, fmt.Errorf("track %d (%s), frame at %s: %w", p.Track, s.track.Codec, p.PTS, err)
			}
		}
	}
	return whole(out.Bytes()), nil
}

// stream is one elementary stream.
type stream struct {
	track  media.Track
	pid    uint16
	kind   astits.StreamType
	sets   []byte // parameter sets as Annex B, in front of every key frame
	adts   *aac.ADTSHeader
	decode []time.Duration // decoding times of the frames to come
}

func newStream(t media.Track, pid uint16) (*stream, error) {
	s := &stream{track: t, pid: pid}
	switch t.Codec {
	case media.H264:
		s.kind = astits.StreamTypeH264Video
		config, err := avc.DecodeAVCDecConfRec(t.Private)
		if err != nil {
			return nil, err
		}
		s.sets = annexB(append(config.SPSnalus, config.PPSnalus...)...)
	case media.H265:
		s.kind = astits.StreamTypeH265Video
		config, err := hevc.DecodeHEVCDecConfRec(t.Private)
		if err != nil {
			return nil, err
		}
		for _, kind := range []hevc.NaluType{hevc.NALU_VPS, hevc.NALU_SPS, hevc.NALU_PPS} {
			s.sets = append(s.sets, annexB(config.GetNalusForType(kind)...)...)
		}
	case media.AAC:
		s.kind = astits.StreamTypeAACAudio
		config, err := aac.DecodeAudioSpecificConfig(bytes.NewReader(t.Private))
		if err != nil {
			return nil, err
		}
		if s.adts, err = aac.NewADTSHeader(config.SamplingFrequency, config.ChannelConfiguration, aac.AAClc, 0); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("MPEG-TS segments have no place for the codec")
	}
	return s, nil
}

func annexB(units ...[]byte) (b []byte) {
	for _, unit := range units {
		b = append(append(b, 0, 0, 0, 1), unit...)
	}
	return b
}

func (s *stream) write(mux *astits.Muxer, p *media.Packet, start time.Duration) error {
	data, err := s.unit(p)
	if err != nil {
		return err
	}
	decode := start + s.decode[0]
	s.decode = s.decode[1:]
	header := &astits.PESOptionalHeader{MarkerBits: 2, PTS: clock(start + p.PTS), PTSDTSIndicator: astits.PTSDTSIndicatorOnlyPTS,
		DataAlignmentIndicator: true}
	if s.adts == nil {
		header.PTSDTSIndicator, header.DTS = astits.PTSDTSIndicatorBothPresent, clock(decode)
	}
	var field *astits.PacketAdaptationField
	if s.pid == firstPID {
		field = &astits.PacketAdaptationField{HasPCR: true, PCR: clock(decode - lead), RandomAccessIndicator: p.Key}
	}
	_, err = mux.WriteData(&astits.MuxerData{PID: s.pid, AdaptationField: field,
		PES: &astits.PESData{Header: &astits.PESHeader{OptionalHeader: header}, Data: data}})
	return err
}

// Access unit delimiters, which transport streams demand.
var (
	avcDelimiter  = []byte{0, 0, 0, 1, 0x09, 0xF0}
	hevcDelimiter = []byte{0, 0, 0, 1, 0x46, 0x01, 0x50}
)

// unit is a frame as an elementary stream has it.
func (s *stream) unit(p *media.Packet) ([]byte, error) {
	if s.adts != nil {
		if !Fits(media.AAC, p.Data) {
			return nil, fmt.Errorf("it has %d bytes, which are more than AAC in MPEG-TS can have", len(p.Data))
		}
		s.adts.PayloadLength = uint16(len(p.Data))
		return append(s.adts.Encode(), p.Data...), nil
	}
	delimiter := avcDelimiter
	if s.track.Codec == media.H265 {
		delimiter = hevcDelimiter
	}
	b := append(make([]byte, 0, len(p.Data)+len(s.sets)+16), delimiter...)
	if p.Key {
		b = append(b, s.sets...)
	}
	data := p.Data
	if len(data) > 4 && data[4] == delimiter[4] { // many a producer leaves its own, and a second one would begin another picture
		data = data[min(int64(len(data)), 4+int64(binary.BigEndian.Uint32(data))):]
	}
	return nal.AnnexB(b, data)
}

// clock is a time in ticks of 1/90000 s, of which 33 bits are written.
func clock(d time.Duration) *astits.ClockReference {
	const scale = 90000
	whole, part := int64(d/time.Second), int64(d%time.Second)
	return &astits.ClockReference{Base: (whole*scale + part*scale/int64(time.Second)) & (1<<33 - 1)}
}
