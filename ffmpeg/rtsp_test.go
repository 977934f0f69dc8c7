package ffmpeg

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/pion/rtp"

	"kinora/media"
)

// rtspCamera is a real RTSP server that sends given frames, in real time, to whoever plays.
type rtspCamera struct {
	t       *testing.T
	server  *gortsplib.Server
	address string
	making  sync.Mutex // held until stream is there
	stream  *gortsplib.ServerStream
	playing chan struct{}
}

func newRTSPCamera(t *testing.T, medias ...format.Format) *rtspCamera {
	t.Helper()
	c := &rtspCamera{t: t, playing: make(chan struct{}, 10)}
	desc := new(description.Session)
	for _, f := range medias {
		kind := description.MediaTypeAudio
		switch f.(type) {
		case *format.H264, *format.H265:
			kind = description.MediaTypeVideo
		}
		desc.Medias = append(desc.Medias, &description.Media{Type: kind, Formats: []format.Format{f}})
	}
	c.server = &gortsplib.Server{Handler: c, RTSPAddress: "127.0.0.1:0", Listen: func(network, address string) (l net.Listener, err error) {
		l, err = net.Listen(network, address)
		if err == nil {
			c.address = l.Addr().String()
		}
		return l, err
	}}
	c.making.Lock()
	defer c.making.Unlock()
	if err := c.server.Start(); err != nil {
		t.Fatal(err)
	}
	c.stream = &gortsplib.ServerStream{Server: c.server, Desc: desc}
	if err := c.stream.Initialize(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.stream.Close()
		c.server.Close()
	})
	return c
}

func (c *rtspCamera) url() string {
	return "rtsp://" + c.address + "/camera"
}

func (c *rtspCamera) OnDescribe(*gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	c.making.Lock()
	defer c.making.Unlock()
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *rtspCamera) OnSetup(*gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	c.making.Lock()
	defer c.making.Unlock()
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *rtspCamera) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	select {
	case c.playing <- struct{}{}:
	default:
	}
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// send sends packets at their times, again and again, until ctx ends.
func (c *rtspCamera) send(ctx context.Context, packets []*media.Packet, pack func(p *media.Packet) ([]*rtp.Packet, int, int)) {
	select {
	case <-c.playing:
	case <-ctx.Done():
		return
	}
	begun := time.Now()
	length := packets[len(packets)-1].PTS + 40*time.Millisecond
	for round := time.Duration(0); ; round++ {
		for _, p := range packets {
			at := round*length + p.DTS
			if pause(ctx, time.Until(begun.Add(at))) != nil {
				return
			}
			parts, track, rate := pack(p)
			for _, part := range parts {
				part.Timestamp += uint32((round*length + p.PTS) * time.Duration(rate) / time.Second)
				if err := c.stream.WritePacketRTP(c.stream.Desc.Medias[track], part); err != nil {
					return
				}
			}
		}
	}
}

// unitsOf splits length-prefixed NAL units.
func unitsOf(t *testing.T, data []byte) (units [][]byte) {
	t.Helper()
	for len(data) > 0 {
		if len(data) < 4 || int(binary.BigEndian.Uint32(data)) > len(data)-4 {
			t.Fatalf("a broken unit in %x", data[:min(len(data), 16)])
		}
		n := binary.BigEndian.Uint32(data)
		units = append(units, data[4:4+n])
		data = data[4+n:]
	}
	return units
}

// withoutSets leaves out the parameter sets, which a camera repeats, and delimiters.
func withoutSets(units [][]byte) (left [][]byte) {
	for _, u := range units {
		if t := u[0] & 31; t != 7 && t != 8 && t != 9 {
			left = append(left, u)
		}
	}
	return left
}

// recordedCamera captures generated pictures and sound as a camera would send them.
func recordedCamera(t *testing.T, sound string) (tracks []media.Track, packets []*media.Packet) {
	t.Helper()
	o := CaptureOptions{KeyInterval: 500 * time.Millisecond, Inputs: []Input{{Format: "lavfi", URL: "testsrc2=s=320x180:r=25:d=2,format=yuv420p"}}}
	if sound != "" {
		o.Inputs = append(o.Inputs, Input{Format: "lavfi", URL: sound})
	}
	src, err := Capture(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for {
		p, err := src.Read()
		if err == io.EOF {
			return src.Tracks(), packets
		}
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, p)
	}
}

func avcSets(t *testing.T, avcC []byte) (sps, pps []byte) {
	t.Helper()
	n := int(binary.BigEndian.Uint16(avcC[6:]))
	sps = avcC[8 : 8+n]
	rest := avcC[8+n+1:]
	return sps, rest[2 : 2+binary.BigEndian.Uint16(rest)]
}

