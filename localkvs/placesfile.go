package localkvs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"kinora/internal/atomicfile"
)

// placesFile holds, for a service that starts again, where the sessions of players stood.
const placesFile = "places.json"

const (
	keptPlaces = 4096             // the sessions that asked last
	placesTime = 10 * time.Second // between two writings: as much may be lost by a crash, after which numbers are counted from what is older
)

// placesRecord is the content of the file.
type placesRecord struct {
	Format int
	Places []keptPlace
}

const placesFormat = 1

type keptPlace struct {
	Session tokenID
	place
}

// recallPlaces reads the file. Sessions that have expired since are left out.
func (s *Service) recallPlaces(path string, now time.Time) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var record placesRecord
	if err := json.Unmarshal(text, &record); err != nil {
		return fmt.Errorf("%s is damaged: %w", path, err)
	}
	if record.Format != placesFormat {
		return fmt.Errorf("%s has format %d instead of %d", path, record.Format, placesFormat)
	}
	for _, kept := range slices.Backward(record.Places) {
		if now.UnixMilli() < kept.Expires {
			s.places.put(kept.Session, kept.place, 1)
		}
	}
	return nil
}

// keepPlaces writes the file from time to time, when it has changed, until ctx ends, and then once more. It blocks.
func (s *Service) keepPlaces(ctx context.Context, path string) {
	tick := time.NewTicker(placesTime)
	defer tick.Stop()
	var written []byte
	failed := false
	for {
		ended := false
		select {
		case <-tick.C:
		case <-ctx.Done():
			ended = true
		}
		if text := s.placesText(time.Now()); text != nil && !bytes.Equal(text, written) {
			err := atomicfile.Write(path, text, 0o600)
			if err == nil {
				written = text
			} else if !failed {
				s.log.Warn("players whose sessions are older than a restart may see other sequence numbers", "error", err)
			}
			failed = err != nil
		}
		if ended {
			return
		}
	}
}

// placesText is what the file is to hold; nil when there is nothing to say.
func (s *Service) placesText(now time.Time) []byte {
	record := placesRecord{Format: placesFormat}
	s.places.newest(keptPlaces, func(id tokenID, at place) {
		if now.UnixMilli() < at.Expires {
			record.Places = append(record.Places, keptPlace{id, at})
		}
	})
	if record.Places == nil {
		return nil
	}
	text, err := json.Marshal(record)
	if err != nil {
		panic("localkvs: places cannot be written: " + err.Error()) // they are numbers and times
	}
	return text
}
