package ffmpeg

import (
	"bytes"
	"image"
	"slices"
	"testing"
	"time"

	"kinora/media"
)

// picturesOf decodes packets to the pictures that come out from a time on, drawn, by their times.
func picturesOf(t *testing.T, d *VideoDecoder, packets []*media.Packet, from time.Duration) (map[time.Duration][]byte, []time.Duration) {
	t.Helper()
	drawn := make(map[time.Duration][]byte)
	var all []time.Duration
	take := func() {
		for {
			pts, size, ok, err := d.Receive()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				return
			}
			all = append(all, pts)
			if pts < from {
				continue
			}
			img := image.NewRGBA(image.Rectangle{Max: size})
			if err := d.Draw(img); err != nil {
				t.Fatal(err)
			}
			drawn[pts] = img.Pix
		}
	}
	for _, p := range packets {
		send(t, d, p)
		take()
	}
	send(t, d, nil)
	take()
	return drawn, all
}

func TestKeptPicturesOutliveTheirDecoder(t *testing.T) {
	c := makeClip(t, "testsrc2=s=320x180:r=30,format=yuv420p", "libx264", 20, live())
	want, _ := picturesOf(t, openDecoder(t, c.Track), c.packets, 0)
	d, err := Codecs{}.ArchiveVideo(c.Track)
	if err != nil {
		t.Fatal(err)
	}
	if d.Keep() != nil {
		t.Error("a picture was kept before there was one")
	}
	kept := make(map[time.Duration]*Picture)
	for _, p := range append(slices.Clone(c.packets), nil) {
		send(t, d, p)
		for {
			pts, _, ok, err := d.Receive()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			kept[pts] = d.Keep()
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if len(kept) != len(c.packets) {
		t.Fatalf("%d of %d pictures were kept", len(kept), len(c.packets))
	}
	img := image.NewRGBA(image.Rect(0, 0, 320, 180))
	for pts, p := range kept {
		if err := p.Draw(img); err != nil || !bytes.Equal(img.Pix, want[pts]) {
			t.Errorf("the picture of %v is another one now: %v", pts, err)
		}
		if p.Bytes() != 320*180*3/2 {
			t.Errorf("it holds %d bytes", p.Bytes())
		}
		p.Release()
		p.Release()
		if err := p.Draw(img); err == nil {
			t.Error("a released picture was drawn")
		}
	}
}

// What is left out before a time changes nothing from that time on.
func TestSkippedPicturesChangeNoOther(t *testing.T) {
	c := makeClip(t, "testsrc2=s=320x180:r=30,format=yuv420p", "libx264", 40,
		options{"preset": "veryfast", "bf": "2", "g": "40", "x264-params": "b-adapt=0:b-pyramid=none"})
	target := c.packets[0].PTS + 25*time.Second/30
	want, all := picturesOf(t, openDecoder(t, c.Track), c.packets, target)
	for _, make := range []func(media.Track) (*VideoDecoder, error){Codecs{}.Video, Codecs{}.ArchiveVideo} {
		d, err := make(c.Track)
		if err != nil {
			t.Fatal(err)
		}
		d.SkipBefore(target)
		got, some := picturesOf(t, d, c.packets, target)
		if len(some) > len(all)-10 {
			t.Errorf("%d of %d pictures were decoded", len(some), len(all))
		}
		if len(got) != len(want) {
			t.Errorf("%d pictures, want %d", len(got), len(want))
		}
		for pts := range want {
			if !bytes.Equal(got[pts], want[pts]) {
				t.Errorf("the picture of %v is another one", pts)
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
