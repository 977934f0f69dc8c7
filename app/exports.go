package app

import (
	"context"
	"crypto/rand"
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
// cleared, also between runs. Files that are not whole stay as .part: what the end of the program broke off goes on by itself with the
// next run, what failed or was cancelled when a person wants it.
type Exports struct {
	list  Value[[]Export]
	wake  chan struct{}
	ways  *Ways
	o     *Options
	store *exportStore
	noted *Bookmarks

	mu     sync.Mutex         // guards the changes of list, and:
	last   int                // ID
	cancel context.CancelFunc // of the one that runs
}

// ExportPhase says how an export stands.
type ExportPhase int

// The phases. Their numbers are kept between runs.
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
	Account  string // ID
	Stream   string
	Access   Access // how the stream was looked at
	From, To time.Time
	Path     string      // as asked for; Files are what there is
	Hours    clip.Format // of files by the hour in the folder Path; empty: one file
	Served   bool        // the service makes the file where its limits allow that
	Ticket   string      // by which its files are recognised
	Phase    ExportPhase
	Progress clip.Progress
	Files    []string
	Err      error
}

// mostExports is how many exports the list holds; those that are over make room, the oldest first.
const mostExports = 100

func newExports(o *Options, ways *Ways, noted *Bookmarks) *Exports {
	e := &Exports{ways: ways, o: o, noted: noted, store: newExportStore(o), wake: make(chan struct{}, 1)}
	list := e.store.read()
	for i := range list {
		e.last++
		list[i].ID = e.last
	}
	e.list.Set(list)
	return e
}

// List is all exports, the oldest first.
func (e *Exports) List() *Value[[]Export] { return &e.list }

// Add puts an export at the end of the list. The error says what is wrong with what was asked for; what goes wrong later
// is in the list.
func (e *Exports) Add(acc Account, stream string, from, to time.Time, path string) error {
	return e.addFile(acc, Export{Stream: stream, From: from, To: to, Path: path})
}

// AddServed is Add of an MP4 that the service makes (GetClip), where its limits allow that. It may be permitted where fragments are
// not, but its proof cannot say which fragment was changed, and what breaks off begins anew.
func (e *Exports) AddServed(acc Account, stream string, from, to time.Time, path string) error {
	if format, err := clip.FormatOf(path); err == nil && format != clip.MP4 {
		return errors.New("the service makes MP4 files alone; call the file .mp4, or have it copied from its fragments")
	}
	return e.addFile(acc, Export{Stream: stream, From: from, To: to, Path: path, Served: true})
}

func (e *Exports) addFile(acc Account, x Export) error {
	path := x.Path
	if _, err := clip.FormatOf(path); err != nil {
		return err
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is a file %s already; choose another name", path)
	}
	return e.add(acc, x)
}

// AddHours puts an export at the end of the list that copies what a stream has between two times, a file for each hour, to a folder,
// which is made. The zero From is the beginning of all that is stored. See [clip.Hours].
func (e *Exports) AddHours(acc Account, stream string, from, to time.Time, folder string, format clip.Format) error {
	if info, err := os.Stat(folder); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is a file; choose a folder", folder)
	}
	if from.IsZero() {
		from = time.Unix(0, 0)
	}
	return e.add(acc, Export{Stream: stream, From: from, To: to, Path: folder, Hours: format})
}

