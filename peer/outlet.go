package peer

import (
	"errors"
	"strings"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"kinora/media"
)

// payloadSize leaves room below 1200 bytes, which go everywhere, for headers.
const payloadSize = 1160

// flight is a frame as it travels, shared by all seats.
type flight struct {
	kind     media.Kind
	payloads [][]byte
	pts      time.Duration
	wall     time.Time // when it was captured
	key      bool
	bytes    int
}

// pack makes a flight of a packet, whose codec must be one that travels. nil: it is damaged.
func pack(t media.Track, p *media.Packet, epoch time.Time) *flight {
	f := &flight{kind: t.Kind, pts: p.PTS, key: p.Key, wall: time.Now()}
	if !epoch.IsZero() {
		f.wall = epoch.Add(p.PTS)
	}
	if u := nalusOf(t.Codec); u != nil {
		sets, lengths := setsOf(t)
		if lengths != 4 {
			return nil
		}
		if !p.Key {
			sets = nil
		}
		f.payloads = u.split(sets, p.Data, payloadSize)
	} else {
		f.payloads = [][]byte{p.Data}
	}
	for _, b := range f.payloads {
		f.bytes += len(b)
	}
	if f.bytes == 0 {
		return nil
	}
	return f
}

// outlet sends one track to one viewer. It is a [webrtc.TrackLocal].
type outlet struct {
	track media.Track
	ready chan struct{} // closed when it is bound
	once  bool

	ssrc   uint32
	number uint8
	rate   int64
	to     webrtc.TrackLocalWriter
	seq    uint16
	sent   uint32
	bytes  uint32
}

func newOutlet(t media.Track) *outlet { return &outlet{track: t, ready: make(chan struct{})} }

func (o *outlet) ID() string       { return o.track.Kind.String() }
func (o *outlet) RID() string      { return "" }
func (o *outlet) StreamID() string { return "kinora" }
func (o *outlet) Kind() webrtc.RTPCodecType {
	if o.track.Kind == media.Video {
		return webrtc.RTPCodecTypeVideo
	}
	return webrtc.RTPCodecTypeAudio
}

var errNotSpoken = errors.New("the other side does not take this codec")

// Bind takes the codec that both sides speak.
func (o *outlet) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	for _, p := range c.CodecParameters() {
		if !strings.EqualFold(p.MimeType, mimes[o.track.Codec]) {
			continue
		}
		if o.track.Codec == media.H264 && !strings.Contains(p.SDPFmtpLine, "packetization-mode=1") {
			continue
		}
		if !o.once {
			o.ssrc, o.number, o.rate, o.to, o.once = uint32(c.SSRC()), uint8(p.PayloadType), int64(p.ClockRate), c.WriteStream(), true
			close(o.ready)
		}
		return p, nil
	}
	return webrtc.RTPCodecParameters{}, errNotSpoken
}

func (o *outlet) Unbind(webrtc.TrackLocalContext) error { return nil }

// bound reports whether something can be sent.
func (o *outlet) bound() bool {
	select {
	case <-o.ready:
		return true
	default:
		return false
	}
}

func (o *outlet) ticks(pts time.Duration) uint32 {
	return uint32(int64(pts/time.Second)*o.rate + int64(pts%time.Second)*o.rate/int64(time.Second))
}

// send sends a frame at an RTP time.
func (o *outlet) send(f *flight, ts uint32) error {
	for i, b := range f.payloads {
		h := rtp.Header{Version: 2, PayloadType: o.number, SSRC: o.ssrc, SequenceNumber: o.seq, Timestamp: ts, Marker: i == len(f.payloads)-1 && f.kind == media.Video}
		o.seq++
		o.sent++
		o.bytes += uint32(len(b))
		if _, err := o.to.WriteRTP(&h, b); err != nil {
			return err
		}
	}
	return nil
}

// report says what the clock showed when a frame was captured.
func (o *outlet) report(f *flight, ts uint32) rtcp.Packet {
	return &rtcp.SenderReport{SSRC: o.ssrc, NTPTime: timeNTP(f.wall), RTPTime: ts, PacketCount: o.sent, OctetCount: o.bytes}
}
