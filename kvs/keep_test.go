package kvs

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"kinora/media"
)

// While somebody loads nothing is kept, and of too much the oldest never.
func TestKeptLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l later
		fragment := func(i int) *media.Recorded {
			return &media.Recorded{Fragment: media.Fragment{Number: strconv.Itoa(i), Size: mostLater / 4}}
		}
		if !l.add([]*media.Recorded{fragment(0)}) || l.add([]*media.Recorded{fragment(1)}) {
			t.Error("the first, and nothing else, needs somebody who keeps it")
		}
		began := time.Now()
		rested := make(chan time.Duration)
		go func() {
			l.rest(t.Context())
			rested <- time.Since(began)
		}()
		for i := 2; i < 6; i++ { // a pointer drags
			time.Sleep(leisureTime / 2)
			l.load()
			l.add([]*media.Recorded{fragment(i)})
		}
		if got, want := <-rested, 2*leisureTime+leisureTime; got != want {
			t.Errorf("it rests for %v, want %v", got, want)
		}
		for want := 2; want < 6; want++ {
			if r := l.next(); r == nil || r.Number != strconv.Itoa(want) {
				t.Fatalf("%+v comes next, want %d", r, want)
			}
		}
		if l.next() != nil || l.dropped != 2 || l.bytes != 0 || !l.add([]*media.Recorded{fragment(6)}) {
			t.Errorf("at the end: %d dropped, %d bytes", l.dropped, l.bytes)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		began = time.Now()
		l.rest(over)
		if time.Since(began) != 0 {
			t.Error("an archive that is closed is waited for")
		}
	})
}
