package ui

import (
	"slices"
	"testing"
	"time"

	"kinora/app"
)

func TestDivideShowsTheWorstOfEachSecond(t *testing.T) {
	ms := time.Millisecond
	spans := []app.Span{
		{From: 0, To: 1500 * ms, Stage: app.Persisted},
		{From: 1500 * ms, To: 2000 * ms, Stage: app.Sent},
		{From: 2000 * ms, To: 2100 * ms, Stage: app.Lost},
		{From: 2100 * ms, To: 3000 * ms, Stage: app.Captured},
		{From: 4000 * ms, To: 4200 * ms, Stage: app.OnDisk},
		{From: 5000 * ms, To: 5000 * ms, Stage: app.Evicted}, // a single frame
	}
	for _, c := range []struct {
		from time.Duration
		n    int
		want []app.Stage
	}{
		{0, 6, []app.Stage{app.Persisted, app.Sent, app.Lost, noStage, app.OnDisk, app.Evicted}},
		{2 * time.Second, 3, []app.Stage{app.Lost, noStage, app.OnDisk}},
		{10 * time.Second, 2, []app.Stage{noStage, noStage}},
		{0, 0, []app.Stage{}},
	} {
		got := make([]app.Stage, c.n)
		divide(got, spans, c.from, time.Second)
		if !slices.Equal(got, c.want) {
			t.Errorf("%d seconds from %v are %v, want %v", c.n, c.from, got, c.want)
		}
	}
	var all [2]app.Stage
	divide(all[:], spans, 0, 2100*ms)
	if want := [2]app.Stage{app.Lost, app.Captured}; all != want {
		t.Errorf("two parts of the whole are %v, want %v", all, want)
	}
	divide(all[:], spans, 0, 0)
	if want := [2]app.Stage{noStage, noStage}; all != want {
		t.Errorf("an empty take is %v", all)
	}
}

func TestEveryStageHasAShapeOfItsOwn(t *testing.T) {
	seen := map[float32]app.Stage{}
	for _, s := range []app.Stage{app.Captured, app.OnDisk, app.Sent, app.Received, app.Persisted} {
		h := stageHeight(s)
		if other, taken := seen[h]; taken {
			t.Errorf("%v is as high as %v", s, other)
		}
		seen[h] = s
		if bad(s) {
			t.Errorf("%v is hatched, although nothing is lost", s)
		}
	}
	for _, s := range []app.Stage{app.Rejected, app.Evicted, app.Lost} {
		if !bad(s) {
			t.Errorf("%v is not hatched", s)
		}
	}
}
