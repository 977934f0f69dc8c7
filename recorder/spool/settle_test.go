package spool

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kinora/internal/leak"
)

func TestAdvanceAndBack(t *testing.T) {
	r := newRig(t)
	r.open()
	k := r.begin()
	for _, s := range samples(t, 2, 10) {
		write(t, k, s)
	}
	must(t, k.End())
	f := r.Oldest(door)
	for _, step := range []struct{ to, want Stage }{{Sent, Sent}, {Received, Received}, {Sent, Received}, {Stored, Stored}, {Sent, Sent}} {
		must(t, f.Advance(step.to))
		if got := f.Stage(); got != step.want {
			t.Errorf("after %v it is %v", step.to, got)
		}
	}
	if err := f.Advance(Evicted); err == nil {
		t.Error("the network evicts")
	}
	if got, want := k.Spans(), []Span{{0, 2 * time.Second, Sent}, {2 * time.Second, 4 * time.Second, Stored}}; !reflect.DeepEqual(got, want) {
		t.Errorf("spans %v, want %v", got, want)
	}
	if got := k.Figures(); got.Sent != 2*time.Second || got.Received != 0 || got.Stored != 4*time.Second || got.Fragments != 2 || !got.Oldest.Equal(testEpoch) {
		t.Errorf("figures %+v", got)
	}
	r.reopen()
	if f := r.Oldest(door); f.Stage() != Stored {
		t.Errorf("after a restart it is %v", f.Stage())
	}
}

func TestAFragmentIsNotPersistedBeforeItsEnd(t *testing.T) {
	r := newRig(t)
	r.open()
	k := r.begin()
	s := samples(t, 1, 10)[0]
	f, err := k.Create(s.head, s.at, s.pts)
	must(t, err)
	if err := f.Advance(Persisted); err == nil || errors.Is(err, ErrGone) {
		t.Errorf("persisting a growing fragment: %v", err)
	}
	_, err = f.Write(s.body())
	must(t, err)
	f.Finish()
	must(t, f.Advance(Persisted)) // whether sealed by now or not
	must(t, k.End())
	if _, _, err := content(f); !errors.Is(err, ErrGone) {
		t.Errorf("reading what is gone: %v", err)
	}
	if names := filesOf(t, k); len(names) != 1 {
		t.Errorf("on disk are %v", names)
	}
}

// filesOf lists what is in a take's directory.
func filesOf(t *testing.T, k *Take) []string {
	t.Helper()
	entries, err := os.ReadDir(k.dir)
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestRejectedFragmentsWaitForAPerson(t *testing.T) {
	r := newRig(t)
	r.open()
	k := r.begin()
	list := samples(t, 3, 10)
	for _, s := range list {
		write(t, k, s)
	}
	s := samplesOf(t, testTracks, 6*time.Second, 1, 10)[0]
	growing, err := k.Create(s.head, s.at, s.pts)
	must(t, err)
	_, err = growing.Write(s.body())
	must(t, err)
	growing.Reach(s.pts + s.length)
	must(t, growing.Reject("refused while it grew"))
	growing.Finish()
	must(t, k.End())
	f := r.line()[1]
	must(t, f.Reject("The frames are of a codec that the stream does not take."))
	if err := f.Reject("again"); !errors.Is(err, ErrGone) {
		t.Errorf("rejected twice: %v", err)
	}
	for range 2 {
		k := r.take()
		want := []Rejection{{2, list[1].at, 2 * time.Second, "The frames are of a codec that the stream does not take."}, {4, s.at, 2 * time.Second, "refused while it grew"}}
		got := k.Rejections()
		for i := range got {
			got[i].At = got[i].At.UTC()
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("rejections %v", got)
		}
		if n := len(r.line()); n != 2 {
			t.Errorf("%d fragments wait", n)
		}
		if f := k.Figures(); f.Rejected != 4*time.Second || f.Captured != 8*time.Second || f.Fragments != 2 {
			t.Errorf("figures %+v", f)
		}
		r.reopen()
	}
	must(t, r.take().Requeue())
	for range 2 {
		line := r.line()
		if len(line) != 4 || len(r.take().Rejections()) != 0 {
			t.Fatalf("%d fragments wait after the requeue", len(line))
		}
		must(t, list[1].check(line[1]))
		must(t, s.check(line[3]))
		r.reopen()
	}
}

func TestDiscardRemovesWhatWaits(t *testing.T) {
	r := newRig(t)
	r.open()
	k := r.begin()
	list := samples(t, 4, 10)
	for _, s := range list[:3] {
		write(t, k, s)
	}
	growing, err := k.Create(list[3].head, list[3].at, list[3].pts)
	must(t, err)
	_, err = growing.Write(list[3].body())
	must(t, err)
	growing.Reach(list[3].pts + list[3].length)
	must(t, r.Oldest(door).Reject("no"))
	must(t, k.Discard())
	growing.Finish()
	must(t, k.End())
	for range 2 {
		if n := len(r.line()); n != 1 {
			t.Errorf("%d fragments are left", n)
		}
		if f := r.take().Figures(); f.Evicted != 6*time.Second || f.Rejected != 0 || f.Captured != 8*time.Second {
			t.Errorf("figures %+v", f)
		}
		if got, want := r.take().Spans(), []Span{{0, 6 * time.Second, Evicted}, {6 * time.Second, 8 * time.Second, Stored}}; !reflect.DeepEqual(got, want) {
			t.Errorf("spans %v, want %v", got, want)
		}
		r.reopen()
	}
}

// A fragment that a crash cut down to its first frame has no length. When it has to make room, that is told all the same.
func TestASingleFrameThatMadeRoomIsTold(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.o.MaxAge = time.Minute
		r.open()
		k := r.begin()
		for i, s := range fragmentsOf(t, testTracks, 0, 2, 1, 10) {
			f, err := k.Create(s.head, s.at, s.pts)
			must(t, err)
			_, err = f.Write(s.body())
			must(t, err)
			f.Reach(s.pts)
			f.Finish()
			if i == 0 {
				must(t, f.Advance(Persisted))
			}
		}
		must(t, k.End())
		time.Sleep(2 * time.Minute)
		poke(r.sweep)
		synctest.Wait()
		if got, want := k.Spans(), []Span{{2 * time.Second, 2 * time.Second, Evicted}}; !reflect.DeepEqual(got, want) {
			t.Errorf("spans %v, want %v", got, want)
		}
		r.shut()
	})
}

