package localkvs_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"kinora/internal/browser"
)

type report = browser.Report

// scene is a player and what it plays.
type scene struct{ id, player, source string }

// browse opens a page with one player for each scene. It skips the test where there is no Chromium or no player.
func browse(t *testing.T, scenes ...scene) *browser.Browser {
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
	return browser.Open(t, mux, nil)
}
