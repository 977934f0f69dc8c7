package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"kinora/internal/hostile"
)

// withBudget is withLine for a Kinora that may keep so many bytes of what waits.
func withBudget(bytes int64) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		dir := filepath.Join(s.dir, "kinora")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		choices := fmt.Sprintf(`{"MaxBytes": %d}`, bytes)
		if err := os.WriteFile(filepath.Join(dir, "recording.json"), []byte(choices), 0o600); err != nil {
			return err
		}
		return withLine(0)(ctx, s)
	}
}

// withSmallDisk is withLine on a disk that has little more than the reserve that Kinora leaves free. Root alone can make
// such a disk.
func withSmallDisk(ctx context.Context, s *stage) error {
	const reserve, more = 500_000_000, 3_000_000
	dir := filepath.Join(s.dir, "kinora")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	size := fmt.Sprintf("size=%d", reserve+more)
	if out, err := exec.CommandContext(ctx, "mount", "-t", "tmpfs", "-o", size, "tmpfs", dir).CombinedOutput(); err != nil {
		return fmt.Errorf("mounting a small disk, for which one has to be root: %w: %s", err, out)
	}
	s.ends = append(s.ends, func() error { return exec.Command("umount", dir).Run() })
	return withLine(0)(ctx, s)
}

// withScript starts Kinora with a service that has the silent stream and behaves badly.
func withScript(o hostile.ServiceOptions) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		service, err := hostile.Serve(o)
		if err != nil {
			return err
		}
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/listStreams" {
				service.ServeHTTP(w, r)
				return
			}
			_, _ = fmt.Fprintf(w, `{"StreamInfoList": [{"StreamName": %q, "Status": "ACTIVE", "DataRetentionInHours": 24,
				"StreamARN": "arn:aws:kinesisvideo:us-east-1:123456789012:stream/%[1]s/1"}]}`, silent) // whoever asked may be gone
		}))
		s.ends = append(s.ends, func() error {
			front.CloseClientConnections()
			front.Close()
			return service.Close()
		})
		env := []string{"AWS_ACCESS_KEY_ID=" + hostile.AccessKey, "AWS_SECRET_ACCESS_KEY=" + hostile.SecretKey}
		return s.open(ctx, env, "--endpoint", front.URL)
	}
}

// refuseThird refuses about every third fragment, however many connections they come on.
func refuseThird(upload, fragment int) hostile.Act {
	if (upload+fragment)%3 == 0 {
		return 4006 // INVALID_MKV_DATA
	}
	return hostile.Store
}

// expire refuses uploads, since the credentials have expired.
func expire(operation string, _ int) *hostile.Refusal {
	if operation == "putMedia" {
		return &hostile.Expired
	}
	return nil
}

// A netCamera is a network camera that sends generated pictures to one viewer at a time and can be unplugged.
type netCamera struct {
	server *httptest.Server

	mu        sync.Mutex
	unplug    context.CancelFunc // ends the present viewer
	unplugged bool
}

// withNetCamera starts a network camera, and Kinora with kinorad.
func withNetCamera(ctx context.Context, s *stage) error {
	c := &netCamera{unplug: func() {}}
	c.server = httptest.NewServer(c)
	s.camera = c
	s.ends = append(s.ends, func() error {
		c.pull(true)
		c.server.Close()
		return nil
	})
	return withService(false)(ctx, s)
}

// pull takes the camera off the network, or puts it back.
func (c *netCamera) pull(out bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unplugged = out
	if out {
		c.unplug()
	}
}

func (c *netCamera) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	ctx, unplug := context.WithCancel(r.Context())
	c.unplug = unplug
	away := c.unplugged
	c.mu.Unlock()
	defer unplug()
	if away {
		http.Error(w, "unplugged", http.StatusServiceUnavailable)
		return
	}
	cmd := exec.CommandContext(ctx, "ffmpeg", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25",
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25", "-f", "mpegts", "pipe:1")
	w.Header().Set("Content-Type", "video/mp2t")
	cmd.Stdout = flushed{w}
	if err := cmd.Run(); err != nil {
		panic(http.ErrAbortHandler) // the connection breaks, as with a cable that is pulled
	}
}

// flushed passes on what is written at once.
type flushed struct{ w http.ResponseWriter }

func (f flushed) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if err == nil {
		err = http.NewResponseController(f.w).Flush()
	}
	return n, err
}

// unplug takes the network camera away, and plug puts it back.
func unplug(_ context.Context, s *stage) error {
	s.camera.pull(true)
	return nil
}

func plug(_ context.Context, s *stage) error {
	s.camera.pull(false)
	return nil
}

// showNetCamera opens the Record page for the silent stream with the network camera.
func showNetCamera(ctx context.Context, s *stage) error {
	if err := press("Down", "ctrl+r")(ctx, s); err != nil {
		return err
	}
	if err := after(2*time.Second, source("Up", "Up", "Return"))(ctx, s); err != nil {
		return err
	}
	return after(time.Second, write(s.camera.server.URL+"/live.ts", "Return"))(ctx, s)
}

// write types text, and then presses keys.
func write(text string, keys ...string) func(context.Context, *stage) error {
	return func(ctx context.Context, s *stage) error {
		if err := s.screen.Type(ctx, text); err != nil {
			return err
		}
		return s.screen.Keys(ctx, keys...)
	}
}

// takeMenu opens the menu of the newest take, and presses keys in it. The list of takes is the last stop of the Tab key.
func takeMenu(steps ...string) func(context.Context, *stage) error {
	return press(append([]string{"Escape", "shift+Tab", "Return"}, steps...)...)
}

// withPositions starts Kinora with kinorad and something that sends positions to a port of this computer.
func withPositions(ctx context.Context, s *stage) error {
	var config net.ListenConfig
	free, err := config.ListenPacket(ctx, "udp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.positions = free.LocalAddr().String()
	if err := free.Close(); err != nil {
		return err
	}
	to, err := net.Dial("udp", s.positions)
	if err != nil {
		return err
	}
	sending, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	group.Go(func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			_, _ = io.WriteString(to, fmt.Sprintf("lat 52.5%04d lon 13.4%04d\n", n%10000, n%10000)) // nobody listens at first
			select {
			case <-sending.Done():
				return
			case <-tick.C:
			}
		}
	})
	s.ends = append(s.ends, func() error {
		stop()
		group.Wait()
		return to.Close()
	})
	return withService(false)(ctx, s)
}

// choosePositions writes where the positions come from into the sheet of more choices, ten stops of the Tab key from its
// first.
func choosePositions(ctx context.Context, s *stage) error {
	keys := []string{"o"}
	for range 10 {
		keys = append(keys, "Tab")
	}
	if err := press(keys...)(ctx, s); err != nil {
		return err
	}
	return write("udp:"+s.positions, "Escape")(ctx, s)
}