func TestBudgetsEvictTheOldestSealed(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		list := samples(t, 10, 1000)
		each := int64(len(list[0].head)+recordSize) + int64(len(list[0].body()))
		r.o.MaxBytes = 5*each + each/2
		r.open()
		k := r.begin()
		first := write(t, k, list[0])
		defer first.Hold()()
		for _, s := range list[1:] {
			write(t, k, s)
			synctest.Wait() // until it is sealed
			poke(r.sweep)   // while the next one does not count yet
			synctest.Wait()
		}
		must(t, k.End())
		line := r.line()
		if len(line) != 5 || line[0] != first || line[1].Number() != 7 {
			t.Errorf("%d fragments are left, the second is %d", len(line), line[1].Number())
		}
		if u := r.Usage(); u.Evicted != 5 || u.EvictedLength != 10*time.Second || u.Bytes != 5*each {
			t.Errorf("usage %+v", u)
		}
		if f := k.Figures(); f.Evicted != 10*time.Second || f.Captured != 20*time.Second {
			t.Errorf("figures %+v", f)
		}
		want := []Span{{0, 2 * time.Second, Stored}, {2 * time.Second, 12 * time.Second, Evicted}, {12 * time.Second, 20 * time.Second, Stored}}
		if got := k.Spans(); !reflect.DeepEqual(got, want) {
			t.Errorf("spans %v", got)
		}
		if n := len(filesOf(t, k)); n != 6 {
			t.Errorf("%d files are left", n)
		}
		r.shut()
		if log := r.logs.String(); strings.Count(log, "had to make room") != 2 || !strings.Contains(log, "fragments=1 ") || !strings.Contains(log, "fragments=4 ") {
			t.Errorf("the log tells of the first at once and of the others together:\n%s", log)
		}
	})
}

func TestOldFragmentsAreEvicted(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.o.MaxAge = time.Hour
		r.open()
		k := r.begin()
		for _, s := range samples(t, 3, 10) { // made in 2026, and it is the year 2000
			s.at = s.at.AddDate(-50, 0, 0)
			write(t, k, s)
		}
		must(t, k.End())
		time.Sleep(time.Hour)
		if n := len(r.line()); n != 3 {
			t.Errorf("%d fragments are left within their time", n)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if n := len(r.line()); n != 0 {
			t.Errorf("%d fragments are left beyond their time", n)
		}
		must(t, k.save())
		r.reopen()
		if f := r.take().Figures(); f.Evicted != 6*time.Second {
			t.Errorf("figures %+v", f)
		}
		r.shut()
	})
}

