package kvs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kinora/internal/leak"
)

func answering(format string, args ...any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, format, args...)
	}
}

const (
	arn    = "arn:aws:kinesisvideo:eu-west-1:123456789012:stream/cam/1700000000123"
	stream = `{"StreamName":"cam","StreamARN":"` + arn + `","MediaType":"video/h264","Status":"%s","Version":"v1","DataRetentionInHours":24,"CreationTime":1700000000.123}`
)

func TestStreams(t *testing.T) {
	s, c := newService(t)
	s.serve("/listStreams", func(w http.ResponseWriter, r *http.Request) {
		if body(t, r)["NextToken"] == nil {
			answering(`{"StreamInfoList":[`+stream+`],"NextToken":"x"}`, "ACTIVE")(w, r)
		} else {
			answering(`{"StreamInfoList":[{"StreamName":"other"}]}`)(w, r)
		}
	})
	got, err := c.Streams(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	want := Stream{Name: "cam", ARN: arn, MediaType: "video/h264", Status: "ACTIVE", Version: "v1", Retention: 24 * time.Hour, Created: time.UnixMilli(1700000000123).UTC()}
	if len(got) != 2 || got[0] != want || got[1].Name != "other" {
		t.Errorf("streams %+v, want %+v and other", got, want)
	}
}

func TestCreateWaitsUntilActive(t *testing.T) {
	s, c := newService(t)
	s.serve("/createStream", func(w http.ResponseWriter, r *http.Request) {
		if got, want := fmt.Sprint(body(t, r)), "map[DataRetentionInHours:2 MediaType:video/h264 StreamName:cam]"; got != want {
			t.Errorf("request %s, want %s", got, want)
		}
		answering(`{"StreamARN":%q}`, arn)(w, r)
	})
	s.sequence("/describeStream", answering(`{"StreamInfo":`+stream+`}`, "CREATING"), answering(`{"StreamInfo":`+stream+`}`, "ACTIVE"))
	got, err := c.Create(testContext(t), "cam", 90*time.Minute, "video/h264")
	if err != nil || got != arn {
		t.Errorf("Create = %q, %v", got, err)
	}
	if n := s.count("/describeStream"); n != 2 {
		t.Errorf("%d calls of DescribeStream, want 2", n)
	}
}

func TestDelete(t *testing.T) {
	s, c := newService(t)
	s.serve("/describeStream", answering(`{"StreamInfo":`+stream+`}`, "ACTIVE"))
	s.serve("/deleteStream", func(w http.ResponseWriter, r *http.Request) {
		if got := body(t, r)["StreamARN"]; got != arn {
			t.Errorf("deletes %v, want %s", got, arn)
		}
		answering(`{}`)(w, r)
	})
	if err := c.Delete(testContext(t), "cam"); err != nil {
		t.Error(err)
	}
}

func TestSetRetention(t *testing.T) {
	for _, tt := range []struct {
		to   time.Duration
		want string
	}{
		{48 * time.Hour, "map[CurrentVersion:v1 DataRetentionChangeInHours:24 Operation:INCREASE_DATA_RETENTION StreamName:cam]"},
		{0, "map[CurrentVersion:v1 DataRetentionChangeInHours:24 Operation:DECREASE_DATA_RETENTION StreamName:cam]"},
		{24 * time.Hour, "nothing"},
	} {
		s, c := newService(t)
		got := "nothing"
		s.serve("/describeStream", answering(`{"StreamInfo":`+stream+`}`, "ACTIVE"))
		s.serve("/updateDataRetention", func(w http.ResponseWriter, r *http.Request) {
			got = fmt.Sprint(body(t, r))
			answering(`{}`)(w, r)
		})
		if err := c.SetRetention(testContext(t), "cam", tt.to); err != nil {
			t.Error(err)
		}
		if got != tt.want {
			t.Errorf("to %v: request %s, want %s", tt.to, got, tt.want)
		}
	}
}

func fragmentAt(n int, at time.Time) string {
	return fmt.Sprintf(`{"FragmentNumber":"%d","FragmentSizeInBytes":1000,"ServerTimestamp":%d.5,"ProducerTimestamp":%d,"FragmentLengthInMilliseconds":1966}`, n, at.Unix(), at.Unix()-1)
}

func TestListSortsAllPages(t *testing.T) {
	s, c := newService(t)
	at := time.Unix(1795341600, 0).UTC()
	s.serve("/listFragments", func(w http.ResponseWriter, r *http.Request) {
		b := body(t, r)
		if b["NextToken"] == nil {
			want := "map[FragmentSelectorType:SERVER_TIMESTAMP TimestampRange:map[EndTimestamp:1.7953416101e+09 StartTimestamp:1.7953416e+09]]"
			if got := fmt.Sprint(b["FragmentSelector"]); got != want {
				t.Errorf("selector %s, want %s", got, want)
			}
			answering(`{"Fragments":[%s,%s],"NextToken":"x"}`, fragmentAt(5, at.Add(4*time.Second)), fragmentAt(3, at.Add(2*time.Second)))(w, r)
		} else {
			answering(`{"Fragments":[%s]}`, fragmentAt(1, at))(w, r)
		}
	})
	got, err := c.List(testContext(t), "cam", ServerTime, at, at.Add(10*time.Second+100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].Number != "1" || got[1].Number != "3" || got[2].Number != "5" {
		t.Fatalf("fragments %+v", got)
	}
	want := Fragment{Number: "1", Server: at.Add(500 * time.Millisecond), Producer: at.Add(-time.Second), Length: 1966 * time.Millisecond, Size: 1000}
	if got[0] != want {
		t.Errorf("fragment %+v, want %+v", got[0], want)
	}
	if n := s.count("/getDataEndpoint"); n != 1 {
		t.Errorf("%d calls of GetDataEndpoint, want 1", n)
	}
}

func TestLastFragment(t *testing.T) {
	now := time.Now()
	tests := []struct {
		name   string
		since  time.Duration // before now
		stored []time.Duration
		page   int
		want   string
		calls  int
	}{
		{name: "live", since: 24 * time.Hour, stored: []time.Duration{30 * time.Second, 2 * time.Second, 20 * time.Second}, want: "1", calls: 1},
		{name: "an hour ago", since: 24 * time.Hour, stored: []time.Duration{70 * time.Minute, 65 * time.Minute}, want: "1", calls: 3},
		{name: "nothing", since: 24 * time.Hour, want: "", calls: 3},
		{name: "nothing since", since: 10 * time.Second, stored: []time.Duration{30 * time.Second}, want: "", calls: 1},
		{name: "in small pages", since: time.Minute, stored: []time.Duration{40 * time.Second, 30 * time.Second, 9 * time.Second, 5 * time.Second}, page: 2, want: "3", calls: 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newService(t)
			s.serve("/listFragments", func(w http.ResponseWriter, r *http.Request) {
				window := body(t, r)["FragmentSelector"].(map[string]any)["TimestampRange"].(map[string]any)
				var list []string
				next := ""
				for i, ago := range tt.stored {
					at := now.Add(-ago)
					if s := float64(at.Unix()) + 0.5; s < window["StartTimestamp"].(float64) || s > window["EndTimestamp"].(float64) {
						continue
					}
					if tt.page > 0 && len(list) == tt.page {
						next = `,"NextToken":"x"`
						break
					}
					list = append(list, fragmentAt(i, at))
				}
				answering(`{"Fragments":[%s]%s}`, strings.Join(list, ","), next)(w, r)
			})
			got, ok, err := c.LastFragment(testContext(t), "cam", now.Add(-tt.since))
			if err != nil || ok != (tt.want != "") || got.Number != tt.want {
				t.Errorf("LastFragment = %+v, %v, %v; want %q", got, ok, err, tt.want)
			}
			if n := s.count("/listFragments"); n != tt.calls {
				t.Errorf("%d calls of ListFragments, want %d", n, tt.calls)
			}
		})
	}
}

// A past that arrives beside what is live is newer by the server's clock only.
func TestLastFragmentIsNotTheBacklog(t *testing.T) {
	s, c := newService(t)
	now := time.Now()
	answer := func(number string, recorded time.Duration, server time.Duration) string {
		return fmt.Sprintf(`{"FragmentNumber":"%s","ServerTimestamp":%d,"ProducerTimestamp":%d}`, number, now.Add(-server).Unix(), now.Add(-recorded).Unix())
	}
	s.serve("/listFragments", answering(`{"Fragments":[%s]}`, strings.Join([]string{
		answer("1", time.Hour, 4*time.Second), answer("2", 4*time.Second, 3*time.Second), answer("3", time.Hour, 2*time.Second)}, ",")))
	got, ok, err := c.LastFragment(testContext(t), "cam", now.Add(-24*time.Hour))
	if err != nil || !ok || got.Number != "2" || got.Recorded().Unix() != now.Add(-4*time.Second).Unix() {
		t.Errorf("LastFragment = %+v, %v, %v; want 2", got, ok, err)
	}
}

func TestLastFragmentWithoutRetention(t *testing.T) {
	s, c := newService(t)
	s.serve("/listFragments", refusing(400, "NoDataRetentionException", "no retention"))
	if _, ok, err := c.LastFragment(testContext(t), "cam", time.Now().Add(-time.Hour)); ok || err != nil {
		t.Errorf("LastFragment = %v, %v; want none", ok, err)
	}
}

func TestEndpointIsLookedUpAgain(t *testing.T) {
	s, c := newService(t)
	empty := answering(`{"Fragments":[]}`)
	s.sequence("/listFragments", empty, refusing(404, "ResourceNotFoundException", "wrong host"), empty, refusing(403, "InvalidSignatureException", "no"))
	for i, want := range []struct {
		endpoints int
		fails     bool
	}{{1, false}, {2, false}, {3, true}} {
		_, err := c.List(testContext(t), "cam", ServerTime, time.Unix(0, 0), time.Now())
		if (err != nil) != want.fails {
			t.Errorf("call %d: %v", i, err)
		}
		if got := s.count("/getDataEndpoint"); got != want.endpoints {
			t.Errorf("after call %d: %d calls of GetDataEndpoint, want %d", i, got, want.endpoints)
		}
	}
}

func TestBadEndpointIsRefused(t *testing.T) {
	s, c := newService(t)
	for _, bad := range []string{"", "ftp://x", "127.0.0.1:80", "http://"} {
		s.serve("/getDataEndpoint", answering(`{"DataEndpoint":%q}`, bad))
		if _, err := c.GetMedia(testContext(t), "cam", Start{}); err == nil || !strings.Contains(err.Error(), "no http or https address") {
			t.Errorf("endpoint %q: error %v", bad, err)
		}
	}
}

func TestExpiredTokenIsRenewed(t *testing.T) {
	s, _ := newService(t)
	provider := &renewing{}
	c := New(Config{Endpoint: s.URL, Region: "eu-west-1", Credentials: provider})
	t.Cleanup(c.Close)
	s.sequence("/describeStream", refusing(403, "ExpiredTokenException", "expired"), answering(`{"StreamInfo":`+stream+`}`, "ACTIVE"))
	if _, err := c.Describe(testContext(t), "cam"); Classify(err) != Reauthenticate {
		t.Errorf("error %v is classified %v, want reauthenticate", err, Classify(err))
	}
	if _, err := c.Describe(testContext(t), "cam"); err != nil {
		t.Error(err)
	}
	if provider.calls != 2 {
		t.Errorf("credentials were asked for %d times, want 2", provider.calls)
	}
}

func TestUnreachable(t *testing.T) {
	leak.Check(t)
	static, _ := newService(t)
	url := static.URL
	static.Server.Close()
	c := New(Config{Endpoint: url, Region: "eu-west-1", Credentials: &renewing{}})
	defer c.Close()
	_, err := c.Describe(testContext(t), "cam")
	if err == nil || Classify(err) != Retry || !strings.Contains(err.Error(), "connection refused. Check the address, and that the service is running") {
		t.Errorf("error %v", err)
	}
}

func TestCredentialsAreMissing(t *testing.T) {
	leak.Check(t)
	c := New(Config{Endpoint: "http://127.0.0.1:1", Region: "eu-west-1"})
	defer c.Close()
	for _, call := range []func() error{
		func() error { _, err := c.Streams(testContext(t)); return err },
		func() error { return c.Put(testContext(t), "cam", strings.NewReader("x"), func(Ack) {}) },
	} {
		err := call()
		if Classify(err) != Reauthenticate || !strings.Contains(err.Error(), "no usable credentials: this account has none. Sign in again") {
			t.Errorf("error %v", err)
		}
	}
}

func TestErrorsHoldNoSecrets(t *testing.T) {
	for _, s := range []string{
		"Get https://h/p?X-Amz-Signature=SECRET&X-Amz-Date=1: refused",
		"x-amz-security-token:SECRET\nhost:h",
		`{"SessionToken": "SECRET", "SecretAccessKey":"SECRET"}`,
		"Credential=SECRET/20261122/eu-west-1, SignedHeaders=host, Signature=SECRET",
		"GET wss://h/?a=SECRET",
	} {
		if got := mask(s); strings.Contains(got, "SECRET") {
			t.Errorf("mask(%q) = %q", s, got)
		}
	}
	if got := mask("the stream is gone: ask?"); got != "the stream is gone: ask?" {
		t.Errorf("harmless text became %q", got)
	}
	if got := mask(strings.Repeat("é", maxMessage)); len(got) > maxMessage+3 || !utf8.ValidString(got) {
		t.Errorf("long text became %d bytes", len(got))
	}
	s, c := newService(t)
	s.serve("/describeStream", refusing(403, "SignatureDoesNotMatch", "should be 'x-amz-security-token:"+testToken+"' Signature=abcdef"))
	_, err := c.Describe(testContext(t), "cam")
	if err == nil || strings.Contains(err.Error(), testToken) || strings.Contains(err.Error(), "abcdef") {
		t.Errorf("error %v", err)
	}
}

func TestClassify(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want Class
	}{
		{io.ErrUnexpectedEOF, Retry},
		{context.DeadlineExceeded, Retry},
		{errors.New("?"), Retry},
		{&Error{Status: 500}, Retry},
		{&Error{Status: 401}, Reauthenticate},
		{&Error{Status: 401, Code: "AccessDeniedException"}, GiveUp},
		{&Error{Status: 400, Code: "ThrottlingException"}, Retry},
		{&Error{Status: 400, Code: "InvalidArgumentException"}, GiveUp},
		{&credentialsError{io.EOF}, Reauthenticate},
		{&AckError{Ack: Ack{ErrorID: 4501}}, GiveUp},
		{&AckError{Ack: Ack{ErrorID: 5001}}, Retry},
	} {
		if got := Classify(fmt.Errorf("wrapped: %w", tt.err)); got != tt.want {
			t.Errorf("%#v: %v, want %v", tt.err, got, tt.want)
		}
	}
}

