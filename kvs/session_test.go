package kvs

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestSessionURL(t *testing.T) {
	s, c := newService(t)
	asked := make(chan map[string]any, 1)
	answer := func(name string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			asked <- body(t, r)
			fmt.Fprintf(w, `{%q: "https://b-1/x?SessionToken=secret~"}`, name)
		}
	}
	s.serve("/getHLSStreamingSessionURL", answer("HLSStreamingSessionURL"))
	s.serve("/getDASHStreamingSessionURL", answer("DASHStreamingSessionURL"))
	from, to := shelfEpoch, shelfEpoch.Add(time.Hour)
	at := fmt.Sprint(float64(from.Unix()))
	for _, tt := range []struct {
		session Session
		want    []string
	}{
		{Session{}, []string{"PlaybackMode:LIVE ", "FragmentSelectorType:SERVER_TIMESTAMP", "Expires:43200", "ContainerFormat:FRAGMENTED_MP4", "DisplayFragmentTimestamp:ALWAYS"}},
		{Session{Clock: ProducerTime, From: from}, []string{"PlaybackMode:LIVE_REPLAY", "FragmentSelectorType:PRODUCER_TIMESTAMP", "StartTimestamp:" + at}},
		{Session{From: from, To: to, Expires: 5 * time.Minute}, []string{"PlaybackMode:ON_DEMAND", "EndTimestamp:", "Expires:300"}},
		{Session{DASH: true}, []string{"PlaybackMode:LIVE ", "DASHFragmentSelector", "Expires:43200"}},
		{Session{DASH: true, From: from, To: to}, []string{"PlaybackMode:ON_DEMAND", "StartTimestamp:" + at}},
	} {
		url, err := c.SessionURL(testContext(t), "cam", tt.session)
		if err != nil || url != "https://b-1/x?SessionToken=secret~" {
			t.Errorf("%+v: %q, %v", tt.session, url, err)
		}
		got := fmt.Sprint(receive(t, asked)) + " "
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%+v: asked %s, want %q", tt.session, got, want)
			}
		}
	}
	for code, want := range map[string]bool{"AccessDeniedException": true, "ResourceNotFoundException": false} {
		s.serve("/getHLSStreamingSessionURL", refusing(400, code, "no"))
		if _, err := c.SessionURL(testContext(t), "cam", Session{}); err == nil || IsForbidden(err) != want {
			t.Errorf("%s: %v", code, err)
		}
	}
}
