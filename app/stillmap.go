package app

import (
	"context"
	"time"

	"kinora/media"
)

const (
	day        = 24 * time.Hour
	mappedDays = 400              // in memory at most; a day is 1.4 kB
	mapHolds   = 10 * time.Minute // until it is looked again which minutes the cache has let go
)

// dayOfStills names a day of a stream.
type dayOfStills struct {
	account, stream string
	day             int64 // since 1970
}

// dayMap says of which minutes of a day there are stills.
type dayMap struct {
	minutes [24 * 60]bool
	looked  time.Time
}

// local says where stills are, to the minute, however long the time is: stretches closer than resolution are one. In a time of more days than are
// held in memory some minutes are passed over. It reads no files.
func (s *Stills) local(ctx context.Context, account, stream string, from, to time.Time, resolution time.Duration) []media.Span {
	var spans []media.Span
	join := max(resolution, to.Sub(from)/steps)
	every := 1 + int(to.Sub(from)/(mappedDays*day))
	for t := from.Truncate(day); t.Before(to) && ctx.Err() == nil; t = t.Add(day) {
		minutes := s.ofDay(account, stream, t, every)
		for i, has := range minutes {
			at := t.Add(time.Duration(i) * time.Minute)
			end := at.Add(time.Minute)
			if !has || !end.After(from) || !at.Before(to) {
				continue
			}
			if n := len(spans); n > 0 && at.Sub(spans[n-1].To) < join {
				spans[n-1].To = end
				continue
			}
			spans = append(spans, media.Span{From: at, To: end})
		}
	}
	return spans
}

// ofDay returns the map of a day, of which every so many minutes were looked for.
func (s *Stills) ofDay(account, stream string, at time.Time, every int) [24 * 60]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := nameDay(account, stream, at)
	if d := s.days[name]; d != nil && time.Since(d.looked) < mapHolds {
		return d.minutes
	}
	d := &dayMap{looked: time.Now()}
	for i := 0; i < len(d.minutes); i += every {
		key := minuteKey(account, stream, at.Add(time.Duration(i)*time.Minute))
		d.minutes[i] = s.held(key) >= 0 || s.disk != nil && s.disk.Has(key)
	}
	if every > 1 {
		return d.minutes
	}
	if s.days == nil || len(s.days) >= mappedDays {
		s.days = make(map[dayOfStills]*dayMap)
	}
	s.days[name] = d
	return d.minutes
}

// mark notes that there is a still of a moment. s.mu is held.
func (s *Stills) mark(account, stream string, at time.Time) {
	if d := s.days[nameDay(account, stream, at)]; d != nil {
		d.minutes[at.Sub(at.Truncate(day))/time.Minute] = true
	}
}

func nameDay(account, stream string, at time.Time) dayOfStills {
	return dayOfStills{account, stream, at.Truncate(day).Unix() / int64(day/time.Second)}
}