func TestAFullDiskIsTold(t *testing.T) {
	r := newRig(t)
	r.o.Floor = 1 << 60
	r.open()
	k := r.begin()
	s := samples(t, 1, 10)[0]
	if _, err := k.Create(s.head, s.at, s.pts); !errors.Is(err, ErrFull) {
		t.Errorf("under the floor: %v", err)
	}
	if free := r.Usage().Free; free != 0 {
		t.Errorf("%d bytes are free under the floor", free)
	}
	k.Lose(1500 * time.Millisecond)
	must(t, k.End())
	r.reopen()
	if got, want := r.take().Spans(), []Span{{0, 1500 * time.Millisecond, Lost}}; !reflect.DeepEqual(got, want) {
		t.Errorf("spans %v", got)
	}
}

func TestClaimKeepsAccountsApart(t *testing.T) {
	r := newRig(t)
	r.open()
	must(t, r.Claim("profile/eu", "arn:aws:kinesisvideo:eu-west-1:111"))
	must(t, r.Claim("profile/eu", "arn:aws:kinesisvideo:eu-west-1:111"))
	must(t, r.Claim("other", "arn:aws:kinesisvideo:eu-west-1:222"))
	r.reopen()
	if err := r.Claim("profile/eu", "arn:aws:kinesisvideo:eu-west-1:222"); !errors.Is(err, ErrOtherAccount) {
		t.Errorf("another owner: %v", err)
	}
	path := filepath.Join(r.dir, escape("profile/eu"), accountName)
	must(t, os.WriteFile(path, []byte("{"), 0o600))
	if err := r.Claim("profile/eu", "arn:aws:kinesisvideo:eu-west-1:111"); err == nil {
		t.Error("a damaged claim is taken for one")
	}
}

func TestASpoolIsLocked(t *testing.T) {
	r := newRig(t)
	r.open()
	if _, err := Open(r.dir, Options{}); !errors.Is(err, ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
}

func TestWatchersAreTold(t *testing.T) {
	r := newRig(t)
	r.open()
	k := r.begin()
	changed, stop := r.Watch(door)
	other, stopOther := r.Watch(Target{"this computer", "yard"})
	defer stopOther()
	told := func(what string) {
		t.Helper()
		select {
		case <-changed:
		default:
			t.Errorf("nobody was told of %s", what)
		}
	}
	s := samples(t, 1, 10)[0]
	f, err := k.Create(s.head, s.at, s.pts)
	must(t, err)
	told("the beginning")
	_, err = f.Write(s.body())
	must(t, err)
	told("a write")
	f.Finish()
	must(t, k.End())
	told("the end")
	must(t, f.Advance(Persisted))
	told("the removal")
	stop()
	k.Lose(time.Second)
	select {
	case <-changed:
		t.Error("who stopped watching was told")
	case <-other:
		t.Error("the watcher of another stream was told")
	default:
	}
}

func TestMediaTimeGoesOnWhenTheSourceBeginsAnew(t *testing.T) {
	r := newRig(t)
	r.open()
	k := r.begin()
	for _, pts := range []time.Duration{100 * time.Second, 102 * time.Second, 0, 2 * time.Second} {
		s := samples(t, 1, 10)[0]
		s.pts = pts
		write(t, k, s)
	}
	must(t, k.End())
	if got, want := k.Spans(), []Span{{0, 8 * time.Second, Stored}}; !reflect.DeepEqual(got, want) {
		t.Errorf("spans %v, want %v", got, want)
	}
}

// A person may change the budgets at any time.
func TestNewBudgetsHoldAtOnce(t *testing.T) {
	leak.Check(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.open()
		k := r.begin()
		list := samples(t, 10, 1000)
		for _, s := range list {
			write(t, k, s)
		}
		must(t, k.End())
		each := r.Usage().Bytes / int64(len(list))
		r.Limit(4*each, 0)
		synctest.Wait()
		if u := r.Usage(); u.Fragments != 4 || u.Evicted != 6 {
			t.Errorf("with room for 4 of 10 fragments: %+v", u)
		}
		r.Limit(0, time.Hour)
		time.Sleep(59 * time.Minute)
		if u := r.Usage(); u.Fragments != 4 {
			t.Errorf("before an hour was over: %+v", u)
		}
		time.Sleep(3 * time.Minute)
		if u := r.Usage(); u.Fragments != 0 {
			t.Errorf("after an hour: %+v", u)
		}
		r.shut()
	})
}
