package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDamageCostsOnlyWhatItHits damages the second of three segments, or the third, each of which holds four fragments; the
// index is kept or built again.
func TestDamageCostsOnlyWhatItHits(t *testing.T) {
	const perSegment = 4
	at := func(f *Fragment, fs []*Fragment) (off int64) { // of f in its segment
		for _, o := range fs {
			if o == f {
				break
			}
			off += recordSize(o)
		}
		return off
	}
	flip := func(i int, within int64) func([]byte, []*Fragment) []byte {
		return func(b []byte, fs []*Fragment) []byte { b[at(fs[i], fs)+within] ^= 4; return b }
	}
	cutAt := func(i int, within int64) func([]byte, []*Fragment) []byte {
		return func(b []byte, fs []*Fragment) []byte { return b[:at(fs[i], fs)+within] }
	}
	for _, c := range []struct {
		name   string
		damage func(log []byte, fs []*Fragment) []byte
		lost   []int // of the segment's fragments
		silent bool  // when the index is built again, nothing tells that there was more
	}{
		{name: "payload flipped", damage: flip(1, headerSize+50), lost: []int{1}},
		{name: "first payload flipped", damage: flip(0, headerSize), lost: []int{0}},
		{name: "header flipped", damage: flip(1, 30), lost: []int{1}},
		{name: "magic flipped", damage: flip(0, 0), lost: []int{0}},
		{name: "lengths flipped", damage: flip(2, 73), lost: []int{2}},
		{name: "last header flipped", damage: flip(3, 60), lost: []int{3}},
		{name: "cut in a payload", damage: cutAt(2, headerSize+20), lost: []int{2, 3}},
		{name: "cut in a header", damage: cutAt(2, 10), lost: []int{2, 3}},
		{name: "cut between records", damage: cutAt(2, 0), lost: []int{2, 3}, silent: true},
		{name: "emptied", damage: cutAt(0, 0), lost: []int{0, 1, 2, 3}, silent: true},
		{name: "noise over two records", damage: func(b []byte, fs []*Fragment) []byte {
			copy(b[at(fs[1], fs)+20:], random(int(recordSize(fs[1]))))
			return b
		}, lost: []int{1, 2}},
		{name: "zeros", damage: func(b []byte, fs []*Fragment) []byte {
			clear(b[at(fs[1], fs):at(fs[2], fs)])
			return b
		}, lost: []int{1}},
	} {
		for _, place := range []string{"middle", "last"} {
			for _, rebuild := range []bool{false, true} {
				t.Run(strings.ReplaceAll(c.name, " ", "-")+"/"+place+map[bool]string{false: "/kept", true: "/rebuilt"}[rebuild], func(t *testing.T) {
					r := newRig(t)
					r.options.SegmentSize = perSegment * 720
					s := r.run().stream("door")
					var all []*Fragment
					for range 3 * perSegment {
						all = append(all, r.append(s, r.fragment(s, 500)))
					}
					victim := all[perSegment : 2*perSegment]
					if place == "last" {
						victim = all[2*perSegment:]
					}
					e, _, err := s.Find(victim[0].Number)
					if err != nil || e.offset != 0 {
						t.Fatalf("the segments are not laid out as expected: %+v, %v", e, err)
					}
					r.stop()
					path := s.path(e.segment)
					log, err := os.ReadFile(path)
					if err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(path, c.damage(log, victim), 0o600); err != nil {
						t.Fatal(err)
					}
					if rebuild {
						if err := os.Remove(filepath.Join(r.dir, "index.db")); err != nil {
							t.Fatal(err)
						}
					}
					s = r.run().stream("door")
					var told int
					for _, d := range r.Damage() {
						if d.Stream != "door" || d.File != path || !errors.Is(d, ErrCorrupt) {
							t.Errorf("the report has no place: %v", d)
						}
						told++
					}
					for i, f := range all {
						lost := slices.ContainsFunc(c.lost, func(l int) bool { return victim[l] == f })
						e, listed, err := s.Find(f.Number)
						if err != nil {
							t.Fatal(err)
						}
						if !listed && !lost {
							t.Errorf("fragment %d is lost too", i)
						}
						if !listed {
							continue
						}
						if lost && place == "last" && (rebuild || strings.HasPrefix(c.name, "cut") || c.name == "emptied") {
							t.Errorf("fragment %d is listed, and writing goes on behind it", i)
						}
						got, err := s.Read(e)
						var d *DamageError
						switch {
						case lost && !errors.As(err, &d):
							t.Errorf("reading damaged fragment %d gives %v", i, err)
						case lost && (d.Stream != "door" || d.Fragment != f.Number || d.File != path || d.Offset != e.offset):
							t.Errorf("the error has another place: %v", d)
						case lost:
							told++
						case err != nil:
							t.Errorf("fragment %d: %v", i, err)
						case !same(got, f):
							t.Errorf("fragment %d differs", i)
						}
					}
					if torn := place == "last" && strings.HasPrefix(c.name, "cut"); told == 0 && !(rebuild && (c.silent || torn || c.name == "last header flipped" && place == "last")) {
						t.Error("nobody tells of the damage")
					}
					r.append(s, r.fragment(s, 500))
				})
			}
		}
	}
}

