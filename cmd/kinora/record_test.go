package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/localkvs"
	"kinora/mkv"
)

const (
	generated = "lavfi:testsrc2=size=160x90:rate=10"
	frame     = time.Second / 10 // of the generated picture
)

// TestRecordIntoTheEmbeddedService is a whole life without a display: the service, the stream, the recording and its end.
func TestRecordIntoTheEmbeddedService(t *testing.T) {
	leak.Check(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	data := t.TempDir()
	r := startRecording(t, nil, "--data", data, "--source", generated, "--stream", "gate", "--for", "3s", "--name", "night shift")
	r.ends(0)
	if out := r.out.String(); !strings.Contains(out, "recording Generated picture into gate of This computer") || !strings.Contains(out, "ended  captured 0:0") {
		t.Errorf("it says\n%s", out)
	}
	s := serve(t, ctx, filepath.Join(data, "service"), "")
	if frames, gaps := s.frames(ctx, "gate"); frames < 10 || gaps > 0 {
		t.Errorf("%d frames with %d gaps are stored of three seconds", frames, gaps)
	}
	s.stop()
	nothingLeft(t, data)
}

// A file is stored as fast as it is read, which may be over before it has been shown once: what came of it is said all the same.
func TestRecordAFile(t *testing.T) {
	leak.Check(t)
	data := t.TempDir()
	r := startRecording(t, nil, "--data", data, "--source", "file:../../ffmpeg/testdata/bframes.mp4", "--quality", "copy", "--stream", "gate")
	r.ends(0)
	if out := r.out.String(); !strings.Contains(out, "recording bframes.mp4 into gate of This computer") || !strings.Contains(out, "ended  captured 0:0") {
		t.Errorf("it says\n%s", out)
	}
	nothingLeft(t, data)
}

// TestRecordEndsAtAnInterrupt wants every frame until then in the stream.
func TestRecordEndsAtAnInterrupt(t *testing.T) {
	leak.Check(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s := serve(t, ctx, t.TempDir(), "")
	data := t.TempDir()
	r := startRecording(t, s, "--data", data, "--source", generated, "--stream", "gate", "--keep", "1", "--key-interval", "1s")
	s.await(ctx, "gate", 3)
	r.signal(os.Interrupt)
	r.ends(0)
	if frames, gaps := s.frames(ctx, "gate"); frames < 20 || gaps > 0 {
		t.Errorf("%d frames with %d gaps are stored", frames, gaps)
	}
	s.stop()
	nothingLeft(t, data)
}

// TestRecordWithoutAService records to the disk, says what stays there, and sends it with the next start.
func TestRecordWithoutAService(t *testing.T) {
	leak.Check(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	where, data := t.TempDir(), t.TempDir()
	s := serve(t, ctx, where, "")
	s.stop()
	args := []string{"--data", data, "--source", generated, "--stream", "gate", "--keep", "1", "--key-interval", "1s"}
	r := startRecording(t, s, append(args, "--wait", "1h")...)
	r.says(ctx, "offline since")
	r.awaitFiles(ctx, filepath.Join(data, "spool", "*", "*", "*", "*.mkv"), 2)
	r.signal(os.Interrupt)
	r.says(ctx, "ended")
	r.signal(os.Interrupt) // the second does not wait an hour
	r.ends(exitOnDisk)
	if said := r.log.String(); !strings.Contains(said, "what is recorded stays on this disk until it takes it") ||
		!strings.Contains(said, "are not with the service yet; they stay on this disk and are sent when Kinora starts again") {
		t.Errorf("it says\n%s", said)
	}

	s = serve(t, ctx, where, s.address)
	startRecording(t, s, append(args, "--for", "2s")...).ends(0)
	if frames, gaps := s.frames(ctx, "gate"); frames <= 20 || gaps != 1 {
		t.Errorf("%d frames with %d gaps are stored of two recordings", frames, gaps)
	}
	s.stop()
	nothingLeft(t, data)
}

// TestRecordAfterAKill wants what was on the disk in the stream, once.
func TestRecordAfterAKill(t *testing.T) {
	leak.Check(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s := serve(t, ctx, t.TempDir(), "")
	data := t.TempDir()
	args := []string{"--data", data, "--source", generated, "--stream", "gate", "--keep", "1", "--key-interval", "1s"}
	r := startRecording(t, s, args...)
	s.await(ctx, "gate", 2)
	r.signal(os.Kill)
	_ = r.cmd.Wait() // it was killed
	startRecording(t, s, append(args, "--for", "2s")...).ends(0)
	if frames, gaps := s.frames(ctx, "gate"); frames <= 20 || gaps != 1 {
		t.Errorf("%d frames with %d gaps are stored of two lives", frames, gaps)
	}
	s.stop()
	nothingLeft(t, data)
}

func TestWrongRecordingsAreAnsweredWithASentence(t *testing.T) {
	for args, want := range map[string]string{
		"":                             "--source and --stream say what",
		"--source x --stream y":        `no source "x"; --list shows`,
		"--source demo-1 --stream a/b": "cannot be the name of a stream",
		"--source demo-1 --stream y --key-interval 20s": "not between 1s and 10s",
		"--source demo-1 --stream y --mode big":         "not of the form 1280x720@30",
		"--source demo-1 --stream y --limit=-1":         "not below zero",
		"--source demo-1 --stream y --rotate 7":         "--rotate must be one of",
		"--source demo-1 --stream y --mic x":            `no microphone "x"`,
		"--source demo-1 --stream y --account x":        `no account "x"`,
		"--source rtsp://:secret@ --stream y":           "",
		"--source file:/nowhere --stream y":             "choose another file",
	} {
		r := startRecording(t, nil, append([]string{"--data", t.TempDir()}, strings.Fields(args)...)...)
		err := r.cmd.Wait()
		said := strings.TrimSpace(r.log.String())
		if err == nil || !strings.Contains(said, want) || strings.Contains(said, "\n") || strings.Contains(said, "secret") {
			t.Errorf("kinora record %s: %v\n%s", args, err, said)
		}
	}
	data := t.TempDir()
	s, err := startService(filepath.Join(data, "service"), "us-east-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	r := startRecording(t, nil, "--data", data, "--source", "demo-1", "--stream", "y")
	r.ends(exitFailed)
	if said := r.log.String(); !strings.Contains(said, "use that one, or choose another directory with --data") {
		t.Errorf("beside another Kinora it says %s", said)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

func TestListNeedsNoService(t *testing.T) {
	r := startRecording(t, nil, "--list", "--data", "/proc/nowhere")
	r.ends(0)
	if out := r.out.String(); !strings.Contains(out, "demo-1                   Demo camera 1\n") || !strings.Contains(out, "Microphones\n") {
		t.Errorf("the list is\n%s", out)
	}
}

// nothingLeft wants a spool without fragments.
func nothingLeft(t *testing.T, data string) {
	t.Helper()
	if left, err := filepath.Glob(filepath.Join(data, "spool", "*", "*", "*", "*.mkv*")); err != nil || len(left) > 0 {
		t.Errorf("after a good end the spool still has %q (%v)", left, err)
	}
}

// recording is a kinora record that runs without a display.
type recording struct {
	t        *testing.T
	cmd      *exec.Cmd
	out, log words
}

func startRecording(t *testing.T, s *serving, args ...string) *recording {
	t.Helper()
	home := t.TempDir()
	r := &recording{t: t, cmd: exec.Command(program, append([]string{"record"}, args...)...)}
	r.cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "AWS_CONFIG_FILE=" + filepath.Join(home, "none")}
	if s != nil {
		r.cmd.Args = append(r.cmd.Args, "--endpoint", "http://"+s.address)
		r.cmd.Env = append(r.cmd.Env, "AWS_ACCESS_KEY_ID="+s.keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+s.keys.SecretAccessKey)
	}
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.log
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.cmd.Process.Kill() }) // has ended already when the test went well
	return r
}

func (r *recording) signal(s os.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
}

// ends waits for the program's own end.
func (r *recording) ends(code int) {
	r.t.Helper()
	err := r.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || r.cmd.ProcessState.ExitCode() != code {
		r.t.Fatalf("kinora record ended with %v, want code %d\n%s\n%s", r.cmd.ProcessState, code, r.out.String(), r.log.String())
	}
}

// says waits for words on the standard output.
func (r *recording) says(ctx context.Context, text string) {
	r.t.Helper()
	r.until(ctx, "it does not say "+text, func() bool { return strings.Contains(r.out.String(), text) })
}

func (r *recording) awaitFiles(ctx context.Context, pattern string, n int) {
	r.t.Helper()
	r.until(ctx, "there are too few files "+pattern, func() bool {
		files, err := filepath.Glob(pattern)
		return err == nil && len(files) >= n
	})
}

func (r *recording) until(ctx context.Context, otherwise string, passes func() bool) {
	r.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !passes() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			r.t.Fatalf("%s\n%s\n%s", otherwise, r.out.String(), r.log.String())
		}
	}
}

// words collects what a program says while it runs.
type words struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// serving is a service outside the program, with a client.
type serving struct {
	t       *testing.T
	address string // host:port
	keys    localkvs.Credentials
	client  *kvs.Client
	cancel  context.CancelFunc
	done    chan error
}

// serve starts a service, at an address if one is given.
func serve(t *testing.T, ctx context.Context, dir, address string) *serving {
	t.Helper()
	server, err := localkvs.Listen(localkvs.ServerOptions{Data: dir, Listen: address})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	keys := server.Credentials()
	s := &serving{t: t, address: strings.TrimPrefix(server.Endpoint(), "http://"), keys: keys, cancel: cancel, done: make(chan error, 1),
		client: kvs.New(kvs.Config{Endpoint: server.Endpoint(), Region: "us-east-1",
			Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, "")})}
	if _, _, err := net.SplitHostPort(s.address); err != nil {
		t.Fatal(err)
	}
	go func() { s.done <- server.Run(ctx) }()
	return s
}

func (s *serving) stop() {
	s.t.Helper()
	s.client.Close()
	s.cancel()
	if err := <-s.done; err != nil {
		s.t.Error(err)
	}
}

// list is what a stream holds in the order of its time; nothing when it is not there yet.
func (s *serving) list(ctx context.Context, stream string) []kvs.Fragment {
	list, err := s.client.List(ctx, stream, kvs.ProducerTime, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	var missing *kvs.Error
	if err != nil && !(errors.As(err, &missing) && missing.Code == "ResourceNotFoundException") {
		s.t.Error(err)
	}
	return list
}

// await waits until a stream holds so many fragments.
func (s *serving) await(ctx context.Context, stream string, n int) {
	s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for len(s.list(ctx, stream)) < n {
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.t.Fatalf("the stream %s does not get %d fragments", stream, n)
		}
	}
}

// frames counts the pictures of a stream, and how often its time jumps. It fails where the time of one fragment reaches
// into the next.
func (s *serving) frames(ctx context.Context, stream string) (frames, gaps int) {
	s.t.Helper()
	list := s.list(ctx, stream)
	want := 0
	for i, f := range list {
		want += int((f.Length+frame/2)/frame) + 1
		if i == 0 {
			continue
		}
		before := list[i-1]
		switch pause := f.Producer.Sub(before.Producer.Add(before.Length)); {
		case pause < frame/2:
			s.t.Errorf("%s has the time %v twice", stream, f.Producer)
		case pause > frame+frame/2:
			gaps++
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	body, err := s.client.GetMedia(ctx, stream, kvs.Start{Earliest: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer body.Close()
	for r := mkv.NewReader(body, mkv.Limits{}); frames < want; frames++ {
		_, err := r.Packet()
		for err != nil { // the fragment is over
			if _, err = r.Next(); err != nil {
				s.t.Errorf("of %d pictures that the list of %s promises there are %d: %v", want, stream, frames, err)
				return frames, gaps
			}
			_, err = r.Packet()
		}
	}
	return frames, gaps
}
