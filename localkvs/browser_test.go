package localkvs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// browser is a headless Chromium with a page of players, each of which plays one session.
type browser struct {
	site *httptest.Server

	mu      sync.Mutex
	reports map[string]report
	seeks   map[string]float64
	changed chan struct{}
}

// report is what a player says of itself.
type report struct {
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
	Sound   float64      // the loudest so far, up to 1
	Ranges  [][2]float64 // what is buffered
}

// scene is a player and what it plays.
type scene struct{ id, player, source string }

// browserTime bounds the wait for anything in a browser: the machine may be busy with much else.
const browserTime = 90 * time.Second

// browse opens a page with one player for each scene. It skips the test where there is no Chromium or no player.
func browse(t *testing.T, scenes ...scene) *browser {
	t.Helper()
	players := filepath.Join("..", "build", "players", "node_modules")
	if _, err := os.Stat(players); err != nil {
		t.Skip("the JavaScript players are not there; fetch them with scripts/players")
	}
	mux := http.NewServeMux()
	mux.Handle("GET /players/", http.StripPrefix("/players/", http.FileServer(http.Dir(players))))
	mux.HandleFunc("GET /player.html", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "testdata/players/player.html") })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		for _, s := range scenes {
			query := url.Values{"id": {s.id}, "player": {s.player}, "source": {s.source}}
			fmt.Fprintf(w, "<iframe width=340 height=200 allow=autoplay src=\"/player.html?%s\"></iframe>\n", html.EscapeString(query.Encode()))
		}
	})
	return openBrowser(t, mux, nil)
}

// openBrowser shows the front page of a site, whose pages report to /report. It trusts an authority's certificate, in PEM, if one is given.
func openBrowser(t *testing.T, site *http.ServeMux, authority []byte, flags ...string) *browser {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("Chromium is not installed (Debian: apt-get install chromium)")
	}
	b := &browser{reports: make(map[string]report), seeks: make(map[string]float64), changed: make(chan struct{})}
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
func (b *browser) report(w http.ResponseWriter, r *http.Request) {
	var got report
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

// until waits for a player to report what a condition wants. A fatal error of the player fails the test.
func (b *browser) until(t *testing.T, id, what string, ok func(report) bool) report {
	t.Helper()
	limit := time.NewTimer(browserTime)
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
			t.Fatalf("%s: %s did not happen in %s; last report %+v", id, what, browserTime, got)
		}
	}
}

// plays waits until a player has played for some seconds from now on.
func (b *browser) plays(t *testing.T, id string, seconds float64) {
	t.Helper()
	from := b.until(t, id, "a first picture", func(r report) bool { return r.Frames > 0 && r.Time >= 0 })
	b.until(t, id, fmt.Sprintf("%.1f s of playing", seconds), func(r report) bool { return r.Time >= from.Time+seconds || r.Ended })
}

// seek moves a player to some seconds behind the beginning, and waits until it plays there.
func (b *browser) seek(t *testing.T, id string, to float64) {
	t.Helper()
	b.mu.Lock()
	b.seeks[id] = to
	before := b.reports[id].Sought
	b.mu.Unlock()
	there := b.until(t, id, "a seek", func(r report) bool { return r.Sought > before })
	b.until(t, id, "playing after a seek", func(r report) bool { return r.Time >= there.Time+0.5 || r.Ended })
}
