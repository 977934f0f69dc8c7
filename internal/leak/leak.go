// Package leak finds goroutines that a test started and left behind.
//
// Every concurrent test begins with
//
//	leak.Check(t)
//
// so that its other cleanups, which run in reverse order, have closed everything before the goroutines are counted.
// The check looks at the whole process: a test that uses it must not run in parallel with others. Idle HTTP
// connections keep goroutines too; call CloseIdleConnections on the clients that the test made.
package leak

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience is how long goroutines that are on their way out may take.
const patience = 5 * time.Second

// Check registers a cleanup that fails t, with their stacks, when goroutines which did not exist at the time of the
// call are still there at the end. It gives them 5 seconds to finish and returns as soon as they have.
func Check(t testing.TB) {
	t.Helper()
	check(t, patience)
}

func check(t testing.TB, patience time.Duration) {
	t.Helper()
	before := goroutines()
	t.Cleanup(func() {
		t.Helper()
		var left []string
		for deadline, pause := time.Now().Add(patience), time.Millisecond; ; pause *= 2 {
			if left = started(before); len(left) == 0 {
				return
			}
			wait := time.Until(deadline)
			if wait <= 0 {
				break
			}
			time.Sleep(min(pause, wait, 100*time.Millisecond))
		}
		t.Errorf("%d goroutines outlived the test:\n\n%s", len(left), strings.Join(left, "\n\n"))
	})
}

// started returns the stacks of the goroutines that are not in before.
func started(before map[string]string) []string {
	var left []string
	for id, stack := range goroutines() {
		if _, old := before[id]; !old {
			left = append(left, stack)
		}
	}
	return left
}

// goroutines returns the stacks of all goroutines but the caller's and those that belong to the process rather than to
// a test, by their number.
func goroutines() map[string]string {
	buf := make([]byte, 64<<10)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	all := make(map[string]string)
	_, others, _ := strings.Cut(string(buf), "\n\n") // the caller's own comes first
	for stack := range strings.SplitSeq(others, "\n\n") {
		if stack = strings.TrimSpace(stack); stack != "" && !belongsToProcess(stack) {
			id, _, _ := strings.Cut(strings.TrimPrefix(stack, "goroutine "), " ")
			all[id] = stack
		}
	}
	return all
}

// belongsToProcess tells goroutines that the testing package and os/signal start once and keep.
func belongsToProcess(stack string) bool {
	for _, creator := range []string{"testing.", "os/signal.", "runtime."} {
		if strings.Contains(stack, "\ncreated by "+creator) {
			return true
		}
	}
	return strings.Contains(stack, "\ntesting.(*M).") || strings.Contains(stack, "\ntesting.(*T).Run(")
}
