package app

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"kinora/internal/leak"
	"kinora/media"
)

// phoneAccount is an account with calls.
type phoneAccount struct {
	*fakeAccount
	line *fakeLine
	host *fakeHost

	mu       sync.Mutex
	channels []Channel
	refused  error // of Channels
	dialled  []string
}

func (a *phoneAccount) Channels(context.Context) ([]Channel, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.channels), a.refused
}

func (a *phoneAccount) CreateChannel(_ context.Context, name string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.channels = append(a.channels, Channel{Name: name})
	return nil
}

func (a *phoneAccount) DeleteChannel(_ context.Context, name string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.channels = slices.DeleteFunc(a.channels, func(c Channel) bool { return c.Name == name })
	return nil
}

func (a *phoneAccount) Dial(channel string, _ bool) Line {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dialled = append(a.dialled, channel)
	return a.line
}

func (a *phoneAccount) Host(_ string, o HostOptions) Host {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.host.o = o
	return a.host
}
func (a *phoneAccount) Carries(c media.Codec) bool { return c != media.AAC }
func (a *phoneAccount) Fault(err error) Fault {
	if errors.Is(err, errDenied) {
		return Fault{Kind: FaultForbidden, Action: "ConnectAsViewer"}
	}
	return Fault{}
}

// fakeLine is a call whose progress the test decides.
type fakeLine struct {
	fail  chan error
	texts chan string
	deaf  chan error // ends what is said

	mu       sync.Mutex
	progress Progress
	figures  Figures
	said     []string
	runs     int // at this moment
	crowded  bool
}

func newFakeLine() *fakeLine {
	return &fakeLine{fail: make(chan error, 1), texts: make(chan string, 8), deaf: make(chan error, 1)}
}

func (l *fakeLine) Run(ctx context.Context) error {
	defer l.count(-1)
	l.count(1)
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case err := <-l.fail:
		return err
	}
}

func (l *fakeLine) count(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs += n
	l.crowded = l.crowded || l.runs > 1
}

func (l *fakeLine) Open(ctx context.Context) (media.Source, error) {
	return newFakeSource(ctx, func() {}), nil
}

func (l *fakeLine) Spoken() media.Codec { return media.MuLaw }

func (l *fakeLine) Talk(ctx context.Context, src media.Source) error {
	defer src.Close()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case err := <-l.deaf:
		return err
	}
}

func (l *fakeLine) Say(text string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = append(l.said, text)
	return nil
}
func (l *fakeLine) Texts() <-chan string { return l.texts }

func (l *fakeLine) Progress() Progress {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.progress
}

func (l *fakeLine) Figures() Figures {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.figures
}

func (l *fakeLine) reach(change func(*Progress)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.progress)
}

// calling returns an app on an account with calls.
func calling(t *testing.T, o Options) (*App, *phoneAccount) {
	acc := &phoneAccount{fakeAccount: &fakeAccount{name: "a"}, line: newFakeLine(), host: &fakeHost{fed: make(chan *media.Packet, 1000)}}
	o.Accounts = []Account{acc}
	return running(t, o), acc
}

