package clip

import (
	"time"

	"kinora/media"
)

// held says which fragments files have, or know to be missing: by number, and by the producer's time, since the same recording uploaded
// once more has other numbers.
type held map[string]bool

func (h held) add(p *Piece) {
	h[p.Number] = true
	if !p.Producer.IsZero() {
		h[producerKey(p.Producer)] = true
	}
}

// addAll adds what a proof names.
func (h held) addAll(p *Proof) {
	for i := range p.Pieces {
		h.add(&p.Pieces[i])
	}
	for _, m := range p.Missing {
		h[m.Number] = true
	}
}

func (h held) has(f *media.Fragment) bool {
	return h[f.Number] || !f.Producer.IsZero() && h[producerKey(f.Producer)]
}

func producerKey(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// is tells whether a piece is a fragment, as it was sent then or is listed now.
func (p *Piece) is(f *media.Fragment) bool {
	return p.Number == f.Number || !f.Producer.IsZero() && p.Producer.Equal(f.Producer)
}
