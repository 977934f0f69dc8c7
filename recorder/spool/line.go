package spool

import (
	"cmp"
	"slices"
	"strings"
)

// Targets returns those for which fragments wait.
func (s *Spool) Targets() []Target {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Target
	for to, g := range s.targets {
		if slices.ContainsFunc(g.takes, func(t *Take) bool { return len(t.waiting) > 0 }) {
			list = append(list, to)
		}
	}
	slices.SortFunc(list, func(a, b Target) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Stream, b.Stream))
	})
	return list
}

// Oldest returns the first fragment of a target that is neither persisted, rejected nor evicted; nil when there is none.
func (s *Spool) Oldest(t Target) *Fragment {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.targets[t]; g != nil {
		return firstWaiting(g.takes)
	}
	return nil
}

// Newest returns the fragment that was begun last, on the same terms.
func (s *Spool) Newest(t Target) *Fragment {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.targets[t]
	if g == nil {
		return nil
	}
	for _, t := range slices.Backward(g.takes) {
		if n := len(t.waiting); n > 0 {
			return t.waiting[n-1]
		}
	}
	return nil
}

// After returns the fragment that follows f in recording order (take, number), on the same terms. f itself may be gone already.
func (s *Spool) After(f *Fragment) *Fragment {
	s.mu.Lock()
	defer s.mu.Unlock()
	if next := after(f.take.waiting, f.number); next != nil {
		return next
	}
	takes := f.take.target.takes
	i, found := slices.BinarySearchFunc(takes, f.take.id, func(t *Take, id string) int { return strings.Compare(t.id, id) })
	if found {
		i++
	}
	return firstWaiting(takes[i:])
}

func firstWaiting(takes []*Take) *Fragment {
	for _, t := range takes {
		if len(t.waiting) > 0 {
			return t.waiting[0]
		}
	}
	return nil
}

// after returns the first fragment of a list with a higher number.
func after(list []*Fragment, number uint32) *Fragment {
	i, found := search(list, number)
	if found {
		i++
	}
	if i == len(list) {
		return nil
	}
	return list[i]
}

func search(list []*Fragment, number uint32) (int, bool) {
	return slices.BinarySearchFunc(list, number, func(f *Fragment, n uint32) int { return cmp.Compare(f.number, n) })
}

func insert(list []*Fragment, f *Fragment) []*Fragment {
	i, found := search(list, f.number)
	if found {
		return list
	}
	return slices.Insert(list, i, f)
}

// without removes a fragment from a list. The usual one is the first.
func without(list []*Fragment, f *Fragment) []*Fragment {
	i, found := search(list, f.number)
	switch {
	case !found:
		return list
	case i == 0:
		list[0] = nil
		return list[1:]
	}
	return slices.Delete(list, i, i+1)
}

// Watch gives a token whenever something of the target changed: bytes were written, a fragment was begun, completed, sealed or
// removed. Tokens coalesce. stop ends it.
func (s *Spool) Watch(t Target) (changed <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	g := s.target(t)
	g.watchers[c] = struct{}{}
	s.mu.Unlock()
	return c, func() {
		s.mu.Lock()
		delete(g.watchers, c)
		s.mu.Unlock()
	}
}

// changed pokes who watches. The spool's mu is held.
func (g *target) changed() {
	for c := range g.watchers {
		poke(c)
	}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
