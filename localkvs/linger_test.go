package localkvs_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"kinora/internal/leak"
	"kinora/localkvs"
)

// A producer that reads its acknowledgements only once it has sent much more is told why its upload has ended.
func TestErrorReachesProducerThatSendsOn(t *testing.T) {
	leak.Check(t)
	server := serve(t, localkvs.ServerOptions{})
	createStream(t, clientOf(t, server), "gate", 1)
	body := io.MultiReader(strings.NewReader("this is no Matroska"), bytes.NewReader(make([]byte, 8<<20)))
	r, err := http.NewRequestWithContext(deadline(t), http.MethodPost, server.Endpoint()+"/putMedia", body)
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = -1
	r.Header.Set("X-Amzn-Stream-Name", "gate")
	r.Header.Set("X-Amzn-Fragment-Timecode-Type", "ABSOLUTE")
	r.Header.Set("X-Amzn-Producer-Start-Timestamp", "1700000000.000")
	keys := aws.Credentials{AccessKeyID: server.Credentials().AccessKeyID, SecretAccessKey: server.Credentials().SecretAccessKey}
	const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if err := v4.NewSigner().SignHTTP(t.Context(), keys, r, nothing, "kinesisvideo", "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	conn := dial(t, server)
	if err := r.Write(conn); err != nil {
		t.Fatalf("the connection was cut before the producer had read anything: %v", err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if text, err := io.ReadAll(res.Body); err != nil || !bytes.Contains(text, []byte("INVALID_MKV_DATA")) {
		t.Errorf("the acknowledgements are %q, %v", text, err)
	}
}
