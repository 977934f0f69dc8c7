package ui

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"

	"kinora/app"
	"kinora/internal/leak"
)

func TestBinderFollows(t *testing.T) {
	leak.Check(t)
	test.NewTempApp(t)
	var v app.Value[int]
	shown := 0
	b := newBinder(func() { shown = v.Get() })
	follow(b, &v)
	v.Set(7)
	if shown != 7 {
		t.Errorf("shown %d, want 7", shown)
	}
	b.close()
	v.Set(8)
	b.invalidate()
	if shown != 7 {
		t.Errorf("after close shown %d", shown)
	}
}

func TestBinderGathers(t *testing.T) {
	test.NewTempApp(t)
	n := 0
	var b *binder
	b = newBinder(func() {
		if n++; n < 3 {
			b.invalidate() // not lost, although a render runs
		}
	})
	defer b.close()
	b.pending.Store(true) // a render is on its way
	b.invalidate()
	if n != 0 {
		t.Errorf("rendered %d times while one was on its way", n)
	}
	b.pending.Store(false)
	b.invalidate()
	if n != 3 {
		t.Errorf("rendered %d times, want 3", n)
	}
}

func TestBinderTicks(t *testing.T) {
	leak.Check(t)
	test.NewTempApp(t)
	var n atomic.Int32
	b := newBinder(func() { n.Add(1) })
	b.every(time.Millisecond)
	within(t, "three ticks", func() bool { return n.Load() >= 3 })
	b.close()
}

func TestBinderEndsWork(t *testing.T) {
	leak.Check(t)
	test.NewTempApp(t)
	b := newBinder(func() {})
	begun := make(chan struct{})
	b.work(func(ctx context.Context) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	}, func(error) { t.Error("told of work whose window has closed") })
	<-begun
	b.close()
}

// What changes while a picture is looked for is rendered once, when it is there.
func TestBinderHushes(t *testing.T) {
	test.NewTempApp(t)
	n := 0
	b := newBinder(func() { n++ })
	defer b.close()
	quiet := true
	b.hushed = func() bool { return quiet }
	b.invalidate()
	b.invalidate()
	if n != 0 {
		t.Errorf("rendered %d times while it was to wait", n)
	}
	b.release()
	b.release()
	if n != 1 {
		t.Errorf("rendered %d times after that, want 1", n)
	}
	quiet = false
	b.invalidate()
	if n != 2 {
		t.Errorf("rendered %d times, want 2: nothing has to wait any more", n)
	}
}