// What answers may be another program: errors say so in plain words.
func TestErrorsOfStrangeAnswers(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"another program", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>Welcome</html>") }, "Check the address"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusFound) }, "HTTP status 302"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, c := newService(t)
			s.serve("/listStreams", test.answer)
			s.serve("/putMedia", test.answer)
			for _, call := range []func(context.Context) error{
				func(ctx context.Context) error { _, err := c.Streams(ctx); return err },
				func(ctx context.Context) error { return c.Put(ctx, "cam", strings.NewReader("media"), func(Ack) {}) },
			} {
				ctx, cancel := context.WithTimeout(testContext(t), 300*time.Millisecond)
				err := call(ctx)
				cancel()
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%v\nlacks %q", err, test.want)
				} else if strings.Contains(err.Error(), "operation error") || strings.Contains(err.Error(), "UnknownError") {
					t.Errorf("%v\nis no sentence for people", err)
				}
			}
		})
	}
}

func TestWrongClockIsMeasured(t *testing.T) {
	for _, test := range []struct {
		skew time.Duration
		want string
	}{{47 * time.Minute, "behind the service's"}, {-47 * time.Minute, "ahead of the service's"}} {
		s, c := newService(t)
		s.serve("/putMedia", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(test.skew).UTC().Format(http.TimeFormat))
			refuse(w, http.StatusForbidden, "InvalidSignatureException", "Signature expired: 20261122T110000Z is now earlier than 20261122T113200Z")
		})
		err := c.Put(testContext(t), "cam", strings.NewReader("media"), func(Ack) {})
		if err == nil || !strings.Contains(err.Error(), "clock: it is 4") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v, want %q", test.skew, err, test.want)
		}
	}
}
