// Package browser is a headless Chromium whose pages tell tests how they do: players of sessions, and peers of calls.
package browser

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Browser is a headless Chromium with a page of players, each of which plays one session.
type Browser struct {
	site *httptest.Server

	mu      sync.Mutex
	reports map[string]Report
	seeks   map[string]float64
	changed chan struct{}
}

// Report is what a player says of itself.
type Report struct {
	ID      string
	Fatal   string
	Time    float64 // of the video, seconds
	Start   float64 // of what can be sought
	Width   int
	Frames  int
	Sought  int // seeks that came to where they were to go
	Ended   bool
	Parts   int          // of fragments that were loaded before these were whole
	Heard   string       // over a data channel
	Relayed bool         // the call goes over a TURN server
	Sound   float64      // the loudest so far that the peer has received, up to 1
	Codec   string       // of that sound, such as audio/opus
	Ranges  [][2]float64 // what is buffered
}

// Time bounds the wait for anything in a browser: the machine may be busy with much else.
const Time = 90 * time.Second

// Open shows the front page of a site, whose pages report to /report. It trusts an authority's certificate, in PEM, if one is given.
func Open(t *testing.T, site *http.ServeMux, authority []byte, flags ...string) *Browser {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Chromium is not installed (Debian: apt-get install chromium)")
	}
	b := &Browser{reports: make(map[string]Report), seeks: make(map[string]float64), changed: make(chan struct{})}
	site.HandleFunc("POST /report", b.report)
	b.site = httptest.NewServer(site)
	t.Cleanup(b.site.Close)
	dir, err := os.MkdirTemp("", "chromium-test-")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(chromium, append(flags, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--autoplay-policy=no-user-gesture-required", "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
		"--remote-debugging-port=0", "--user-data-dir="+dir, b.site.URL)...)
	if authority != nil {
		cmd.Env = append(os.Environ(), "HOME="+trusting(t, authority))
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()         // killed
		_ = os.RemoveAll(dir)  // its helpers may still write a moment
		if t.Failed() {
			t.Logf("Chromium says:\n%.4000s", complaint.String())
		}
	})
	return b
}

// trusting makes a home directory whose programs trust an authority.
func trusting(t *testing.T, authority []byte) string {
	t.Helper()
	certutil, err := exec.LookPath("certutil")
	if err != nil {
		t.Skip("certutil is not installed (Debian: apt-get install libnss3-tools)")
	}
	home := t.TempDir()
	file, book := filepath.Join(home, "ca.pem"), filepath.Join(home, ".pki", "nssdb")
	if err := errors.Join(os.MkdirAll(book, 0o700), os.WriteFile(file, authority, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-N", "--empty-password"}, {"-A", "-t", "C,,", "-n", "authority", "-i", file}} {
		if out, err := exec.Command(certutil, append([]string{"-d", "sql:" + book}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("certutil %v: %v\n%s", args, err, out)
		}
	}
	return home
}

// report takes what a player says and answers with where it is to seek.
func (b *Browser) report(w http.ResponseWriter, r *http.Request) {
	var got Report
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	seek := b.seeks[got.ID]
	delete(b.seeks, got.ID)
	b.reports[got.ID] = got
	close(b.changed)
	b.changed = make(chan struct{})
	b.mu.Unlock()
	fmt.Fprintf(w, `{"seek":%g}`, seek)
}

// Until waits for a player to report what a condition wants. A fatal error of the player fails the test.
func (b *Browser) Until(t *testing.T, id, what string, ok func(Report) bool) Report {
	t.Helper()
	limit := time.NewTimer(Time)
	defer limit.Stop()
	for {
		b.mu.Lock()
		got, changed := b.reports[id], b.changed
		b.mu.Unlock()
		switch {
		case got.Fatal != "":
			t.Fatalf("%s has failed: %s; last report %+v", id, got.Fatal, got)
		case got.ID != "" && ok(got):
			return got
		}
		select {
		case <-changed:
		case <-limit.C:
			t.Fatalf("%s: %s did not happen in %s; last report %+v", id, what, Time, got)
		}
	}
}

// Plays waits until a player has played for some seconds from now on.
func (b *Browser) Plays(t *testing.T, id string, seconds float64) {
	t.Helper()
	from := b.Until(t, id, "a first picture", func(r Report) bool { return r.Frames > 0 && r.Time >= 0 })
	b.Until(t, id, fmt.Sprintf("%.1f s of playing", seconds), func(r Report) bool { return r.Time >= from.Time+seconds || r.Ended })
}

// Seek moves a player to some seconds behind the beginning, and waits until it plays there.
func (b *Browser) Seek(t *testing.T, id string, to float64) {
	t.Helper()
	b.mu.Lock()
	b.seeks[id] = to
	before := b.reports[id].Sought
	b.mu.Unlock()
	there := b.Until(t, id, "a seek", func(r Report) bool { return r.Sought > before })
	b.Until(t, id, "playing after a seek", func(r Report) bool { return r.Time >= there.Time+0.5 || r.Ended })
}
