package archive

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func numbers(entries []Entry) (all []Number) {
	for _, e := range entries {
		all = append(all, e.Number)
	}
	return all
}

func TestLiveLeavesBackfillOut(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	var live []Number
	for i := range 6 {
		f := r.fragment(s, 100)
		f.Backfill = i%3 == 1
		if r.append(s, f); !f.Backfill {
			live = append(live, f.Number)
		}
	}
	for _, c := range []struct {
		after Number
		limit int
		want  []Number
	}{
		{Number{}, 10, live}, {Number{}, 2, live[:2]}, {live[0], 10, live[1:]}, {live[1], 1, live[2:3]}, {live[3], 10, nil},
	} {
		got, err := s.Live(c.after, c.limit)
		if err != nil || !slices.Equal(numbers(got), c.want) {
			t.Errorf("Live(%s, %d) = %v, %v; want %v", c.after, c.limit, numbers(got), err, c.want)
		}
	}
	for limit, want := range map[int][]Number{2: live[2:], 10: live} {
		if got, err := s.NewestLive(limit); err != nil || !slices.Equal(numbers(got), want) {
			t.Errorf("NewestLive(%d) = %v, %v; want %v", limit, numbers(got), err, want)
		}
	}
	r.clock.add(25 * time.Hour)
	if got, err := s.NewestLive(10); err != nil || len(got) != 0 {
		t.Errorf("expired fragments are live: %v, %v", numbers(got), err)
	}
}

func TestOutlineIsKeptByTheIndex(t *testing.T) {
	r := newRig(t).run()
	s := r.stream("door")
	f := r.fragment(s, 100)
	f.Outline = Outline{Config: -7, Duration: 2033 * time.Millisecond}
	r.append(s, f)
	want := func(outline Outline) {
		t.Helper()
		if e, ok, err := r.stream("door").Find(f.Number); !ok || err != nil || e.Outline != outline {
			t.Errorf("the outline is %+v, %v; want %+v", e.Outline, err, outline)
		}
	}
	r.reopen()
	want(f.Outline)
	r.stop()
	if err := os.Remove(filepath.Join(r.dir, "index.db")); err != nil {
		t.Fatal(err)
	}
	r.run()
	want(Outline{})
}

// An index of the version before, without outlines, is taken over.
func TestIndexOfVersion2(t *testing.T) {
	r := newRig(t).run()
	f := r.append(r.stream("door"), r.fragment(r.stream("door"), 100))
	r.stop()
	x, err := openIndex(filepath.Join(r.dir, "index.db"))
	if err != nil {
		t.Fatal(err)
	}
	const downgrade = `DROP INDEX unsummed; DROP INDEX unread; DROP INDEX tagged_by_server; DROP INDEX tagged_by_producer;
		ALTER TABLE segments DROP COLUMN summary; ALTER TABLE segments DROP COLUMN earliest_ms; ALTER TABLE fragments DROP COLUMN tags;
		ALTER TABLE fragments DROP COLUMN config; ALTER TABLE fragments DROP COLUMN duration_ns; PRAGMA user_version = 2;`
	if err := x.transaction(func() error { _, err := x.conn.ExecContext(t.Context(), downgrade); return err }); err != nil {
		t.Fatal(err)
	}
	if err := x.close(); err != nil {
		t.Fatal(err)
	}
	holds(t, r.run().stream("door"), f)
	if _, err := os.Stat(filepath.Join(r.dir, "index.db.damaged")); err == nil {
		t.Error("the old index was taken for damage")
	}
}

func TestKeysOfTheService(t *testing.T) {
	r := newRig(t).run()
	key := r.Key("sessions")
	if len(key) != 32 || bytes.Equal(key, r.Key("other")) || bytes.Equal(key, r.root) {
		t.Errorf("the key is %x", key)
	}
	r.reopen()
	if !bytes.Equal(r.Key("sessions"), key) {
		t.Error("the key of a purpose changed with a restart")
	}
}
