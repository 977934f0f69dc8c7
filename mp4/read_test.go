package mp4

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"kinora/media"
)

// What Init and AppendSegment write is read as it was: the tracks, and each packet with its data and its time.
func TestSegmentsAreReadAsTheyWereWritten(t *testing.T) {
	for _, file := range []string{"upload-csdk-h265.mkv", "upload-kvssink-h264-aac.mkv", "clusters.mkv", "getmedia-1.mkv"} {
		t.Run(file, func(t *testing.T) {
			list := recording(t, file)
			for _, track := range list[0].Tracks {
				if track.Kind == media.Data {
					continue
				}
				init, err := Init(track)
				if err != nil {
					t.Fatal(err)
				}
				r, err := ReadInit(init)
				if err != nil {
					t.Fatal(err)
				}
				got := r.Tracks()
				if len(got) != 1 || got[0].Codec != track.Codec || got[0].Kind != track.Kind || !bytes.Equal(got[0].Private, track.Private) {
					t.Errorf("track %+v, want %+v", got, track)
				}
				for i, f := range list {
					readBack(t, r, f, track, i+1 < len(list))
				}
			}
		})
	}
}

func readBack(t *testing.T, r *Reader, f *media.Recorded, track media.Track, more bool) {
	t.Helper()
	const base = 3 * time.Hour
	segment, err := AppendSegment(nil, Segment{Sequence: 1, Base: base}, []media.Track{track}, f.Packets)
	if err != nil {
		t.Fatal(err)
	}
	var want []*media.Packet
	for _, p := range f.Packets {
		if p.Track == track.ID {
			want = append(want, p)
		}
	}
	got, err := r.Segment(segment)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d packets, want %d; %v", len(got), len(want), err)
	}
	for i, p := range got {
		if !bytes.Equal(p.Data, want[i].Data) || track.Kind == media.Video && p.Key != want[i].Key {
			t.Fatalf("packet %d is another one", i)
		}
		if off := p.PTS - base - want[i].PTS; track.Kind == media.Video && off.Abs() > 2*time.Millisecond {
			t.Fatalf("packet %d is off by %v", i, off)
		}
	}
}

func TestSoundOfG711IsRead(t *testing.T) {
	track := media.Track{ID: 2, Kind: media.Audio, Codec: media.MuLaw, Rate: 8000, Channels: 1}
	init, err := Init(track)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ReadInit(init)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Tracks(); !reflect.DeepEqual(got, []media.Track{track}) {
		t.Errorf("%+v, want %+v", got, track)
	}
}

// Nothing that comes from a service ends the program.
func FuzzReader(f *testing.F) {
	list := recording(f, "getmedia-1.mkv")
	init, err := Init(list[0].Tracks[0])
	if err != nil {
		f.Fatal(err)
	}
	segment, err := AppendSegment(nil, Segment{Sequence: 1}, list[0].Tracks[:1], list[0].Packets[:2])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(init, segment)
	f.Fuzz(func(t *testing.T, init, segment []byte) {
		r, err := ReadInit(init)
		if err != nil {
			return
		}
		packets, err := r.Segment(segment)
		if err == nil && len(packets) > len(segment) {
			t.Errorf("%d packets of %d bytes", len(packets), len(segment))
		}
	})
}
