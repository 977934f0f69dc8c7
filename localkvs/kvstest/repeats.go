package kvstest

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesisvideomedia/types"

	"kinora/mkv"
)

// repeated uploads fragments twice, as a recorder does whose machine died before it noted the acknowledgements. The real
// service stores both; the local one knows them by their tag.
func repeated(s *subject) {
	stream, _ := s.stream(1)
	epoch := start()
	upload := func(takes ...string) (numbers []string) {
		p := newProducer(epoch, 1)
		u := s.put(stream, nil)
		for i, take := range takes {
			at := 2 * second * time.Duration(i)
			b := p.fragment(at, mkv.Tag{Name: mkv.Take, Value: take})
			mustWrite(p.w.End())
			u.send(append(b, p.take()...))
			numbers = append(numbers, u.want(p.timecode(at), "BUFFERING", "RECEIVED", "PERSISTED"))
		}
		u.finish()
		if a := u.next(); a != (ack{}) {
			s.Errorf("after the last fragment came %+v", a)
		}
		return numbers
	}
	first := upload("a/000001", "a/000002")
	again := upload("a/000001", "a/000002", "a/000003")
	if all := slices.Concat(first, again); !slices.IsSorted(all) || len(slices.Compact(all)) != 5 {
		s.Errorf("the numbers that were drawn are %v", all)
	}
	want := []string{first[0], first[1], again[2]}
	if got := numbersOf(s.list(stream)); !slices.Equal(got, want) {
		s.Errorf("listed are %v, want %v", got, want)
	}
	r := mkv.NewReader(s.get(stream, types.StartSelector{StartSelectorType: types.StartSelectorTypeEarliest}), mkv.Limits{})
	if got := s.read(r, 3); !slices.Equal(got, want) {
		s.Errorf("read are %v, want %v", got, want)
	}
	upload("b/000001") // the same time, but another take
	if got := len(s.list(stream)); got != 4 {
		s.Errorf("%d fragments are listed, want 4", got)
	}
}
