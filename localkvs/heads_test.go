package localkvs_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"

	"kinora/kvs"
	"kinora/localkvs"
)

// A fragment that is damaged costs players itself alone, also where it is the first of a session or the last.
func TestSessionsPlayAroundDamage(t *testing.T) {
	for name, place := range map[string]func(size int) int{
		"first": func(size int) int { return size / 6 },
		"last":  func(size int) int { return size - size/6 },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := stageOn(t, localkvs.ServerOptions{Data: dir})
			epoch := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
			p := s.produce("h264-aac", epoch)
			numbers := p.fragments(3)
			p.stop()
			files, err := filepath.Glob(filepath.Join(dir, "streams", "*", "*.log"))
			if err != nil || len(files) != 1 {
				t.Fatalf("the segments are %v, %v", files, err)
			}
			change(t, files[0], func(b []byte) []byte { b[place(len(b))] ^= 1; return b })

			master := s.hls(hlsInput{PlaybackMode: types.HLSPlaybackModeOnDemand, HLSFragmentSelector: between(epoch, epoch.Add(time.Minute))})
			media := master[:strings.LastIndex(master, "/")+1] + lastLine(s.get(master))
			list := s.get(media)
			var answers []int
			for line := range strings.Lines(list) {
				if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
					status, _ := s.fetch(media[:strings.LastIndex(media, "/")+1] + line)
					answers = append(answers, status)
				}
			}
			lost := 0
			for _, status := range answers {
				if status == http.StatusNotFound {
					lost++
				} else if status != http.StatusOK {
					t.Errorf("a fragment is answered with %d", status)
				}
			}
			if len(answers) != len(numbers) || lost != 1 {
				t.Errorf("of %d fragments there are %v, want one 404", len(numbers), answers)
			}
			if _, after, ok := strings.Cut(list, `EXT-X-MAP:URI="`); !ok {
				t.Error("the playlist names no init fragment")
			} else {
				uri, _, _ := strings.Cut(after, `"`)
				s.get(media[:strings.LastIndex(media, "/")+1] + uri)
			}
			s.get(s.dash(dashInput{PlaybackMode: types.DASHPlaybackModeOnDemand, DASHFragmentSelector: betweenDASH(epoch, epoch.Add(time.Minute))}))
		})
	}
}

// The same where the index was built again and so knows nothing of how fragments are coded.
func TestSessionsPlayAroundDamageThatTheIndexDoesNotKnow(t *testing.T) {
	for name, place := range map[string]func(size int) int{
		"first":  func(size int) int { return size / 6 },
		"middle": func(size int) int { return size / 2 },
		"last":   func(size int) int { return size - size/6 },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := mortalStage(t, dir)
			createStream(t, s.client, s.stream, 24)
			epoch := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
			p := s.produce("h264-aac", epoch)
			p.fragments(3)
			p.stop()
			s.stop()
			if err := os.Remove(filepath.Join(dir, "index.db")); err != nil {
				t.Fatal(err)
			}
			s, _ = s.again(dir, "")
			files, err := filepath.Glob(filepath.Join(dir, "streams", "*", "*.log"))
			if err != nil || len(files) != 1 {
				t.Fatalf("the segments are %v, %v", files, err)
			}
			change(t, files[0], func(b []byte) []byte { b[place(len(b))] ^= 1; return b })
			for range 2 {
				master := s.hls(hlsInput{PlaybackMode: types.HLSPlaybackModeOnDemand, HLSFragmentSelector: between(epoch, epoch.Add(time.Minute))})
				media := s.resolve(master, lastLine(s.get(master)))
				var count int
				for line := range strings.Lines(s.get(media)) {
					if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
						s.get(s.resolve(media, line))
						count++
					}
				}
				if count != 2 {
					t.Errorf("%d fragments are listed, want the two that can be read", count)
				}
				s.get(s.dash(dashInput{PlaybackMode: types.DASHPlaybackModeOnDemand, DASHFragmentSelector: betweenDASH(epoch, epoch.Add(time.Minute))}))
			}
		})
	}
}

// Frames that the container has compressed are not for players, which is nobody's failure.
func TestCompressedFramesAreNotForPlayers(t *testing.T) {
	s := newStage(t)
	head := slices.Concat(
		[]byte{0x1A, 0x45, 0xDF, 0xA3, 0x8B, 0x42, 0x82, 0x88}, []byte("matroska"), []byte{0x18, 0x53, 0x80, 0x67, 0xFF},
		[]byte{0x16, 0x54, 0xAE, 0x6B, 0x9C, 0xAE, 0x9A, 0xD7, 0x81, 1, 0x83, 0x81, 1, 0x86, 0x8F}, []byte("V_MPEG4/ISO/AVC"), []byte{0x6D, 0x80, 0x80})
	cluster := []byte{0x1F, 0x43, 0xB6, 0x75, 0x8B, 0xE7, 0x82, 0x03, 0xE8, 0xA3, 0x85, 0x81, 0, 0, 0x80, 0xFF}
	acks := 0
	err := s.client.Put(deadline(t), s.stream, bytes.NewReader(slices.Concat(head, cluster)), func(a kvs.Ack) {
		if a.Type == kvs.Persisted {
			acks++
		}
	})
	if err != nil || acks != 1 {
		t.Fatalf("%d fragments are stored, %v", acks, err)
	}
	_, err = s.sdk.GetHLSStreamingSessionURL(deadline(t), &hlsInput{StreamName: &s.stream})
	if !errors.As(err, new(*types.UnsupportedStreamMediaTypeException)) {
		t.Errorf("a session is answered with %v", err)
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
