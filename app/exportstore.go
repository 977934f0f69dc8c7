package app

import (
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
)

// exportStore keeps the list of exports between runs. It writes on a goroutine of its own, so that nobody waits for the disk, and what
// comes quickly after one another is written once.
type exportStore struct {
	file string // empty: nothing is kept
	log  *slog.Logger

	mu    sync.Mutex
	list  []Export
	fresh chan struct{} // holds a token when list is not written yet
}

// keptExport is an export as the file has it.
type keptExport struct {
	Export
	Err string `json:",omitempty"` // in place of Export's
}

// newExportStore keeps nothing where the data directory is another's.
func newExportStore(o *Options) *exportStore {
	s := &exportStore{log: o.Log, fresh: make(chan struct{}, 1)}
	if o.Data != "" && o.SpoolErr == nil {
		s.file = filepath.Join(o.Data, "exports.json")
	}
	return s
}

// read returns what an earlier run has kept; what ran then waits. Its IDs are to be given anew.
func (s *exportStore) read() []Export {
	var all []keptExport
	if s.file == "" {
		return nil
	}
	if err := readState(s.file, &all); err != nil {
		s.log.Warn("the list of exports cannot be read; what was not whole is taken up when the same is exported again", "err", err)
		return nil
	}
	list := make([]Export, 0, len(all))
	for _, k := range all {
		x := k.Export
		if x.Phase == ExportRunning {
			x.Phase = ExportWaiting
		}
		if k.Err != "" {
			x.Err = errors.New(k.Err)
		}
		list = append(list, x)
	}
	return list
}

// keep has a list written soon, and at the latest at the end of start.
func (s *exportStore) keep(list []Export) {
	s.mu.Lock()
	s.list = list
	s.mu.Unlock()
	select {
	case s.fresh <- struct{}{}:
	default:
	}
}

// start writes what is kept until end is called, which waits for the last of it.
func (s *exportStore) start() (end func()) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-s.fresh:
				s.write()
				continue
			case <-stop:
			}
			select {
			case <-s.fresh:
				s.write()
			default:
			}
			return
		}
	}()
	return func() {
		close(stop)
		<-done
	}
}

func (s *exportStore) write() {
	if s.file == "" {
		return
	}
	s.mu.Lock()
	list := s.list
	s.mu.Unlock()
	all := make([]keptExport, len(list))
	for i, x := range list {
		all[i].Export = x
		if x.Err != nil {
			all[i].Err = x.Err.Error()
		}
	}
	if err := writeState(s.file, all); err != nil {
		s.log.Warn("the list of exports cannot be kept; the next start will not know it", "err", err)
	}
}
