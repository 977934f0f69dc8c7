package archive

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// pending is an append on its way through the committer, which owns it from the moment it is queued.
type pending struct {
	stream *Stream
	entry  Entry
	record []byte
	longer Number     // of the stored fragment whose place this one took
	done   chan error // gets exactly one value, never blocks
}

func (p *pending) finish(err error) { p.done <- err }

// writers is how many files are written and synced at the same time in a round.
const writers = 4

// tidyEvery is how often expired segments are looked for.
const tidyEvery = 30 * time.Second

// Run commits appends and drops what is expired until ctx ends; then it finishes what was accepted and returns nil. It
// blocks, and runs once at a time. After a failed round it goes on: the appends of that round carry the error.
func (a *Archive) Run(ctx context.Context) error {
	stopped, err := a.start()
	if err != nil {
		return err
	}
	defer close(stopped)
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	learn := time.NewTimer(tidyEvery)
	defer learn.Stop()
	tidy := true
	for {
		a.commit(a.take())
		if tidy {
			tidy = a.tidy()
			if tidy && ctx.Err() == nil && !a.isClosing() {
				continue
			}
		}
		select {
		case <-a.wake:
		case <-a.untidy:
			tidy = true
		case <-tick.C:
			tidy = true
		case <-learn.C:
			learn.Reset(a.nextLearn())
		case <-ctx.Done():
			a.finish()
			return nil
		case <-a.closing:
			a.finish()
			return nil
		}
	}
}

func (a *Archive) start() (stopped chan struct{}, err error) {
	a.queueMu.Lock()
	defer a.queueMu.Unlock()
	switch {
	case a.isClosing():
		return nil, ErrClosed
	case a.running:
		return nil, errors.New("the archive is running already")
	}
	a.running = true
	a.stopped = make(chan struct{})
	a.readyOnce.Do(func() { close(a.ready) })
	return a.stopped, nil
}

// finish forbids new appends and commits those that were accepted.
func (a *Archive) finish() {
	a.queueMu.Lock()
	a.running = false
	rest := a.queue
	a.queue = nil
	a.queueMu.Unlock()
	a.commit(rest)
}

