package kvstest

import (
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
)

type dashInput = kinesisvideoarchivedmedia.GetDASHStreamingSessionURLInput

// manifest is an MPD as far as the tests look at it.
type manifest struct {
	Type    string `xml:"type,attr"`
	Periods []struct {
		Sets []struct {
			Kind     string `xml:"contentType,attr"`
			Template struct {
				Timescale   int64  `xml:"timescale,attr"`
				StartNumber int    `xml:"startNumber,attr"`
				Init        string `xml:"initialization,attr"`
				Media       string `xml:"media,attr"`
				Timeline    []struct {
					Duration int64  `xml:"d,attr"`
					At       string `xml:"ts,attr"`
					Number   string `xml:"fn,attr"`
				} `xml:"SegmentTimeline>S"`
			} `xml:"SegmentTemplate"`
			Media struct {
				Codecs string `xml:"codecs,attr"`
			} `xml:"Representation"`
		} `xml:"AdaptationSet"`
	} `xml:"Period"`
}

func (s *subject) manifest(address string) (m manifest) {
	s.Helper()
	text := s.mustFetch(address)
	if err := xml.Unmarshal([]byte(text), &m); err != nil {
		s.Fatalf("the manifest cannot be read: %v\n%s", err, text)
	}
	if len(m.Periods) == 0 || len(m.Periods[0].Sets) == 0 {
		s.Fatalf("the manifest has nothing to play:\n%s", text)
	}
	return m
}

// dashOnDemand fetches everything that a manifest names.
func dashOnDemand(s *subject) {
	stream, _ := s.stream(1)
	r := s.reel(stream, "h264-g711", start())
	numbers := r.store(3)
	address := s.dash(stream, dashInput{
		PlaybackMode: types.DASHPlaybackModeOnDemand, DASHFragmentSelector: dashRange(r.epoch, r.epoch.Add(time.Minute)),
		DisplayFragmentNumber: types.DASHDisplayFragmentNumberAlways, DisplayFragmentTimestamp: types.DASHDisplayFragmentTimestampAlways,
	})
	if !strings.Contains(address, "/dash/v1/getDASHManifest.mpd?SessionToken=") {
		s.Errorf("the session's URL is %s", address)
	}
	m := s.manifest(address)
	if m.Type != "static" || len(m.Periods[0].Sets) != 2 {
		s.Fatalf("the manifest is %+v", m)
	}
	for _, set := range m.Periods[0].Sets {
		t := set.Template
		if got := boxes(s.mustFetch(s.relative(address, t.Init))); !slices.Equal(got, []string{"ftyp", "moov"}) {
			s.Errorf("the init fragment of the %s has %v", set.Kind, got)
		}
		var shown []string
		for i, piece := range t.Timeline {
			shown = append(shown, piece.Number)
			if seconds := float64(piece.Duration) / float64(t.Timescale); seconds < 1.95 || seconds > 2.05 || piece.At == "" {
				s.Errorf("fragment %d of the %s: %+v", i, set.Kind, piece)
			}
			uri := strings.ReplaceAll(t.Media, "$Number$", strconv.Itoa(t.StartNumber+i))
			if got := boxes(s.mustFetch(s.relative(address, uri))); !slices.Equal(got, []string{"moof", "mdat"}) {
				s.Errorf("fragment %d of the %s has %v", i, set.Kind, got)
			}
		}
		if !slices.Equal(shown, numbers) {
			s.Errorf("the %s has fragments %v, want %v", set.Kind, shown, numbers)
		}
	}
}

// dashLive: the manifest moves on, and the numbers with it.
func dashLive(s *subject) {
	stream, _ := s.stream(1)
	r := s.reel(stream, "h264-aac", start())
	r.store(6)
	address := s.dash(stream, dashInput{})
	first := s.manifest(address)
	r.store(2)
	second := s.manifest(address)
	a, b := first.Periods[0].Sets[0].Template, second.Periods[0].Sets[0].Template
	if first.Type != "dynamic" || len(a.Timeline) != 5 || len(b.Timeline) != 5 || b.StartNumber != a.StartNumber+2 {
		s.Errorf("from %+v the manifest went on to %+v", a, b)
	}
	if a.Timeline[0].At != "" || a.Timeline[0].Number != "" {
		s.Error("times and numbers are shown unasked")
	}
	s.mustFetch(s.relative(address, strings.ReplaceAll(a.Media, "$Number$", strconv.Itoa(a.StartNumber)))) // a player that is a little behind
}
