package peer

import (
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// packets puts packets of which each is a letter: K begins a key frame, k goes on with it, d is of another frame, a dot is missing, and a frame
// ends with a marker where the next one begins.
func packets(t *testing.T, j *jitter, ms int, all string) {
	t.Helper()
	frame := uint32(0)
	for i, c := range []byte(all) {
		if c == 'K' || c == 'd' {
			frame++
		}
		if c == '.' {
			continue
		}
		marker := i+1 < len(all) && (all[i+1] == 'K' || all[i+1] == 'd' || all[i+1] == '.' && c == 'd')
		p := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(i), Timestamp: frame, Marker: marker}, Payload: []byte{c}}
		b, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		j.put(copy(j.buffer(), b), at(ms))
	}
}

// A key frame that is whole is not held up by what is missing in front of it: for long, or at all where nothing else can be used.
func TestKeyFramesAreLeaptTo(t *testing.T) {
	for name, c := range map[string]struct {
		sent string
		torn bool
		ms   int
		want string
	}{
		"it may still come":                         {"d.ddKkkd", false, 199, "d "},
		"it is late":                                {"d.ddKkkd", false, 200, "d |K k k d "},
		"nothing else helps":                        {"d.ddKkkd", true, 0, "d |K k k d "},
		"the key frame is not whole":                {"d.ddKk.kd", true, 0, "d "},
		"nor does it begin":                         {"d.dd.kkd", true, 0, "d "},
		"its end is not there yet":                  {"d.ddKkk", true, 0, "d "},
		"the second one is whole":                   {"d.dK.kdKkd", true, 0, "d |K k d "},
		"what is in front of it is missing":         {"d...Kkd", true, 0, "d |K k d "},
		"a gap behind it":                           {"d.Kkd.d", true, 0, "d |K k d "},
		"there is none, and the packet is given up": {"d.dd", true, 200, "d |d d "},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJitter(true, 0)
			j.opens = func(payload []byte) bool { return payload[0] == 'K' }
			packets(t, j, 0, c.sent)
			j.torn = c.torn
			if got := took(j, c.ms); got != c.want {
				t.Errorf("took %q, want %q", got, c.want)
			}
			if want := uint64(strings.Count(c.want, "|")); (j.lost > 0) != (want > 0) {
				t.Errorf("%d packets are lost", j.lost)
			}
		})
	}
}

// What is left out is not asked for, and comes too late.
func TestWhatIsLeaptOverIsForgotten(t *testing.T) {
	j := newJitter(true, 0)
	j.opens, j.torn = func(payload []byte) bool { return payload[0] == 'K' }, true
	packets(t, j, 0, "d..dKkd")
	took(j, 0)
	if asked := j.requests(nil, at(100)); len(asked) > 0 || !j.due().IsZero() || j.lost != 2 {
		t.Errorf("asks for %v, due %v, lost %d; want nothing, never and 2", asked, j.due(), j.lost)
	}
	if j.stuck(at(1000)) {
		t.Error("a packet is said to be missing")
	}
}

func TestAMissingPacketIsDoubted(t *testing.T) {
	j := newJitter(true, 0)
	if j.stuck(start) {
		t.Error("a packet is missing before there is any")
	}
	j.rtt = 100 * time.Millisecond
	packets(t, j, 0, "d.d")
	took(j, 0)
	if j.stuck(at(299)) || !j.stuck(at(300)) {
		t.Error("a packet is not doubted after 300 ms")
	}
}

func TestKeyFramesBeginWithParameterSets(t *testing.T) {
	for name, c := range map[string]struct {
		u       *nalus
		payload []byte
		want    bool
	}{
		"SPS":             {avc, sps, true},
		"PPS":             {avc, pps, false},
		"IDR":             {avc, []byte{0x65, 1}, false},
		"aggregated SPS":  {avc, append([]byte{24, 0, byte(len(sps))}, sps...), true},
		"aggregated rest": {avc, []byte{24, 0, 2, 0x68, 1}, false},
		"VPS":             {hevc, []byte{0x40, 1, 2}, true},
		"HEVC's SPS":      {hevc, []byte{0x42, 1, 2}, false},
		"nothing":         {avc, nil, false},
		"empty aggregate": {avc, []byte{24, 0}, false},
	} {
		if got := c.u.opens(c.payload); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
