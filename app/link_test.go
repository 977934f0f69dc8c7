package app

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestLinksAreReadAsTheyAreWritten(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 0, 0, 7_000_000, time.UTC)
	for text, want := range map[string]Link{
		"kinora://This%20computer/gate":                                       {Account: "This computer", Streams: []string{"gate"}},
		"kinora://AWS%20field/gate@2026-11-22T10:00:00.007Z":                  {Account: "AWS field", Streams: []string{"gate"}, From: at},
		"kinora://127.0.0.1:8443/gate,yard@2026-11-22T10:00:00.007Z":          {Account: "127.0.0.1:8443", Streams: []string{"gate", "yard"}, From: at},
		"kinora://a%2Fb/g@2026-11-22T10:00:00.007Z..2026-11-22T10:01:30.007Z": {Account: "a/b", Streams: []string{"g"}, From: at, To: at.Add(90 * time.Second)},
		"kinora://a/gate~server,yard@2026-11-22T10:00:00.007Z":                {Account: "a", Streams: []string{"gate", "yard"}, Clocks: []Clock{ServerClock, ProducerClock}, From: at},
	} {
		got, err := ParseLink(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, %v; want %+v", text, got, err, want)
		}
		if back := got.String(); back != text {
			t.Errorf("%s is written as %s", text, back)
		}
	}
	got, err := ParseLink("kinora://a/gate@2026-11-22T11:00:00.0079+01:00")
	if err != nil || !got.From.Equal(at) {
		t.Errorf("a time in another zone is %v, %v", got.From, err)
	}
}

func TestWhatIsNoLinkIsRefused(t *testing.T) {
	for _, text := range []string{
		"", "gate", "http://a/gate", "kinora:a/gate", "kinora://", "kinora:///gate", "kinora://a", "kinora://a/", "kinora://a/../b",
		"kinora://a/gate/", "kinora://a/gate@", "kinora://a/gate@yesterday", "kinora://a/gate@2026-11-22", "kinora://a%zz/gate",
		"kinora://a/gate@2026-11-22T10:00:00Z..", "kinora://a/gate@2026-11-22T10:00:00Z..2026-11-22T10:00:00Z",
		"kinora://a/gate@2026-11-22T10:00:00Z..2026-11-22T09:00:00Z", "kinora://a/gate@1969-12-31T23:59:59Z",
		"kinora://a/gate,", "kinora://a/gate,gate", "kinora://a/a,b,c,d,e", "kinora://a/ga te", "kinora://a%00/gate", "kinora://a/gate?x=1",
		"kinora://" + strings.Repeat("a", 257) + "/gate", "kinora://a/" + strings.Repeat("g", 257), "kinora://a/gate@" + strings.Repeat("0", 3000),
		"kinora://a/gate\n", "kinora://a/gate~server", "kinora://a/gate~moon@2026-11-22T10:00:00Z", "kinora://a/gate~server,gate@2026-11-22T10:00:00Z",
		"kinora://a/~server@2026-11-22T10:00:00Z", "kinora://a/gate~@2026-11-22T10:00:00Z",
	} {
		if l, err := ParseLink(text); err == nil {
			t.Errorf("%q is read as %+v", text, l)
		}
	}
}

// FuzzLink demands that whatever is read is written and read again as the same.
func FuzzLink(f *testing.F) {
	f.Add("kinora://This%20computer/gate@2026-11-22T10:00:00.000Z..2026-11-22T10:01:30.000Z")
	f.Add("kinora://a/gate,yard")
	f.Add("kinora://a/gate,yard~server@2026-11-22T10:00:00Z")
	f.Add("kinora://a/gate@2026-11-22T10:00:00+01:00")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ParseLink(text)
		if err != nil {
			if l.Account != "" || l.Streams != nil {
				t.Fatalf("%q is refused, and yet %+v", text, l)
			}
			return
		}
		again, err := ParseLink(l.String())
		if err != nil || !reflect.DeepEqual(again, l) {
			t.Fatalf("%q is %+v, which is written as %q and read as %+v, %v", text, l, l.String(), again, err)
		}
	})
}
