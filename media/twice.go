package media

import "time"

const (
	// seam is by how much a fragment may begin before the end of the one in front of it and still follow upon it.
	seam = 50 * time.Millisecond
	// uploadsApart is how far apart in the service's time two uploads of the same time are no longer one recording.
	uploadsApart = time.Hour
)

// Upload is when a fragment was recorded and uploaded.
type Upload struct {
	Producer time.Time
	Length   time.Duration
	Server   time.Time // when it began to arrive
}

// Again reports whether b is the time of a once more: they start at the same moment, or overlap and were uploaded more than an hour apart,
// as when a recording is uploaded again with other cuts. By the producer's clock b is not in front of a.
func (a Upload) Again(b Upload) bool {
	return a.Producer.Equal(b.Producer) || a.Producer.Add(a.Length).After(b.Producer.Add(seam)) && a.Server.Sub(b.Server).Abs() > uploadsApart
}

// Twice reports whether two fragments are the same time uploaded twice, as [Upload.Again] tells, and which of them is shown then: of those
// that start at the same moment the one with the larger number, of others the one that was uploaded first. Both are of an archive that goes
// by the producer's clock, and b is not in front of a.
func Twice(a, b *Fragment) (shown *Fragment, twice bool) {
	same := a.Start.Equal(b.Start)
	if !same && (a.Server.IsZero() || b.Server.IsZero()) { // a streaming session names one clock alone, and has chosen already
		return nil, false
	}
	if !(Upload{a.Start, a.Length, a.Server}).Again(Upload{b.Start, b.Length, b.Server}) {
		return nil, false
	}
	if same && a.Number > b.Number || !same && a.Server.Before(b.Server) {
		return a, true
	}
	return b, true
}
