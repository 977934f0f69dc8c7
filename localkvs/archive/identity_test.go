package archive

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"kinora/mkv"
)

// copyOf makes one upload of a take's fragment.
func (r *rig) copyOf(s *Stream, take string, frames, size int) *Fragment {
	f := r.fragment(s, size)
	f.Tags = []mkv.Tag{{Name: "weather", Value: "fine"}, {Name: mkv.Take, Value: take}}
	f.Producer, f.Frames = epoch, frames
	return f
}

func wantRepeat(t *testing.T, s *Stream, f *Fragment) {
	t.Helper()
	if err := s.Append(t.Context(), f); !errors.Is(err, ErrRepeat) {
		t.Errorf("appending a repeat: %v, want %v", err, ErrRepeat)
	}
}

// again runs a check now, after a restart, and after the index was built again.
func (r *rig) again(name string, check func(s *Stream)) {
	r.t.Helper()
	check(r.stream(name))
	r.reopen()
	check(r.stream(name))
	r.stop()
	if err := os.Remove(filepath.Join(r.dir, "index.db")); err != nil {
		r.t.Fatal(err)
	}
	check(r.run().stream(name))
	if d := r.Damage(); len(d) > 0 {
		r.t.Errorf("damage: %v", d[0])
	}
}

func TestRepeatIsStoredOnce(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	first := r.append(s, r.copyOf(s, "a/1", 60, 500))
	r.again("door", func(s *Stream) {
		wantRepeat(t, s, r.copyOf(s, "a/1", 60, 500))
		wantRepeat(t, s, r.copyOf(s, "a/1", 60, 499))
		wantRepeat(t, s, r.copyOf(s, "a/1", 59, 900))
		holds(t, s, first)
		if e, ok, err := s.FindTake("a/1", epoch.Add(999*time.Microsecond)); err != nil || !ok || e.Number != first.Number {
			t.Errorf("the fragment of the take is %s, %v, %v", e.Number, ok, err)
		}
		for _, other := range []string{"", "a/2"} {
			if e, ok, err := s.FindTake(other, epoch); err != nil || ok {
				t.Errorf("the fragment of take %q is %s, %v", other, e.Number, err)
			}
		}
	})
}

// What differs in stream, take or producer time is no repeat, and neither is what has no take.
func TestOthersAreNoRepeats(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	all := []*Fragment{r.append(s, r.copyOf(s, "a/1", 60, 500)), r.append(s, r.copyOf(s, "a/2", 60, 500))}
	later := r.copyOf(s, "a/1", 60, 500)
	later.Producer = epoch.Add(time.Millisecond)
	all = append(all, r.append(s, later))
	for range 2 {
		f := r.copyOf(s, "a/1", 60, 500)
		f.Tags = nil
		all = append(all, r.append(s, f))
	}
	holds(t, s, all...)
	yard := r.stream("yard")
	holds(t, yard, r.append(yard, r.copyOf(yard, "a/1", 60, 500)))
}

func TestLongerRepeatTakesThePlaceOfAPiece(t *testing.T) {
	r := newRig(t)
	r.options.SegmentSize = 2000
	r.run()
	s := r.stream("door")
	r.append(s, r.copyOf(s, "a/1", 20, 300))
	between := r.append(s, r.fragment(s, 1000)) // the whole one is in another segment
	r.append(s, r.copyOf(s, "a/1", 60, 900))
	whole := r.append(s, r.copyOf(s, "a/1", 60, 901))
	r.again("door", func(s *Stream) {
		holds(t, s, between, whole)
		for _, c := range []Clock{ServerTime, ProducerTime} {
			list, _, _, err := s.List(c, epoch.Add(-time.Hour), epoch.Add(time.Hour), Cursor{}, 10)
			if err != nil || len(list) != 2 {
				t.Errorf("%d fragments are listed, want 2: %v", len(list), err)
			}
		}
		wantRepeat(t, s, r.copyOf(s, "a/1", 20, 300))
	})
}

// Copies that wait for the disk together are judged together, and a repeat is answered when the one it repeats is durable.
func TestCopiesOnTheirWayTogether(t *testing.T) {
	for _, disk := range []error{nil, syscall.EIO} {
		hold, writing := make(chan struct{}), make(chan struct{}, 100)
		r := newRig(t)
		r.disk.Fault = func(op, _ string, size int) (int, error) {
			if op == "write" {
				writing <- struct{}{}
				<-hold
			}
			if op == "sync" && len(writing) > 0 { // not that of the round that is held
				return 0, disk
			}
			return size, nil
		}
		s := r.run().stream("door")
		held := make(chan error, 1)
		go func() { held <- s.Append(context.Background(), r.fragment(s, 10)) }()
		<-writing
		var answers []chan error
		for i, frames := range []int{30, 60, 60} {
			f, answer := r.copyOf(s, "a/1", frames, 500), make(chan error, 1)
			go func() { answer <- s.Append(context.Background(), f) }()
			for queued := 0; queued <= i; {
				r.queueMu.Lock()
				queued = len(r.queue)
				r.queueMu.Unlock()
			}
			answers = append(answers, answer)
		}
		close(hold)
		if err := <-held; err != nil {
			t.Error(err)
		}
		for i, want := range []error{nil, nil, ErrRepeat} {
			if disk != nil {
				want = disk
			}
			if err := <-answers[i]; !errors.Is(err, want) {
				t.Errorf("disk: %v: copy %d is answered with %v, want %v", disk, i, err, want)
			}
		}
		e, found, err := s.FindTake("a/1", epoch)
		if err != nil || found != (disk == nil) || found && e.Frames != 60 {
			t.Errorf("disk: %v: the fragment of the take is %+v, %v, %v", disk, e, found, err)
		}
		if _, n := s.Size(); disk != nil && n != 1 {
			t.Errorf("%d fragments are left of a failed round", n)
		}
		r.stop()
	}
}

