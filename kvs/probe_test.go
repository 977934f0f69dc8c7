package kvs

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kinora/mkv"
)

func TestOwner(t *testing.T) {
	s, c := newService(t)
	s.sequence("/describeStream", answering(`{"StreamInfo":`+stream+`}`, "ACTIVE"), answering(`{"StreamInfo":{"StreamName":"cam","StreamARN":"cam"}}`))
	got, err := c.Owner(testContext(t), "cam")
	if want := "arn:aws:kinesisvideo:eu-west-1:123456789012"; got != want || err != nil {
		t.Errorf("owner %q, %v, want %q", got, err, want)
	}
	if _, err := c.Owner(testContext(t), "cam"); err == nil || !strings.Contains(err.Error(), "no ARN") {
		t.Errorf("a strange name: %v", err)
	}
	before := s.count("/describeStream")
	s.serve("/describeStream", func(w http.ResponseWriter, r *http.Request) { cut(t, w) })
	if _, err := c.Owner(testContext(t), "cam"); !IsNetwork(err) || s.count("/describeStream") != before+1 {
		t.Errorf("after a broken connection it was asked %d times: %v", s.count("/describeStream")-before, err)
	}
}

// The time is told by whatever answers, a refusal too.
func TestSkew(t *testing.T) {
	s, c := newService(t)
	ahead := time.Hour
	s.serve("/listStreams", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		refuse(w, http.StatusForbidden, "AccessDeniedException", "no")
	})
	got, err := c.Skew(testContext(t))
	if err != nil || (got-ahead).Abs() > 2*time.Second {
		t.Errorf("skew %v, %v, want %v", got, err, ahead)
	}
	s.Close()
	if _, err := c.Skew(testContext(t)); !IsNetwork(err) {
		t.Errorf("without a service: %v, which is not taken for the network", err)
	}
}

// A probe breaks off inside a fragment: nothing of it can be stored.
func TestProbe(t *testing.T) {
	s, c := newService(t)
	got := make(chan string, 1)
	s.serve("/putMedia", duplex(t, func(body io.Reader, say func(string, ...any)) {
		said := ""
		defer func() { got <- said }()
		p := mkv.NewParser(body, mkv.ParserOptions{})
		for {
			e, err := p.Next()
			if err != nil {
				said += fmt.Sprint(" ", !errors.Is(err, io.EOF))
				return
			}
			if e.Kind != mkv.Filler {
				said += fmt.Sprint(" ", e.Kind)
			}
			if e.Kind == mkv.Start {
				say(`{"EventType":"BUFFERING","FragmentTimecode":%d,"FragmentNumber":"1"}`+"\n", e.Timecode)
			}
		}
	}))
	reported := false
	bps, err := c.Probe(testContext(t), "cam", time.Second, func(bps float64) { reported = bps > 0 })
	if err != nil || bps <= 0 {
		t.Errorf("probe: %v bits a second, %v", bps, err)
	}
	if said, want := receive(t, got), " Header Start true"; said != want {
		t.Errorf("the service saw%s, want%s", said, want)
	}
	t.Logf("%.0f Mb/s, reported on the way: %v", bps/1e6, reported)

	s.serve("/putMedia", refusing(http.StatusNotFound, "ResourceNotFoundException", "no such stream"))
	if _, err := c.Probe(testContext(t), "cam", time.Second, nil); Classify(err) != GiveUp {
		t.Errorf("a stream that is not there: %v", err)
	}
}
