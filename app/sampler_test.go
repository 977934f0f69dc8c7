package app

import (
	"image"
	"io"
	"testing"
	"time"

	"kinora/media"
	"kinora/player"
)

// countingCodecs decode each packet to a picture whose brightness is its data.
type countingCodecs struct{ sent int }

func (c *countingCodecs) Video(media.Track) (player.VideoDecoder, error) {
	return &countingDecoder{codecs: c}, nil
}

type countingDecoder struct {
	codecs  *countingCodecs
	waiting []*media.Packet
	current *media.Packet
}

func (d *countingDecoder) Send(p *media.Packet) error {
	d.codecs.sent++
	d.waiting = append(d.waiting, p)
	return nil
}

func (d *countingDecoder) Receive() (time.Duration, image.Point, bool, error) {
	if len(d.waiting) == 0 {
		return 0, image.Point{}, false, nil
	}
	d.current, d.waiting = d.waiting[0], d.waiting[1:]
	return d.current.PTS, image.Pt(640, 360), true, nil
}

// Draw paints the left half as bright as the packet says, so that a change is movement and no cloud.
func (d *countingDecoder) Draw(dst *image.RGBA) error {
	size := dst.Rect.Size()
	for y := range size.Y {
		for x := range size.X / 2 {
			p := dst.Pix[y*dst.Stride+4*x:]
			p[0], p[1], p[2] = d.current.Data[0], d.current.Data[0], d.current.Data[0]
		}
	}
	return nil
}

func (d *countingDecoder) Flush()          {}
func (d *countingDecoder) Damaged() uint64 { return 0 }
func (d *countingDecoder) Close() error    { return nil }

// footage is so many seconds at 10 pictures a second, with a key frame each 4 s.
type footage struct {
	n, seconds int
	moving     bool
}

func (f *footage) Tracks() []media.Track {
	return []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264}}
}
func (f *footage) Epoch() time.Time { return hour(8) }
func (f *footage) Close() error     { return nil }

func (f *footage) Read() (*media.Packet, error) {
	if f.n == 10*f.seconds {
		return nil, io.EOF
	}
	pts := time.Duration(f.n) * 100 * time.Millisecond
	bright := byte(100)
	if f.moving {
		bright = byte(f.n / 10 * 37 % 250)
	}
	f.n++
	return &media.Packet{Track: 1, PTS: pts, Key: (f.n-1)%40 == 0, Discontinuity: f.n == 1, Data: []byte{bright}}, nil
}

func TestSamplerDecodesNoMoreThanItNeeds(t *testing.T) {
	for name, c := range map[string]struct {
		moving     bool
		kept, sent [2]int // at least, at most
	}{
		"nothing moves":   {false, [2]int{4, 5}, [2]int{30, 50}},
		"something moves": {true, [2]int{110, 120}, [2]int{900, 960}},
	} {
		to := make(chan glimpse, 1000)
		codecs := &countingCodecs{}
		s := sampler{codecs: codecs, see: &glimpses{account: "acc", stream: "gate", to: to, pause: -1}}
		if err := s.sample(t.Context(), &footage{seconds: 120, moving: c.moving}); err != nil {
			t.Fatal(err)
		}
		if n := len(to); n < c.kept[0] || n > c.kept[1] {
			t.Errorf("%s: of two minutes %d stills are kept, want %v", name, n, c.kept)
		}
		if codecs.sent < c.sent[0] || codecs.sent > c.sent[1] {
			t.Errorf("%s: of 1200 pictures %d are decoded, want %v", name, codecs.sent, c.sent)
		}
		if first := <-to; !first.at.Equal(hour(8)) || first.img.Rect.Size() != image.Pt(320, 180) {
			t.Errorf("%s: the first still is of %v, %v large", name, first.at, first.img.Rect)
		}
	}
}
