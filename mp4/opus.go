package mp4

import (
	"encoding/binary"
	"fmt"

	box "github.com/Eyevinn/mp4ff/mp4"

	"kinora/media"
)

// opusRate is the rate of Opus in a file, whatever it was made from.
const opusRate = 48000

// describeOpus reads what Matroska says of Opus (RFC 7845, 5.1), which MP4 says in its own order of bytes.
func describeOpus(t media.Track) (d description, err error) {
	head := t.Private
	if len(head) == 0 {
		return d, ErrNoPrivate
	}
	if len(head) < 19 || string(head[:8]) != "OpusHead" || head[8] > 15 || head[9] == 0 {
		return d, fmt.Errorf("%w: it is no OpusHead", ErrInvalidPrivate)
	}
	if head[18] != 0 {
		return d, fmt.Errorf("%w: its channels are of family %d", ErrCodec, head[18])
	}
	config := &box.DopsBox{
		OutputChannelCount: head[9], PreSkip: binary.LittleEndian.Uint16(head[10:]), InputSampleRate: binary.LittleEndian.Uint32(head[12:]),
		OutputGain: int16(binary.LittleEndian.Uint16(head[16:])),
	}
	return description{codec: "opus", entry: box.CreateAudioSampleEntryBox("Opus", uint16(head[9]), 16, opusRate, config)}, nil
}

// opusHead is the Private of a track that an MP4 describes so.
func opusHead(d *box.DopsBox) []byte {
	head := append([]byte("OpusHead"), 1, d.OutputChannelCount)
	head = binary.LittleEndian.AppendUint16(head, d.PreSkip)
	head = binary.LittleEndian.AppendUint32(head, d.InputSampleRate)
	head = binary.LittleEndian.AppendUint16(head, uint16(d.OutputGain))
	return append(head, d.ChannelMappingFamily)
}

// opusLength is how many ticks a packet of Opus lasts (RFC 6716, 3.1).
func opusLength(packet []byte) uint32 {
	const ms = opusRate / 1000
	if len(packet) == 0 {
		return 20 * ms
	}
	config, frames := packet[0]>>3, uint32(1)
	var length uint32
	switch {
	case config < 12:
		length = [...]uint32{10 * ms, 20 * ms, 40 * ms, 60 * ms}[config&3]
	case config < 16:
		length = [...]uint32{10 * ms, 20 * ms}[config&1]
	default:
		length = [...]uint32{5 * ms / 2, 5 * ms, 10 * ms, 20 * ms}[config&3]
	}
	switch packet[0] & 3 {
	case 1, 2:
		frames = 2
	case 3:
		if len(packet) > 1 {
			frames = uint32(packet[1] & 63)
		}
	}
	return min(120*ms, max(1, frames)*length)
}
