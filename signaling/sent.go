package signaling

import (
	"encoding/json"
	"fmt"
	"sync"
)

// sent remembers the newest requests by their correlation IDs.
type sent struct {
	mu    sync.Mutex
	count uint64
	ring  [traced]*Request
}

// note remembers a copy of r, with a correlation ID, and returns it as a frame.
func (s *sent) note(r *Request) ([]byte, error) {
	mine := *r
	s.mu.Lock()
	if mine.Correlate == "" {
		mine.Correlate = fmt.Sprintf("kinora-%d", s.count)
	}
	s.ring[s.count%traced] = &mine
	s.count++
	s.mu.Unlock()
	frame, err := json.Marshal(mine)
	if err != nil {
		return nil, fmt.Errorf("signaling: the message cannot be written: %w", err)
	}
	if len(frame) > MaxMessage {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrTooLong, len(frame), MaxMessage)
	}
	return frame, nil
}

// about returns the request that a status is about; nil when it was sent too long ago, or never.
func (s *sent) about(status *Status) *Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.ring {
		if r != nil && r.Correlate == status.Correlate {
			return r
		}
	}
	return nil
}
