package spool

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"time"
)

// takeFile is take.json: what a take is, and what of it left the spool.
type takeFile struct {
	Version         int
	Account, Stream string
	About           About
	Began           time.Time
	Ended           time.Time               `json:",omitzero"` // zero: it is being recorded
	Last            uint32                  // highest number given out
	End             time.Duration           // where the newest fragment ended
	Gone            []piece                 // what left
	Empty           []run                   // fragments that never had a frame
	Left            map[Stage]time.Duration // exact lengths of that
}

const takeVersion = 1

// save writes take.json. Errors wrap ErrFull or ErrReadOnly.
func (t *Take) save() error {
	t.saving.Lock()
	defer t.saving.Unlock()
	s := t.spool
	s.mu.Lock()
	if t.removed {
		s.mu.Unlock()
		return nil
	}
	j := takeFile{Version: takeVersion, Account: t.to.Account, Stream: t.to.Stream, About: t.about, Began: t.began, Ended: t.ended,
		Last: t.last, End: t.end, Gone: slices.Clone(t.gone), Empty: slices.Clone(t.empty),
		Left: map[Stage]time.Duration{Persisted: t.sum.Persisted, Evicted: t.sum.Evicted, Lost: t.sum.Lost}}
	t.dirty = false
	s.mu.Unlock()
	b, err := json.MarshalIndent(j, "", "\t")
	if err != nil {
		return fmt.Errorf("take %s: %w", t.id, err)
	}
	if err := s.disk.Replace(t.path(takeName), append(b, '\n')); err != nil {
		s.mu.Lock()
		t.dirty = true
		s.mu.Unlock()
		return diskError(err)
	}
	return nil
}

// load reads take.json into a take that nobody else has yet.
func (t *Take) load() error {
	b, err := os.ReadFile(t.path(takeName))
	if err != nil {
		return err
	}
	var j takeFile
	if err := json.Unmarshal(b, &j); err != nil {
		return fmt.Errorf("%s cannot be read: %w", t.path(takeName), err)
	}
	if j.Version != takeVersion {
		return fmt.Errorf("%s has version %d, which this Kinora does not know", t.path(takeName), j.Version)
	}
	for _, p := range j.Gone {
		if p.From < 0 || p.To < p.From || p.First < 0 || p.Last < p.First || p.Last > math.MaxInt32 {
			return fmt.Errorf("%s is damaged: it names a piece from %v to %v", t.path(takeName), p.From, p.To)
		}
	}
	for _, r := range j.Empty {
		if r.First < 1 || r.Last < r.First || r.Last > math.MaxInt32 {
			return fmt.Errorf("%s is damaged: it names fragments %d to %d", t.path(takeName), r.First, r.Last)
		}
	}
	t.to, t.about, t.began, t.ended = Target{j.Account, j.Stream}, j.About, j.Began, j.Ended
	t.last, t.end, t.gone = j.Last, j.End, j.Gone
	t.empty = j.Empty
	for stage, d := range j.Left {
		t.sum.add(stage, max(0, d))
	}
	return nil
}
