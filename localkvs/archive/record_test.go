package archive

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
	"testing"

	"kinora/mkv"
)

func sampleRecord() (*Fragment, []byte, *Stream) {
	s := &Stream{aead: newAEAD(newKey())}
	f := sample(epoch, 1000)
	f.Number, f.Backfill = newNumber(7, epoch, 9), true
	return f, appendRecord(nil, s.aead, f, identity{1, 2, 3}), s
}

func read(log []byte, off int64, aead cipher.AEAD) (*Fragment, error) {
	return readRecord(bytes.NewReader(log), off, int64(len(log)), aead, new(Memory))
}

func TestRecordComesBack(t *testing.T) {
	f, record, s := sampleRecord()
	if int64(len(record)) != recordSize(f) {
		t.Errorf("it has %d bytes, recordSize says %d", len(record), recordSize(f))
	}
	got, err := read(append(random(33), record...), 33, s.aead)
	if err != nil || !same(got, f) {
		t.Errorf("read %+v, %v", got, err)
	}
	f.Header, f.Lead, f.Cluster, f.Trail, f.Tags = nil, nil, nil, nil, nil
	if got, err := read(appendRecord(nil, s.aead, f, identity{}), 0, s.aead); err != nil || !same(got, f) {
		t.Errorf("the empty fragment: read %+v, %v", got, err)
	}
	f.Tags = []mkv.Tag{{Name: strings.Repeat("n", 200), Value: strings.Repeat("v", 40_000)}}
	if got, err := read(appendRecord(nil, s.aead, f, identity{}), 0, s.aead); err != nil || !same(got, f) {
		t.Errorf("long tags: %v", err)
	}
}

// TestEveryFlippedBitIsFound flips each bit of a record, and once more with the checksums made right again, as somebody would
// who wants it to pass.
func TestEveryFlippedBitIsFound(t *testing.T) {
	_, record, s := sampleRecord()
	for bit := range 8 * len(record) {
		if i := bit / 8; i > 200 && i < len(record)-20 {
			continue
		}
		b := bytes.Clone(record)
		b[bit/8] ^= 1 << (bit % 8)
		var damage unsound
		if _, err := read(b, 0, s.aead); !errors.As(err, &damage) || damage == errSeal {
			t.Fatalf("bit %d: %v", bit, err)
		}
		if i := bit / 8; i >= aad1Size && i < header1Size || i >= aadSize && i < headerSize {
			continue // the checksums
		}
		h, err := parseHeader(record)
		if err != nil {
			t.Fatal(err)
		}
		binary.BigEndian.PutUint32(b[96:], crc32.Checksum(b[headerSize:headerSize+h.payload()], castagnoli))
		binary.BigEndian.PutUint32(b[100:], crc32.Checksum(b[:100], castagnoli))
		binary.BigEndian.PutUint32(b[120:], crc32.Checksum(b[:120], castagnoli))
		if _, err := read(b, 0, s.aead); err == nil {
			t.Fatalf("bit %d with checksums made right is not found", bit)
		}
	}
	if _, err := read(record, 0, newAEAD(newKey())); !errors.Is(err, errSeal) {
		t.Errorf("under another key: %v", err)
	}
}

func TestNoncesDiffer(t *testing.T) {
	f, first, s := sampleRecord()
	if second := appendRecord(nil, s.aead, f, identity{}); bytes.Equal(first[84:96], second[84:96]) {
		t.Error("two records have one nonce")
	}
}
