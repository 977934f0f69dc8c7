package upload

import "time"

// Phase says what an uploader is doing.
type Phase int

// The phases.
const (
	Idle       Phase = iota // nothing waits
	Connecting              // nothing was acknowledged on the present connection so far
	Uploading               // the service acknowledges
	Offline                 // it failed; tried again at NextTry
	Paused                  // by a person or a metered network
	Held                    // Refused or Reauthenticate: tried again seldom, or by Retry
)

var phaseNames = [...]string{"idle", "connecting", "uploading", "offline", "paused", "held"}

// String returns the phase in one word.
func (p Phase) String() string { return phaseNames[p] }

// State is a snapshot.
type State struct {
	Phase      Phase
	Since      time.Time // of Phase
	Err        error     // why Offline or Held; nil once the service acknowledges again
	Class      Class     // of Err
	NextTry    time.Time
	Pause      string        // why Paused
	Rate       float64       // bits a second that went out over the last five seconds
	Backlog    int64         // bytes that are not persisted
	Behind     time.Duration // media length of that
	Oldest     time.Time     // producer time of the oldest that waits; zero: none
	ETA        time.Duration // until the backlog is persisted at the present rate; 0: unknown or none
	LastAck    time.Time     // when the service last persisted something
	Live       time.Duration // how far the live connection is behind the camera; 0 when it keeps up or nothing is recorded
	Repeats    int           // fragments not sent again because the service had them
	Rejected   int           // fragments refused for good
	Reconnects int           // connections after the first one, whatever ended that
	Strays     int           // acknowledgements that concern nothing that was sent: repeated, late, unknown
}

// State returns what the uploader is doing. It is cheap.
func (u *Uploader) State() State {
	w := u.waiting()
	u.mu.Lock()
	defer u.mu.Unlock()
	now := time.Now()
	s := State{
		Err: u.trouble.err, Pause: u.pause, Rate: u.meter.rate(now), Backlog: w.bytes, Behind: w.length, Oldest: w.oldest,
		LastAck: u.lastAck, Repeats: u.repeats, Rejected: u.rejected, Reconnects: max(0, u.connections-1), Strays: u.strays,
	}
	if s.Err != nil {
		s.Class, s.NextTry = u.trouble.class, u.trouble.next
	}
	if lag := u.lag(); lag > late {
		s.Live = lag
	}
	if s.Rate > 0 {
		s.ETA = time.Duration(float64(8*s.Backlog) / s.Rate * float64(time.Second))
	}
	if p := u.phaseNow(w.fragments > 0); p != u.phase {
		u.phase, u.since = p, now
	}
	s.Phase, s.Since = u.phase, u.since
	return s
}

func (u *Uploader) phaseNow(waiting bool) Phase {
	switch {
	case u.pause != "":
		return Paused
	case !waiting:
		return Idle
	case u.trouble.err != nil && (u.trouble.class == Refused || u.trouble.class == Reauthenticate):
		return Held
	case u.trouble.err != nil:
		return Offline
	case u.acknowledged():
		return Uploading
	}
	return Connecting
}

// acknowledged reports whether the service acknowledges on a present connection.
func (u *Uploader) acknowledged() bool {
	for _, m := range u.marks {
		if m.conn != nil && m.conn.acked {
			return true
		}
	}
	return u.live.conn != nil && u.live.conn.acked || u.backlog.conn != nil && u.backlog.conn.acked
}

// waiting is what the spool holds for the target.
type waiting struct {
	fragments int
	bytes     int64
	length    time.Duration
	oldest    time.Time
}

func (u *Uploader) waiting() (w waiting) {
	for _, t := range u.o.Spool.Takes() {
		if t.Target() != u.o.Target {
			continue
		}
		f := t.Figures()
		w.fragments += f.Fragments
		w.bytes += f.Bytes
		w.length += f.Captured - f.Persisted - f.Rejected - f.Evicted - f.Lost
	}
	if f := u.o.Spool.Oldest(u.o.Target); f != nil {
		w.oldest = f.Time()
	}
	return w
}

// meter measures what goes out, in slots of a second.
type meter struct {
	slots [5]int64
	last  int64 // the second of the newest slot
}

func (m *meter) add(now time.Time, n int) {
	m.turn(now)
	m.slots[m.last%int64(len(m.slots))] += int64(n)
}

// turn empties the slots of seconds that have gone by.
func (m *meter) turn(now time.Time) {
	s := now.Unix()
	for m.last = max(m.last, s-int64(len(m.slots))); m.last < s; {
		m.last++
		m.slots[m.last%int64(len(m.slots))] = 0
	}
}

// rate returns bits a second.
func (m *meter) rate(now time.Time) float64 {
	m.turn(now)
	var sum int64
	for _, n := range m.slots {
		sum += n
	}
	measured := float64(len(m.slots)-1) + float64(now.Nanosecond())/1e9 // the newest slot is not full yet
	return 8 * float64(sum) / measured
}
