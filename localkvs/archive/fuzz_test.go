package archive

import (
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"kinora/mkv"
)

// FuzzScan lets a log be anything: the walk ends, and what it finds lies in order within the file.
func FuzzScan(f *testing.F) {
	aead := newAEAD(make([]byte, keySize))
	record := func(seq uint64) []byte {
		return appendRecord(nil, aead, &Fragment{Number: newNumber(seq, epoch, 0), Server: epoch, Producer: epoch, Cluster: []byte("cluster")}, identity{})
	}
	whole := slices.Concat(record(1), record(2), record(3))
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(appendRecord(nil, aead, &Fragment{Number: newNumber(1, epoch, 0), Backfill: true, Cluster: []byte("cluster")}, identity{1, 2, 3}))
	old := slices.Clone(record(1)) // says that it is of version 1, and is 20 bytes too long for that
	old[5] = 1
	binary.BigEndian.PutUint32(old[100:], crc32.Checksum(old[:100], castagnoli))
	f.Add(slices.Concat(old, record(2)))
	f.Add(whole[5:])
	f.Add(slices.Concat(record(1), []byte("KAFRKAFR"), record(2)))
	f.Fuzz(func(t *testing.T, log []byte) {
		path := filepath.Join(t.TempDir(), "00000001.log")
		if err := os.WriteFile(path, log, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		for _, verify := range []bool{false, true} {
			found, err := scanSegment(file, 0, verify)
			if err != nil {
				return // a newer version
			}
			// Records and damage tile the file.
			var at int64
			e, d := found.entries, found.damage
			for len(e) > 0 || len(d) > 0 {
				switch {
				case len(e) > 0 && e[0].offset == at && e[0].Size >= recordMin:
					at += e[0].Size
					e = e[1:]
				case len(d) > 0 && d[0].Offset == at && d[0].Length > 0:
					at += d[0].Length
					d = d[1:]
				default:
					t.Fatalf("nothing begins at %d: %+v, %+v", at, e, d)
				}
			}
			if at != int64(len(log)) || found.end > at {
				t.Fatalf("%d of %d bytes are accounted for, the end is %d", at, len(log), found.end)
			}
		}
	})
}

func FuzzTags(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(appendTags(nil, []mkv.Tag{{Name: "weather", Value: "fine"}, {}}))
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		tags, err := parseTags(b)
		if err != nil {
			return
		}
		again, err := parseTags(appendTags(nil, tags))
		if err != nil || !slices.Equal(again, tags) {
			t.Fatalf("%v is read back as %v, %v", tags, again, err)
		}
		if n := len(appendTags(nil, tags)); n != tagsSize(tags) {
			t.Fatalf("%d bytes are taken for %d", n, tagsSize(tags))
		}
	})
}
