package localkvs

import (
	"container/list"
	"sync"
)

// lru keeps the values that were used last, up to a total weight. Values that are evicted may still be in use. Its methods
// may be called from any goroutine.
type lru[K comparable, V any] struct {
	limit int64

	mu     sync.Mutex
	weight int64
	items  map[K]*list.Element // of *lruItem[K, V]
	order  list.List           // the one that was used last in front
}

type lruItem[K comparable, V any] struct {
	key    K
	value  V
	weight int64
}

func newLRU[K comparable, V any](limit int64) *lru[K, V] {
	return &lru[K, V]{limit: limit, items: make(map[K]*list.Element)}
}

func (c *lru[K, V]) get(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.items[key]
	if !ok {
		return value, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*lruItem[K, V]).value, true
}

// getOr returns the value of a key, which is made and kept with a weight when there is none.
func (c *lru[K, V]) getOr(key K, weight int64, make func() V) V {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.items[key]; ok {
		c.order.MoveToFront(e)
		return e.Value.(*lruItem[K, V]).value
	}
	value := make()
	c.add(key, value, weight)
	return value
}

// put keeps a value, or gives the one of the key another weight. What is heavier than everything may be is not kept.
func (c *lru[K, V]) put(key K, value V, weight int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.items[key]; ok {
		c.remove(e)
	}
	c.add(key, value, weight)
}

func (c *lru[K, V]) add(key K, value V, weight int64) {
	if weight > c.limit {
		return
	}
	for c.weight+weight > c.limit {
		c.remove(c.order.Back())
	}
	c.weight += weight
	c.items[key] = c.order.PushFront(&lruItem[K, V]{key, value, weight})
}

func (c *lru[K, V]) remove(e *list.Element) {
	item := c.order.Remove(e).(*lruItem[K, V])
	delete(c.items, item.key)
	c.weight -= item.weight
}

// newest calls visit with the values that were used last, the last one first, n at most.
func (c *lru[K, V]) newest(n int, visit func(K, V)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for e := c.order.Front(); e != nil && n > 0; e, n = e.Next(), n-1 {
		item := e.Value.(*lruItem[K, V])
		visit(item.key, item.value)
	}
}

// size returns how many values there are and their weight.
func (c *lru[K, V]) size() (n int, weight int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.items), c.weight
}
