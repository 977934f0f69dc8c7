package kvs

import (
	"bytes"
	"container/list"
	"encoding/gob"
	"fmt"
	"sync"

	"kinora/internal/diskcache"
	"kinora/media"
)

// smallMemory is what an archive without a shared cache keeps.
const smallMemory = 64 << 20

// Cache keeps fragments that were loaded: in memory, and behind it on disk, encrypted. It may be shared by all archives of a
// program; every fragment is kept under the account, the stream's ARN and its number.
type Cache struct {
	limit int64
	disk  *diskcache.Cache

	mu      sync.Mutex
	entries map[string]*list.Element // of *kept
	order   *list.List               // the one used last in front
	bytes   int64
}

type kept struct {
	key      string
	recorded *media.Recorded
	size     int64
}

// NewCache returns a cache that holds up to memory bytes of fragments in memory, beside what disk holds; disk may be nil.
func NewCache(memory int64, disk *diskcache.Cache) *Cache {
	return &Cache{limit: memory, disk: disk, entries: make(map[string]*list.Element), order: list.New()}
}

// inMemory returns a fragment without waiting.
func (c *Cache) inMemory(key string) *media.Recorded {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[key]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*kept).recorded
}

// has reports whether there is a fragment in memory or, when that is of interest, on disk.
func (c *Cache) has(key string, onDisk bool) bool {
	c.mu.Lock()
	inMemory := c.entries[key] != nil
	c.mu.Unlock()
	return inMemory || onDisk && c.disk != nil && c.disk.Has(key)
}

// onDisk reads a fragment and keeps it in memory, or returns nil.
func (c *Cache) onDisk(key string) *media.Recorded {
	r := c.read(key)
	if r != nil {
		c.remember(key, r)
	}
	return r
}

// read reads a fragment from the disk, or returns nil.
func (c *Cache) read(key string) *media.Recorded {
	if c.disk == nil {
		return nil
	}
	b, ok := c.disk.Get(key)
	if !ok {
		return nil
	}
	var r media.Recorded
	if err := gob.NewDecoder(bytes.NewReader(b)).Decode(&r); err != nil {
		return nil // written by another version of the program
	}
	return &r
}

// remember keeps a fragment in memory.
func (c *Cache) remember(key string, r *media.Recorded) {
	size := int64(1 << 10)
	for _, p := range r.Packets {
		size += int64(cap(p.Data)) + 100
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries[key] != nil {
		return
	}
	c.entries[key] = c.order.PushFront(&kept{key, r, size})
	c.bytes += size
	for c.bytes > c.limit && c.order.Len() > 1 {
		old := c.order.Remove(c.order.Back()).(*kept)
		delete(c.entries, old.key)
		c.bytes -= old.size
	}
}

// store keeps a fragment on disk.
func (c *Cache) store(key string, r *media.Recorded) error {
	if c.disk == nil {
		return nil
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(r); err != nil {
		return fmt.Errorf("fragment %s cannot be kept: %w", r.Number, err)
	}
	return c.disk.Put(key, b.Bytes())
}
