package kvs

import (
	"errors"
	"io"
	"testing"
	"time"

	"kinora/media"
	"kinora/mkv"
)

// A service that never ends a fragment does not fill the memory.
func TestAFragmentIsBounded(t *testing.T) {
	for name, size := range map[string]int{"large frames": 20 << 20, "small frames": 1} {
		read, write := io.Pipe()
		ended := make(chan int, 1)
		go func() {
			w, n := mkv.NewWriter(write, testTracks, mkv.WriterOptions{}), 0
			err := w.Begin(0)
			for frame := make([]byte, size); err == nil; n++ {
				err = w.Write(&media.Packet{Track: 1, PTS: time.Duration(n%20000) * time.Millisecond, Key: n == 0, Data: frame})
			}
			ended <- n
		}()
		in := mkv.NewReader(read, mkv.Limits{})
		head, err := in.Next()
		check(t, err)
		f := media.Fragment{Number: "1", Size: 1 << 40}
		if _, err := recorded(in, head, f, mkv.NewMemory(1<<20)); !errors.Is(err, media.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		check(t, read.Close())
		if n := <-ended; n*(size+packetCost) > 2*mostFragment {
			t.Errorf("%s: %d were read", name, n)
		}
	}
}
