package app

import (
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync"
)

// choices keeps what a person chose for streams, between runs as well. The zero T is what holds where nothing was chosen. Its
// methods are safe from any goroutine.
type choices[T ~string] struct {
	file string // empty: nothing is kept

	mu     sync.Mutex
	chosen map[string]map[string]T // by the account's ID and the stream's name
}

// newChoices reads what an earlier run has kept in a file of the data directory. What is none of possible is forgotten: another
// version has written it, or a hand.
func newChoices[T ~string](data, name string, log *slog.Logger, possible ...T) *choices[T] {
	c := &choices[T]{chosen: make(map[string]map[string]T)}
	if data == "" {
		return c
	}
	c.file = filepath.Join(data, name)
	if err := readState(c.file, &c.chosen); err != nil || c.chosen == nil {
		c.chosen = make(map[string]map[string]T)
		if err != nil {
			log.Warn("what was chosen for streams cannot be read; they are as if nothing was", "file", name, "error", err)
		}
	}
	for _, of := range c.chosen {
		maps.DeleteFunc(of, func(_ string, x T) bool { return !slices.Contains(possible, x) })
	}
	return c
}

func (c *choices[T]) of(acc Account, stream string) T {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.chosen[acc.ID()][stream]
}

// choose notes a choice. An error means that the next run will not know it.
func (c *choices[T]) choose(acc Account, stream string, x T) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.chosen[acc.ID()][stream] == x {
		return nil
	}
	chose(c.chosen, acc.ID(), stream, x)
	if c.file == "" {
		return nil
	}
	var kept map[string]map[string]T // another window with the same data may have changed it
	if readState(c.file, &kept) != nil || kept == nil {
		kept = c.chosen
	}
	chose(kept, acc.ID(), stream, x)
	return writeState(c.file, kept)
}

// chose notes a choice in what was chosen.
func chose[T ~string](chosen map[string]map[string]T, account, stream string, x T) {
	of := chosen[account]
	switch {
	case x == "":
		delete(of, stream)
	case of == nil:
		chosen[account] = map[string]T{stream: x}
	default:
		of[stream] = x
	}
}
