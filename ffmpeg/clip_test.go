package ffmpeg

import (
	"errors"
	"testing"
	"time"

	"github.com/asticode/go-astiav"

	"kinora/media"
	"kinora/media/nal"
)

// clip is a stream that one of FFmpeg's encoders made from a generated picture.
type clip struct {
	media.Track
	packets []*media.Packet
}

// makeClip encodes the first frames pictures of a lavfi graph at 30 pictures a second.
func makeClip(t testing.TB, graph, codec string, frames int, o options) clip {
	t.Helper()
	in := &input{Input: Input{Format: "lavfi", URL: graph}, interrupt: newInterrupt(), epoch: time.Now()}
	defer in.interrupt.free()
	if err := in.open(t.Context(), [2]bool{true, false}); err != nil {
		t.Fatal(err)
	}
	defer in.close()
	m := &clipMaker{codec: astiav.FindEncoderByName(codec), options: o, left: frames, source: in.streams[0].decoder}
	if m.codec == nil {
		t.Fatalf("this FFmpeg has no encoder %s", codec)
	}
	defer m.free()
	in.streams[0].out = m
	if err := in.run(t.Context()); err != nil && !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	if len(m.clip.packets) == 0 {
		t.Fatalf("%s gave no packets of %s", codec, graph)
	}
	return m.clip
}

var errEnough = errors.New("enough")

type clipMaker struct {
	coder
	codec   *astiav.Codec
	options options
	source  *astiav.CodecContext
	left    int
	clip    clip
}

func (m *clipMaker) encode(f *astiav.Frame, at time.Duration) error {
	if m.context == nil {
		if err := m.open(); err != nil {
			return err
		}
	}
	if m.left == 0 || f == nil {
		if err := m.pump(nil, m.deliver); err != nil {
			return err
		}
		return errEnough
	}
	m.left--
	f.SetPts(int64(at))
	f.SetPictureType(astiav.PictureTypeNone)
	return m.pump(f, m.deliver)
}

func (m *clipMaker) open() error {
	m.packet = astiav.AllocPacket()
	m.context = astiav.AllocCodecContext(m.codec)
	cc := m.context
	cc.SetWidth(m.source.Width())
	cc.SetHeight(m.source.Height())
	cc.SetPixelFormat(m.source.PixelFormat())
	cc.SetTimeBase(nanoseconds)
	cc.SetFramerate(astiav.NewRational(30, 1))
	if m.options["repeat"] == "" {
		cc.SetFlags(astiav.NewCodecContextFlags(astiav.CodecContextFlagGlobalHeader))
	}
	delete(m.options, "repeat")
	if err := m.coder.open(m.codec, m.options); err != nil {
		return err
	}
	m.clip.Track = media.Track{ID: 1, Kind: media.Video, Codec: media.Codec(m.codec.Name()), Width: cc.Width(), Height: cc.Height()}
	header := cc.ExtraData()
	var err error
	switch m.codec.ID() {
	case astiav.CodecIDH264:
		m.clip.Codec = media.H264
		if len(header) > 0 {
			m.clip.Private, err = nal.AVCConfig(header)
		}
	case astiav.CodecIDHevc:
		m.clip.Codec = media.H265
		m.clip.Private, err = nal.HEVCConfig(header)
	case astiav.CodecIDVp8:
		m.clip.Codec = media.VP8
	case astiav.CodecIDVp9:
		m.clip.Codec = media.VP9
	}
	return err
}

func (m *clipMaker) deliver(data []byte, pts int64, key bool) error {
	if c := m.clip.Codec; c == media.H264 || c == media.H265 {
		data = nal.AVCC(nil, data)
	} else {
		data = append([]byte(nil), data...)
	}
	m.clip.packets = append(m.clip.packets, &media.Packet{Track: 1, PTS: time.Duration(pts), DTS: time.Duration(m.packet.Dts()), Key: key, Data: data})
	return nil
}

// picture is a decoded picture's time and size.
func openDecoder(t testing.TB, track media.Track) *VideoDecoder {
	t.Helper()
	d, err := Codecs{}.Video(track)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// live is what a camera's H.264 looks like.
func live() options {
	return options{"preset": "superfast", "tune": "zerolatency", "bf": "0", "g": "30"}
}

func send(t testing.TB, d *VideoDecoder, p *media.Packet) {
	t.Helper()
	if err := d.Send(p); err != nil {
		t.Fatal(err)
	}
}

// receiveAll takes all pictures that are ready and returns their times.
func receiveAll(t testing.TB, d *VideoDecoder) (times []time.Duration) {
	t.Helper()
	for {
		pts, _, ok, err := d.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return times
		}
		times = append(times, pts)
	}
}
