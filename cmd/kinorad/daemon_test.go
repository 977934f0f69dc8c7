package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// program is kinorad, built once for all tests as it is shipped: without cgo.
var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "kinorad")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "kinorad")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "kinorad cannot be built: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir) // what stays is a temporary file
	os.Exit(code)
}

// daemon is a kinorad process.
type daemon struct {
	cmd    *exec.Cmd
	data   string
	listen string
	logs   chan struct{} // closed when the process has closed its log
}

// freeAddress returns a loopback address that nobody listens on at the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startDaemon returns when kinorad serves.
func startDaemon(t *testing.T, data, listen string) *daemon {
	t.Helper()
	cmd := exec.Command(program, "serve", "--data", data, "--listen", listen)
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d := &daemon{cmd: cmd, data: data, listen: listen, logs: make(chan struct{})}
	serving := make(chan bool, 1)
	go func() {
		defer close(d.logs)
		lines := bufio.NewScanner(log)
		for lines.Scan() {
			if strings.Contains(lines.Text(), "msg=serving") {
				serving <- true
			}
			if strings.Contains(lines.Text(), "level=ERROR") {
				t.Log(lines.Text())
			}
		}
		close(serving)
	}()
	if !<-serving {
		t.Fatalf("kinorad did not start: %v", cmd.Wait())
	}
	return d
}

// kill ends the process with SIGKILL, as a power cut would, but for what the kernel holds.
func (d *daemon) kill(t *testing.T) {
	t.Helper()
	if err := d.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-d.logs
	_ = d.cmd.Wait() // "signal: killed"
}

// stop ends the process as an init system does, and demands a clean end.
func (d *daemon) stop(t *testing.T) {
	t.Helper()
	if err := d.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-d.logs
	if err := d.cmd.Wait(); err != nil {
		t.Errorf("kinorad ended with %v", err)
	}
}

// environment is what "kinorad env" prints, as a map.
func environment(t *testing.T, data string) map[string]string {
	t.Helper()
	out, err := exec.Command(program, "env", "--data", data).Output()
	if err != nil {
		t.Fatal(err)
	}
	env := make(map[string]string)
	for _, pair := range strings.Fields(strings.TrimPrefix(string(out), "export ")) {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	return env
}

func deadline(t *testing.T, limit time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

func TestKeysAreForTheOwnerAlone(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	d := startDaemon(t, data, "127.0.0.1:0")
	defer d.stop(t)
	for _, file := range []string{"credentials.json", "kek", "endpoint"} {
		info, err := os.Stat(filepath.Join(data, file))
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o, want 600", file, mode)
		}
	}
	out, err := exec.Command(program, "serve", "--data", data, "--listen", "127.0.0.1:0").CombinedOutput()
	if err == nil {
		t.Fatal("a second service began on the same directory")
	}
	if text := strings.TrimSpace(string(out)); strings.Count(text, "\n") != 0 {
		t.Errorf("a second service on the directory says more than a sentence: %q", text)
	}
}
