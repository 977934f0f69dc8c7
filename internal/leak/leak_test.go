package leak

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// recorder stands in for a test, so that its failure can be looked at.
type recorder struct {
	testing.TB
	cleanups []func()
	failure  string
}

func (r *recorder) Helper()           {}
func (r *recorder) Cleanup(fn func()) { r.cleanups = append(r.cleanups, fn) }
func (r *recorder) Errorf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
}

func (r *recorder) finish() string {
	for _, fn := range r.cleanups {
		fn()
	}
	return r.failure
}

func TestGoroutineLeftBehindIsNamed(t *testing.T) {
	test, stop := &recorder{TB: t}, make(chan struct{})
	check(test, 10*time.Millisecond)
	go waitFor(stop)
	failure := test.finish()
	close(stop)
	if !strings.Contains(failure, "1 goroutines outlived") || !strings.Contains(failure, "leak.waitFor") {
		t.Errorf("failure = %q; want one that shows waitFor", failure)
	}
}

func TestGoroutineThatEndsInTimeIsForgiven(t *testing.T) {
	test, stop := &recorder{TB: t}, make(chan struct{})
	Check(test)
	go waitFor(stop)
	time.AfterFunc(20*time.Millisecond, func() { close(stop) })
	if failure := test.finish(); failure != "" {
		t.Errorf("failure = %q; want none", failure)
	}
}

func TestOlderGoroutinesAreNotBlamed(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	go waitFor(stop)
	test := &recorder{TB: t}
	check(test, 10*time.Millisecond)
	if failure := test.finish(); failure != "" {
		t.Errorf("failure = %q; want none", failure)
	}
}

func waitFor(stop <-chan struct{}) { <-stop }
