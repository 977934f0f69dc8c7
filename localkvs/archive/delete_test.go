package archive

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// While the files of a deleted stream are removed, which may take long, other streams are stored, also in a round of which it is a part.
func TestDeletingHoldsUpNoOtherStream(t *testing.T) {
	r := newRig(t)
	var stage atomic.Int32 // 1: the next round is to wait; 2: a removal is to wait
	waits, goes := make(chan string), make(chan bool)
	defer close(goes)
	r.disk.Fault = func(op, path string, size int) (int, error) {
		if op == "sync" && stage.CompareAndSwap(1, 2) || op == "remove" && strings.Contains(path, deletedSuffix) && stage.CompareAndSwap(2, 3) {
			waits <- op
			<-goes
		}
		return size, nil
	}
	r.run()
	door, yard := r.stream("door"), r.stream("yard")
	r.append(yard, r.fragment(yard, 10))
	ended := make(chan error, 4)
	put := func(s *Stream) { f := r.fragment(s, 10); go func() { ended <- s.Append(context.Background(), f) }() }
	stage.Store(1)
	put(door)
	<-waits // in the round
	put(yard)
	for queued := 0; queued == 0; {
		r.queueMu.Lock()
		queued = len(r.queue)
		r.queueMu.Unlock()
		runtime.Gosched()
	}
	put(door)
	deleted := make(chan error, 1)
	go func() { deleted <- r.Delete(yard) }()
	for {
		if _, there := r.Lookup("yard"); !there {
			break
		}
		runtime.Gosched()
	}
	goes <- true // the round ends
	<-waits      // in the removal
	var lost int
	for range 3 {
		select {
		case err := <-ended:
			if errors.Is(err, ErrDeleted) {
				lost++
			} else if err != nil {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("other streams wait for the removal")
		}
	}
	goes <- true
	if err := <-deleted; err != nil || lost != 1 {
		t.Errorf("deleting: %v; %d fragments were lost with the stream", err, lost)
	}
}
