package clip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kinora/media"
	"kinora/mkv"
)

// shelf is an archive in memory.
type shelf struct {
	mu     sync.Mutex
	list   []*media.Recorded
	faults map[string]error // by number
	loaded []string
	onLoad func(n int) // after so many loads
}

func (s *shelf) Find(_ context.Context, at time.Time, forward bool) (media.Fragment, error) {
	for _, f := range slices.Backward(s.list) {
		if !f.Start.After(at) && at.Before(f.End().Add(100*time.Millisecond)) {
			return f.Fragment, nil
		}
	}
	if !forward {
		for _, f := range slices.Backward(s.list) {
			if f.Start.Before(at) {
				return f.Fragment, nil
			}
		}
		return media.Fragment{}, io.EOF
	}
	return s.Next(context.Background(), media.Fragment{Start: at}, forward)
}

func (s *shelf) Next(_ context.Context, f media.Fragment, forward bool) (media.Fragment, error) {
	if !forward {
		return media.Fragment{}, errors.New("nobody goes backwards here")
	}
	for _, next := range s.list {
		if next.Start.After(f.Start) || next.Start.Equal(f.Start) && next.Number > f.Number {
			return next.Fragment, nil
		}
	}
	return media.Fragment{}, io.EOF
}

func (s *shelf) Load(ctx context.Context, f media.Fragment) (*media.Recorded, error) {
	s.mu.Lock()
	s.loaded = append(s.loaded, f.Number)
	n := len(s.loaded)
	s.mu.Unlock()
	if s.onLoad != nil {
		s.onLoad(n)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.faults[f.Number]; err != nil {
		return nil, err
	}
	for _, r := range s.list {
		if r.Number == f.Number {
			return r, nil
		}
	}
	return nil, media.ErrGone
}

// shot is how long a fragment of a film is: 13 pictures and 25 pieces of sound.
const shot = 540 * time.Millisecond

// noon is when the films of these tests begin.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// film is the recording of H.264 and AAC of which testdata has a fragment, again and again: n fragments.
func film(t testing.TB, n int) *shelf {
	t.Helper()
	one := recording(t, "upload-kvssink-h264-aac.mkv")[0]
	s := &shelf{faults: make(map[string]error)}
	for i := range n {
		r := *one
		start := noon.Add(time.Duration(i) * shot)
		r.Fragment = media.Fragment{Number: fmt.Sprintf("%03d", i), Start: start, Producer: start, Server: start, Length: 480 * time.Millisecond, Size: 170_000}
		r.Tags = []media.Tag{{Name: "shot", Value: r.Number}}
		s.list = append(s.list, &r)
	}
	return s
}

// recording reads the fragments of a file of Matroska's testdata, as if they had begun at noon.
func recording(t testing.TB, name string) []*media.Recorded {
	t.Helper()
	return recordingAt(t, filepath.Join("..", "mkv", "testdata", name))
}

func recordingAt(t testing.TB, path string) (list []*media.Recorded) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := time.Duration(-1)
	for r := mkv.NewReader(bytes.NewReader(b), mkv.Limits{}); ; {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		if first < 0 {
			first = f.Start
		}
		start := noon.Add(f.Start - first)
		one := &media.Recorded{Fragment: media.Fragment{Number: fmt.Sprintf("%03d", len(list)), Start: start, Producer: start, Server: start, Size: int64(len(b))}, Tracks: f.Tracks}
		for {
			p, err := r.Packet()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			p.PTS -= f.Start
			one.Length = max(one.Length, p.PTS)
			one.Packets = append(one.Packets, p)
		}
		list = append(list, one)
	}
}

func (s *shelf) options(t *testing.T, name string, from, to time.Duration) Options {
	return Options{Archive: s, Stream: "gate", Account: "AWS", From: noon.Add(from), To: noon.Add(to), Path: filepath.Join(t.TempDir(), name)}
}

// frames has ffprobe count what is in each track; neither it nor ffmpeg may complain.
func frames(t *testing.T, path string) string {
	t.Helper()
	if _, err := exec.LookPath("ffprobe"); err != nil {
		t.Skip("ffprobe is not installed")
	}
	counted := ""
	for _, args := range [][]string{
		{"ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_name,nb_read_packets", "-of", "csv=p=0", path},
		{"ffmpeg", "-v", "error", "-xerror", "-i", path, "-f", "null", "-"},
	} {
		var complaint bytes.Buffer
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Stderr = &complaint
		out, err := cmd.Output()
		if err != nil || complaint.Len() > 0 {
			t.Errorf("%s: %v, %s", args[0], err, complaint.Bytes())
		}
		counted += strings.Join(strings.Fields(string(out)), " ")
	}
	return counted
}

func numbersOf(p *Proof) (numbers []string) {
	for _, piece := range p.Pieces {
		numbers = append(numbers, piece.Number)
	}
	return numbers
}
