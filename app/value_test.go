package app

import (
	"slices"
	"sync"
	"testing"

	"kinora/internal/leak"
)

func TestValueWatch(t *testing.T) {
	var v Value[int]
	v.Set(1)
	var got []int
	stop := v.Watch(func(x int) { got = append(got, x) })
	v.Set(2)
	v.Update(func(x int) int { return 10 * x })
	stop()
	v.Set(3)
	if want := []int{1, 2, 20}; !slices.Equal(got, want) {
		t.Errorf("a watcher saw %v, want %v", got, want)
	}
	if v.Get() != 3 {
		t.Errorf("Get() = %d, want 3", v.Get())
	}
}

func TestValueCoalesces(t *testing.T) {
	leak.Check(t)
	var v Value[int]
	entered, release := make(chan struct{}, 1), make(chan struct{})
	var got []int
	first := true
	v.Watch(func(x int) {
		got = append(got, x)
		if x == 1 && first {
			first = false
			entered <- struct{}{}
			<-release
		}
	})
	var setter sync.WaitGroup
	setter.Go(func() { v.Set(1) })
	<-entered
	for x := 2; x <= 100; x++ { // returns although the watcher is at work
		v.Set(x)
	}
	close(release)
	setter.Wait()
	if want := []int{0, 1, 100}; !slices.Equal(got, want) {
		t.Errorf("a slow watcher saw %v, want %v", got, want)
	}
}

func TestValueMayBeSetByItsWatcher(t *testing.T) {
	var v Value[int]
	v.Watch(func(x int) {
		if x < 3 {
			v.Set(x + 1)
		}
	})
	if v.Get() != 3 {
		t.Errorf("the value is %d, want 3", v.Get())
	}
}

func TestValueConcurrently(t *testing.T) {
	leak.Check(t)
	var v Value[int]
	last, inside := 0, false // guarded by the promise that calls do not overlap
	v.Watch(func(x int) {
		if inside {
			t.Error("two calls of a watcher overlap")
		}
		inside = true
		last = x
		inside = false
	})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 1000 {
				v.Update(func(x int) int { return x + 1 })
			}
		})
	}
	group.Wait()
	if v.Get() != 4000 || last != 4000 {
		t.Errorf("value %d and watcher %d, want 4000", v.Get(), last)
	}
}