func TestACallFromBeginToEnd(t *testing.T) {
	leak.Check(t)
	a, acc := calling(t, Options{})
	if err := a.Calls.Dial("door", false); err != nil {
		t.Fatal(err)
	}
	until(t, a.Calls.Now(), func(c Call) bool { return c.Channel == "door" && c.Phase == CallConnecting && c.Player != nil })
	acc.line.reach(func(p *Progress) { p.Signaling, p.Secured = time.Now(), time.Now() })
	until(t, a.Calls.Now(), func(c Call) bool { return c.Phase == CallConnected })
	acc.line.texts <- "who is there?"
	if err := a.Calls.Say("me"); err != nil {
		t.Error(err)
	}
	c := until(t, a.Calls.Now(), func(c Call) bool { return len(c.Texts) == 2 })
	if i := slices.IndexFunc(c.Texts, func(x Text) bool { return x.From == "door" && x.Text == "who is there?" }); i < 0 {
		t.Errorf("texts %+v", c.Texts)
	}
	lost := time.Now()
	acc.line.reach(func(p *Progress) { p.Lost = lost })
	c = until(t, a.Calls.Now(), func(c Call) bool { return c.Phase == CallReconnecting })
	if !c.Since.Equal(lost) || c.Quality != CallPoor || c.Reason != ReasonLost {
		t.Errorf("while the way is lost: since %v, quality %d for %d", c.Since, c.Quality, c.Reason)
	}
	acc.line.reach(func(p *Progress) { p.Lost = time.Time{} })
	until(t, a.Calls.Now(), func(c Call) bool { return c.Phase == CallConnected })
	a.Calls.HangUp()
	c = until(t, a.Calls.Now(), func(c Call) bool { return c.Phase == CallEnded })
	if c.Err != nil || c.Channel != "door" {
		t.Errorf("a call that was hung up: %+v", c)
	}
	a.Calls.Dismiss()
	if c := a.Calls.Now().Get(); c.Phase != NoCall || c.Channel != "" {
		t.Errorf("a call that was dismissed: %+v", c)
	}
	if err := a.Calls.Say("?"); err == nil {
		t.Error("something was said without a call")
	}
}

func TestACallThatFailsSaysWhy(t *testing.T) {
	leak.Check(t)
	a, acc := calling(t, Options{})
	acc.line.fail <- errDenied
	if err := a.Calls.Dial("door", false); err != nil {
		t.Fatal(err)
	}
	c := until(t, a.Calls.Now(), func(c Call) bool { return c.Phase == CallFailed })
	if !errors.Is(c.Err, errDenied) || c.Fault.Kind != FaultForbidden || c.Fault.Action != "ConnectAsViewer" || c.Quality != CallUnrated {
		t.Errorf("call %+v", c)
	}
}

func TestTheNextCallWaitsForTheEndOfTheLast(t *testing.T) {
	leak.Check(t)
	a, acc := calling(t, Options{})
	for _, channel := range []string{"one", "two", "three"} {
		if err := a.Calls.Dial(channel, false); err != nil {
			t.Fatal(err)
		}
	}
	until(t, a.Calls.Now(), func(c Call) bool { return c.Channel == "three" && c.Phase == CallConnecting })
	acc.mu.Lock()
	defer acc.mu.Unlock()
	if !slices.Equal(acc.dialled, []string{"one", "two", "three"}) {
		t.Errorf("dialled %v", acc.dialled)
	}
	acc.line.mu.Lock()
	defer acc.line.mu.Unlock()
	if acc.line.crowded {
		t.Error("a call was begun before the one before it had ended")
	}
}

func TestChannelsAreListedMadeAndDeleted(t *testing.T) {
	leak.Check(t)
	a, acc := calling(t, Options{})
	list := a.Calls.Channels()
	until(t, list, func(l ChannelList) bool { return l.Able && l.Phase == Ready && len(l.Rows) == 0 })
	if err := a.Calls.Create(t.Context(), "no good"); err == nil {
		t.Error("a channel with a space in its name was made")
	}
	if err := a.Calls.Create(t.Context(), "door"); err != nil {
		t.Error(err)
	}
	until(t, list, func(l ChannelList) bool { return len(l.Rows) == 1 && l.Rows[0].Name == "door" })
	acc.mu.Lock()
	acc.refused = errDenied
	acc.mu.Unlock()
	a.Calls.Refresh()
	until(t, list, func(l ChannelList) bool { return l.Phase == Denied && l.Err != nil && len(l.Rows) == 1 })
	acc.mu.Lock()
	acc.refused = nil
	acc.mu.Unlock()
	if err := a.Calls.Delete(t.Context(), "door"); err != nil {
		t.Error(err)
	}
	until(t, list, func(l ChannelList) bool { return l.Phase == Ready && len(l.Rows) == 0 })
}

func TestAnAccountWithoutCalls(t *testing.T) {
	leak.Check(t)
	a := running(t, Options{Accounts: []Account{&fakeAccount{name: "a"}}})
	if a.Calls.Channels().Get().Able {
		t.Error("an account without calls is said to have some")
	}
	if err := a.Calls.Dial("door", false); err == nil {
		t.Error("a call was made on an account without calls")
	}
}
