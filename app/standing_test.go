package app

import (
	"os"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

func TestStandingChoicesAreKept(t *testing.T) {
	dir := t.TempDir()
	a := New(Options{Accounts: []Account{&fakeAccount{name: "a"}}, Data: dir})
	want := RecordingSettings{Order: InOrder, Limit: 2_000_000, Metered: true, MaxBytes: 1e9, MaxAge: time.Hour, Operator: "Ann",
		Addresses: []string{"rtsp://user:secret@10.0.0.7/live"}}
	if err := a.Recordings.Change(want); err != nil {
		t.Fatal(err)
	}
	if got := a.Recordings.limit.Limit(); got != 250_000 {
		t.Errorf("uploads are limited to %v bytes a second", got)
	}
	b := New(Options{Accounts: []Account{&fakeAccount{name: "a"}}, Data: dir})
	if got := b.Recordings.Settings().Get(); !reflect.DeepEqual(got, want) {
		t.Errorf("after the next start: %+v", got)
	}
	if loaded, err := LoadRecordingSettings(dir); err != nil || loaded.MaxBytes != want.MaxBytes {
		t.Errorf("loaded %+v, %v", loaded, err)
	}
	if info, err := os.Stat(settingsFile(dir)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read the file: %v, %v", info.Mode(), err)
	}
	if err := b.Recordings.Change(RecordingSettings{}); err != nil {
		t.Fatal(err)
	}
	if got := b.Recordings.limit.Limit(); got != rate.Inf {
		t.Errorf("a limit of none is %v", got)
	}
}

// What is over the budgets that a person chose goes at once, oldest first, and is counted.
func TestTheSpoolsBudgetHoldsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a", put: offline}}})
		if err := a.Recordings.Start("gate", camera("c")); err != nil {
			t.Fatal(err)
		}
		before := until(t, a.Recordings.Safety(), func(s Safety) bool { return s.Usage.Length > 8*time.Second })
		if err := a.Recordings.Change(RecordingSettings{MaxBytes: before.Usage.Bytes / 2}); err != nil {
			t.Fatal(err)
		}
		after := until(t, a.Recordings.Safety(), func(s Safety) bool { return s.Usage.Evicted > 0 })
		if after.Usage.Bytes > before.Usage.Bytes/2 {
			t.Errorf("of %+v there is still %+v", before.Usage, after.Usage)
		}
		if takes := a.Recordings.Takes().Get(); takes[0].Figures.Evicted == 0 {
			t.Errorf("the take does not say what had to go: %+v", takes[0].Figures)
		}
	})
}

func TestChoicesHoldWhereTheyCannotBeKept(t *testing.T) {
	a := New(Options{Accounts: []Account{&fakeAccount{name: "a"}}, Data: "/nonexistent"})
	if err := a.Recordings.Change(RecordingSettings{Operator: "Ann"}); err == nil {
		t.Error("choices were kept in a directory that does not exist")
	}
	if got := a.Recordings.Settings().Get().Operator; got != "Ann" {
		t.Errorf("the operator is %q", got)
	}
}
