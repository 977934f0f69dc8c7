package localkvs

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// The file is a line of JSON for what it is, and one for each place, the newest first.
type placesHead struct{ Places int }

const placesFormat = 2

type keptPlace struct {
	Session tokenID
	place
}

// recallPlaces reads the file. Sessions that have expired since are left out.
func (s *Service) recallPlaces(path string, now time.Time) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close() // it is only read
	lines := json.NewDecoder(bufio.NewReader(file))
	var head placesHead
	if err := lines.Decode(&head); err != nil {
		return fmt.Errorf("%s is damaged: %w", path, err)
	}
	if head.Places != placesFormat {
		return fmt.Errorf("%s has format %d instead of %d", path, head.Places, placesFormat)
	}
	var list []keptPlace
	for len(list) < keptPlaces {
		var kept keptPlace
		if err := lines.Decode(&kept); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("%s is damaged: %w", path, err)
		}
		list = append(list, kept)
	}
	for _, kept := range slices.Backward(list) {
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
	var written [sha256.Size]byte
	failed := false
	for {
		ended := false
		select {
		case <-tick.C:
		case <-ctx.Done():
			ended = true
		}
		if text := s.placesText(time.Now()); text != nil && sha256.Sum256(text) != written {
			err := atomicfile.Write(path, text, 0o600)
			if err == nil {
				written = sha256.Sum256(text)
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
	var list []keptPlace
	s.places.newest(keptPlaces, func(id tokenID, at place) {
		if now.UnixMilli() < at.Expires {
			list = append(list, keptPlace{id, at})
		}
	})
	if list == nil {
		return nil
	}
	var text bytes.Buffer
	lines := json.NewEncoder(&text)
	err := lines.Encode(placesHead{placesFormat})
	for i := range list {
		err = errors.Join(err, lines.Encode(&list[i]))
	}
	if err != nil {
		panic("localkvs: places cannot be written: " + err.Error()) // they are numbers and times
	}
	return text.Bytes()
}
