package clip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kinora/media"
)

// broken is an export that ended when its archive was asked for the nth fragment.
func (s *shelf) broken(t *testing.T, o Options, n int) {
	t.Helper()
	if _, err := Export(s.until(t, n), o); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v, want that it is cancelled", err)
	}
	s.loaded, s.onLoad = nil, nil
}

// wantSame compares an export with one that did not break off.
func (s *shelf) wantSame(t *testing.T, o Options) {
	t.Helper()
	whole := s.options(t, "whole.mp4", 0, time.Minute)
	if _, err := Export(t.Context(), whole); err != nil {
		t.Fatal(err)
	}
	got, err1 := os.ReadFile(o.Path)
	want, err2 := os.ReadFile(whole.Path)
	if err := errors.Join(err1, err2); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v; the file of %d bytes differs from one of %d that did not break off", err, len(got), len(want))
	}
}

// What was copied stays where it is in the file, though the archive lists more by now, or less.
func TestExportOfAnArchiveThatChangesIsTakenUp(t *testing.T) {
	for before, after := range map[int]int{7: 8, 8: 7} {
		s := film(t, 8)
		all := s.list
		o := s.options(t, "clip.mp4", 0, time.Minute)
		s.list = all[:before]
		s.broken(t, o, 5)
		s.list = all[:after]
		if _, err := Export(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(s.loaded, "003") || len(s.loaded) != after-4 {
			t.Errorf("from %d to %d: loaded %q, want what is behind the first four", before, after, s.loaded)
		}
		if p, err := Verify(o.Path); err != nil || len(p.Pieces) != after {
			t.Errorf("from %d to %d: %v, %q", before, after, err, numbersOf(p))
		}
		if got, want := frames(t, o.Path), fmt.Sprintf("h264,%d aac,%d", after*13, after*25); got != want {
			t.Errorf("from %d to %d: the file has %s, want %s", before, after, got, want)
		}
	}
}

// A journal from which lines were cut says with what follows in which tracks that is.
func TestTracksBehindWhatWasDamagedAreTakenUp(t *testing.T) {
	s := film(t, 8)
	for i := 2; i < len(s.list); i++ {
		other := *s.list[i]
		other.Tracks = slices.Clone(other.Tracks)
		v := slices.IndexFunc(other.Tracks, func(t media.Track) bool { return t.Kind == media.Video })
		other.Tracks[v].Private = slices.Clone(other.Tracks[v].Private)
		other.Tracks[v].Private[2] ^= 4
		s.list[i] = &other
	}
	o := s.options(t, "clip.mp4", 0, time.Minute)
	s.broken(t, o, 5)
	_, lines, err := resumeJournal(journalPath(o.Path), (&writing{export: &export{Options: o, format: MP4}}).request(1))
	if err != nil || len(lines) != 4 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if err := os.Truncate(partPath(o.Path), lines[2].Offset+10); err != nil {
		t.Fatal(err)
	}
	s.broken(t, o, 4)
	if _, err := Export(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if want := []string{"005", "006", "007"}; !slices.Equal(s.loaded, want) {
		t.Errorf("loaded %q again, want %q", s.loaded, want)
	}
	s.wantSame(t, o)
}

// spoken is a film whose sound is Opus, in packets of 20 ms.
func spoken(t *testing.T, n int) *shelf {
	s := film(t, n)
	head := append([]byte("OpusHead\x01\x02"), 0, 0, 0x80, 0xBB, 0, 0, 0, 0, 0)
	for i, r := range s.list {
		own := *r
		track, _ := media.AudioTrack(r.Tracks)
		own.Tracks, own.Packets = slices.Clone(r.Tracks), nil
		for k := range own.Tracks {
			if own.Tracks[k].ID == track.ID {
				own.Tracks[k] = media.Track{ID: track.ID, Kind: media.Audio, Codec: media.Opus, Private: head, Rate: 48000, Channels: 2}
			}
		}
		for _, p := range r.Packets {
			if p.Track != track.ID {
				own.Packets = append(own.Packets, p)
			}
		}
		for at := time.Duration(0); at < shot; at += 20 * time.Millisecond {
			own.Packets = append(own.Packets, &media.Packet{Track: track.ID, PTS: at, Key: true, Data: []byte{31 << 3, 1, 2, 3}})
		}
		s.list[i] = &own
	}
	return s
}

// How long a packet of Opus lasts stands in the packet, which the file has.
func TestOpusIsTakenUp(t *testing.T) {
	s := spoken(t, 6)
	o := s.options(t, "clip.mp4", 0, time.Minute)
	s.broken(t, o, 5)
	if _, err := Export(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if len(s.loaded) != 2 {
		t.Errorf("loaded %q again, want two", s.loaded)
	}
	s.wantSame(t, o)
}

// The program died, or the computer, when a file had its name and its journal was still there.
func TestAFileThatHasItsNameIsWhole(t *testing.T) {
	s := changing(t, 4, 2)
	o := s.options(t, "clip.mp4", 0, time.Minute)
	for _, name := range []string{"clip.mp4", "clip-2.mp4"} {
		s.broken(t, o, 2)
		if _, err := Export(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(filepath.Dir(o.Path), name)
		if err := os.WriteFile(journalPath(file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		s.loaded = nil
		files, err := Export(t.Context(), o)
		if err != nil || len(files) != 2 || len(s.loaded) > 0 {
			t.Errorf("%s: files %q, %v; loaded %q; want both as they are", name, files, err, s.loaded)
		}
		left, _ := filepath.Glob(filepath.Join(filepath.Dir(o.Path), "*")) // its pattern is good
		if len(left) != 4 {
			t.Errorf("%s: there are %q, want two files and their proofs", name, left)
		}
		for _, path := range left {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What was copied and has expired since stays in the file, also when nothing else of its time is left.
func TestWhatHasExpiredStaysCopied(t *testing.T) {
	for _, name := range []string{"clip.mp4", "clip.mkv"} {
		for _, expired := range []int{2, 6, 8} {
			s := film(t, 8)
			all := s.list
			o := s.options(t, name, 0, time.Minute)
			o.Owner = "field"
			s.broken(t, o, 5)
			s.list = all[expired:]
			var want []string
			for i, f := range all {
				if i < 4 || i >= expired {
					want = append(want, f.Number)
				}
			}
			if files, err := Export(t.Context(), o); err != nil || len(files) != 1 {
				t.Fatalf("%s without %d: files %q, %v", name, expired, files, err)
			}
			if p, err := Verify(o.Path); err != nil || !slices.Equal(numbersOf(p), want) || slices.Contains(s.loaded, "003") {
				t.Errorf("%s without %d: %v; there are %q, want %q; loaded %q", name, expired, err, numbersOf(p), want, s.loaded)
			}
			if expired == 6 {
				if got, want := frames(t, o.Path), fmt.Sprintf("h264,%d aac,%d", len(want)*13, len(want)*25); got != want {
					t.Errorf("%s: the file has %s, want %s", name, got, want)
				}
			}
		}
	}
}

// The first of two files is whole and all of it has expired.
func TestAPartOfWhichAllHasExpired(t *testing.T) {
	s := changing(t, 6, 2)
	all := s.list
	o := s.options(t, "clip.mp4", 0, time.Minute)
	s.broken(t, o, 6) // the first of the second file is asked for twice
	s.list = all[3:]
	files, err := Export(t.Context(), o)
	if err != nil || len(files) != 2 {
		t.Fatalf("files %q, %v; want two", files, err)
	}
	if p, err := Verify(files[1]); err != nil || !slices.Equal(numbersOf(p), []string{"002", "003", "004", "005"}) {
		t.Errorf("%v; the second file has %q", err, numbersOf(p))
	}
}

// What an account has begun is not mixed with what another one has under the same name.
func TestAnotherOwnerBeginsAnew(t *testing.T) {
	s := film(t, 6)
	all := s.list
	o := s.options(t, "clip.mp4", 0, time.Minute)
	o.Owner = "field"
	s.broken(t, o, 4)
	o.Owner, s.list = "office", all[2:]
	if _, err := Export(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if p, err := Verify(o.Path); err != nil || len(p.Pieces) != 4 {
		t.Errorf("%v; there are %q, want four", err, numbersOf(p))
	}
}

// A producer that flags no key frame has a picture all the same, also in what is taken up.
func TestAStreamThatFlagsNothing(t *testing.T) {
	for _, name := range []string{"upload-kvssink-h264-aac.mkv", "upload-csdk-h265.mkv"} {
		s := film(t, 6)
		one := recording(t, name)[0]
		for i, r := range s.list {
			own := *r
			own.Tracks, own.Packets = one.Tracks, nil
			for _, p := range one.Packets {
				silent := *p
				silent.Key = false
				own.Packets = append(own.Packets, &silent)
			}
			s.list[i] = &own
		}
		o := s.options(t, "clip.mp4", 0, time.Minute)
		s.broken(t, o, 4)
		if _, err := Export(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if len(s.loaded) != 3 {
			t.Errorf("%s: loaded %q again, want three", name, s.loaded)
		}
		s.wantSame(t, o)
		frames(t, o.Path)
		keys := 0
		for _, p := range probed(t, o.Path) {
			if p.Kind == "video" && p.Flags[0] == 'K' {
				keys++
			}
		}
		if keys != 6 {
			t.Errorf("%s: %d key frames, want one in each of six fragments", name, keys)
		}
	}
}

// Whoever died before noting that an export has ended asks for it again, and is told so, also when nothing is stored any more. A file that is
// another's stays one that is in the way.
func TestAnExportThatHasEndedIsRecognised(t *testing.T) {
	for name, s := range map[string]*shelf{"one file": film(t, 4), "parts": changing(t, 6, 2, 4)} {
		t.Run(name, func(t *testing.T) {
			o := s.options(t, "clip.mp4", 0, time.Minute)
			o.Ticket = "of this export"
			files, err := Export(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			s.list, s.loaded = nil, nil
			if again, err := Export(t.Context(), o); err != nil || !slices.Equal(again, files) || len(s.loaded) > 0 {
				t.Errorf("files %q, %v; want %q", again, err, files)
			}
			for _, ticket := range []string{"", "of another"} {
				o.Ticket = ticket
				if _, err := Export(t.Context(), o); err == nil {
					t.Errorf("the ticket %q has made a file that is there", ticket)
				}
			}
		})
	}
	m := &maker{shelf: film(t, 4), clip: strings.NewReader("what the service made")}
	o := m.options(t, "clip.mp4", 0, time.Minute)
	o.Archive, o.ByService, o.Ticket = m, true, "of this export"
	for range 2 {
		if files, err := Export(t.Context(), o); err != nil || len(files) != 1 {
			t.Errorf("by the service: files %q, %v", files, err)
		}
	}
}
