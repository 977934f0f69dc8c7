// Package diskcache keeps what was fetched or made once, so that it costs nothing twice: in files that nobody can read without the
// cache's own key, up to a number of bytes, over restarts of the program.
//
// A file's name is a keyed hash of its key, its content is sealed with AES-256-GCM under that name. Nothing is lost but time when
// files go: what cannot be opened, for whatever reason, is not there. A write that is cut off by a crash leaves a file that cannot
// be opened; files are replaced by renaming, and never synced.
package diskcache

import (
	"container/list"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kinora/internal/atomicfile"
)

const (
	keyFile = "key"
	partial = ".tmp" // ends the name of a file that is being written
	nameLen = 32     // hexadecimal digits of a file's name
)

// Cache is an open cache. Its methods may be called from any goroutine.
type Cache struct {
	dir   string
	limit int64
	names []byte // key of the names
	seal  cipher.AEAD

	mu      sync.Mutex
	entries map[string]*list.Element // of *entry, by name
	order   *list.List               // the one used last in front
	bytes   int64
}

type entry struct {
	name string
	size int64
}

// Open opens the cache in dir, or makes one, and removes what is too much for limit bytes. One process may have a directory open;
// what others write meanwhile is not noticed.
func Open(dir string, limit int64) (*Cache, error) {
	c := &Cache{dir: dir, limit: limit, entries: make(map[string]*list.Element), order: list.New()}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the cache cannot be opened: %w", err)
	}
	secret, err := c.secret()
	if err != nil {
		return nil, fmt.Errorf("the key of the cache %s cannot be read or made: %w", dir, err)
	}
	if err := c.derive(secret); err != nil {
		return nil, err
	}
	if err := c.scan(); err != nil {
		return nil, fmt.Errorf("the cache %s cannot be read: %w", dir, err)
	}
	return c, nil
}

// secret reads the key, or makes one: whatever is there already cannot be opened any more then, and goes by and by.
func (c *Cache) secret() ([]byte, error) {
	path := filepath.Join(c.dir, keyFile)
	secret, err := os.ReadFile(path)
	if err == nil && len(secret) == sha256.Size {
		return secret, os.Chmod(path, 0o600)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	secret = make([]byte, sha256.Size)
	_, _ = rand.Read(secret) // never fails; see crypto/rand
	return secret, atomicfile.Write(path, secret, 0o600)
}

func (c *Cache) derive(secret []byte) error {
	names, err := hkdf.Key(sha256.New, secret, nil, "names", sha256.Size)
	if err != nil {
		return err
	}
	content, err := hkdf.Key(sha256.New, secret, nil, "content", 32)
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(content)
	if err != nil {
		return err
	}
	c.names = names
	c.seal, err = cipher.NewGCMWithRandomNonce(block)
	return err
}

// scan finds the files of earlier runs, and removes those that were not written to their end.
func (c *Cache) scan() error {
	type found struct {
		entry
		used time.Time
	}
	var all []found
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasSuffix(d.Name(), partial) {
			return os.Remove(path)
		}
		info, err := d.Info()
		if err == nil && len(d.Name()) == nameLen {
			all = append(all, found{entry{d.Name(), info.Size()}, info.ModTime()})
		}
		return err
	})
	slices.SortFunc(all, func(a, b found) int { return a.used.Compare(b.used) })
	for _, f := range all {
		c.entries[f.name] = c.order.PushFront(&f.entry)
		c.bytes += f.size
	}
	c.evict()
	return err
}

// Get returns what was put under a key; it is the caller's.
func (c *Cache) Get(key string) (data []byte, ok bool) {
	name := c.name(key)
	if !c.touch(name) {
		return nil, false
	}
	path := c.path(name)
	sealed, err := os.ReadFile(path)
	if err == nil {
		data, err = c.seal.Open(sealed[:0], nil, sealed, []byte(name))
	}
	if err != nil {
		c.drop(name)
		return nil, false
	}
	_ = os.Chtimes(path, time.Time{}, time.Now()) // only the order after a restart depends on it
	return data, true
}

// Has reports whether something was put under a key. It reads nothing.
func (c *Cache) Has(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entries[c.name(key)] != nil
}

// Put keeps data under a key instead of what was there before, and lets go what was not used for longest when there is too much.
// Data that is larger than an eighth of the cache is not kept.
func (c *Cache) Put(key string, data []byte) error {
	name := c.name(key)
	sealed := c.seal.Seal(nil, nil, data, []byte(name))
	if int64(len(sealed)) > c.limit/8 {
		return nil
	}
	if err := write(c.path(name), sealed); err != nil {
		return fmt.Errorf("nothing can be kept in the cache %s: %w", c.dir, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	size := int64(len(sealed))
	if e := c.entries[name]; e != nil {
		old := e.Value.(*entry)
		c.bytes += size - old.size
		old.size = size
		c.order.MoveToFront(e)
	} else {
		c.entries[name] = c.order.PushFront(&entry{name, size})
		c.bytes += size
	}
	c.evict()
	return nil
}

// Size returns how many bytes the cache's files have.
func (c *Cache) Size() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

func write(path string, data []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "*"+partial) // its mode is 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

func (c *Cache) name(key string) string {
	h := hmac.New(sha256.New, c.names)
	h.Write([]byte(key))
	return hex.EncodeToString(h.Sum(nil))[:nameLen]
}

func (c *Cache) path(name string) string { return filepath.Join(c.dir, name[:2], name) }

// touch makes an entry the one used last, and reports whether it is there.
func (c *Cache) touch(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[name]
	if e != nil {
		c.order.MoveToFront(e)
	}
	return e != nil
}

// drop removes an entry whose file is of no use.
func (c *Cache) drop(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[name]; e != nil {
		c.remove(e)
	}
}

func (c *Cache) evict() {
	for c.bytes > c.limit {
		c.remove(c.order.Back())
	}
}

// remove forgets an entry. A file that cannot be removed now is found again at the next start.
func (c *Cache) remove(e *list.Element) {
	gone := c.order.Remove(e).(*entry)
	delete(c.entries, gone.name)
	c.bytes -= gone.size
	_ = os.Remove(c.path(gone.name))
}
