package localkvs_test

import (
	"encoding/xml"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
)

// Where a Period starts, its media timeline is, to the tick; fragments whose frames last no whole milliseconds are before it.
func TestPeriodsStartWhereTheirMediaDo(t *testing.T) {
	s := newStage(t)
	epoch := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	for i, clip := range []string{"h264-aac", "smaller", "h264-aac"} {
		p := s.produce(clip, epoch.Add(time.Duration(i)*time.Minute))
		p.fragments(3)
		p.stop()
	}
	var m struct {
		Periods []struct {
			Start string `xml:"start,attr"`
			Sets  []struct {
				Template struct {
					Offset   int64 `xml:"presentationTimeOffset,attr"`
					Timeline []struct {
						Time int64 `xml:"t,attr"`
					} `xml:"SegmentTimeline>S"`
				} `xml:"SegmentTemplate"`
			} `xml:"AdaptationSet"`
		} `xml:"Period"`
	}
	text := s.get(s.dash(dashInput{PlaybackMode: types.DASHPlaybackModeOnDemand, DASHFragmentSelector: betweenDASH(epoch, epoch.Add(time.Hour))}))
	if err := xml.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Periods) != 3 {
		t.Fatalf("there are %d Periods, want 3", len(m.Periods))
	}
	for _, p := range m.Periods {
		start, err := time.ParseDuration(p.Start[len("PT"):len(p.Start)-1] + "s")
		if err != nil {
			t.Fatal(err)
		}
		for _, set := range p.Sets {
			if at := set.Template; at.Offset != start.Milliseconds() || at.Timeline[0].Time != at.Offset {
				t.Errorf("a Period starts at %s, its timeline at %d ms, its first fragment at %d ms", p.Start, at.Offset, at.Timeline[0].Time)
			}
		}
	}
}
