package kvs

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A session that does not say what a player needs is an error, which does not hold its address.
func TestSessionsThatCannotBeWatched(t *testing.T) {
	service, c := newService(t)
	t.Cleanup(c.Close)
	files := map[string]string{
		"/empty.m3u8":     "#EXTM3U\n",
		"/absent.m3u8":    "nowhere.m3u8?SessionToken=t\n",
		"/broken.m3u8":    "broken-video.m3u8?SessionToken=t\n",
		"/empty.mpd":      "",
		"/unfinished.mpd": "<MPD><Period",
	}
	files["/broken-video.m3u8"] = "#EXT-X-MAP:URI=\"empty.m3u8?SessionToken=t\"\n#EXT-X-PROGRAM-DATE-TIME:" + time.Now().UTC().Format(time.RFC3339) + "\nempty.m3u8?SessionToken=t\n"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := files[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusForbidden)
		}
		fmt.Fprint(w, text)
	}))
	t.Cleanup(s.Close)
	watch := func(name string) {
		t.Helper()
		for _, protocol := range []string{"HLS", "DASH"} {
			service.serve("/get"+protocol+"StreamingSessionURL", func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, `{"%sStreamingSessionURL": "%s/%s?SessionToken=t"}`, protocol, s.URL, name)
			})
		}
		source, err := c.SessionLive("cam", Session{DASH: strings.HasSuffix(name, "mpd")})(testContext(t))
		if err == nil || source != nil {
			t.Errorf("%s: it is watched: %v", name, err)
		} else if strings.Contains(err.Error(), "SessionToken") {
			t.Errorf("%s: the error holds the address: %v", name, err)
		}
	}
	for name := range files {
		if name != "/broken-video.m3u8" {
			watch(name[1:])
		}
	}
	s.Close()
	watch("nobody.m3u8")
	if got := ticksOf(1<<62, 1<<31); got != time.Duration(1<<31)*time.Second {
		t.Errorf("%v", got)
	}
}
