package localkvs

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAccountRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		granted := func(c callRates, path string) (n int) {
			for n < 10_000 && c.take(path) == nil {
				n++
			}
			return n
		}
		c := newCallRates(1)
		if n := granted(c, "/createStream"); n != 100 {
			t.Errorf("%d streams may be made at once, want 100", n)
		}
		time.Sleep(time.Second)
		if n := granted(c, "/createStream"); n != 50 {
			t.Errorf("%d streams may be made after a second, want 50", n)
		}
		var e *apiError
		if err := c.take("/createStream"); !errors.As(err, &e) || e.name != "ClientLimitExceededException" || e.status != 400 || !strings.Contains(e.message, "CreateStream is called more than 50 times") {
			t.Errorf("refused with %v", err)
		}
		if n := granted(c, "/describeStream"); n != 600 {
			t.Errorf("streams may be described %d times at once, want 600", n)
		}
		if n := granted(c, "/listFragments"); n != 10_000 {
			t.Errorf("what has no limit is answered %d times", n)
		}
		if n := granted(newCallRates(0.1), "/updateMediaStorageConfiguration"); n != 2 {
			t.Errorf("with a tenth of the limits %d calls are answered, want 2", n)
		}
		if n := granted(newCallRates(-1), "/createStream"); n != 10_000 {
			t.Errorf("without limits %d calls are answered", n)
		}
	})
}

// A limit belongs to an operation that there is.
func TestAccountRatesAreOfOperations(t *testing.T) {
	for path, r := range accountRates {
		if operations[path] == nil {
			t.Errorf("%s (%s) is no operation", r.operation, path)
		}
		if r.perSecond < 1 {
			t.Errorf("%s may be called %d times a second", r.operation, r.perSecond)
		}
	}
}
