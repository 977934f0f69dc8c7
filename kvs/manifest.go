package kvs

import (
	"context"
	"encoding/xml"
	"errors"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// manifest is what of a manifest of DASH is used.
type manifest struct {
	Periods []struct {
		Sets []struct {
			Template template `xml:"SegmentTemplate"`
			Media    []struct {
				ID       string   `xml:"id,attr"`
				Template template `xml:"SegmentTemplate"`
			} `xml:"Representation"`
		} `xml:"AdaptationSet"`
	} `xml:"Period"`
}

type template struct {
	Timescale int64   `xml:"timescale,attr"`
	First     int64   `xml:"startNumber,attr"`
	Init      string  `xml:"initialization,attr"`
	Media     string  `xml:"media,attr"`
	Timeline  []piece `xml:"SegmentTimeline>S"`
}

type piece struct {
	Time     int64   `xml:"t,attr"`
	Duration int64   `xml:"d,attr"`
	At       float64 `xml:"ts,attr"`
	Number   string  `xml:"fn,attr"`
}

// manifest reads the session's manifest: what each of its tracks lists, the picture's first. Fragments without their time are left out.
func (s *session) manifest(ctx context.Context) ([][]listed, error) {
	base, err := url.Parse(s.address)
	if err != nil {
		return nil, errTimeless
	}
	b, err := s.get(ctx, opManifest, s.address, mostList)
	if err != nil {
		return nil, err
	}
	var m manifest
	if err := xml.Unmarshal(b, &m); err != nil {
		return nil, errors.New("the session's manifest cannot be read")
	}
	return m.tracks(base), nil
}

func (m *manifest) tracks(base *url.URL) [][]listed {
	var tracks [][]listed
	for _, period := range m.Periods {
		for i, set := range period.Sets {
			if len(set.Media) == 0 {
				continue
			}
			if len(tracks) <= i {
				tracks = append(tracks, nil)
			}
			t := set.Template
			if t.Media == "" {
				t = set.Media[0].Template
			}
			at := min(i, len(tracks)-1)
			tracks[at] = append(tracks[at], t.list(base, set.Media[0].ID)...)
		}
	}
	return tracks
}

// list is what a template makes of its timeline.
func (t *template) list(base *url.URL, id string) []listed {
	var list []listed
	scale := max(1, t.Timescale)
	for i, s := range t.Timeline {
		if s.At <= 0 || s.At > math.MaxInt32*100 || s.Duration < 0 || s.Duration/scale > int64(longest/time.Second) {
			continue
		}
		fill := strings.NewReplacer("$RepresentationID$", id, "$Number$", strconv.FormatInt(t.First+int64(i), 10), "$Time$", strconv.FormatInt(s.Time, 10))
		one := listed{
			address: resolve(base, fill.Replace(t.Media)), head: resolve(base, fill.Replace(t.Init)),
			at: time.UnixMilli(int64(math.Round(s.At * 1000))), length: ticksOf(uint64(s.Duration), uint32(scale)),
		}
		if len(s.Number) == fragmentDigits && strings.Trim(s.Number, "0123456789") == "" {
			one.number = s.Number
		}
		list = append(list, one)
	}
	return list
}
