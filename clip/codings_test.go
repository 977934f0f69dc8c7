package clip

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"kinora/media"
)

// Clips of everything that streams carry begin with a key frame, keep picture and sound together, and are what FFmpeg takes for
// sound files.
func TestClipsOfEveryCoding(t *testing.T) {
	conformance := func(name string) []*media.Recorded {
		return recordingAt(t, filepath.Join("..", "localkvs", "kvstest", "testdata", name))
	}
	for name, list := range map[string][]*media.Recorded{
		"H.264 and AAC":     conformance("h264-aac.mkv"),
		"H.264 and G.711":   conformance("h264-g711.mkv"),
		"H.264, reordered":  conformance("bframes.mkv"),
		"H.265":             conformance("h265.mkv"),
		"H.265 of a camera": recording(t, "upload-csdk-h265.mkv"),
		"AAC alone":         soundOf(conformance("h264-aac.mkv")),
		"G.711 alone":       soundOf(conformance("h264-g711.mkv")),
	} {
		if len(list) == 0 {
			t.Fatalf("%s: there is nothing to copy", name)
		}
		s := &shelf{list: list}
		for _, format := range []string{"mp4", "mkv"} {
			o := s.options(t, "clip."+format, 0, time.Hour)
			files, err := Export(t.Context(), o)
			if err != nil || len(files) != 1 {
				t.Errorf("%s, %s: %v, %v", name, format, files, err)
				continue
			}
			frames(t, files[0])
			compare(t, name+", "+format, probed(t, files[0]), list)
			if _, err := Verify(files[0]); err != nil {
				t.Errorf("%s, %s: %v", name, format, err)
			}
		}
	}
}

// soundOf is a recording without its pictures.
func soundOf(list []*media.Recorded) []*media.Recorded {
	var all []*media.Recorded
	for _, r := range list {
		only := *r
		only.Tracks = slices.DeleteFunc(slices.Clone(r.Tracks), func(t media.Track) bool { return t.Kind != media.Audio })
		only.Packets = slices.DeleteFunc(slices.Clone(r.Packets), func(p *media.Packet) bool { return p.Track != only.Tracks[0].ID })
		all = append(all, &only)
	}
	return all
}

// probe is what ffprobe says of a packet.
type probe struct {
	Kind  string `json:"codec_type"`
	Time  string `json:"pts_time"`
	Flags string `json:"flags"`
}

// probed are the packets of a file.
func probed(t *testing.T, path string) []probe {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_packets", "-of", "json", path).Output()
	if err != nil {
		t.Fatalf("ffprobe: %v", err)
	}
	var answer struct{ Packets []probe }
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Packets
}

// compare looks whether a file has the packets of fragments, with its sound beside its picture as it was, to 40 ms.
func compare(t *testing.T, name string, got []probe, list []*media.Recorded) {
	t.Helper()
	type ends struct {
		n           int
		first, last time.Duration
	}
	note := func(all map[string]ends, kind string, at time.Duration) {
		e, seen := all[kind]
		if e.n++; !seen {
			e.first, e.last = at, at
		}
		e.first, e.last = min(e.first, at), max(e.last, at)
		all[kind] = e
	}
	is, want := map[string]ends{}, map[string]ends{}
	for _, p := range got {
		seconds, err := strconv.ParseFloat(p.Time, 64)
		if err != nil {
			t.Fatalf("%s: a packet at %q", name, p.Time)
		}
		if is[p.Kind].n == 0 && p.Flags[0] != 'K' {
			t.Errorf("%s: its %s begins with a packet that is no key", name, p.Kind)
		}
		note(is, p.Kind, time.Duration(seconds*float64(time.Second)))
	}
	for _, r := range list {
		for _, p := range r.Packets {
			i := slices.IndexFunc(r.Tracks, func(t media.Track) bool { return t.ID == p.Track })
			kind := map[media.Kind]string{media.Video: "video", media.Audio: "audio"}[r.Tracks[i].Kind]
			note(want, kind, r.Start.Sub(noon)+p.PTS)
		}
	}
	for kind, w := range want {
		g := is[kind]
		if g.n != w.n {
			t.Errorf("%s: %d packets of %s, want %d", name, g.n, kind, w.n)
		}
	}
	v, a, wv, wa := is["video"], is["audio"], want["video"], want["audio"]
	if wv.n == 0 || wa.n == 0 {
		return
	}
	begin, end := (a.first-v.first)-(wa.first-wv.first), (a.last-v.last)-(wa.last-wv.last)
	if begin.Abs() > 40*time.Millisecond || end.Abs() > 40*time.Millisecond {
		t.Errorf("%s: sound is %v off its picture at the beginning and %v at the end", name, begin, end)
	}
}
