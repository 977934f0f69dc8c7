package localkvs

import "time"

// Usage is what a service keeps and takes in at one moment.
type Usage struct {
	Bytes     int64 // on disk, without the index
	Fragments int64
	Incoming  int64         // bits a second of media that arrive, over the last 5 seconds
	Streams   []StreamUsage // by name
}

// StreamUsage is the part of one stream in a Usage. Fragments that are not shown any more count until their file is removed.
type StreamUsage struct {
	Name      string
	Bytes     int64
	Fragments int64
	Incoming  int64
}

// Usage adds up what is stored and what arrives. It reads no disk and may be called from any goroutine.
func (s *Server) Usage() Usage { return s.service.usage(time.Now()) }

func (s *Service) usage(now time.Time) (u Usage) {
	for _, stream := range s.archive.Streams() {
		part := StreamUsage{Name: stream.Meta().Name}
		part.Bytes, part.Fragments = stream.Size()
		s.mu.Lock()
		feed := s.feeds[stream]
		s.mu.Unlock()
		if feed != nil {
			part.Incoming = feed.incoming(now)
		}
		u.Bytes += part.Bytes
		u.Fragments += part.Fragments
		u.Incoming += part.Incoming
		u.Streams = append(u.Streams, part)
	}
	return u
}

// incoming is the rate at which the stream's media arrive, in bits a second.
func (f *feed) incoming(now time.Time) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.meter.rate(now)
}

const meterSeconds = 5

// meter counts bytes by the second. The second that goes on is counted too, but not yet part of the rate.
type meter struct {
	slots [meterSeconds + 1]struct{ second, bytes int64 }
}

func (m *meter) add(now time.Time, bytes int) {
	second := now.Unix()
	slot := &m.slots[second%int64(len(m.slots))]
	if slot.second != second {
		slot.second, slot.bytes = second, 0
	}
	slot.bytes += int64(bytes)
}

// rate returns bits a second over the last meterSeconds.
func (m *meter) rate(now time.Time) int64 {
	var bytes int64
	for _, slot := range m.slots {
		if age := now.Unix() - slot.second; age >= 1 && age <= meterSeconds {
			bytes += slot.bytes
		}
	}
	return bytes * 8 / meterSeconds
}
