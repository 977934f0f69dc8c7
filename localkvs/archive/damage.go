package archive

import (
	"slices"
	"sync"
)

// maxDamage bounds the findings that are kept; the log has the rest.
const maxDamage = 1000

// damageLog is what was found damaged since Open, each finding once.
type damageLog struct {
	mu       sync.Mutex
	findings []*DamageError
	seen     map[damagePlace]bool
}

type damagePlace struct {
	file   string
	offset int64
}

func (l *damageLog) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.findings, l.seen = nil, make(map[damagePlace]bool)
}

// add reports whether the finding is new, as far as is known.
func (l *damageLog) add(d *DamageError) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	place := damagePlace{d.File, d.Offset}
	if l.seen[place] {
		return false
	}
	if len(l.findings) < maxDamage {
		l.seen[place] = true
		l.findings = append(l.findings, d)
	}
	return true
}

// report keeps a finding that is new, and logs it.
func (a *Archive) report(d *DamageError) {
	if a.damage.add(d) {
		a.log.Error("the archive is damaged", "error", d)
	}
}

// Damage returns what was found damaged, by Open and since then by whoever read it: at most 1000 findings. Each is an ErrCorrupt with its
// place.
func (a *Archive) Damage() []*DamageError {
	a.damage.mu.Lock()
	defer a.damage.mu.Unlock()
	return slices.Clone(a.damage.findings)
}