// What retention has removed is no reason to refuse what comes now.
func TestExpiredFragmentIsNoCopy(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	r.append(s, r.copyOf(s, "a/1", 60, 500))
	r.clock.add(25 * time.Hour)
	holds(t, s, r.append(s, r.copyOf(s, "a/1", 30, 100)))
}

// asVersion1 makes of a record without identity and flags what version 1 wrote.
func asVersion1(t *testing.T, s *Stream, record []byte) []byte {
	t.Helper()
	h, err := parseHeader(record)
	if err != nil {
		t.Fatal(err)
	}
	head, sealed := slices.Clone(record[:headerSize]), record[headerSize:]
	clear(head[aad1Size:header1Size])
	plain, err := s.aead.Open(nil, head[84:96], sealed, head[:aadSize])
	if err != nil || h.identity != (identity{}) {
		t.Fatal("not a plain record", err)
	}
	old := head[:header1Size:header1Size]
	old[5], old[7] = 1, 0
	sealed = s.aead.Seal(nil, old[84:96], plain, old[:aad1Size])
	binary.BigEndian.PutUint32(old[96:], crc32.Checksum(sealed, castagnoli))
	binary.BigEndian.PutUint32(old[100:], crc32.Checksum(old[:100], castagnoli))
	return append(old, sealed...)
}

// A data directory of the version before, whose index has no identities and whose records have none, is taken over.
func TestDirectoryOfVersion1(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	var all []*Fragment
	var log []byte
	for range 3 {
		f := r.append(s, r.fragment(s, 200))
		all = append(all, f)
		log = append(log, asVersion1(t, s, appendRecord(nil, s.aead, f, identity{}))...)
	}
	r.stop()
	if err := os.WriteFile(s.path(1), log, 0o600); err != nil {
		t.Fatal(err)
	}
	x, err := openIndex(filepath.Join(r.dir, "index.db"))
	if err != nil {
		t.Fatal(err)
	}
	const downgrade = `UPDATE fragments SET size = size - 20, offset = offset * (size - 20) / size;
		UPDATE segments SET end = end - 60;
		DROP INDEX unsummed;
		DROP INDEX unread;
		DROP INDEX tagged_by_server;
		DROP INDEX tagged_by_producer;
		ALTER TABLE segments DROP COLUMN summary;
		ALTER TABLE segments DROP COLUMN earliest_ms;
		ALTER TABLE fragments DROP COLUMN tags;
		ALTER TABLE fragments DROP COLUMN config;
		ALTER TABLE fragments DROP COLUMN duration_ns;
		ALTER TABLE fragments DROP COLUMN identity;
		ALTER TABLE fragments DROP COLUMN backfill;
		ALTER TABLE fragments DROP COLUMN cluster;
		PRAGMA user_version = 1;`
	if err := x.transaction(func() error { _, err := x.conn.ExecContext(t.Context(), downgrade); return err }); err != nil {
		t.Fatal(err)
	}
	if err := x.close(); err != nil {
		t.Fatal(err)
	}
	s = r.run().stream("door")
	holds(t, s, all...)
	tagged, _, _, err := s.ListTagged(ServerTime, epoch, epoch, Cursor{}, 10)
	if err != nil || len(tagged) != len(all) || !slices.Equal(tagged[0].Tags, all[0].Tags) {
		t.Errorf("the tags of old records are %v, %v", tagged, err)
	}
	all = append(all, r.append(s, r.copyOf(s, "a/1", 60, 500)))
	r.again("door", func(s *Stream) {
		holds(t, s, all...)
		wantRepeat(t, s, r.copyOf(s, "a/1", 60, 500))
	})
	if _, err := os.Stat(filepath.Join(r.dir, "index.db.damaged")); err == nil {
		t.Error("the old index was taken for damage")
	}
}

// A power cut can bring back the file of a segment that had expired. A piece in it does not take the place of the whole.
func TestPieceThatComesBackStaysHidden(t *testing.T) {
	r := newRig(t)
	r.options.SegmentSize = 1000
	r.run()
	s := r.stream("door")
	r.append(s, r.copyOf(s, "a/1", 20, 800))
	whole := r.append(s, r.copyOf(s, "a/1", 60, 900))
	r.stop()
	forgotten := s.segments[0]
	x, err := openIndex(filepath.Join(r.dir, "index.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := x.transaction(func() error { return x.drop(s.id, &forgotten) }); err != nil {
		t.Fatal(err)
	}
	if err := x.close(); err != nil {
		t.Fatal(err)
	}
	r.run()
	r.again("door", func(s *Stream) { holds(t, s, whole) })
}
