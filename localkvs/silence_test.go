package localkvs_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/localkvs"
)

// post sends a signed operation and returns status and body of the answer.
func post(t *testing.T, server *localkvs.Server, path, body string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(deadline(t), http.MethodPost, server.Endpoint()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	keys := aws.Credentials{AccessKeyID: server.Credentials().AccessKeyID, SecretAccessKey: server.Credentials().SecretAccessKey}
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(t.Context(), keys, req, hex.EncodeToString(sum[:]), "kinesisvideo", "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, answer
}

// gapReasons returns the reasons of a stream's gaps of a second and more by producer time.
func gapReasons(t *testing.T, server *localkvs.Server, stream string) (reasons []string) {
	t.Helper()
	status, answer := post(t, server, "/kinora/listSpans", fmt.Sprintf(`{"StreamName":%q,"FragmentSelector":{"FragmentSelectorType":"PRODUCER_TIMESTAMP",
		"TimestampRange":{"StartTimestamp":%d,"EndTimestamp":%d}}}`, stream, time.Now().Add(-24*time.Hour).Unix(), time.Now().Add(24*time.Hour).Unix()))
	var out struct{ Gaps []struct{ Reason string } }
	if err := json.Unmarshal(answer, &out); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s, %v", status, answer, err)
	}
	for _, gap := range out.Gaps {
		reasons = append(reasons, gap.Reason)
	}
	return reasons
}

// Behind a service that was stopped, and one that was idle, gaps say so.
func TestStopAndSilenceAreReasonsOfGaps(t *testing.T) {
	leak.Check(t)
	dir := t.TempDir()
	server, err := localkvs.Listen(localkvs.ServerOptions{Data: dir})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- server.Run(ctx) }()
	c := clientOf(t, server)
	createStream(t, c, "gate", 1)
	epoch := time.Now().Add(-time.Hour)
	u := startUpload(t, c, "gate", epoch)
	u.fragment(0, 100)
	u.wait(kvs.Buffering)
	stop()
	u.fragment(2*time.Second, 100)
	u.wait(kvs.Persisted)
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	server = serve(t, localkvs.ServerOptions{Data: dir, Limits: localkvs.Limits{IdleTime: time.Second}})
	c = clientOf(t, server)
	u = startUpload(t, c, "gate", epoch)
	u.fragment(time.Minute, 100)
	u.wait(kvs.Persisted) // once it is silent for a second
	<-u.done
	u = startUpload(t, c, "gate", epoch)
	u.fragment(2*time.Minute, 100)
	u.wait(kvs.Persisted)
	if got := gapReasons(t, server, "gate"); !slices.Equal(got, []string{"service", "lost"}) {
		t.Errorf("the gaps are for %q", got)
	}
}
