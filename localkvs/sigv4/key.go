package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"sync"
)

// maxKeys bounds the cache of signing keys. A client uses one a day, so a service hardly ever has more than a few.
const maxKeys = 256

// keyCache remembers derived signing keys. It is keyed by the secret itself, so that a changed secret never meets an
// old key, and keeps only keys that have verified a request, so that nobody else can push them out.
type keyCache struct {
	mu   sync.Mutex
	keys map[keyID][sha256.Size]byte
}

type keyID struct{ secret, day, region, service string }

func (c *keyCache) get(id keyID) [sha256.Size]byte {
	c.mu.Lock()
	key, ok := c.keys[id]
	c.mu.Unlock()
	if !ok {
		key = derive(id)
	}
	return key
}

func (c *keyCache) keep(id keyID, key [sha256.Size]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.keys[id]; ok {
		return
	}
	if c.keys == nil || len(c.keys) >= maxKeys {
		c.keys = make(map[keyID][sha256.Size]byte)
	}
	c.keys[id] = key
}

func derive(id keyID) [sha256.Size]byte {
	key := hmacSHA256([]byte("AWS4"+id.secret), id.day)
	for _, s := range []string{id.region, id.service, terminator} {
		key = hmacSHA256(key[:], s)
	}
	return key
}

func hmacSHA256(key []byte, text string) (sum [sha256.Size]byte) {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	h.Sum(sum[:0])
	return sum
}
