package archive

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNumberOfPublishedSample(t *testing.T) {
	const text = "91343852333182036507421233921329142742245756394"
	n, err := ParseNumber(text)
	if err != nil {
		t.Fatal(err)
	}
	if n.Seq() != 122001 {
		t.Errorf("sequence is %d", n.Seq())
	}
	if want := time.UnixMilli(1690707289209).UTC(); n.Time() != want {
		t.Errorf("time is %s, not %s", n.Time(), want)
	}
	if n.String() != text {
		t.Errorf("it is written back as %s", n)
	}
	if built := newNumber(122001, n.Time(), 0xb58cdea); built != n {
		t.Errorf("built from its parts it is %s", built)
	}
}

func TestNumberIsTheDocumentedInteger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seq := rapid.Uint64Range(0, 1<<60).Draw(t, "seq")
		ms := rapid.Int64Range(0, 1<<62).Draw(t, "ms")
		random := rapid.Uint32().Draw(t, "random")
		n := newNumber(seq, time.UnixMilli(ms), random)

		want := new(big.Int).Lsh(big.NewInt(1), 156)
		want.Add(want, new(big.Int).Lsh(new(big.Int).SetUint64(seq), 92))
		want.Add(want, new(big.Int).Lsh(big.NewInt(ms), 28))
		want.Add(want, big.NewInt(int64(random&(1<<28-1))))
		if n.String() != want.String() {
			t.Fatalf("%s is not %s", n, want)
		}
		back, err := ParseNumber(n.String())
		if err != nil || back != n {
			t.Fatalf("%s is read back as %s, %v", n, back, err)
		}
		if n.Seq() != seq || n.Time().UnixMilli() != ms {
			t.Fatalf("parts are %d and %s", n.Seq(), n.Time())
		}
		if after := n.next(); after.Compare(n) != 1 || n.Compare(after) != -1 {
			t.Fatalf("%s does not follow %s", after, n)
		}
	})
}

func TestParseNumberRefusesOtherText(t *testing.T) {
	for _, text := range []string{
		"", "0", "-1", strings.Repeat("9", 46), strings.Repeat("9", 48), strings.Repeat("1", 47),
		"+1343852333182036507421233921329142742245756394", "9134385233318203650742123392132914274224575639x",
		"９1343852333182036507421233921329142742245756",
	} {
		if n, err := ParseNumber(text); err == nil {
			t.Errorf("%q is read as %s", text, n)
		}
	}
	if (Number{}).String() != "" {
		t.Error("the zero number has digits")
	}
}
