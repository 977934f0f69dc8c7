package kvs

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	awscreds "github.com/aws/aws-sdk-go-v2/credentials"
)

// distant is a service without a network between, for tests with a time of their own.
type distant struct {
	service
	takes  time.Duration // until it answers
	behind time.Duration // its clock
}

func (d *distant) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(d.takes)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	w.Header().Set("Date", time.Now().Add(-d.behind).UTC().Format(http.TimeFormat))
	d.answers[r.URL.Path](w, r)
	return w.Result(), nil
}

func newDistant(t *testing.T) (*distant, *shelf, *Archive) {
	d := &distant{service: service{t: t, answers: map[string]http.HandlerFunc{}, calls: map[string]int{}}}
	d.serve("/getDataEndpoint", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"DataEndpoint": "http://distant"}`) })
	h := newShelf(t, &d.service)
	c := New(Config{Endpoint: "http://distant", Region: "eu-west-1", Credentials: awscreds.NewStaticCredentialsProvider(testKey, testSecret, "")})
	c.http.Transport = d
	return d, h, openArchive(t, c, ArchiveOptions{})
}

// filmed stores a fragment that the service has received some time ago by its own clock.
func (d *distant) filmed(h *shelf, ago time.Duration) Fragment {
	at := time.Now().Add(-d.behind - ago).Truncate(time.Millisecond)
	return h.store(Fragment{Server: at, Producer: at, Length: 1500 * time.Millisecond})
}

// An answer that takes longer than what is live stays new is an answer.
func TestLiveEdgeOfASlowService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, h, a := newDistant(t)
		d.takes = 3 * time.Second
		first := d.filmed(h, 10*time.Second)
		began := time.Now()
		f, err := a.Find(testContext(t), time.Now(), false)
		if err != nil || f.Number != first.Number {
			t.Fatalf("found %+v, %v after %v", f, err, time.Since(began))
		}
		if _, err = a.Next(testContext(t), f, true); err != io.EOF {
			t.Fatalf("behind the newest: %v", err)
		}
		second := d.filmed(h, time.Second)
		if f, err = a.Next(testContext(t), f, true); err != nil || f.Number != second.Number {
			t.Errorf("next is %+v, %v", f, err)
		}
	})
}

// What the service has not lived through is not taken for settled where this computer's clock is ahead.
func TestLiveEdgeWithAClockThatIsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(11*time.Minute + 30*time.Second) // a window has ended by this clock, not by the service's
		d, h, a := newDistant(t)
		d.behind = 2 * time.Minute
		first := d.filmed(h, 10*time.Second)
		f, err := a.Find(testContext(t), first.Server, false)
		if err != nil || f.Number != first.Number {
			t.Fatalf("found %+v, %v", f, err)
		}
		second := d.filmed(h, 0)
		time.Sleep(2 * time.Second)
		if f, err = a.Next(testContext(t), f, true); err != nil || f.Number != second.Number {
			t.Errorf("next is %+v, %v", f, err)
		}
	})
}
