package app

import (
	"context"
	"log/slog"
	"maps"

	"kinora/media"
)

// Way is how a stream's media is fetched.
type Way string

// The ways. GetMedia is the quickest, and what is used when nobody has chosen.
const (
	GetMedia Way = ""
	HLS      Way = "hls"
	DASH     Way = "dash"
)

// Clock is which of the two times of its fragments a stream is told by.
type Clock string

// The clocks. The server's is for streams whose producer has a wrong clock, or one that others do not have.
const (
	ProducerClock Clock = ""       // when the producer says that something was recorded
	ServerClock   Clock = "server" // when the service began to receive it
)

// on names a stream on a clock: as it is called on the producer's, and otherwise as none can be called.
func (c Clock) on(stream string) string {
	if c == ProducerClock {
		return stream
	}
	return stream + "~" + string(c)
}

// Access is how a stream is looked at.
type Access struct {
	Way   Way
	Clock Clock
}

// Taken is how a stream was opened last.
type Taken struct {
	Way Way
	Why error // why it was not GetMedia, though that was to be; nil otherwise
}

// Ways keeps how streams are looked at: fetched as a person chose, else by GetMedia, and by HLS where an account may not use that;
// and by which clock. All methods are safe from any goroutine.
type Ways struct {
	ways   *choices[Way]
	clocks *choices[Clock]
	log    *slog.Logger
	taken  Value[map[wayKey]Taken]
}

type wayKey struct{ account, stream string }

func newWays(data string, log *slog.Logger) *Ways {
	return &Ways{
		ways:   newChoices(data, "ways.json", log, HLS, DASH),
		clocks: newChoices(data, "clocks.json", log, ServerClock),
		log:    log,
	}
}

// Chosen is the way that a person chose for a stream.
func (w *Ways) Chosen(acc Account, stream string) Way { return w.ways.of(acc, stream) }

// Choose makes a stream be fetched in a way from the next time on that it is opened, in later runs as well. An error means that the
// next run will not know it.
func (w *Ways) Choose(acc Account, stream string, way Way) error {
	return w.ways.choose(acc, stream, way)
}

// Clock is the clock that a person chose for a stream; [Watch.Date] chooses it.
func (w *Ways) Clock(acc Account, stream string) Clock { return w.clocks.of(acc, stream) }

// access is how a stream is looked at.
func (w *Ways) access(acc Account, stream string) Access {
	return Access{w.Chosen(acc, stream), w.Clock(acc, stream)}
}

// Taken is how a stream was opened last in this run; ok is false when it was not.
func (w *Ways) Taken(acc Account, stream string) (t Taken, ok bool) {
	t, ok = w.taken.Get()[wayKey{acc.ID(), stream}]
	return t, ok
}

// archive is what is stored of a stream, as it is looked at now.
func (w *Ways) archive(acc Account, stream string) media.Archive {
	return acc.Archive(stream, w.access(acc, stream))
}

// lens is an account whose archives are looked at as a person chose.
type lens struct {
	Account
	ways *Ways
}

func (l lens) Archive(stream string) media.Archive { return l.ways.archive(l.Account, stream) }

// opener opens a stream live in the way that holds at that moment, by a clock.
func (w *Ways) opener(acc Account, stream string, clock Clock) media.Opener {
	live := acc.Live(stream, Access{GetMedia, clock})
	return func(ctx context.Context) (media.Source, error) {
		if way := w.Chosen(acc, stream); way != GetMedia {
			source, err := acc.Live(stream, Access{way, clock})(ctx)
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
		session, sessionErr := acc.Live(stream, Access{HLS, clock})(ctx)
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
