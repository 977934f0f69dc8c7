package main

import (
	"errors"
	"sync"

	"kinora/app"
	"kinora/kvs"
	"kinora/media"
)

// archives are those of one account that were asked for: one for each stream, which all who look at it share.
type archives struct {
	mu   sync.Mutex
	open map[string]*kvs.Archive
}

// Archive is what is stored of a stream, by the producer's clock.
func (a *account) Archive(stream string) media.Archive {
	s := &a.archives
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.open[stream]
	if known == nil {
		known = a.client.Archive(stream, kvs.ArchiveOptions{Clock: kvs.ProducerTime, Account: a.id})
		if s.open == nil {
			s.open = make(map[string]*kvs.Archive)
		}
		s.open[stream] = known
	}
	return known
}

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
