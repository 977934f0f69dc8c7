package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"kinora/recorder/upload"
)

// Phase says how the list of streams stands.
type Phase int

// The phases of the list.
const (
	Loading   Phase = iota // no answer yet
	Ready                  // Rows is the account's list
	Offline                // the account could not be asked; it is asked again at NextTry
	Denied                 // the account refuses; asking again will not help before something is changed
	SignedOut              // the account does not know the credentials; it is asked again at NextTry
)

// Failed reports whether the last question to the account went wrong.
func (p Phase) Failed() bool { return p == Offline || p == Denied || p == SignedOut }

// List is the account's streams as last heard. After an error it keeps the rows that were there before.
type List struct {
	Phase   Phase
	Err     error     // why it is Offline, Denied or SignedOut
	Since   time.Time // when the phase began
	NextTry time.Time // after an error: when the account is asked again
	Rows    []Row     // in the account's order; not to be modified
}

// Row is one stream and how fresh it is.
type Row struct {
	Stream
	Last time.Time // when its newest fragment or frame arrived, as far as known; zero: none known
	Live bool      // fragments arrive now
	Err  error     // why its freshness cannot be told
}

const (
	pollEvery = 2 * time.Second
	pollLimit = 10 * time.Second // how long one question to the account may take
	retryMost = 30 * time.Second
	probes    = 24 // streams asked for their newest fragment in one poll
	abreast   = 4  // of those at the same time
)

// Streams keeps the list of the chosen account's streams. Methods without a context return at once.
type Streams struct {
	account func() Account
	seen    func(stream string) time.Time
	busy    func(stream string) error
	made    func(stream string)
	list    Value[List]
	again   chan struct{} // holds a token: ask now

	mu     sync.Mutex
	cancel context.CancelFunc // ends the poll in flight
	round  int                // counts changes of account: the answer of an earlier one is dropped
}

func newStreams(account func() Account, seen func(string) time.Time, busy func(string) error, made func(string)) *Streams {
	return &Streams{account: account, seen: seen, busy: busy, made: made, again: make(chan struct{}, 1), cancel: func() {}}
}

// List is the present list.
func (s *Streams) List() *Value[List] { return &s.list }

// retention is how long a stream keeps what it gets; 0: that is nothing, or not known yet.
func (s *Streams) retention(stream string) time.Duration {
	rows := s.list.Get().Rows
	if i := slices.IndexFunc(rows, func(r Row) bool { return r.Name == stream }); i >= 0 {
		return rows[i].Retention
	}
	return 0
}

// Refresh asks the account now instead of at the next turn.
func (s *Streams) Refresh() { poke(s.again) }

// Create makes a stream and asks for the list anew. It blocks.
func (s *Streams) Create(ctx context.Context, name string, retention time.Duration) error {
	acc := s.account()
	switch {
	case acc == nil:
		return errNoAccount
	case !ValidName(name):
		return fmt.Errorf("%q cannot be the name of a stream: use 1 to 256 letters, digits, '_', '.' and '-'", name)
	}
	if err := acc.Create(ctx, name, retention); err != nil {
		return fmt.Errorf("the stream %s was not created: %w", name, err)
	}
	s.made(name)
	s.Refresh()
	return nil
}

// Delete removes a stream with all that it holds and asks for the list anew. A stream that is being watched is closed
// first; one that is being recorded into is refused. It blocks.
func (s *Streams) Delete(ctx context.Context, name string) error {
	acc := s.account()
	if acc == nil {
		return errNoAccount
	}
	err := s.busy(name)
	if err == nil {
		err = acc.Delete(ctx, name)
	}
	if err != nil {
		return fmt.Errorf("the stream %s was not deleted: %w", name, err)
	}
	s.Refresh()
	return nil
}

var errNoAccount = errors.New("there is no account; start Kinora with its local service or name an AWS profile")

// reset forgets the list, because the account is another one now.
func (s *Streams) reset() {
	s.mu.Lock()
	s.round++
	s.cancel()
	s.mu.Unlock()
	s.list.Set(List{Since: time.Now()})
	s.Refresh()
}

// run asks the account every two seconds, after failures more and more seldom, until ctx ends.
func (s *Streams) run(ctx context.Context) {
	var fresh freshness
	round, failures := -1, 0
	for {
		s.mu.Lock()
		now, cancel := context.WithCancel(ctx)
		s.cancel = cancel
		if s.round != round {
			round, failures, fresh = s.round, 0, freshness{}
		}
		s.mu.Unlock()

		wait := pollEvery
		if err := s.poll(now, round, fresh); err != nil {
			failures++
			wait = min(pollEvery<<min(failures-1, 8), retryMost)
			s.failed(round, err, time.Now().Add(wait))
		} else {
			failures = 0
		}
		cancel()
		select {
		case <-ctx.Done():
			return
		case <-s.again:
		case <-time.After(wait):
		}
	}
}

// poll asks for the list, shows it, then asks how fresh the streams are, and shows that.
func (s *Streams) poll(ctx context.Context, round int, fresh freshness) error {
	acc := s.account()
	if acc == nil {
		return errNoAccount
	}
	asking, cancel := context.WithTimeout(ctx, pollLimit)
	defer cancel()
	streams, err := acc.Streams(asking)
	if err != nil {
		return err
	}
	fresh.keep(streams)
	s.show(round, s.rows(streams, fresh))
	fresh.ask(ctx, acc, streams)
	s.show(round, s.rows(streams, fresh))
	return nil
}

func (s *Streams) rows(streams []Stream, fresh freshness) []Row {
	now := time.Now()
	rows := make([]Row, len(streams))
	for i, st := range streams {
		f := fresh[st.Name]
		row := Row{Stream: st, Last: f.last, Err: f.err, Live: f.live(now)}
		if own := s.seen(st.Name); own.After(row.Last) {
			row.Last, row.Err = own, nil
			row.Live = row.Live || now.Sub(own) < liveWithin
		}
		rows[i] = row
	}
	return rows
}

// show publishes rows.
func (s *Streams) show(round int, rows []Row) {
	s.publish(round, func(old List) List {
		return List{Phase: Ready, Since: since(old, Ready), Rows: rows}
	})
}

func (s *Streams) failed(round int, err error, next time.Time) {
	phase := Offline
	switch acc := s.account(); {
	case acc == nil || hopeless(acc, err):
		phase = Denied
	case acc.Classify(err) == upload.Reauthenticate:
		phase = SignedOut
	}
	s.publish(round, func(old List) List {
		return List{Phase: phase, Err: err, Since: since(old, phase), NextTry: next, Rows: old.Rows}
	})
}

// since is when a phase began that follows or continues the old list's.
func since(old List, phase Phase) time.Time {
	if old.Phase == phase {
		return old.Since
	}
	return time.Now()
}

// publish changes the list unless the account has changed since it was asked.
func (s *Streams) publish(round int, change func(List) List) {
	s.list.Update(func(old List) List {
		s.mu.Lock()
		defer s.mu.Unlock()
		if round != s.round {
			return old
		}
		return change(old)
	})
}
