package media

import "time"

const (
	// seam is by how much a fragment may begin before the end of the one in front of it and still follow upon it.
	seam = 50 * time.Millisecond
	// uploadsApart is how far apart in the service's time two uploads of the same time are no longer one recording.
	uploadsApart = time.Hour
)

// Twice reports whether two fragments are the same time uploaded twice, and which of them is shown then: of those that start at the same
// moment the one with the larger number; of those that overlap and were uploaded more than an hour apart, as when a recording is uploaded
// again with other cuts, the one that was uploaded first. Both are of an archive that goes by the producer's clock, and b is not in front
// of a.
func Twice(a, b *Fragment) (shown *Fragment, twice bool) {
	switch {
	case a.Start.Equal(b.Start):
		if a.Number > b.Number {
			return a, true
		}
		return b, true
	case a.Server.IsZero() || b.Server.IsZero(): // a streaming session names one clock alone, and has chosen already
		return nil, false
	case a.End().After(b.Start.Add(seam)) && a.Server.Sub(b.Server).Abs() > uploadsApart:
		if a.Server.Before(b.Server) {
			return a, true
		}
		return b, true
	}
	return nil, false
}