// Append stores f and returns when its bytes are durable and indexed. All appends that wait share one fsync a file. The
// slices of f may be used again once Append has returned; they are copied before anything waits.
//
// A fragment with a tag mkv.Take may come more than once: one of the stream with the same value of it and the same producer
// time is the same fragment. Of these the stream shows one. Where f has more frames than the stored one, or as many in a
// longer cluster, f takes its place under its own number, in one step; the stored one was a piece that had been cut off.
// Otherwise f is not stored, and Append returns ErrRepeat once the other one is durable, which may be on its way too.
//
// Errors: ErrRepeat, ErrNoRetention, ErrTooLarge, ErrExists for a number that is taken, ErrDeleted, ErrClosed when Run is not
// running, ErrFull when the disk is; after these f is not stored. After ctx's error f may be stored all the same. Append waits,
// until ctx ends, while more than Options.MaxPending bytes are on their way. It may be called from any goroutine.
func (s *Stream) Append(ctx context.Context, f *Fragment) error {
	a := s.archive
	if err := s.gone(); err != nil {
		return err
	}
	if s.meta.Load().RetentionHours == 0 {
		return fmt.Errorf("stream %q: %w", s.name, ErrNoRetention)
	}
	if err := f.check(a.options.MaxPending); err != nil {
		return fmt.Errorf("stream %q, fragment %s: %w", s.name, f.Number, err)
	}
	size := recordSize(f)
	if err := a.budget.Acquire(ctx, size); err != nil {
		return err
	}
	id := s.identify(TakeOf(f.Tags), f.Producer)
	p := &pending{stream: s, done: make(chan error, 1), entry: Entry{
		Number: f.Number, Server: f.Server, Producer: f.Producer, Timecode: f.Timecode, Length: f.Length, Frames: f.Frames,
		Size: size, Backfill: f.Backfill, Outline: f.Outline, cluster: int64(len(f.Cluster)), identity: id,
	}}
	if tags := producerTags(f.Tags); len(tags) > 0 {
		p.entry.tagged, p.entry.tags = true, s.sealTags(f.Number, tags)
	}
	p.record = appendRecord(a.buffer(size), s.aead, f, id)
	if !a.enqueue(p) {
		a.recycle(p)
		return ErrClosed
	}
	select {
	case err := <-p.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *Archive) enqueue(p *pending) bool {
	a.queueMu.Lock()
	defer a.queueMu.Unlock()
	if !a.running {
		return false
	}
	a.queue = append(a.queue, p)
	select {
	case a.wake <- struct{}{}:
	default:
	}
	return true
}

func (a *Archive) take() []*pending {
	a.queueMu.Lock()
	defer a.queueMu.Unlock()
	batch := a.queue
	a.queue = nil
	return batch
}

// buffer returns an empty slice with room for size bytes.
func (a *Archive) buffer(size int64) []byte {
	if b, ok := a.buffers.Get().(*[]byte); ok && int64(cap(*b)) >= size {
		return (*b)[:0]
	}
	return make([]byte, 0, size)
}

// recycle takes the memory of p back. p.record is not used after it.
func (a *Archive) recycle(p *pending) {
	a.budget.Release(p.entry.Size)
	b := p.record
	p.record = nil
	a.buffers.Put(&b)
}

// commit stores a batch: log, fsync, index, then the answers.
func (a *Archive) commit(batch []*pending) {
	if len(batch) == 0 {
		return
	}
	rounds := a.split(batch)
	outcome := make([]error, len(rounds))
	if len(rounds) == 1 {
		outcome[0] = rounds[0].write()
	} else {
		var wg sync.WaitGroup
		slots := make(chan struct{}, writers)
		for i, r := range rounds {
			slots <- struct{}{}
			wg.Go(func() {
				outcome[i] = r.write()
				<-slots
			})
		}
		wg.Wait()
	}
	if err := a.enter(rounds, outcome); err != nil {
		for i, r := range rounds {
			if outcome[i] == nil {
				outcome[i] = errors.Join(err, r.takeBack())
			}
		}
	}
	for _, p := range batch {
		a.recycle(p)
	}
	for i, r := range rounds {
		if outcome[i] == nil {
			r.publish()
		} else {
			a.log.Error("fragments could not be stored", "stream", r.stream.name, "fragments", len(r.appends), "error", outcome[i])
		}
		r.answer(outcome[i])
	}
}

// split groups a batch by stream, in the order of arrival.
func (a *Archive) split(batch []*pending) []*round {
	var rounds []*round
	of := make(map[*Stream]*round)
	for _, p := range batch {
		r := of[p.stream]
		if r == nil {
			r = &round{stream: p.stream}
			of[p.stream] = r
			rounds = append(rounds, r)
		}
		r.appends = append(r.appends, p)
	}
	return rounds
}

// enter adds the rows of all rounds that were written to the index, in one transaction.
func (a *Archive) enter(rounds []*round, outcome []error) error {
	err := a.transaction(func() error {
		for i, r := range rounds {
			if outcome[i] != nil {
				continue
			}
			for _, p := range r.appends {
				var err error
				if _, p.longer, err = a.index.add(r.stream.id, &p.entry); err != nil {
					return err
				}
			}
			for j := range r.changed {
				if err := a.index.put(r.stream.id, &r.changed[j]); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return full(fmt.Errorf("entering fragments in the index: %w", err))
	}
	return nil
}

// transaction is a step on the disk like every other.
func (a *Archive) transaction(fn func() error) error {
	if _, err := a.disk.Allow("index", a.index.path, 0); err != nil {
		return err
	}
	return a.index.transaction(fn)
}

// takeBack is undo for a round that was written.
func (r *round) takeBack() error {
	r.stream.logMu.Lock()
	defer r.stream.logMu.Unlock()
	return r.undo()
}