// add puts one at the end of the list.
func (e *Exports) add(acc Account, x Export) error {
	if !x.To.After(x.From) {
		return errors.New("the clip would end before it begins")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	list := slices.Clone(e.list.Get())
	same := func(old Export) bool {
		return old.Path == x.Path && (x.Hours == "" || old.Stream == x.Stream && old.Account == acc.ID())
	}
	if slices.ContainsFunc(list, func(old Export) bool { return same(old) && !old.Phase.Over() }) {
		return fmt.Errorf("%s is being written already; choose another name", x.Path)
	}
	if slices.ContainsFunc(list, func(old Export) bool { return same(old) && old.Phase != ExportDone && old.Account != acc.ID() }) {
		return fmt.Errorf("%s was begun from another account; clear that export, or choose another name", x.Path)
	}
	// One that did not end well gives way: this one takes up its file.
	list = slices.DeleteFunc(list, func(old Export) bool { return same(old) && old.Phase != ExportDone })
	if len(list) >= mostExports {
		i := slices.IndexFunc(list, func(x Export) bool { return x.Phase.Over() })
		if i < 0 {
			return fmt.Errorf("%d exports wait already; wait for some of them, or cancel them", mostExports)
		}
		list = slices.Delete(list, i, i+1)
	}
	e.last++
	x.ID, x.Account, x.Access, x.Ticket = e.last, acc.ID(), e.ways.access(acc, x.Stream), rand.Text()
	e.set(append(list, x))
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
	x := list[i]
	e.set(slices.Delete(list, i, i+1))
	switch {
	case x.Phase == ExportDone:
		return nil
	case x.Hours != "":
		return clip.DiscardHours(x.Path, x.Stream, x.Account, x.Hours)
	}
	return clip.Discard(x.Path)
}

// change changes an export of the list. The caller holds the lock.
func (e *Exports) change(id int, fn func(*Export)) {
	list := slices.Clone(e.list.Get())
	if i := slices.IndexFunc(list, func(x Export) bool { return x.ID == id }); i >= 0 {
		fn(&list[i])
		e.set(list)
	}
}

// set replaces the list, which is kept soon. The caller holds the lock.
func (e *Exports) set(list []Export) {
	e.list.Set(list)
	e.store.keep(list)
}

// run exports until ctx ends.
func (e *Exports) run(ctx context.Context) {
	end := e.store.start()
	defer end()
	for ctx.Err() == nil {
		if next, its := e.next(ctx); next.ID != 0 {
			files, err := e.export(its, next)
			e.over(ctx, its, next.ID, files, err)
			continue
		}
		select {
		case <-e.wake:
		case <-ctx.Done():
		}
	}
}

// next takes the first export that waits. The zero Export means that none does.
func (e *Exports) next(ctx context.Context) (x Export, its context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.list.Get()
	i := slices.IndexFunc(list, func(x Export) bool { return x.Phase == ExportWaiting })
	if i < 0 {
		return Export{}, nil
	}
	its, e.cancel = context.WithCancel(ctx)
	e.change(list[i].ID, func(x *Export) { x.Phase = ExportRunning })
	return list[i], its
}

func (e *Exports) export(ctx context.Context, x Export) (files []string, err error) {
	acc := e.o.account(x.Account)
	if acc == nil {
		return nil, errAbsent
	}
	o := clip.Options{
		Archive: acc.Archive(x.Stream, x.Access), Clock: string(x.Access.Clock), Stream: x.Stream, Account: acc.Kind(), Owner: acc.ID(), Region: acc.Region(), Ticket: x.Ticket,
		From: x.From, To: x.To, Path: x.Path, ByService: x.Served, Bookmarks: e.noted.ForClip(acc, x.Stream, x.Access.Clock),
		Hopeless: func(err error) bool { return hopeless(acc, err) },
		Progress: func(p clip.Progress) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.progress(x.ID, p)
		},
	}
	if x.Hours != "" {
		return clip.Hours(ctx, o, x.Hours)
	}
	return clip.Export(ctx, o)
}

// over notes how an export ended. One that ended with ctx, as the program does, waits for the next run.
func (e *Exports) over(ctx, its context.Context, id int, files []string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	cancelled := its.Err() != nil
	e.cancel()
	e.change(id, func(x *Export) {
		x.Files, x.Err = files, nil
		switch {
		case err == nil:
			x.Phase = ExportDone
		case ctx.Err() != nil:
			x.Phase = ExportWaiting
		case cancelled:
			x.Phase = ExportCancelled
		default:
			x.Phase, x.Err = ExportFailed, err
		}
	})
}

// progress notes how far an export is. What is kept of it between runs follows with its phase. The caller holds the lock.
func (e *Exports) progress(id int, p clip.Progress) {
	list := slices.Clone(e.list.Get())
	if i := slices.IndexFunc(list, func(x Export) bool { return x.ID == id }); i >= 0 {
		list[i].Progress = p
		e.list.Set(list)
	}
}
