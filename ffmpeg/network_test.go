package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kinora/media"
)

// httpCamera answers each request with the next of its behaviours, and then always with the last.
func httpCamera(t *testing.T, behaviours ...func(w http.ResponseWriter, r *http.Request)) string {
	t.Helper()
	var n atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		behaviours[min(int(n.Add(1)), len(behaviours))-1](w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/live.ts"
}

func transportStream(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/early.ts")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sends writes data and then, with stall, nothing more until the client goes.
func sends(data []byte, stall bool) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "video/mp2t")
		w.Write(data)
		w.(http.Flusher).Flush()
		if stall {
			<-r.Context().Done()
		}
	}
}

func address(t *testing.T, url string) CaptureOptions {
	t.Helper()
	o, err := Address(url)
	if err != nil {
		t.Fatal(err)
	}
	o.patience, o.retry = 2*time.Second, 20*time.Millisecond
	return o
}

// A camera that breaks off, stalls, refuses and sends garbage in between is taken back each time, and who reads is told
// of each gap. The log tells of the gaps, and not of each attempt.
func TestACameraThatBreaksOffIsTakenBack(t *testing.T) {
	b := logTo(t, slog.LevelInfo)
	ts := transportStream(t)
	garbage := bytes.Repeat([]byte("garbage "), 4000)
	refuses := func(w http.ResponseWriter, r *http.Request) { http.Error(w, "busy", http.StatusServiceUnavailable) }
	src := start(t, address(t, httpCamera(t, sends(ts, false), refuses, sends(garbage, false), sends(ts, true), sends(ts, false))))
	if track := src.Tracks()[0]; track.Codec != media.H264 || track.Width == 0 || len(track.Private) == 0 {
		t.Errorf("track %+v", track)
	}
	gaps, troubled := 0, false
	var all []*media.Packet
	for gaps < 3 {
		p := read(t, src, 1)[0]
		all = append(all, p)
		if p.Discontinuity {
			gaps++
			if p.Track == videoTrack && !p.Key {
				t.Error("after a gap there is no key frame")
			}
		}
		troubled = troubled || src.(interface{ Trouble() error }).Trouble() != nil
	}
	if !troubled {
		t.Error("nobody was told that the camera was away")
	}
	src.Close() // nobody writes to the log any more
	if got := b.String(); !strings.Contains(got, "an input is lost") || !strings.Contains(got, "the input is back") || strings.Contains(got, "503") || strings.Contains(got, "5XX") {
		t.Errorf("logged\n%s", got)
	}
	last := time.Duration(-1)
	for _, p := range of(1, all) {
		if p.DTS <= last {
			t.Errorf("a packet of %v follows one of %v", p.DTS, last)
		}
		last = p.DTS
	}
}

func TestACameraWithoutReconnectEnds(t *testing.T) {
	ts := transportStream(t)
	o := address(t, httpCamera(t, sends(ts, true)))
	o.Reconnect, o.patience = false, 500*time.Millisecond
	src := start(t, o)
	for {
		_, err := src.Read()
		if err == nil {
			continue
		}
		if !errors.Is(err, ErrSilent) || !strings.Contains(err.Error(), "switched on") {
			t.Errorf("the capture ended with %v", err)
		}
		return
	}
}

// deaf is an RTSP camera that accepts and says nothing, or garbage.
func deaf(t *testing.T, says string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	run(t, func(context.Context) {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, says)
			defer conn.Close()
		}
	})
	t.Cleanup(func() { l.Close() })
	return "rtsp://admin:hush@" + l.Addr().String() + "/stream?token=hush"
}

func TestCamerasThatCannotBeOpenedSayWhy(t *testing.T) {
	status := func(code int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", code) }
	}
	for name, c := range map[string]struct {
		url  string
		want error
		say  string
	}{
		"RTSP that says nothing": {deaf(t, ""), ErrSilent, "switched on"},
		"RTSP with garbage":      {deaf(t, strings.Repeat("what? ", 3000)+"\r\n\r\n"), nil, "/stream: "},
		"nobody there":           {"rtsp://admin:hush@127.0.0.1:1/x", ErrNoDevice, "nobody answers"},
		"wrong password":         {httpCamera(t, status(401)), ErrDenied, "password"},
		"wrong path":             {httpCamera(t, status(404)), ErrNoDevice, "what follows the host"},
		"a page":                 {httpCamera(t, sends([]byte(strings.Repeat("<p>Welcome</p>", 2000)), false)), ErrNotMedia, "neither picture nor sound"},
	} {
		t.Run(name, func(t *testing.T) {
			o := address(t, c.url)
			o.patience = time.Second
			src, err := Capture(t.Context(), o)
			if err == nil {
				src.Close()
				t.Fatal("no error")
			}
			if c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.say) || strings.Contains(err.Error(), "hush") {
				t.Errorf("the error is: %v", err)
			}
		})
	}
}

func TestAddressesAreChecked(t *testing.T) {
	for _, bad := range []string{"", "camera", "file:///etc/passwd", "ftp://x/y", "rtsp://", "rtsp://eve:hush@", "concat:a|b", "rtsp://eve:hu%sh@x/", "rtsp://eve:hu@sh/hush@x/"} {
		o, err := Address(bad)
		if err == nil {
			t.Errorf("%q is captured as %+v", bad, o)
		} else if strings.Contains(err.Error(), "hush") {
			t.Errorf("%v tells the password", err)
		}
	}
	o, err := Address(" rtsp://eve:hush@camera:554/1 ")
	if err != nil || !o.Copy || !o.Reconnect || o.Inputs[0].Options["rtsp_transport"] != "tcp" || o.Inputs[0].URL != "rtsp://eve:hush@camera:554/1" {
		t.Errorf("Address = %+v, %v", o, err)
	}
	o, err = Address("rtsp://eve:hush@camera/user=eve&password=hush&channel=1?token=hush")
	if err != nil || strings.Contains(o.Inputs[0].String(), "hush") || o.Inputs[0].String() != "camera" {
		t.Errorf("the camera is called %q, %v", o.Inputs[0], err)
	}
}

// Pictures of a camera that has no clock are timed by their arrival, not counted.
func TestMotionJPEGIsTimedByArrival(t *testing.T) {
	photo, err := os.ReadFile("testdata/photo.jpg")
	if err != nil {
		t.Fatal(err)
	}
	url := httpCamera(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary=frame")
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(w, "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", len(photo), photo); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			wait := 20 * time.Millisecond
			if i%5 == 4 {
				wait = 400 * time.Millisecond
			}
			if pause(r.Context(), wait) != nil {
				return
			}
		}
	})
	src := start(t, address(t, url))
	if src.(interface{ Encoder() string }).Encoder() == "copy" {
		t.Error("MJPEG is copied")
	}
	packets := read(t, src, 40)
	checkOrder(t, packets, true)
	long := 0
	for i, p := range packets[20:] {
		if p.PTS-packets[19+i].PTS > 300*time.Millisecond {
			long++
		}
		if early := time.Until(src.Epoch().Add(p.PTS)); early > 0 {
			t.Errorf("a picture is %v early", early)
		}
	}
	if long < 2 {
		t.Errorf("%d pauses among 20 pictures: they were counted", long)
	}
}
