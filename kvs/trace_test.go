package kvs

import (
	"errors"
	"net/http"
	"testing"
)

func TestCallsOfSignalingAreTraced(t *testing.T) {
	s, c := newService(t)
	serveSignaling(s)
	s.serve("/v1/get-ice-server-config", refusing(http.StatusForbidden, "AccessDeniedException", "no"))
	var calls []Call
	ctx := WithTrace(testContext(t), func(c Call) { calls = append(calls, c) })
	_, failure := c.ICEServers(ctx, Seat{"door", "v"})
	if failure == nil || len(calls) != 3 {
		t.Fatalf("error %v, calls %+v; want a failure after two calls that worked", failure, calls)
	}
	for i, op := range []string{"DescribeSignalingChannel", "GetSignalingChannelEndpoint", "GetIceServerConfig"} {
		if got := calls[i]; got.Op != op || got.Ended.Before(got.Began) || (got.Err != nil) != (i == 2) {
			t.Errorf("call %d: %+v, want %s", i, got, op)
		}
	}
	var e *Error
	if !errors.As(failure, &e) || e.Op != "GetIceServerConfig" {
		t.Errorf("error %v", failure)
	}
}
