package peer

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/pion/rtp/codecs"

	"kinora/media"
	"kinora/signaling"
)

// unit is a NAL unit of n bytes with a header.
func unit(n int, head ...byte) []byte {
	u := append([]byte{}, head...)
	for i := len(u); i < n; i++ {
		u = append(u, byte(i)|1)
	}
	return u
}

var kinds = map[media.Codec]struct {
	units    *nalus
	key, any []byte
	sets     []byte
}{
	media.H264: {avc, []byte{0x65}, []byte{0x41}, appendUnit(appendUnit(nil, sps), pps)},
	media.H265: {hevc, []byte{0x26, 1}, []byte{0x02, 1}, nil},
}

// Whatever its size, a frame comes out as it went in.
func TestFramesTravel(t *testing.T) {
	for codec, k := range kinds {
		for _, n := range []int{3, 1159, 1160, 1161, 2320, 50_000} {
			in := appendUnit(appendUnit(nil, unit(n, k.any...)), unit(40, k.any...))
			var frame []byte
			open, ok := -1, true
			for i, p := range k.units.split(nil, in, payloadSize) {
				if len(p) > payloadSize || k.units.begins(p) != (i == 0 || open < 0) {
					t.Fatalf("%s of %d: payload %d has %d bytes, begins %v", codec, n, i, len(p), k.units.begins(p))
				}
				if frame, open, ok = k.units.add(frame, open, p); !ok {
					t.Fatalf("%s of %d: payload %d is refused", codec, n, i)
				}
			}
			if open >= 0 || !bytes.Equal(frame, in) {
				t.Errorf("%s of %d: %d bytes came out of %d", codec, n, len(frame), len(in))
			}
		}
	}
}

// What pion packs, with aggregation, is understood.
func TestForeignPayloads(t *testing.T) {
	annexB := []byte{}
	for _, u := range [][]byte{sps, pps, unit(3000, 0x65)} {
		annexB = append(append(annexB, 0, 0, 0, 1), u...)
	}
	f := newFrames(media.Track{ID: videoID, Kind: media.Video, Codec: media.H264})
	payloads := (&codecs.H264Payloader{}).Payload(1200, annexB)
	for i, p := range payloads {
		data, _, key, whole := f.add(&slot{payload: p, time: 9, marker: i == len(payloads)-1})
		if whole != (i == len(payloads)-1) {
			t.Fatalf("payload %d of %d: whole %v", i, len(payloads), whole)
		}
		if whole && (!key || !bytes.Equal(data, appendUnit(nil, unit(3000, 0x65)))) {
			t.Errorf("key %v, %d bytes", key, len(data))
		}
	}
	if f.track.Width != 320 || f.track.Height != 240 || !f.fresh {
		t.Errorf("track %+v, want one of 320x240", f.track)
	}
}

// After a gap nothing comes before the next key frame.
func TestGapCostsThePictureUpToTheNextKeyFrame(t *testing.T) {
	f := newFrames(media.Track{ID: videoID, Kind: media.Video, Codec: media.H264})
	var got []string
	send := func(name string, ts uint32, drop int, sets, frame []byte) {
		payloads := avc.split(sets, frame, payloadSize)
		for i, p := range payloads {
			if i == drop {
				f.gap()
				continue
			}
			if _, _, _, whole := f.add(&slot{payload: p, time: ts, marker: i == len(payloads)-1}); whole {
				got = append(got, name)
			}
		}
	}
	key, delta := appendUnit(nil, unit(4000, 0x65)), appendUnit(nil, unit(4000, 0x41))
	sets := kinds[media.H264].sets
	send("early", 0, -1, nil, delta)
	send("key", 1, -1, sets, key)
	send("one", 2, -1, nil, delta)
	send("torn", 3, 1, nil, delta)
	send("lame", 4, -1, nil, delta)
	send("headless", 5, 2, sets, key)
	send("again", 6, -1, nil, key)
	send("two", 7, -1, nil, delta)
	send("endless", 8, 3, nil, delta)
	send("lame", 9, -1, nil, delta)
	if fmt.Sprint(got) != "[key one again two]" {
		t.Errorf("complete are %v", got)
	}
	if !f.needed {
		t.Error("no key frame is wanted")
	}
}

