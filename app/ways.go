package app

import (
	"context"
	"log/slog"
	"maps"
	"path/filepath"
	"sync"

	"kinora/media"
)

// Way is how a stream's live picture is fetched.
type Way string

// The ways. GetMedia is the quickest, and what is used when nobody has chosen.
const (
	GetMedia Way = ""
	HLS      Way = "hls"
	DASH     Way = "dash"
)

// Taken is how a stream was opened last.
type Taken struct {
	Way Way
	Why error // why it was not GetMedia, though that was to be; nil otherwise
}

// Ways keeps how streams are fetched: as a person chose, else by GetMedia, and by HLS where an account may not use that. All
// methods are safe from any goroutine.
type Ways struct {
	file string // empty: choices are not kept
	log  *slog.Logger

	mu     sync.Mutex
	chosen map[string]map[string]Way // by the account's ID and the stream's name
	taken  Value[map[wayKey]Taken]
}

type wayKey struct{ account, stream string }

func newWays(data string, log *slog.Logger) *Ways {
	w := &Ways{log: log, chosen: make(map[string]map[string]Way)}
	if data == "" {
		return w
	}
	w.file = filepath.Join(data, "ways.json")
	if err := readState(w.file, &w.chosen); err != nil || w.chosen == nil {
		w.chosen = make(map[string]map[string]Way)
		if err != nil {
			log.Warn("how streams are to be fetched cannot be read; they are fetched by GetMedia", "error", err)
		}
	}
	for _, of := range w.chosen {
		maps.DeleteFunc(of, func(_ string, way Way) bool { return way != HLS && way != DASH }) // of another version, or by hand
	}
	return w
}

// Chosen is the way that a person chose for a stream.
func (w *Ways) Chosen(acc Account, stream string) Way {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.chosen[acc.ID()][stream]
}

// Choose makes a stream be fetched in a way from the next time on that it is opened, in later runs as well. An error means that the
// next run will not know it.
func (w *Ways) Choose(acc Account, stream string, way Way) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	of := w.chosen[acc.ID()]
	switch {
	case of[stream] == way:
		return nil
	case way == GetMedia:
		delete(of, stream)
	case of == nil:
		w.chosen[acc.ID()] = map[string]Way{stream: way}
	default:
		of[stream] = way
	}
	if w.file == "" {
		return nil
	}
	return writeState(w.file, w.chosen)
}

// Taken is how a stream was opened last in this run; ok is false when it was not.
func (w *Ways) Taken(acc Account, stream string) (t Taken, ok bool) {
	t, ok = w.taken.Get()[wayKey{acc.ID(), stream}]
	return t, ok
}

// opener opens a stream live in the way that holds at that moment.
func (w *Ways) opener(acc Account, stream string) media.Opener {
	live := acc.Live(stream)
	return func(ctx context.Context) (media.Source, error) {
		if way := w.Chosen(acc, stream); way != GetMedia {
			source, err := acc.Session(stream, way)(ctx)
			if err == nil {
				w.took(acc, stream, Taken{Way: way})
			}
			return source, err
		}
		source, err := live(ctx)
		if err == nil {
			w.took(acc, stream, Taken{})
			return source, nil
		}
		if !acc.Forbidden(err) {
			return nil, err
		}
		session, sessionErr := acc.Session(stream, HLS)(ctx)
		if sessionErr != nil {
			w.log.Info("HLS does not help where GetMedia is not permitted", "stream", stream, "error", sessionErr)
			return nil, err
		}
		w.took(acc, stream, Taken{HLS, err})
		return session, nil
	}
}

// took notes, and says once, how a stream was opened.
func (w *Ways) took(acc Account, stream string, t Taken) {
	k := wayKey{acc.ID(), stream}
	w.taken.Update(func(old map[wayKey]Taken) map[wayKey]Taken {
		if was, ok := old[k]; t.Why != nil && (!ok || was.Why == nil) {
			w.log.Info("the stream is fetched by HLS, since GetMedia is not permitted", "stream", stream, "error", t.Why)
		}
		next := maps.Clone(old)
		if next == nil {
			next = make(map[wayKey]Taken)
		}
		next[k] = t
		return next
	})
}
