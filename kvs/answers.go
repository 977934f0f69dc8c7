package kvs

import "sync"

// maxAnswers bounds what is put: at one more it starts anew.
const maxAnswers = 4096

// answers are those of the service that hold for long, by what was asked for. The zero value is ready; all methods are safe
// from any goroutine.
type answers[K comparable, V any] struct {
	mu    sync.Mutex
	known map[K]V
}

func (r *answers[K, V]) get(k K) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.known[k]
	return v, ok
}

func (r *answers[K, V]) put(k K, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= maxAnswers {
		r.known = make(map[K]V)
	}
	r.known[k] = v
}

func (r *answers[K, V]) forget(keys ...K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range keys {
		delete(r.known, k)
	}
}

// replace makes known all that is remembered. It belongs to r from then on.
func (r *answers[K, V]) replace(known map[K]V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known = known
}