func TestCopyOfAnRTSPCamera(t *testing.T) {
	tracks, packets := recordedCamera(t, "sine=r=48000:d=2")
	video, _ := media.VideoTrack(tracks)
	audio, _ := media.AudioTrack(tracks)
	sps, pps := avcSets(t, video.Private)
	for name, inBand := range map[string]bool{"parameter sets in the description": false, "parameter sets in front of key frames": true} {
		t.Run(name, func(t *testing.T) {
			f := &format.H264{PayloadTyp: 96, SPS: sps, PPS: pps, PacketizationMode: 1}
			if inBand {
				f.SPS, f.PPS = nil, nil
			}
			aac := &format.MPEG4Audio{PayloadTyp: 97, SizeLength: 13, IndexLength: 3, IndexDeltaLength: 3,
				Config: &mpeg4audio.AudioSpecificConfig{Type: 2, SampleRate: 48000, ChannelCount: 1}}
			camera := newRTSPCamera(t, f, aac)
			pictures, err := f.CreateEncoder()
			if err != nil {
				t.Fatal(err)
			}
			sounds, err := aac.CreateEncoder()
			if err != nil {
				t.Fatal(err)
			}
			run(t, func(ctx context.Context) {
				camera.send(ctx, packets, func(p *media.Packet) ([]*rtp.Packet, int, int) {
					if p.Track == audioTrack {
						parts, err := sounds.Encode([][]byte{p.Data})
						if err != nil {
							t.Error(err)
						}
						return parts, 1, 48000
					}
					units := unitsOf(t, p.Data)
					if inBand && p.Key {
						units = append([][]byte{sps, pps}, units...)
					}
					parts, err := pictures.Encode(units)
					if err != nil {
						t.Error(err)
					}
					return parts, 0, 90000
				})
			})
			o, err := Address(camera.url())
			if err != nil {
				t.Fatal(err)
			}
			src := start(t, o)
			got := read(t, src, 150)
			v, _ := media.VideoTrack(src.Tracks())
			a, _ := media.AudioTrack(src.Tracks())
			if v.Codec != media.H264 || v.Width != 320 || v.Height != 180 || !bytes.Equal(v.Private, video.Private) {
				t.Errorf("video %+v, want %+v", v, video)
			}
			if a.Codec != media.AAC || a.Rate != 48000 || a.Channels != 1 || !bytes.Equal(a.Private[:2], audio.Private[:2]) {
				t.Errorf("audio %+v, want %+v", a, audio)
			}
			if e := src.(interface{ Encoder() string }).Encoder(); e != "copy" {
				t.Errorf("encoder %q", e)
			}
			checkOrder(t, got, false)
			checkSame(t, "picture", of(1, packets), of(1, got), func(p *media.Packet) []byte { return bytes.Join(withoutSets(unitsOf(t, p.Data)), nil) })
			checkSame(t, "sound", of(2, packets), of(2, got), func(p *media.Packet) []byte { return p.Data })
			if p := of(1, got)[0]; !p.Key {
				t.Error("the first picture is no key frame")
			}
			// FFmpeg learns from the camera's first report how its sound and its pictures lie together.
			for i, p := range of(1, got)[3:] {
				if step := p.PTS - of(1, got)[i+2].PTS; (step-40*time.Millisecond).Abs() > 2*time.Millisecond && !p.Key { // rounds begin with key frames

					t.Errorf("a step of %v at picture %d", step, i+3)
				}
			}
		})
	}
}

// checkSame fails when what was got is not a run of what was sent, round after round, byte for byte.
func checkSame(t *testing.T, what string, sent, got []*media.Packet, data func(*media.Packet) []byte) {
	t.Helper()
	at := -1
	for i, p := range got {
		if at < 0 {
			for j, s := range sent {
				if bytes.Equal(data(s), data(p)) {
					at = j
					break
				}
			}
			if at < 0 {
				t.Fatalf("the first %s was never sent", what)
			}
		}
		if s := sent[(at+i)%len(sent)]; !bytes.Equal(data(s), data(p)) {
			t.Fatalf("%s %d differs from what was sent: %d bytes of %d", what, i, len(p.Data), len(s.Data))
		}
	}
	if len(got) < 20 {
		t.Errorf("%d of %s", len(got), what)
	}
}

// run runs f until the test ends, and waits for it.
func run(t *testing.T, f func(ctx context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
}

func TestCopyOfG711(t *testing.T) {
	tracks, packets := recordedCamera(t, "")
	sps, pps := avcSets(t, tracks[0].Private)
	for _, codec := range []media.Codec{media.ALaw, media.MuLaw} {
		t.Run(string(codec), func(t *testing.T) {
			h264 := &format.H264{PayloadTyp: 96, SPS: sps, PPS: pps, PacketizationMode: 1}
			g711 := &format.G711{PayloadTyp: 8, SampleRate: 8000, ChannelCount: 1}
			if codec == media.MuLaw {
				g711 = &format.G711{PayloadTyp: 0, MULaw: true, SampleRate: 8000, ChannelCount: 1}
			}
			camera := newRTSPCamera(t, h264, g711)
			pictures, err := h264.CreateEncoder()
			if err != nil {
				t.Fatal(err)
			}
			sounds, err := g711.CreateEncoder()
			if err != nil {
				t.Fatal(err)
			}
			var sent []*media.Packet
			for _, p := range packets {
				word := bytes.Repeat([]byte{byte(p.PTS / time.Millisecond)}, 320)
				sent = append(sent, p, &media.Packet{Track: 2, PTS: p.PTS, DTS: p.DTS, Data: word})
			}
			run(t, func(ctx context.Context) {
				camera.send(ctx, sent, func(p *media.Packet) ([]*rtp.Packet, int, int) {
					parts, track, rate, err := []*rtp.Packet(nil), 0, 90000, error(nil)
					if p.Track == 2 {
						track, rate = 1, 8000
						parts, err = sounds.Encode(p.Data)
					} else {
						parts, err = pictures.Encode(unitsOf(t, p.Data))
					}
					if err != nil {
						t.Error(err)
					}
					return parts, track, rate
				})
			})
			o, err := Address(camera.url())
			if err != nil {
				t.Fatal(err)
			}
			src := start(t, o)
			got := read(t, src, 80)
			a, _ := media.AudioTrack(src.Tracks())
			if a.Codec != codec || a.Rate != 8000 || a.Channels != 1 {
				t.Errorf("audio %+v", a)
			}
			checkSame(t, "sound", of(2, sent), of(2, got), func(p *media.Packet) []byte { return p.Data })
		})
	}
}
