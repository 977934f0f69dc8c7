package kvs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"kinora/localkvs/sigv4"
)

const (
	channelARN = "arn:aws:kinesisvideo:eu-west-1:123456789012:channel/door/1700000000123"
	channel    = `{"ChannelName":"door","ChannelARN":"` + channelARN + `","ChannelType":"SINGLE_MASTER","ChannelStatus":"ACTIVE","Version":"v1","CreationTime":1700000000.123,"SingleMasterConfiguration":{"MessageTtlSeconds":60}}`
)

func TestChannels(t *testing.T) {
	s, c := newService(t)
	s.serve("/listSignalingChannels", answering(`{"ChannelInfoList":[%s]}`, channel))
	s.serve("/createSignalingChannel", func(w http.ResponseWriter, r *http.Request) {
		if got, want := fmt.Sprint(body(t, r)), "map[ChannelName:door ChannelType:SINGLE_MASTER SingleMasterConfiguration:map[MessageTtlSeconds:30]]"; got != want {
			t.Errorf("request %s, want %s", got, want)
		}
		answering(`{"ChannelARN":%q}`, channelARN)(w, r)
	})
	s.serve("/describeSignalingChannel", answering(`{"ChannelInfo":%s}`, channel))
	s.serve("/deleteSignalingChannel", answering(`{}`))
	ctx := testContext(t)
	want := Channel{Name: "door", ARN: channelARN, Status: "ACTIVE", Version: "v1", TTL: time.Minute, Created: time.UnixMilli(1700000000123).UTC()}
	if got, err := c.Channels(ctx); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("channels %+v, %v; want %+v", got, err, want)
	}
	if arn, err := c.CreateChannel(ctx, "door", 30*time.Second); err != nil || arn != channelARN {
		t.Errorf("CreateChannel = %q, %v", arn, err)
	}
	if err := c.DeleteChannel(ctx, "door"); err != nil || s.count("/deleteSignalingChannel") != 1 {
		t.Errorf("DeleteChannel: %v", err)
	}
}

func TestChannelThatIsNotThereIsNamed(t *testing.T) {
	s, c := newService(t)
	s.serve("/describeSignalingChannel", refusing(http.StatusNotFound, "ResourceNotFoundException", "no"))
	_, err := c.DescribeChannel(testContext(t), "door")
	if err == nil || !strings.Contains(err.Error(), `of channel "door"`) || !strings.Contains(err.Error(), "create the channel") {
		t.Errorf("error %v, want one that names the channel and what to do", err)
	}
}

// serveSignaling answers what a peer asks before it comes in, and counts.
func serveSignaling(s *service) {
	s.serve("/describeSignalingChannel", answering(`{"ChannelInfo":%s}`, channel))
	s.serve("/getSignalingChannelEndpoint", func(w http.ResponseWriter, r *http.Request) {
		role := body(s.t, r)["SingleMasterChannelEndpointConfiguration"].(map[string]any)["Role"]
		answering(`{"ResourceEndpointList":[{"Protocol":"HTTPS","ResourceEndpoint":%q},{"Protocol":"WSS","ResourceEndpoint":"wss://%s.example"}]}`, s.URL, role)(w, r)
	})
	s.serve("/v1/get-ice-server-config", func(w http.ResponseWriter, r *http.Request) {
		if got := body(s.t, r); got["ChannelARN"] != channelARN || got["Service"] != "TURN" {
			s.t.Errorf("request %v", got)
		}
		answering(`{"IceServerList":[{"Uris":["turn:a","turns:a"],"Username":"u","Password":"p","Ttl":300}]}`)(w, r)
	})
}

func TestSignalingURLIsSigned(t *testing.T) {
	s, c := newService(t)
	serveSignaling(s)
	for _, tt := range []struct {
		seat   Seat
		host   string
		client []string
	}{
		{Seat{"door", "viewer-1"}, "VIEWER.example", []string{"viewer-1"}},
		{Seat{"door", ""}, "MASTER.example", nil},
	} {
		got, err := c.SignalingURL(testContext(t), tt.seat, false)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(got)
		if err != nil || u.Scheme != "wss" || u.Host != tt.host || u.Path != "/" {
			t.Errorf("address %s, %v; want wss at %s", got, err, tt.host)
		}
		q := u.Query()
		if q.Get("X-Amz-ChannelARN") != channelARN || fmt.Sprint(q["X-Amz-ClientId"]) != fmt.Sprint(tt.client) || q.Get("X-Amz-Expires") != "299" || q.Get("X-Amz-Security-Token") != testToken {
			t.Errorf("query %v", q)
		}
		r, err := http.NewRequest(http.MethodGet, got, nil)
		if err != nil {
			t.Fatal(err)
		}
		v := sigv4.Verifier{Region: "eu-west-1", Secret: func(key string) (string, bool) { return testSecret, key == testKey }}
		if err := v.Verify(r, sigv4.Hashed(emptyHash)); err != nil {
			t.Errorf("the signature is refused: %v", err)
		}
	}
}

