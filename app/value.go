package app

import (
	"slices"
	"sync"
)

// Value is a variable that can be watched. The zero Value holds the zero T and is ready for use. All methods are safe
// from any goroutine.
type Value[T any] struct {
	mu       sync.Mutex
	v        T
	watchers []*watcher[T]
}

type watcher[T any] struct {
	fn                      func(T)
	running, again, stopped bool // guarded by Value.mu
}

// Get returns the present value.
func (v *Value[T]) Get() T {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.v
}

// Set stores x and calls the watchers on the caller's goroutine, in the order in which they came.
func (v *Value[T]) Set(x T) { v.Update(func(T) T { return x }) }

// Update stores what fn makes of the present value and calls the watchers as Set does. Nothing else sets the value
// meanwhile; fn must not use it.
func (v *Value[T]) Update(fn func(T) T) {
	v.mu.Lock()
	v.v = fn(v.v)
	watchers := slices.Clone(v.watchers)
	v.mu.Unlock()
	for _, w := range watchers {
		v.call(w)
	}
}

// Watch calls fn with the present value before it returns, and afterwards whenever the value is set, on the goroutine
// that sets it. Calls coalesce: fn never runs twice at the same time, and when values arrive while it runs, it is called
// once more with the newest of them. fn may use the value. After stop returned, no further call begins.
func (v *Value[T]) Watch(fn func(T)) (stop func()) {
	w := &watcher[T]{fn: fn}
	v.mu.Lock()
	v.watchers = append(v.watchers, w)
	v.mu.Unlock()
	v.call(w)
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		w.stopped = true
		v.watchers = slices.DeleteFunc(v.watchers, func(x *watcher[T]) bool { return x == w })
	}
}

// call runs w until it has seen the newest value, or leaves that to the goroutine that runs it already.
func (v *Value[T]) call(w *watcher[T]) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if w.again = w.running; w.running {
		return
	}
	w.running = true
	for more := true; more && !w.stopped; more = w.again {
		w.again = false
		x := v.v
		v.mu.Unlock()
		w.fn(x)
		v.mu.Lock()
	}
	w.running = false
}
