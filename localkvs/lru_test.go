package localkvs

import (
	"testing"

	"kinora/localkvs/archive"
	"kinora/media"
)

func TestLRUKeepsWhatWasUsedLast(t *testing.T) {
	c := newLRU[string, int](3)
	c.put("a", 1, 1)
	c.put("b", 2, 1)
	c.put("c", 3, 1)
	c.get("a")
	c.put("d", 4, 1)
	if _, ok := c.get("b"); ok {
		t.Error("what was used least lately is still there")
	}
	for key, want := range map[string]int{"a": 1, "c": 3, "d": 4} {
		if got, ok := c.get(key); !ok || got != want {
			t.Errorf("%s is %d, %v", key, got, ok)
		}
	}
	if got := c.getOr("a", 1, func() int { return 9 }); got != 1 {
		t.Errorf("a value that is there was made again: %d", got)
	}
	c.put("a", 5, 2)
	if n, weight := c.size(); n != 2 || weight != 3 {
		t.Errorf("%d values weigh %d", n, weight)
	}
	c.put("huge", 6, 4)
	if _, ok := c.get("huge"); ok {
		t.Error("what is heavier than everything may be is kept")
	}
	if _, ok := c.get("a"); !ok {
		t.Error("and what was there has gone for it")
	}
}

// Heads weigh what producers put into them.
func TestHeadsAreBounded(t *testing.T) {
	store, err := archive.Open(t.TempDir(), archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{Archive: store})
	for i := range int64(40) {
		s.keepHead(headKey{config: i + 1}, head{tracks: []media.Track{{ID: 1, Private: make([]byte, 1<<20)}}})
	}
	if n, _ := s.heads.size(); n == 0 || n > headsBytes>>20 {
		t.Errorf("%d heads of a megabyte are kept", n)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}
