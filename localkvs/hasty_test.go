package localkvs

import (
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

func TestOnlyTheHastyWait(t *testing.T) {
	for agent, want := range map[string]time.Duration{
		"aws-sdk-go-v2/1.41.1 ua/2.1 os/linux lang/go#1.26 api/kinesisvideoarchivedmedia#1.24.1":            answerPause,
		"aws-sdk-go-v2/1.41.1 ua/2.1 os/linux lang/go#1.26 api/kinesisvideoarchivedmedia#1.24.1 app/Kinora": 0,
		"aws-cli/2.23.6 md/awscrt#1.0 ua/2.0 os/linux":                                                      0,
		"": 0,
	} {
		synctest.Test(t, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/getMediaForFragmentList", nil)
			r.Header.Set("User-Agent", agent)
			asked := time.Now()
			if !answerAfter(r, asked) || time.Since(asked) != want {
				t.Errorf("%q is answered after %v, want %v", agent, time.Since(asked), want)
			}
		})
	}
}
