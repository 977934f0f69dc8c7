package main

import (
	"errors"
	"log/slog"
	"path/filepath"
	"sync"

	"kinora/app"
	"kinora/internal/diskcache"
	"kinora/kvs"
	"kinora/media"
)

// archiveKey is a stream as it is looked at.
type archiveKey struct {
	stream string
	access app.Access
}

// archives are those of one account that were asked for: one for each way to look at a stream, which all who look at it share.
type archives struct {
	cache *kvs.Cache // of all accounts; nil: each archive has a small one

	mu   sync.Mutex
	open map[archiveKey]*kvs.Archive
}

// Bounds of the fragments that are kept, in bytes.
const (
	cacheMemory = 192 << 20
	cacheDisk   = 2 << 30
)

// stillsDisk is how many bytes of small pictures are kept: a day of one camera in which something moves is some 800 MB.
const stillsDisk = 1 << 30

// openStills opens the cache of small pictures below data. Without a disk there is none.
func openStills(data string, log *slog.Logger) *diskcache.Cache {
	disk, err := diskcache.Open(filepath.Join(data, "cache", "stills"), stillsDisk)
	if err != nil {
		log.Warn("small pictures of what was watched and recorded are not kept on this disk", "error", err)
		return nil
	}
	return disk
}

// shareCache gives all accounts one cache of fragments, with files below data. Without a disk it has memory alone.
func shareCache(accounts []app.Account, data string, log *slog.Logger) {
	disk, err := diskcache.Open(filepath.Join(data, "cache", "fragments"), cacheDisk)
	if err != nil {
		log.Warn("what was watched of archives is not kept on this disk", "error", err)
	}
	cache := kvs.NewCache(cacheMemory, disk)
	for _, acc := range accounts {
		if a, ok := acc.(*account); ok {
			a.archives.cache = cache
		}
	}
}

// Archive is what is stored of a stream.
func (a *account) Archive(stream string, access app.Access) media.Archive {
	s := &a.archives
	s.mu.Lock()
	defer s.mu.Unlock()
	key := archiveKey{stream, access}
	known := s.open[key]
	if known == nil {
		known = a.client.Archive(stream, kvs.ArchiveOptions{Clock: clockOf(access.Clock), Way: wayOf[access.Way], Account: a.id, Cache: s.cache})
		if s.open == nil {
			s.open = make(map[archiveKey]*kvs.Archive)
		}
		s.open[key] = known
	}
	return known
}

var wayOf = map[app.Way]kvs.Way{app.GetMedia: kvs.Direct, app.HLS: kvs.HLS, app.DASH: kvs.DASH}

// closeArchives ends what the archives of all accounts do in the background, and waits for it.
func closeArchives(accounts []app.Account) error {
	var err error
	for _, acc := range accounts {
		if a, ok := acc.(*account); ok {
			a.archives.mu.Lock()
			for _, archive := range a.archives.open {
				err = errors.Join(err, archive.Close())
			}
			a.archives.mu.Unlock()
		}
	}
	return err
}
