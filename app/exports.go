package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"kinora/clip"
)

// Exports copies ranges of streams to files, one after the other. What it was asked for is a list that stays until it is
// cleared or the program ends; files that are not whole stay as .part and are taken up by the same export later.
type Exports struct {
	list Value[[]Export]
	wake chan struct{}
	ways *Ways

	mu     sync.Mutex // guards the changes of list, and:
	last   int        // ID
	jobs   map[int]exportJob
	cancel context.CancelFunc // of the one that runs
}

// ExportPhase says how an export stands.
type ExportPhase int

// The phases.
const (
	ExportWaiting ExportPhase = iota
	ExportRunning
	ExportDone
	ExportFailed
	ExportCancelled
)

// Over reports whether nothing more happens by itself.
func (p ExportPhase) Over() bool { return p >= ExportDone }

// Export is one range that is copied. It is a value; nobody changes what it points to.
type Export struct {
	ID       int
	Stream   string
	From, To time.Time
	Path     string // as asked for; Files are what there is
	Phase    ExportPhase
	Progress clip.Progress
	Files    []string
	Err      error
}

// exportJob is how an export is done.
type exportJob struct {
	account Account
	stream  string
	access  Access
}

// mostExports is how many exports the list holds; those that are over make room, the oldest first.
const mostExports = 100

func newExports(ways *Ways) *Exports {
	return &Exports{ways: ways, wake: make(chan struct{}, 1), jobs: make(map[int]exportJob)}
}

// List is all exports, the oldest first.
func (e *Exports) List() *Value[[]Export] { return &e.list }

// Add puts an export at the end of the list. The error says what is wrong with what was asked for; what goes wrong later
// is in the list.
func (e *Exports) Add(acc Account, stream string, from, to time.Time, path string) error {
	if _, err := clip.FormatOf(path); err != nil {
		return err
	}
	if !to.After(from) {
		return errors.New("the clip would end before it begins")
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is a file %s already; choose another name", path)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	list := slices.Clone(e.list.Get())
	if slices.ContainsFunc(list, func(x Export) bool { return x.Path == path && !x.Phase.Over() }) {
		return fmt.Errorf("%s is being written already; choose another name", path)
	}
	// One that did not end well gives way: this one takes up its file.
	list = slices.DeleteFunc(list, func(x Export) bool {
		gone := x.Path == path && x.Phase != ExportDone
		if gone {
			delete(e.jobs, x.ID)
		}
		return gone
	})
	if len(list) >= mostExports {
		i := slices.IndexFunc(list, func(x Export) bool { return x.Phase.Over() })
		if i < 0 {
			return fmt.Errorf("%d exports wait already; wait for some of them, or cancel them", mostExports)
		}
		delete(e.jobs, list[i].ID)
		list = slices.Delete(list, i, i+1)
	}
	e.last++
	e.jobs[e.last] = exportJob{acc, stream, e.ways.access(acc, stream)}
	e.list.Set(append(list, Export{ID: e.last, Stream: stream, From: from, To: to, Path: path}))
	e.call()
	return nil
}

func (e *Exports) call() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Cancel ends an export that waits or runs. What it has written stays for Again.
func (e *Exports) Cancel(id int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.change(id, func(x *Export) {
		switch {
		case x.Phase == ExportRunning:
			e.cancel()
		case x.Phase == ExportWaiting:
			x.Phase = ExportCancelled
		}
	})
}

// Again takes up an export that failed or was cancelled.
func (e *Exports) Again(id int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.change(id, func(x *Export) {
		if x.Phase == ExportFailed || x.Phase == ExportCancelled {
			x.Phase, x.Err = ExportWaiting, nil
		}
	})
	e.call()
}

// Clear takes an export that is over from the list, and removes what it has left unfinished.
func (e *Exports) Clear(id int) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := slices.Clone(e.list.Get())
	i := slices.IndexFunc(list, func(x Export) bool { return x.ID == id && x.Phase.Over() })
	if i < 0 {
		return nil
	}
	path, whole := list[i].Path, list[i].Phase == ExportDone
	delete(e.jobs, id)
	e.list.Set(slices.Delete(list, i, i+1))
	if whole {
		return nil
	}
	return clip.Discard(path)
}

// change changes an export of the list. The caller holds the lock.
func (e *Exports) change(id int, fn func(*Export)) {
	list := slices.Clone(e.list.Get())
	if i := slices.IndexFunc(list, func(x Export) bool { return x.ID == id }); i >= 0 {
		fn(&list[i])
		e.list.Set(list)
	}
}

// run exports until ctx ends.
func (e *Exports) run(ctx context.Context) {
	for ctx.Err() == nil {
		if next, job, its := e.next(ctx); next.ID != 0 {
			e.export(its, next, job)
			continue
		}
		select {
		case <-e.wake:
		case <-ctx.Done():
		}
	}
}

// next takes the first export that waits. The zero Export means that none does.
func (e *Exports) next(ctx context.Context) (x Export, job exportJob, its context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.list.Get()
	i := slices.IndexFunc(list, func(x Export) bool { return x.Phase == ExportWaiting })
	if i < 0 {
		return Export{}, exportJob{}, nil
	}
	its, e.cancel = context.WithCancel(ctx)
	e.change(list[i].ID, func(x *Export) { x.Phase = ExportRunning })
	return list[i], e.jobs[list[i].ID], its
}

func (e *Exports) export(ctx context.Context, x Export, job exportJob) {
	files, err := clip.Export(ctx, clip.Options{
		Archive: job.account.Archive(job.stream, job.access), Clock: string(job.access.Clock), Stream: job.stream, Account: job.account.Kind(), Region: job.account.Region(),
		From: x.From, To: x.To, Path: x.Path,
		Progress: func(p clip.Progress) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.change(x.ID, func(x *Export) { x.Progress = p })
		},
	})
	e.mu.Lock()
	defer e.mu.Unlock()
	cancelled := ctx.Err() != nil
	e.cancel()
	e.change(x.ID, func(x *Export) {
		x.Files, x.Err = files, err
		switch {
		case err == nil:
			x.Phase = ExportDone
		case cancelled:
			x.Phase, x.Err = ExportCancelled, nil
		default:
			x.Phase = ExportFailed
		}
	})
}