// What is asked side by side looks the channel up once; what was listed before needs no look at all.
func TestBootstrapAsksOnce(t *testing.T) {
	s, c := newService(t)
	serveSignaling(s)
	s.serve("/listSignalingChannels", answering(`{"ChannelInfoList":[%s]}`, channel))
	seat := Seat{"door", "v"}
	both := func() {
		var g sync.WaitGroup
		g.Go(func() {
			if _, err := c.SignalingURL(testContext(t), seat, false); err != nil {
				t.Error(err)
			}
		})
		g.Go(func() {
			got, err := c.ICEServers(testContext(t), seat)
			if err != nil || len(got) != 1 || len(got[0].URIs) != 2 || got[0].Username != "u" || got[0].Password != "p" || got[0].TTL != 5*time.Minute {
				t.Errorf("ICE servers %+v, %v", got, err)
			}
		})
		g.Wait()
	}
	both()
	both()
	if d, e := s.count("/describeSignalingChannel"), s.count("/getSignalingChannelEndpoint"); d != 1 || e != 1 {
		t.Errorf("%d looks for the channel and %d for its endpoints, want one of each", d, e)
	}
	if _, err := c.Channels(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.SignalingURL(testContext(t), Seat{Channel: "door"}, false); err != nil {
		t.Fatal(err)
	}
	if d, e := s.count("/describeSignalingChannel"), s.count("/getSignalingChannelEndpoint"); d != 1 || e != 2 {
		t.Errorf("a listed channel: %d looks for it and %d for its endpoints, want 1 and 2", d, e)
	}
}

func TestChannelIsLookedUpAgain(t *testing.T) {
	s, c := newService(t)
	serveSignaling(s)
	seat := Seat{"door", "v"}
	for _, again := range []bool{false, true} {
		if _, err := c.SignalingURL(testContext(t), seat, again); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.count("/describeSignalingChannel"); n != 2 {
		t.Errorf("the channel was looked up %d times, want again when it is said", n)
	}
	s.sequence("/v1/get-ice-server-config", refusing(http.StatusNotFound, "ResourceNotFoundException", "moved"), answering(`{"IceServerList":[]}`))
	if _, err := c.ICEServers(testContext(t), seat); err != nil {
		t.Errorf("an endpoint that has moved is not looked up again: %v", err)
	}
	// A channel that was made anew under its name has another ARN.
	c.seats.forget("door")
	c.seats.list([]Channel{{Name: "door", ARN: "arn:old"}})
	s.sequence("/getSignalingChannelEndpoint", refusing(http.StatusNotFound, "ResourceNotFoundException", "gone"),
		answering(`{"ResourceEndpointList":[{"Protocol":"HTTPS","ResourceEndpoint":%q},{"Protocol":"WSS","ResourceEndpoint":"wss://a"}]}`, s.URL))
	if got, err := c.SignalingURL(testContext(t), seat, false); err != nil || !strings.Contains(got, url.QueryEscape(channelARN)) {
		t.Errorf("address %s, %v; want the new channel's", got, err)
	}
}

func TestStrangeEndpointsAreRefused(t *testing.T) {
	s, c := newService(t)
	serveSignaling(s)
	s.serve("/getSignalingChannelEndpoint", answering(`{"ResourceEndpointList":[{"Protocol":"HTTPS","ResourceEndpoint":"ftp://a"},{"Protocol":"WSS","ResourceEndpoint":"wss://a?x=1"}]}`))
	if _, err := c.SignalingURL(testContext(t), Seat{"door", "v"}, false); err == nil || !strings.Contains(err.Error(), "no usable addresses") {
		t.Errorf("error %v, want one about the addresses", err)
	}
}

func TestWhoGivesUpWaitsNoLonger(t *testing.T) {
	s, c := newService(t)
	serveSignaling(s)
	release := make(chan struct{})
	s.serve("/describeSignalingChannel", func(w http.ResponseWriter, r *http.Request) {
		<-release
		answering(`{"ChannelInfo":%s}`, channel)(w, r)
	})
	ctx, cancel := context.WithCancel(testContext(t))
	cancel()
	if _, err := c.SignalingURL(ctx, Seat{"door", "v"}, false); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that it was cancelled", err)
	}
	close(release)
	if _, err := c.SignalingURL(testContext(t), Seat{"door", "v"}, false); err != nil {
		t.Error(err)
	}
}
