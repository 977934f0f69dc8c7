package mkv

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"testing"

	"kinora/media"
)

// Packets in a Memory are those that Packet gives, and stay as they are until the Memory is reset.
func TestPacketIn(t *testing.T) {
	var annexB bytes.Buffer
	w := NewWriter(&annexB, []media.Track{{ID: 1, Kind: media.Video, Codec: media.H264, Private: []byte(
		"\x00\x00\x00\x01\x67\x42\xc0\x28\xdb\x02\x80\xf6\xc0\x5a\x80\x80\x80\xa0\x00\x00\x03\x00\x20\x00\x57\xe4\x01\xe3\x06\x5c\x00\x00\x01\x68\xca\x8c\xb2")}}, WriterOptions{})
	if err := w.Begin(0); err != nil {
		t.Fatal(err)
	}
	for range 100 { // units of a byte, which grow by a third
		if err := w.Write(&media.Packet{Track: 1, Data: bytes.Repeat([]byte{0, 0, 1, 0x65}, 1000)}); err != nil {
			t.Fatal(err)
		}
	}
	inputs := map[string][]byte{"annexB": annexB.Bytes()}
	for _, name := range []string{"upload-csdk-h265.mkv", "upload-kvssink-h264-aac.mkv", "getmedia-2.mkv"} {
		inputs[name] = recording(t, name)
	}
	memory := NewMemory(100)
	for name, input := range inputs {
		want := fragments(t, input, (*Reader).Packet)
		got := fragments(t, input, func(r *Reader) (*media.Packet, error) { return r.PacketIn(memory) })
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the packets differ", name)
		}
		memory.Reset(0)
	}
}

// fragments reads all packets of an input.
func fragments(t *testing.T, input []byte, next func(*Reader) (*media.Packet, error)) (all []*media.Packet) {
	t.Helper()
	for r := NewReader(bytes.NewReader(input), Limits{}); ; {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		for {
			p, err := next(r)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, p)
		}
	}
}

func TestMemoryIsUsedAgain(t *testing.T) {
	m := new(Memory)
	frame := bytes.Repeat([]byte{1}, 5000)
	fill := func() {
		m.Reset(0)
		for range 200 {
			m.packet(frame, false)
		}
	}
	fill()
	fill() // its last piece may have been too small for all
	if n := testing.AllocsPerRun(20, fill); n != 0 {
		t.Errorf("%v allocations a fragment", n)
	}
}
