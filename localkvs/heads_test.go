package localkvs_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"

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

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
