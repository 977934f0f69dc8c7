package player

import "time"

const (
	meterBucket  = 200 * time.Millisecond
	meterBuckets = 10 // 2 s
)

// meter counts events over a sliding window of two seconds, without allocating. The zero meter is ready.
type meter struct {
	counts [meterBuckets + 1]int64 // the last one, at head, is still filling
	head   int
	begin  time.Time // of the head's bucket
	full   int       // buckets that count, apart from the head
}

func (m *meter) add(now time.Time, n int64) {
	m.turn(now)
	m.counts[m.head] += n
}

// perSecond returns the events a second in the window that ends now.
func (m *meter) perSecond(now time.Time) float64 {
	if m.begin.IsZero() {
		return 0
	}
	m.turn(now)
	if m.full == 0 {
		return 0
	}
	sum := -m.counts[m.head]
	for _, c := range m.counts {
		sum += c
	}
	return float64(sum) / (time.Duration(m.full) * meterBucket).Seconds()
}

// turn moves the head to the bucket of now.
func (m *meter) turn(now time.Time) {
	if m.begin.IsZero() || now.Sub(m.begin) >= (meterBuckets+1)*meterBucket {
		full := 0
		if !m.begin.IsZero() {
			full = meterBuckets
		}
		*m = meter{begin: now, full: full}
		return
	}
	for now.Sub(m.begin) >= meterBucket {
		m.begin = m.begin.Add(meterBucket)
		m.head = (m.head + 1) % len(m.counts)
		m.counts[m.head] = 0
		m.full = min(m.full+1, meterBuckets)
	}
}
