package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kinora/internal/leak"
	"kinora/media"
)

// piped starts a source over a pipe.
func piped(ctx context.Context, o origin) (*source, *io.PipeWriter) {
	r, w := io.Pipe()
	return start(ctx, o, r), w
}

func send(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

func next(t *testing.T, s media.Source) *media.Packet {
	t.Helper()
	p, err := s.Read()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func want(t *testing.T, s media.Source, lines ...string) {
	t.Helper()
	for _, l := range lines {
		if p := next(t, s); string(p.Data) != l {
			t.Errorf("line %q, want %q", p.Data, l)
		}
	}
}

func TestLinesHaveTheTimeOfTheirArrival(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		s, w := piped(t.Context(), origin{once: true})
		began := time.Now()
		go func() {
			send(t, w, "one\r\n\n  \ntw")
			time.Sleep(1500 * time.Millisecond)
			send(t, w, "o\nthree")
			w.Close()
		}()
		if s.Epoch() != began {
			t.Errorf("epoch %v, want %v", s.Epoch(), began)
		}
		for _, w := range []struct {
			text string
			at   time.Duration
		}{{"one", 0}, {"two", 1500 * time.Millisecond}, {"three", 1500 * time.Millisecond}} {
			p := next(t, s)
			if string(p.Data) != w.text || p.PTS != w.at || p.DTS != w.at || !p.Key || p.Track != s.Tracks()[0].ID {
				t.Errorf("packet %+v, want %+v", p, w)
			}
		}
		if _, err := s.Read(); err != io.EOF {
			t.Errorf("at the end %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if tr := s.Tracks()[0]; tr.Kind != media.Data || tr.Codec != media.Text || tr.Name != "telemetry" {
			t.Errorf("track %+v", tr)
		}
	})
}

func TestLongLinesAreCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := piped(t.Context(), origin{once: true})
		go func() {
			send(t, w, strings.Repeat("x", lineLimit-1)+"é"+strings.Repeat("y", 3*lineLimit)+"\n")
			send(t, w, strings.Repeat("z", lineLimit)+"\nnext\n\xff\xfe\n")
			w.Close()
		}()
		want(t, s, strings.Repeat("x", lineLimit-1), strings.Repeat("z", lineLimit), "next", "\uFFFD")
		if c := s.Counts(); c.Cut != 1 || c.Lines != 4 {
			t.Errorf("counts %+v", c)
		}
		s.Close()
	})
}

// A flood gives at most 50 lines a second, the newest ones, and costs no memory.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := piped(t.Context(), origin{once: true})
		go func() {
			for n := range 4000 {
				send(t, w, fmt.Sprintln(n))
				time.Sleep(time.Millisecond)
			}
			w.Close()
		}()
		var got []*media.Packet
		for {
			p, err := s.Read()
			if err == io.EOF {
				break
			}
			got = append(got, p)
		}
		if len(got) < 240 || len(got) > 252 {
			t.Errorf("%d lines in 4 s, want 50 at once and 50 a second", len(got))
		}
		if last := string(got[len(got)-1].Data); last != "3999" {
			t.Errorf("the last line is %s, want the newest", last)
		}
		for n := 1; n < len(got); n++ {
			if got[n].PTS < got[n-1].PTS {
				t.Fatalf("line %d at %v after %v", n, got[n].PTS, got[n-1].PTS)
			}
		}
		if c := s.Counts(); c.Lines != len(got) || c.Lines+c.Dropped != 4000 {
			t.Errorf("counts %+v for %d lines", c, len(got))
		}
		s.Close()
	})
}

// A reader that never comes leaves the newest lines.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := piped(t.Context(), origin{once: true})
		for n := range 1000 {
			send(t, w, fmt.Sprintln(n))
			time.Sleep(100 * time.Millisecond)
		}
		w.Close()
		synctest.Wait()
		want(t, s, "744")
		if c := s.Counts(); c.Dropped != 744 || c.Lines != queueLimit {
			t.Errorf("counts %+v", c)
		}
		s.Close()
	})
}

// What is lost is opened again, and says so meanwhile.
func TestLostOriginComesBack(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		r2, w2 := io.Pipe()
		attempts := 0
		s, w := piped(t.Context(), origin{name: "/dev/ttyUSB0", open: func() (io.ReadCloser, error) {
			if attempts++; attempts < 3 {
				return nil, errors.New("there is no /dev/ttyUSB0")
			}
			return r2, nil
		}})
		send(t, w, "before\n")
		want(t, s, "before")
		w.CloseWithError(errors.New("input/output error"))
		synctest.Wait()
		if err := s.Trouble(); err == nil || !strings.Contains(err.Error(), "/dev/ttyUSB0") {
			t.Errorf("trouble %v", err)
		}
		send(t, w2, "after\n")
		want(t, s, "after")
		if err := s.Trouble(); err != nil || attempts != 3 {
			t.Errorf("trouble %v after %d attempts", err, attempts)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := s.Read(); err == nil || err == io.EOF {
			t.Errorf("reading what is closed: %v", err)
		}
	})
}

func TestContextEndsASource(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s, _ := piped(ctx, origin{})
		time.AfterFunc(time.Second, cancel)
		if _, err := s.Read(); err == nil {
			t.Error("a line came")
		}
		s.Close()
	})
}

func TestFileIsFollowed(t *testing.T) {
	leak.Check(t)
	path := filepath.Join(t.TempDir(), "log")
	write := func(flag int, text string) {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|flag, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		send(t, f, text)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	write(0, strings.Repeat("old\n", 3000)+"newest\n")
	s, err := Open(t.Context(), "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	want(t, s, "newest")
	write(os.O_APPEND, "and on\n")
	want(t, s, "and on")
	write(os.O_TRUNC, "emptied\n")
	want(t, s, "emptied")
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	write(0, "rotated\nagain\n")
	want(t, s, "rotated", "again")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestUDP(t *testing.T) {
	leak.Check(t)
	s, err := Open(t.Context(), "udp:127.0.0.1:0")
	if err == nil {
		s.Close()
		t.Fatal("port 0 is listened to")
	}
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.LocalAddr().(*net.UDPAddr).Port
	if _, err := Open(t.Context(), fmt.Sprint("udp:127.0.0.1:", port)); err == nil {
		t.Error("a port that is in use is listened to")
	}
	free.Close()
	if s, err = Open(t.Context(), fmt.Sprint("udp:127.0.0.1:", port)); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("udp", fmt.Sprint("127.0.0.1:", port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	send(t, c, "without end")
	want(t, s, "without end")
	send(t, c, "two\nlines\n")
	want(t, s, "two", "lines")
	send(t, c, strings.Repeat("x", 20_000))
	want(t, s, strings.Repeat("x", lineLimit))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeOpened(t *testing.T) {
	dir := t.TempDir()
	for spec, say := range map[string]string{
		"":                                "no source of data",
		"gps":                             "no source of data",
		"file:":                           "no source of data",
		"udp:":                            "no UDP port",
		"udp:5555":                        "no UDP port",
		"file:" + dir:                     "neither a file",
		"file:" + dir + "/none":           "check the path",
		"serial:" + dir + "/none":         "plugged in",
		"serial:/dev/null":                "no serial line",
		"serial:/dev/null?baud=fast":      "no number",
		"serial:/dev/null?parity=even":    "no option",
		"serial:/dev/null?baud=12345":     "cannot run at",
		"serial:/dev/null?baud=9600%zz":   "not understood",
		"udp:no.such.host.invalid:notnum": "no UDP port",
	} {
		s, err := Open(t.Context(), spec)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v, want a sentence with %q", spec, err, say)
		}
	}
}
