package peer

import (
	"fmt"
	"testing"
	"time"

	"github.com/pion/rtp"
)

var start = time.Unix(1_700_000_000, 0)

func at(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }

// arrive puts a packet whose payload is its number.
func arrive(t *testing.T, j *jitter, seq uint16, ms int) {
	t.Helper()
	p := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: uint32(seq)}, Payload: fmt.Append(nil, seq)}
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	j.put(copy(j.buffer(), b), at(ms))
}

// took takes all that can be taken, as text: gaps are bars.
func took(j *jitter, ms int) (all string) {
	for {
		p, gap := j.take(at(ms))
		if gap {
			all += "|"
		}
		if p == nil {
			return all
		}
		all += string(p.payload) + " "
	}
}

func TestPacketsAreTakenInOrder(t *testing.T) {
	j := newJitter(true, 0)
	for i, seq := range []uint16{65534, 1, 65535, 65535, 0, 2} {
		arrive(t, j, seq, i)
	}
	arrive(t, j, 65535, 9) // late
	if got := took(j, 10); got != "65534 65535 0 1 2 " {
		t.Errorf("took %s", got)
	}
	if j.received != 5 || j.lost != 0 {
		t.Errorf("received %d, lost %d; want 5 and 0", j.received, j.lost)
	}
}

func TestMissingPacketIsAskedForAndGivenUp(t *testing.T) {
	j := newJitter(true, 0)
	j.rtt = 40 * time.Millisecond
	arrive(t, j, 10, 0)
	arrive(t, j, 12, 10)
	if got := took(j, 10); got != "10 " {
		t.Errorf("took %q in front of a gap", got)
	}
	var asked []int
	for ms := 10; ; ms++ {
		if due := j.due(); due.IsZero() {
			break
		} else if due.After(at(ms)) {
			continue
		}
		if seqs := j.requests(nil, at(ms)); len(seqs) == 1 && seqs[0] == 11 {
			asked = append(asked, ms)
		}
		if got := took(j, ms); got != "" {
			if got != "|12 " || ms != 250 {
				t.Errorf("took %q after %d ms, want the rest at 250, after six round trips", got, ms)
			}
			break
		}
	}
	if fmt.Sprint(asked) != "[15 45 75 105 135 165 195 225]" {
		t.Errorf("asked at %v, want after 5 ms and then each half round trip and 10 ms", asked)
	}
	arrive(t, j, 11, 260)
	if got := took(j, 260); got != "" || j.lost != 1 || j.late != 1 {
		t.Errorf("took %q; lost %d, late %d", got, j.lost, j.late)
	}
}

func TestRecoveredPacketClosesTheGap(t *testing.T) {
	j := newJitter(true, 0)
	arrive(t, j, 1, 0)
	arrive(t, j, 3, 0)
	j.requests(nil, at(5))
	arrive(t, j, 2, 30)
	if got := took(j, 30); got != "1 2 3 " || j.recovered != 1 || j.lost != 0 {
		t.Errorf("took %q; recovered %d, lost %d", got, j.recovered, j.lost)
	}
}

// Where packets overtake each other nothing is asked for that comes by itself.
func TestReorderingIsLearned(t *testing.T) {
	j := newJitter(true, 0)
	arrive(t, j, 1, 0)
	for i := range 20 {
		seq, ms := uint16(2+2*i), 50*i
		arrive(t, j, seq+1, ms)
		if i > 5 && len(j.requests(nil, at(ms+14))) > 0 {
			t.Errorf("packet %d was asked for after 14 ms, though packets come 15 ms late", seq)
		}
		arrive(t, j, seq, ms+15)
		took(j, ms+15)
	}
}

func TestSenderThatBeginsAnew(t *testing.T) {
	j := newJitter(true, 0)
	arrive(t, j, 1, 0)
	took(j, 0)
	for i := range strangers + 2 {
		arrive(t, j, uint16(30000+i), 1)
	}
	if got := took(j, 1); got != "|30007 30008 30009 " {
		t.Errorf("took %q, want the new sender's packets behind a gap", got)
	}
}

func TestSoundIsNotAskedFor(t *testing.T) {
	j := newJitter(false, 100*time.Millisecond)
	arrive(t, j, 1, 0)
	arrive(t, j, 3, 0)
	if got := j.requests(nil, at(50)); len(got) > 0 {
		t.Errorf("asked for %v", got)
	}
	if due := j.due(); !due.Equal(at(100)) {
		t.Errorf("due %v", due)
	}
	if got := took(j, 100); got != "1 |3 " {
		t.Errorf("took %q", got)
	}
}

func TestPaddingAndRubbish(t *testing.T) {
	j := newJitter(true, 0)
	j.put(copy(j.buffer(), "no"), at(0))
	b := []byte{0xa0, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 'x', 0, 0, 3}
	j.put(copy(j.buffer(), b), at(0))
	b[3], b[15] = 2, 200 // more padding than packet
	j.put(copy(j.buffer(), b), at(0))
	if got := took(j, 0); got != "x  " {
		t.Errorf("took %q, want the payload without padding, and an empty one", got)
	}
}

func BenchmarkJitter(b *testing.B) {
	j := newJitter(true, 0)
	p := rtp.Packet{Header: rtp.Header{Version: 2}, Payload: make([]byte, 1100)}
	raw, err := p.Marshal()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := range b.N {
		raw[2], raw[3] = byte(i>>8), byte(i)
		j.put(copy(j.buffer(), raw), start)
		if s, _ := j.take(start); s == nil {
			b.Fatal("nothing to take")
		}
	}
}
