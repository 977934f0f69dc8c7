package localkvs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/localkvs"
	"kinora/localkvs/archive"
	"kinora/media"
	"kinora/mkv"
)

// journal is a log that a test reads while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) has(text string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Contains(j.text.String(), text)
}

// segmented makes a data directory with a stream whose log has segments of three fragments each, two seconds apart. It returns their numbers and
// the paths of the segments.
func segmented(t *testing.T, dir, stream string, segments int, epoch time.Time) (numbers, files []string) {
	t.Helper()
	a, err := archive.Open(dir, archive.Options{SegmentSize: 3500, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- a.Run(context.Background()) }()
	<-a.Ready()
	s, err := a.Create(archive.Meta{Name: stream, RetentionHours: 24, Version: "1", Created: epoch, ARN: "arn:aws:kinesisvideo:us-east-1:000000000000:stream/" + stream + "/1"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := mkv.NewWriter(&out, textTrack, mkv.WriterOptions{Epoch: epoch})
	var head []byte
	for i := range 3 * segments {
		at := time.Duration(i) * 2 * time.Second
		if err := w.Begin(at); err != nil {
			t.Fatal(err)
		}
		if err := w.Write(&media.Packet{Track: 1, PTS: at, DTS: at, Key: true, Data: make([]byte, 700)}); err != nil {
			t.Fatal(err)
		}
		written := bytes.Clone(out.Bytes())
		out.Reset()
		if i == 0 {
			cluster := bytes.Index(written, []byte{0x1F, 0x43, 0xB6, 0x75})
			head, written = written[:cluster], written[cluster:]
		}
		f := &archive.Fragment{Number: s.NextNumber(epoch.Add(at), i == 0), Server: epoch.Add(at), Producer: epoch.Add(at), Timecode: uint64(epoch.Add(at).UnixMilli()),
			Length: 1900 * time.Millisecond, Frames: 1, Header: head, Cluster: written}
		if err := s.Append(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, f.Number.String())
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	if files, err = filepath.Glob(filepath.Join(dir, "streams", "*", "*.log")); err != nil || len(files) != segments {
		t.Fatalf("the segments are %v, %v", files, err)
	}
	slices.Sort(files)
	return numbers, files
}

// change rewrites a file.
func change(t *testing.T, path string, fn func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, fn(b), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Bits flipped in one segment, another one cut and a third missing cost the fragments that they hit, each of which is named; reading, listing
// and timelines go on around them, and so does the stream.
func TestDamageCostsOnlyWhatItHits(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	epoch := time.Now().Add(-50 * time.Minute).Truncate(time.Second)
	numbers, files := segmented(t, dir, "gate", 5, epoch)
	change(t, files[0], func(b []byte) []byte { b[len(b)/2] ^= 1; return b })     // the second of three
	change(t, files[1], func(b []byte) []byte { return b[:len(b)/3*2+len(b)/6] }) // in the third
	if err := os.Remove(files[2]); err != nil {
		t.Fatal(err)
	}
	log := new(journal)
	server := serve(t, localkvs.ServerOptions{Data: dir, Log: slog.New(slog.NewTextHandler(log, nil))})
	c := clientOf(t, server)
	flipped := numbers[1]
	listed := slices.Concat(numbers[:5], numbers[9:])
	whole := slices.DeleteFunc(slices.Clone(listed), func(n string) bool { return n == flipped })

	wantListed(t, c, "gate", listed...)
	r := read(t, c, "gate", kvs.Start{Earliest: true})
	r.want(whole...)
	for _, n := range []string{flipped, numbers[5], numbers[6], numbers[8]} { // of the missing segment, the first and the last
		if !log.has(n) {
			t.Errorf("nothing names %s", n)
		}
	}
	if got := gapReasons(t, server, "gate"); len(got) != 1 {
		t.Errorf("there are %d gaps, want one from the cut to behind the missing segment", len(got))
	}
	if got := listedMedia(t, server, "gate", numbers[0], flipped, numbers[2], numbers[7], numbers[10]); !slices.Equal(got, []string{
		numbers[0], flipped + " 5000", numbers[2], numbers[7] + " 4000", numbers[10]}) {
		t.Errorf("a list is answered with %v", got)
	}
	res, err := http.Get(server.Endpoint() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	if text, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(text), "\nkvs_archive_damage_findings 3\n") {
		t.Errorf("the metrics do not count three findings, %v", err)
	}

	if err := os.Remove(files[3]); err != nil { // while the service runs
		t.Fatal(err)
	}
	u := startUpload(t, c, "gate", time.Now())
	u.fragment(0, 100)
	if err := u.body.Close(); err != nil {
		t.Fatal(err)
	}
	fresh := u.wait(kvs.Persisted).Number
	r = read(t, c, "gate", kvs.Start{After: numbers[4]})
	r.want(append(slices.Clone(numbers[12:]), fresh)...)
	if !log.has(numbers[10]) || !log.has("the segment is missing") {
		t.Error("nothing names the fragments of a segment that went missing")
	}
}

// listedMedia asks for the media of fragments and returns the numbers of those that came, and of those that did not with the error's code.
func listedMedia(t *testing.T, server *localkvs.Server, stream string, numbers ...string) (came []string) {
	t.Helper()
	status, body := post(t, server, "/getMediaForFragmentList", fmt.Sprintf(`{"StreamName":%q,"Fragments":["%s"]}`, stream, strings.Join(numbers, `","`)))
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	r := mkv.NewReader(bytes.NewReader(body), mkv.Limits{})
	for {
		f, err := r.Next()
		var refused *mkv.ServiceError
		switch {
		case errors.Is(err, io.EOF):
			return came
		case errors.As(err, &refused):
			came = append(came, fmt.Sprint(refused.Fragment, " ", refused.ID))
		case err != nil:
			t.Fatal(err)
		default:
			came = append(came, f.Number)
		}
	}
}
