package channels

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func open(t *testing.T, dir string) *Book {
	t.Helper()
	b, err := Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func door() Channel {
	return Channel{Name: "door", ARN: "arn:door/1", Type: "SINGLE_MASTER", MessageTTL: time.Minute, Version: "v1",
		Created: time.UnixMilli(1_700_000_000_123).UTC(), Tags: map[string]string{"site": "north"}}
}

// What was changed is there after a restart, and nothing else.
func TestBookIsDurable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "channels")
	b := open(t, dir)
	if err := b.Create(door()); err != nil {
		t.Fatal(err)
	}
	if err := b.Create(Channel{Name: "gate", ARN: "arn:gate/1"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Create(door()); !errors.Is(err, ErrExists) {
		t.Errorf("the same name again: %v, want ErrExists", err)
	}
	want := door()
	want.Version, want.MessageTTL, want.Tags = "v2", 5*time.Second, map[string]string{"site": "north", "floor": "2"}
	err := b.Update(want.ARN, func(c *Channel) error {
		c.Version, c.MessageTTL = want.Version, want.MessageTTL
		c.Tags["floor"] = "2"
		c.Name = "another" // is fixed
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Delete("arn:gate/1"); err != nil {
		t.Fatal(err)
	}
	for _, b := range []*Book{b, open(t, dir)} {
		if diff := cmp.Diff([]Channel{want}, b.All()); diff != "" || b.Len() != 1 {
			t.Errorf("the book has (-want +got)\n%s", diff)
		}
	}
}

func TestRefusedChangeLeavesNothing(t *testing.T) {
	b := open(t, t.TempDir())
	if err := b.Create(door()); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	err := b.Update(door().ARN, func(c *Channel) error {
		c.Tags["x"] = "y"
		c.Version = "v2"
		return refused
	})
	if !errors.Is(err, refused) {
		t.Errorf("error %v", err)
	}
	if got, _ := b.Lookup("door"); !cmp.Equal(got, door()) {
		t.Errorf("a refused change left %+v", got)
	}
	for _, err := range []error{b.Update("arn:nobody/1", func(*Channel) error { return nil }), b.Delete("arn:nobody/1")} {
		if !errors.Is(err, ErrGone) {
			t.Errorf("a channel that is not there: %v, want ErrGone", err)
		}
	}
}

// A file that is damaged costs its own channel.
func TestDamagedFileIsLeftOut(t *testing.T) {
	dir := t.TempDir()
	if err := open(t, dir).Create(door()); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(dir, "X.json")
	if err := os.WriteFile(damaged, []byte(`{"Format":1,"Chan`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := open(t, dir).All(); len(got) != 1 || got[0].Name != "door" {
		t.Errorf("the book has %+v", got)
	}
	if _, err := os.Stat(damaged); err != nil {
		t.Errorf("the damaged file is gone: %v", err)
	}
}

func TestZeroBookForgets(t *testing.T) {
	b := new(Book)
	if err := b.Create(door()); err != nil {
		t.Fatal(err)
	}
	if err := b.Update(door().ARN, func(c *Channel) error { c.Stream = "arn:stream"; return nil }); err != nil {
		t.Fatal(err)
	}
	if c, ok := b.Lookup("door"); !ok || c.Stream != "arn:stream" {
		t.Errorf("the book has %+v, %v", c, ok)
	}
	if err := b.Delete(door().ARN); err != nil || b.Len() != 0 {
		t.Errorf("after Delete: %v, %d channels", err, b.Len())
	}
}
