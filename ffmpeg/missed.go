package ffmpeg

import (
	"sync"
	"time"
)

// missed counts the pictures of an input that the computer was too slow for: those that came, or were to come, while it was busy with
// the ones before. A camera that gives fewer pictures, in the dark, makes it wait instead. Only frame, late and waited are for the input's
// goroutine.
type missed struct {
	idle bool // the input was waited for since the last picture

	mu          sync.Mutex
	all         int
	minute      time.Duration // of the clock, in which the last ones were missed
	now, before int           // in that minute, and in the one before
}

// waited notes that nothing was to be done for some time.
func (m *missed) waited() { m.idle = true }

// frame notes a device's picture that comes so much later than the one before has ended, at a moment of the clock.
func (m *missed) frame(gap, length, now time.Duration) {
	if busy := !m.idle; busy && length > 0 && gap > length/2 && gap < patience {
		m.add(int((gap+length/2)/length), now)
	}
	m.idle = false
}

// late notes that pictures which are made by the clock are so much behind it that those of that time are left out. Beyond patience the
// computer has slept.
func (m *missed) late(by, length, now time.Duration) {
	if length > 0 && by < patience {
		m.add(int(by/length), now)
	}
}

func (m *missed) add(n int, now time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(now)
	m.all += n
	m.now += n
}

// turn begins another minute. The lock is held.
func (m *missed) turn(now time.Duration) {
	switch minute := now.Truncate(time.Minute); {
	case minute == m.minute:
		return
	case minute == m.minute+time.Minute:
		m.before, m.now, m.minute = m.now, 0, minute
	default:
		m.before, m.now, m.minute = 0, 0, minute
	}
}

// count is how many there were, and how many of them in the last minute or two.
func (m *missed) count(now time.Duration) (all, lately int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(now)
	return m.all, m.now + m.before
}
