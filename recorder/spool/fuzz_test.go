package spool

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	"kinora/mkv"
)

// Whatever stands in the files of a take, Open gives what can be read again, and the original bytes of it.
func FuzzRecover(f *testing.F) {
	dir := f.TempDir()
	s, err := Open(dir, Options{Floor: -1})
	must(f, err)
	k, err := s.Begin(door, About{})
	must(f, err)
	write(f, k, fragmentsOf(f, testTracks, 0, 1, 3, 20)[0])
	must(f, k.End())
	must(f, s.Close())
	file, err := os.ReadFile(k.path("000001.mkv"))
	must(f, err)
	description, err := os.ReadFile(k.path(takeName))
	must(f, err)
	r, _ := findRecord(file)
	unsealed := bytes.Clone(file)
	clear(unsealed[r.head+voidHead+slot1 : r.head+recordSize])
	f.Add(file, description, true)
	f.Add(file[:len(file)-10], description[:len(description)/2], false)
	f.Add(unsealed[:len(unsealed)-10], []byte(`{"Version":1,"Gone":[{"First":1,"Last":1,"From":0,"To":5,"Stage":"evicted"}]}`), false)
	f.Add([]byte{}, []byte{}, false)
	f.Fuzz(func(t *testing.T, file, description []byte, sealed bool) {
		r := newRig(t)
		r.open()
		k := r.begin()
		r.shut()
		name := "000001.mkv.part"
		if sealed {
			name = "000001.mkv"
		}
		must(t, os.WriteFile(k.path(name), file, 0o600))
		must(t, os.WriteFile(k.path(takeName), description, 0o600))
		r.open()
		for _, k := range r.Takes() {
			k.Spans()
			for f := r.Oldest(k.Target()); f != nil; f = r.After(f) {
				head, body, err := content(f)
				if errors.Is(err, ErrGone) {
					continue // damaged, and put aside
				}
				must(t, err)
				if !bytes.HasPrefix(file, head) || !bytes.Contains(file, body) {
					t.Errorf("%d and %d bytes are not what stood there", len(head), len(body))
				}
				if sealed {
					continue
				}
				in := mkv.NewReader(io.MultiReader(bytes.NewReader(head), bytes.NewReader(body)), mkv.Limits{})
				for err = nil; err == nil; {
					_, err = in.Next()
				}
				if err != io.EOF {
					t.Errorf("what was kept cannot be read: %v", err)
				}
			}
		}
	})
}
