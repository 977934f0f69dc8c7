package main

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinora/app"
	"kinora/internal/leak"
)

// socketDir returns a directory with a short path.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "k")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// listening runs an instance that refuses what contains "bad" until the test ends, and returns what it is asked for.
func listening(t *testing.T, path string) <-chan string {
	t.Helper()
	asked := make(chan string, 10)
	i, err := listen(path, func(request string) error {
		if strings.Contains(request, "bad") {
			return errors.New("that is\nno link")
		}
		asked <- request
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is %v, %v", info, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "k*", "s")); err != nil || len(left) > 0 {
		t.Errorf("beside it: %v, %v", left, err)
	}
	t.Cleanup(func() {
		if err := i.close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("the socket stays")
		}
	})
	return asked
}

func TestASecondStartHandsOver(t *testing.T) {
	leak.Check(t)
	path := filepath.Join(socketDir(t), "s")
	if running, err := handOver(t.Context(), path, requestShow); running || err != nil {
		t.Fatalf("before anything runs: %v, %v", running, err)
	}
	asked := listening(t, path)
	if mode, err := os.Stat(path); err != nil || mode.Mode().Perm() != 0o600 {
		t.Errorf("the socket has the mode %v, %v, want it for its user alone", mode.Mode(), err)
	}
	for range 3 {
		if running, err := handOver(t.Context(), path, requestOpen+"kinora://a/gate"); !running || err != nil {
			t.Fatalf("handing over: %v, %v", running, err)
		}
		if got := <-asked; got != "open kinora://a/gate" {
			t.Errorf("asked for %q", got)
		}
	}
	if running, err := handOver(t.Context(), path, requestOpen+"bad"); !running || err == nil || err.Error() != "that is no link" {
		t.Errorf("a request that is refused: %v, %v", running, err)
	}
}

func TestADeadSocketIsTakenOver(t *testing.T) {
	leak.Check(t)
	path := filepath.Join(socketDir(t), "s")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false) // as after kill -9
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	if running, err := handOver(t.Context(), path, requestShow); running || err != nil {
		t.Fatalf("at a dead socket: %v, %v", running, err)
	}
	asked := listening(t, path)
	if running, err := handOver(t.Context(), path, requestShow); !running || err != nil {
		t.Fatalf("after it was taken over: %v, %v", running, err)
	}
	if got := <-asked; got != requestShow {
		t.Errorf("asked for %q", got)
	}
}

func TestBadTalkIsRefusedAndHarmsNobody(t *testing.T) {
	leak.Check(t)
	path := filepath.Join(socketDir(t), "s")
	asked := listening(t, path)
	for _, talk := range []string{"", "show", strings.Repeat("x", 10*longestLine) + "\n"} {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, talk) // refused before all of it was read, perhaps
		if err := conn.(*net.UnixConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(conn) // a reset, when not all was read
		if strings.HasPrefix(string(answer), answerOK) {
			t.Errorf("to %d bytes without an end the answer is %q", len(talk), answer)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	if running, err := handOver(t.Context(), path, requestShow); !running || err != nil {
		t.Errorf("after that: %v, %v", running, err)
	}
	if got := <-asked; got != requestShow || len(asked) > 0 {
		t.Errorf("asked for %q and %d more", got, len(asked))
	}
}

func TestEachDataDirectoryHasItsOwnSocket(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", "/run/user/1")
	a, b := socketPath("/home/a/kinora"), socketPath("/home/b/kinora")
	if a == b || filepath.Dir(a) != "/run/user/1" || a != socketPath("/home/a/kinora/") {
		t.Errorf("the sockets are %q and %q", a, b)
	}
	t.Setenv("XDG_RUNTIME_DIR", "")
	if got := socketPath("/home/a/kinora"); got != "/home/a/kinora/kinora.sock" {
		t.Errorf("without a runtime directory the socket is %q", got)
	}
	if got := socketPath("/" + strings.Repeat("a", 200)); got != "" {
		t.Errorf("a path that is too long is %q", got)
	}
}

// window remembers what it was asked for.
type window struct {
	raised int
	shown  []app.Link
}

func (w *window) Raise() { w.raised++ }

func (w *window) Follow(l app.Link) error {
	if l.Account == "other" {
		return errors.New("there is no such account")
	}
	w.shown = append(w.shown, l)
	return nil
}

func TestAWindowObeys(t *testing.T) {
	w := &window{}
	if err := obey(w, requestShow); err != nil || w.raised != 1 {
		t.Errorf("show: %v, raised %d times", err, w.raised)
	}
	if err := obey(w, "open kinora://a/gate"); err != nil || len(w.shown) != 1 || w.shown[0].Streams[0] != "gate" {
		t.Errorf("a link: %v, shown %+v", err, w.shown)
	}
	for _, bad := range []string{"", "quit", "open", "open gate", "open kinora://other/gate", "show "} {
		if err := obey(w, bad); err == nil {
			t.Errorf("%q is obeyed", bad)
		}
	}
}

// A start that meets another one which does not listen yet waits for it.
func TestHandOverToOneThatIsStarting(t *testing.T) {
	leak.Check(t)
	path := filepath.Join(socketDir(t), "kinora.sock")
	handed := make(chan error, 1)
	go func() {
		running, err := handOverSoon(t.Context(), path, requestShow)
		if !running && err == nil {
			err = errors.New("nobody was found")
		}
		handed <- err
	}()
	asked := listening(t, path)
	if err := <-handed; err != nil {
		t.Error(err)
	}
	if request := <-asked; request != requestShow {
		t.Errorf("%q was asked", request)
	}
}