func TestTornEndIsCut(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	first := r.append(s, r.fragment(s, 100))
	torn := appendRecord(nil, s.aead, r.fragment(s, 3000), identity{})
	e, _, err := s.Last()
	if err != nil {
		t.Fatal(err)
	}
	path := s.path(e.segment)
	for _, n := range []int{1, headerSize - 1, headerSize, len(torn) - 1} {
		r.stop()
		log, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(log, torn[:n]...), 0o600); err != nil {
			t.Fatal(err)
		}
		s = r.run().stream("door")
		if info, err := os.Stat(path); err != nil || info.Size() != e.Size {
			t.Errorf("with %d bytes too many it has %d bytes, not %d, %v", n, info.Size(), e.Size, err)
		}
		holds(t, s, first)
		if d := r.Damage(); len(d) > 0 {
			t.Errorf("the torn end is reported: %v", d[0])
		}
	}
}

func TestResyncFindsHeadersAnywhere(t *testing.T) {
	s := &Stream{aead: newAEAD(newKey())}
	f := sample(epoch, 50)
	f.Number = newNumber(1, epoch, 0)
	record := appendRecord(nil, s.aead, f, identity{})
	window := len(new(walk).buffer())
	for at := window - 4; at <= window+2; at++ {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, slices.Concat(make([]byte, at), record, []byte("tail")), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		found, err := scanSegment(file, 0, true)
		if err != nil || len(found.entries) != 1 || found.entries[0].offset != int64(at) || found.entries[0].Number != f.Number {
			t.Errorf("behind %d bytes: %+v, %v", at, found, err)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestNewerRecordsAreNotCut(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	r.append(s, r.fragment(s, 100))
	newer := appendRecord(nil, s.aead, r.fragment(s, 100), identity{})
	newer[5] = recordVersion + 1
	binary.BigEndian.PutUint32(newer[100:], crc32.Checksum(newer[:100], castagnoli))
	r.stop()
	log, err := os.ReadFile(s.path(1))
	if err != nil {
		t.Fatal(err)
	}
	log = append(log, newer...)
	if err := os.WriteFile(s.path(1), log, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(r.dir, r.options); !errors.Is(err, errVersion) {
		t.Errorf("opening: %v", err)
	}
	if after, err := os.ReadFile(s.path(1)); err != nil || !bytes.Equal(after, log) {
		t.Errorf("the log was changed, %v", err)
	}
}

func TestMissingSegment(t *testing.T) {
	r := newRig(t)
	r.options.SegmentSize = 1500
	s := r.run().stream("door")
	var all []*Fragment
	for range 6 {
		all = append(all, r.append(s, r.fragment(s, 500)))
	}
	e, _, err := s.Find(all[2].Number)
	if err != nil {
		t.Fatal(err)
	}
	r.stop()
	if err := os.Remove(s.path(e.segment)); err != nil {
		t.Fatal(err)
	}
	s = r.run().stream("door")
	if d := r.Damage(); len(d) != 1 || d[0].File != s.path(e.segment) || d[0].Fragment != all[2].Number || !strings.Contains(d[0].Error(), "2 fragments") {
		t.Errorf("the report is %v", d)
	}
	holds(t, s, all[0], all[1], all[4], all[5])
	if bytes, n := s.Size(); n != 4 || bytes != 4*e.Size {
		t.Errorf("%d bytes in %d fragments", bytes, n)
	}
	r.reopen()
	if d := r.Damage(); len(d) != 0 {
		t.Errorf("it is reported again: %v", d)
	}
}

func TestDamagedIndexIsBuiltAgain(t *testing.T) {
	overwrite := func(off int64, n int) func(string) error {
		return func(path string) error {
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt(random(n), off)
			return errors.Join(err, f.Close())
		}
	}
	for name, damage := range map[string]func(path string) error{
		"missing": os.Remove,
		"empty":   func(path string) error { return os.Truncate(path, 0) },
		"no database": func(path string) error {
			return os.WriteFile(path, []byte("this is no database at all, only text"), 0o600)
		},
		"header destroyed": overwrite(0, 100),
		"page destroyed":   overwrite(4096, 40960),
		"cut":              func(path string) error { return os.Truncate(path, 8192) },
		"stale journal": func(path string) error {
			b, err := os.ReadFile(path)
			return errors.Join(err, os.WriteFile(path+"-wal", b, 0o600), os.Remove(path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t).run()
			s := r.stream("door")
			var all []*Fragment
			for range 400 {
				f := fragmentAt(s, r.clock.Now(), 1)
				all = append(all, f)
			}
			appendAll(t, s, all)
			r.stop()
			if err := damage(filepath.Join(r.dir, "index.db")); err != nil {
				t.Fatal(err)
			}
			s = r.run().stream("door")
			if _, _, _, err := s.List(ServerTime, epoch, epoch.AddDate(1, 0, 0), Cursor{}, 1000); err != nil {
				// Damage that only a query could meet: the next start repairs it.
				if !errors.Is(err, errIndexDamaged) {
					t.Errorf("the query fails with %v", err)
				}
				r.reopen()
				s = r.stream("door")
			}
			holds(t, s, all...)
		})
	}
}
