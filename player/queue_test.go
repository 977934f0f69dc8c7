package player

import (
	"io"
	"sync/atomic"
	"testing"
	"time"

	"kinora/media"
)

// fill puts packets: a letter is a packet of 10 bytes, upper case is a key frame.
func fill(q *queue, letters string) {
	for i, c := range letters {
		q.put(item{packet: &media.Packet{PTS: time.Duration(c), Key: c < 'a', Data: make([]byte, 10)}, arrived: time.Unix(int64(i), 0)})
	}
}

// drain takes everything; a bar marks a gap.
func drain(q *queue) string {
	var s []rune
	for {
		it, ok, _ := q.take()
		if !ok {
			return string(s)
		}
		if it.gap {
			s = append(s, '|')
		}
		s = append(s, rune(it.packet.PTS))
	}
}

func TestQueuePolicy(t *testing.T) {
	tests := []struct {
		name           string
		packets, bytes int
		put, want      string
		dropped        uint64
	}{
		{"room", 8, 1000, "Abcd", "Abcd", 0},
		{"exactly full", 4, 1000, "Abcd", "Abcd", 0},
		{"too many: from the newest key frame", 4, 1000, "AbCde", "|Cde", 2},
		{"too many bytes: likewise", 100, 40, "AbCde", "|Cde", 2},
		{"no other key frame: up to the next one", 4, 1000, "AbcdefGh", "|Gh", 6},
		{"the key frame itself does not fit", 4, 1000, "AbcdEf", "|Ef", 4},
		{"no key frame any more", 4, 1000, "Abcdefgh", "", 8},
		{"twice", 3, 1000, "AbcdEfgHi", "|Hi", 7},
		{"a packet beyond the bound", 4, 5, "A", "A", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var dropped atomic.Uint64
			q := newQueue(test.packets, test.bytes, &dropped)
			fill(q, test.put)
			if got := drain(q); got != test.want {
				t.Errorf("the queue holds %q, want %q", got, test.want)
			}
			if dropped.Load() != test.dropped {
				t.Errorf("%d packets were dropped, want %d", dropped.Load(), test.dropped)
			}
			if q.bytes != 0 {
				t.Errorf("%d bytes are counted in an empty queue", q.bytes)
			}
		})
	}
}

func TestQueueSkipToKey(t *testing.T) {
	tests := []struct {
		put, want string
		dropped   uint64
	}{
		{"AbcDeFgh", "|Fgh", 5},
		{"Abc", "Abc", 0},
		{"abc", "abc", 0},
		{"", "", 0},
	}
	for _, test := range tests {
		var dropped atomic.Uint64
		q := newQueue(8, 1000, &dropped)
		fill(q, test.put)
		q.skipToKey()
		if got := drain(q); got != test.want || dropped.Load() != test.dropped {
			t.Errorf("%q became %q with %d dropped, want %q with %d", test.put, got, dropped.Load(), test.want, test.dropped)
		}
	}
}

func TestQueueClose(t *testing.T) {
	q := newQueue(8, 1000, new(atomic.Uint64))
	fill(q, "A")
	q.close(io.EOF)
	if _, ok, _ := q.take(); !ok {
		t.Error("what was in the queue is lost when it closes")
	}
	if _, ok, err := q.take(); ok || err != io.EOF {
		t.Errorf("an empty closed queue gives %v, %v, want the reason", ok, err)
	}
}
