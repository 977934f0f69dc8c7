package archive

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"strings"

	"kinora/mkv"
)

// Tags are stored as a count, then name and value of each, every number and length an unsigned varint.
func appendTags(dst []byte, tags []mkv.Tag) []byte {
	if len(tags) == 0 {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(len(tags)))
	for _, t := range tags {
		dst = binary.AppendUvarint(dst, uint64(len(t.Name)))
		dst = append(dst, t.Name...)
		dst = binary.AppendUvarint(dst, uint64(len(t.Value)))
		dst = append(dst, t.Value...)
	}
	return dst
}

func tagsSize(tags []mkv.Tag) int {
	if len(tags) == 0 {
		return 0
	}
	n := uvarintSize(len(tags))
	for _, t := range tags {
		n += uvarintSize(len(t.Name)) + len(t.Name) + uvarintSize(len(t.Value)) + len(t.Value)
	}
	return n
}

func uvarintSize(v int) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}

func parseTags(b []byte) ([]mkv.Tag, error) {
	if len(b) == 0 {
		return nil, nil
	}
	count, n := binary.Uvarint(b)
	if n <= 0 || count > uint64(len(b)) {
		return nil, errTags
	}
	b = b[n:]
	tags := make([]mkv.Tag, count)
	for i := range tags {
		for _, text := range [...]*string{&tags[i].Name, &tags[i].Value} {
			size, n := binary.Uvarint(b)
			if n <= 0 || size > uint64(len(b)-n) {
				return nil, errTags
			}
			*text, b = string(b[n:n+int(size)]), b[n+int(size):]
		}
	}
	if len(b) != 0 {
		return nil, errTags
	}
	return tags, nil
}

// producerTags returns the tags that a producer put on a fragment for those who look at it: neither those that mean something to
// the service nor the fragment's name.
func producerTags(tags []mkv.Tag) []mkv.Tag {
	var own []mkv.Tag
	for _, t := range tags {
		switch {
		case t.Name == mkv.Take, t.Name == mkv.GapBefore, t.Name == mkv.GapBehind, strings.HasPrefix(t.Name, "AWS_"):
		default:
			own = append(own, t)
		}
	}
	return own
}

// tagCipher derives from a stream's data key the one that seals tags in the index. It is another key than that of the records, so that
// the nonces of neither count against the other.
func tagCipher(dataKey []byte) cipher.AEAD { return newAEAD(derive(dataKey, "tags in the index")) }

// sealTags makes of a fragment's tags what the index keeps of them.
func (s *Stream) sealTags(n Number, tags []mkv.Tag) string {
	sealed := make([]byte, nonceSize, nonceSize+tagsSize(tags)+tagSize)
	rand.Read(sealed)
	return string(s.tagging.Seal(sealed, sealed, appendTags(nil, tags), n.b[:]))
}

// openTags reads what sealTags made.
func (s *Stream) openTags(n Number, sealed []byte) ([]mkv.Tag, error) {
	if len(sealed) < nonceSize {
		return nil, errTags
	}
	plain, err := s.tagging.Open(nil, sealed[:nonceSize], sealed[nonceSize:], n.b[:])
	if err != nil {
		return nil, errTags
	}
	return parseTags(plain)
}
