package archive

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	keySize   = 32 // AES-256
	nonceSize = 12
	tagSize   = 16
)

// loadKEK reads the key-encryption key, and makes one for a data directory that has no streams yet.
func (a *Archive) loadKEK(haveStreams bool) (cipher.AEAD, error) {
	path := filepath.Join(a.dir, "kek")
	key, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && haveStreams:
		return nil, fmt.Errorf("%s is missing but streams exist, which nothing else can open: %w", path, ErrKey)
	case errors.Is(err, fs.ErrNotExist):
		key = newKey()
		if err := a.disk.Replace(path, key); err != nil {
			return nil, fmt.Errorf("storing a new key-encryption key: %w", err)
		}
	case err != nil:
		return nil, fmt.Errorf("reading the key-encryption key: %w", err)
	}
	if len(key) != keySize {
		return nil, fmt.Errorf("%s has %d bytes instead of %d: %w", path, len(key), keySize, ErrKey)
	}
	a.root = derive(key, "keys of the service")
	return newAEAD(key), nil
}

// Key returns 32 bytes that are the same for a purpose as long as the data directory lives, and tell nothing of the keys
// that data is stored under.
func (a *Archive) Key(purpose string) []byte { return derive(a.root, purpose) }

func derive(key []byte, purpose string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}

func newKey() []byte {
	key := make([]byte, keySize)
	rand.Read(key) // never fails: see crypto/rand.Read
	return key
}

func newAEAD(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("archive: " + err.Error())
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("archive: " + err.Error())
	}
	return aead
}

// wrap seals a data key for the stream with this directory name, so that it opens for no other.
func wrap(kek cipher.AEAD, key []byte, dir string) []byte {
	nonce := make([]byte, nonceSize, nonceSize+keySize+tagSize)
	rand.Read(nonce)
	return kek.Seal(nonce, nonce, key, []byte("data key of "+dir))
}

func unwrap(kek cipher.AEAD, wrapped []byte, dir string) ([]byte, error) {
	if len(wrapped) != nonceSize+keySize+tagSize {
		return nil, fmt.Errorf("the wrapped data key has %d bytes: %w", len(wrapped), ErrKey)
	}
	key, err := kek.Open(nil, wrapped[:nonceSize], wrapped[nonceSize:], []byte("data key of "+dir))
	if err != nil {
		return nil, fmt.Errorf("the data key cannot be unwrapped: %w", ErrKey)
	}
	return key, nil
}