func TestVP8(t *testing.T) {
	f := newFrames(media.Track{ID: videoID, Kind: media.Video, Codec: media.VP8})
	key := append([]byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01}, unit(3000)...)
	var out []byte
	payloads := (&codecs.VP8Payloader{}).Payload(1200, key)
	for i, p := range payloads {
		data, _, isKey, whole := f.add(&slot{payload: p, marker: i == len(payloads)-1})
		if whole && isKey {
			out = data
		}
	}
	if !bytes.Equal(out, key) || f.track.Width != 640 || f.track.Height != 480 {
		t.Errorf("%d bytes of %d; track %+v", len(out), len(key), f.track)
	}
}

func TestSetsOfATrack(t *testing.T) {
	cam := newCamera(t)
	sets, lengths := setsOf(cam.track)
	if !bytes.Equal(sets, kinds[media.H264].sets) || lengths != 4 {
		t.Errorf("sets %x of lengths %d", sets, lengths)
	}
	for n := range cam.track.Private {
		setsOf(media.Track{Codec: media.H264, Private: cam.track.Private[:n]})
	}
}

func TestDescriptionBombs(t *testing.T) {
	for _, sdp := range []string{strings.Repeat("a=x\r\n", maxLines+1), strings.Repeat("m=\n", maxSections+1), strings.Repeat("x", signaling.MaxPayload+1)} {
		if checkSDP(sdp) == nil {
			t.Errorf("%d bytes are accepted", len(sdp))
		}
	}
	if err := checkSDP("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"); err != nil {
		t.Error(err)
	}
}

// FuzzFrames wants that whatever comes by RTP ends neither the program nor the frames' form.
func FuzzFrames(f *testing.F) {
	f.Add(uint8(0), avc.split(kinds[media.H264].sets, appendUnit(nil, unit(3000, 0x65)), payloadSize)[2], true)
	f.Add(uint8(0), []byte{24, 0, 1, 0x65, 0, 9}, true)
	f.Add(uint8(1), []byte{98, 1, 0xc0 | 19, 1, 2, 3}, false)
	f.Add(uint8(2), []byte{0x10, 0x10, 0, 0, 0x9d}, true)
	f.Add(uint8(3), []byte{0x8f, 1, 2, 3, 4}, true)
	all := []media.Codec{media.H264, media.H265, media.VP8, media.VP9}
	f.Fuzz(func(t *testing.T, codec uint8, payload []byte, marker bool) {
		fr := newFrames(media.Track{ID: videoID, Kind: media.Video, Codec: all[codec%4]})
		for i := range 3 {
			data, _, _, whole := fr.add(&slot{payload: payload, time: uint32(i / 2), marker: marker})
			if whole && fr.units != nil {
				n := 0
				fr.units.each(data, func(u []byte, _ byte) { n += len(u) + 4 })
				if n != len(data) {
					t.Errorf("a frame of %d bytes has units of %d", len(data), n)
				}
			}
		}
	})
}

// FuzzOffer wants that whatever a viewer says ends in an answer or a refusal.
func FuzzOffer(f *testing.F) {
	pc, err := Options{}.withDefaults().connection(f.Context(), nil)
	if err != nil {
		f.Fatal(err)
	}
	if _, err := pc.CreateDataChannel("x", nil); err != nil {
		f.Fatal(err)
	}
	d, err := pc.CreateOffer(nil)
	if err != nil {
		f.Fatal(err)
	}
	pc.Close()
	f.Add(d.SDP)
	f.Add(strings.Replace(d.SDP, "m=", "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nm=", 1))
	f.Fuzz(func(t *testing.T, sdp string) {
		e := &signaling.Event{Type: signaling.Offer}
		r := signaling.Request{Action: signaling.Offer}
		if err := r.SetPayload(signaling.Description{Type: "offer", SDP: sdp}); err != nil {
			return
		}
		e.Payload = r.Payload
		pc, err := Options{}.withDefaults().connection(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer pc.GracefulClose()
		l := newLink(Options{}.withDefaults(), pc, "v")
		if err := l.answer(e); err == nil && pc.LocalDescription() == nil {
			t.Error("an offer was taken without an answer")
		}
	})
}
