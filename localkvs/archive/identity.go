package archive

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"kinora/mkv"
)

const identitySize = 16

// identity says which fragment of a stream this is, however often it is uploaded: a hash of its tag mkv.Take and its producer
// time. The hash is keyed, so that headers and index, which are in the clear, tell nothing of the tag; with 128 bits no two
// fragments share one by chance. The zero identity is that of fragments without the tag, which are never the same.
type identity [identitySize]byte

// identityKey derives the key of a stream's identities from its data key.
func identityKey(dataKey []byte) []byte { return derive(dataKey, "identities of fragments") }

func (s *Stream) identify(take string, producer time.Time) (id identity) {
	if take == "" {
		return id
	}
	mac := hmac.New(sha256.New, s.naming)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(producer.UnixMilli())))
	mac.Write([]byte(take))
	copy(id[:], mac.Sum(nil))
	return id
}

// TakeOf returns the value of the last tag mkv.Take, "" when there is none.
func TakeOf(tags []mkv.Tag) (take string) {
	for _, t := range tags {
		if t.Name == mkv.Take {
			take = t.Value
		}
	}
	return take
}

// exceeds tells whether e is more of the fragment than another of the same identity.
func (e *Entry) exceeds(o *Entry) bool {
	return e.Frames > o.Frames || e.Frames == o.Frames && e.cluster > o.cluster
}

// standsBehind tells whether e's record was written to the log after another's.
func (e *Entry) standsBehind(o *Entry) bool {
	return e.segment > o.segment || e.segment == o.segment && e.offset > o.offset
}

// FindTake returns the stored fragment with this value of the tag mkv.Take and this producer time, which count to the
// millisecond: what an upload that begins with them repeats. An empty take finds nothing.
func (s *Stream) FindTake(take string, producer time.Time) (Entry, bool, error) {
	if take == "" {
		return Entry{}, false, nil
	}
	if _, ok, err := s.look(); !ok || err != nil {
		return Entry{}, false, err
	}
	return s.one(s.holder(s.identify(take, producer), producer))
}

// holder returns the fragment that is shown under an identity. It is looked up by its producer time, which the identity
// covers and the index has in order, so that identities need no index of their own.
func (s *Stream) holder(id identity, producer time.Time) (Entry, bool, error) {
	e, ok, err := s.archive.index.one(s.archive.index.named, s.id, producer.UnixMilli(), id[:], s.cutoff())
	if err != nil {
		return Entry{}, false, fmt.Errorf("looking for a repeat: %w", err)
	}
	return e, ok, nil
}
