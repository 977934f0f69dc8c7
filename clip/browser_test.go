package clip

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"
)

// played is what a page says of a clip that it has played to its end.
type played struct {
	Error           string
	Duration        float64 // seconds
	Width, Frames   int
	Sound, Picture  float64 // bytes that were decoded
	BeganAt, SeekAt float64
}

// page plays a clip to its end and seeks into its middle.
const page = `<!doctype html><video id=v src=/clip.mp4 muted autoplay></video><script>
const say = x => fetch('/report', {method: 'POST', body: JSON.stringify(x)})
let began = -1
v.onerror = () => say({Error: v.error.message})
v.ontimeupdate = () => { if (began < 0) began = v.currentTime }
v.onended = () => {
	v.onseeked = () => say({Duration: v.duration, Width: v.videoWidth, Frames: v.getVideoPlaybackQuality().totalVideoFrames,
		Sound: v.webkitAudioDecodedByteCount, Picture: v.webkitVideoDecodedByteCount, BeganAt: began, SeekAt: v.currentTime})
	v.onended = null
	v.currentTime = v.duration / 2
}
</script>`

// A clip of H.264 and AAC plays in a browser, picture and sound, to its end, and can be sought in.
func TestAClipPlaysInABrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Chromium is not installed (Debian: apt-get install chromium)")
	}
	s := film(t, 6)
	o := s.options(t, "clip.mp4", 0, time.Minute)
	if _, err := Export(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	told := make(chan played, 1)
	site := http.NewServeMux()
	site.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, page) })
	site.HandleFunc("GET /clip.mp4", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, o.Path) })
	site.HandleFunc("POST /report", func(_ http.ResponseWriter, r *http.Request) {
		var p played
		if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
			p.Error = err.Error()
		}
		select {
		case told <- p:
		default:
		}
	})
	server := httptest.NewServer(site)
	defer server.Close()
	dir, err := os.MkdirTemp("", "chromium-test-")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required",
		"--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--remote-debugging-port=0", "--user-data-dir="+dir, server.URL)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		var exit *exec.ExitError
		if err := errors.Join(cmd.Process.Kill(), cmd.Wait()); err != nil && !errors.As(err, &exit) {
			t.Errorf("the browser: %v", err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Logf("the browser's directory stays: %v", err) // its own processes may write a little longer
		}
	}()
	select {
	case p := <-told:
		length := 6 * shot.Seconds()
		if p.Error != "" || p.Width == 0 || p.Frames < 60 || p.Sound == 0 || p.Picture == 0 || p.Duration < length-0.2 || p.Duration > length+0.2 || p.SeekAt < length/3 {
			t.Errorf("the browser says %+v; want %v s with picture and sound", p, length)
		}
	case <-time.After(90 * time.Second):
		t.Error("the browser says nothing of the clip")
	}
}
