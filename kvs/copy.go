package kvs

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"kinora/media"
	"kinora/mkv"
)

// What is asked for in one call by Copy, and how far it reads ahead of whoever copies.
const (
	parcelMost  = 64
	parcelBytes = 16 << 20
	parcels     = 2 // calls under way; the service takes five for one stream
	parcelAhead = 2 // fragments of one call that wait
)

// parcel is what one call of a Copy asks for.
type parcel struct {
	fragments []media.Fragment
	out       chan copied // closed behind the last one
	err       error       // why there are no more; set before out is closed
}

// copied is a fragment on its way through Copy.
type copied struct {
	fragment media.Fragment
	recorded *media.Recorded
	err      error
	memory   *mkv.Memory // of recorded, nil when the cache owns it
}

// Copy reads fragments past the cache; see [media.Copier]. What is in the cache comes from there, nothing is put into it.
func (a *Archive) Copy(ctx context.Context, fragments []media.Fragment, each func(media.Fragment, *media.Recorded, error) error) error {
	if err := a.identify(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(with(ctx, forCopy))
	defer context.AfterFunc(a.group.ctx, func() { cancel(errClosedArchive) })()
	var filling sync.WaitGroup
	defer filling.Wait()
	defer cancel(nil)
	memories := make(memories, parcels*(parcelAhead+2))
	var line []*parcel
	for len(fragments) > 0 || len(line) > 0 {
		for len(line) < parcels && len(fragments) > 0 {
			p := &parcel{fragments: fragments[:parcelOf(fragments)], out: make(chan copied, parcelAhead)}
			fragments = fragments[len(p.fragments):]
			filling.Go(func() {
				p.err = a.fill(ctx, p, memories)
				close(p.out)
			})
			line = append(line, p)
		}
		first := line[0]
		for c := range first.out {
			if err := each(c.fragment, c.recorded, c.err); err != nil {
				return err
			}
			memories.put(c.memory)
		}
		if first.err != nil {
			return first.err
		}
		line = line[1:]
	}
	return nil
}

// parcelOf is how many of the fragments one call asks for.
func parcelOf(fragments []media.Fragment) int {
	size := int64(0)
	for i, f := range fragments {
		if size += f.Size; i > 0 && (i == parcelMost || size > parcelBytes) {
			return i
		}
	}
	return len(fragments)
}

// fill gets the fragments of a parcel, in order.
func (a *Archive) fill(ctx context.Context, p *parcel, m memories) error {
	rest := p.fragments
	for len(rest) > 0 {
		if r := a.kept(rest[0]); r != nil {
			if err := p.send(ctx, copied{fragment: rest[0], recorded: r}); err != nil {
				return err
			}
			rest = rest[1:]
			continue
		}
		run := rest[:1]
		for len(run) < len(rest) && !a.keeps(rest[len(run)]) {
			run = rest[:len(run)+1]
		}
		if err := a.fetch(ctx, p, run, m); err != nil {
			return err
		}
		rest = rest[len(run):]
	}
	return nil
}

// fetch gets fragments of a parcel from the service.
func (a *Archive) fetch(ctx context.Context, p *parcel, run []media.Fragment, m memories) error {
	var memory *mkv.Memory // of the one that comes now
	room := func(f media.Fragment) *mkv.Memory {
		if memory == nil {
			memory = m.get()
		}
		memory.Reset(bytesOf(f))
		return memory
	}
	return a.read(ctx, run, room, func(number string, r *media.Recorded, err error) error {
		at := slices.IndexFunc(run, func(f media.Fragment) bool { return f.Number == number })
		for ; at > 0; at-- { // the service has passed over them
			gone := copied{fragment: run[0], err: a.lost(run[0].Number, fmt.Errorf("the service did not send it: %w", media.ErrGone))}
			if err := p.send(ctx, gone); err != nil {
				return err
			}
			run = run[1:]
		}
		if at < 0 {
			return nil // it came too late
		}
		c := copied{fragment: run[0], recorded: r, err: err}
		if run = run[1:]; r != nil {
			c.memory, memory = memory, nil
		}
		return p.send(ctx, c)
	})
}

func (p *parcel) send(ctx context.Context, c copied) error {
	select {
	case p.out <- c:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// kept is a fragment that the cache has, nil when it has not.
func (a *Archive) kept(f media.Fragment) *media.Recorded {
	if r := a.cache.inMemory(a.key(f.Number)); r != nil || a.loads.private {
		return r
	}
	return a.cache.read(a.key(f.Number))
}

// keeps reports whether the cache has a fragment, most likely.
func (a *Archive) keeps(f media.Fragment) bool { return a.cache.has(a.key(f.Number), !a.loads.private) }

// memories are those that nobody uses now.
type memories chan *mkv.Memory

func (m memories) get() *mkv.Memory {
	select {
	case free := <-m:
		return free
	default:
		return new(mkv.Memory)
	}
}

func (m memories) put(free *mkv.Memory) {
	if free == nil {
		return
	}
	select {
	case m <- free:
	default:
	}
}
