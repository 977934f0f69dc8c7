package host

import "time"

// Battery is the charge of this computer. The zero Battery is a computer without one.
type Battery struct {
	Present  bool
	Charging bool          // or full, on mains
	Percent  int           // 0 to 100, of all batteries together
	Left     time.Duration // until it is empty at the present drain; 0: not known, or charging
}
