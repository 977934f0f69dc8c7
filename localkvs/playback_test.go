package localkvs

import (
	"strings"
	"testing"
	"time"

	"kinora/localkvs/archive"
)

// A session's range is 24 hours at most, however much more is asked for: also where so many nanoseconds are no number any more.
func TestRangeOfASession(t *testing.T) {
	now := time.UnixMilli(1_795_341_600_000)
	for _, c := range []struct {
		from, to int64 // ms
		want     string
	}{
		{0, 1, ""},
		{0, 86_400_000, ""},
		{1, 1, "must lie after"},
		{2, 1, "must lie after"},
		{0, 86_400_001, "24 hours"},
		{0, 18_446_744_073_710, "24 hours"}, // 2^64 ns and a little
		{0, 253_402_300_799_000, "24 hours"},
	} {
		from, to := epoch(time.UnixMilli(c.from)), epoch(time.UnixMilli(c.to))
		p := playback{Mode: onDemand}
		selector := &fragmentSelector{FragmentSelectorType: "PRODUCER_TIMESTAMP"}
		selector.TimestampRange = &struct{ StartTimestamp, EndTimestamp *epoch }{&from, &to}
		err := p.pick(selector, now)
		switch {
		case c.want == "" && (err != nil || p.From != c.from || p.To != c.to || p.Clock != archive.ProducerTime):
			t.Errorf("from %d to %d: %+v, %v", c.from, c.to, p, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("from %d to %d: %v, want %q", c.from, c.to, err, c.want)
		}
	}
}
