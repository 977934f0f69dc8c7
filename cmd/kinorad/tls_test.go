package main

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideo/types"
)

// Whoever trusts what "kinorad ca" prints speaks https on the same port, and stays on it.
func TestHTTPS(t *testing.T) {
	data := t.TempDir()
	d := startDaemon(t, data, "127.0.0.1:0")
	defer d.stop(t)
	env := environment(t, data)
	printed, err := exec.Command(program, "ca", "--data", data).Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(env["AWS_CA_BUNDLE"])
	if err != nil || string(file) != string(printed) {
		t.Errorf("env and ca name different certificates: %v", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(printed) {
		t.Fatalf("kinorad ca printed %q", printed)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	endpoint := strings.Replace(env["AWS_ENDPOINT_URL"], "http://127.0.0.1", "https://localhost", 1)
	client := kinesisvideo.New(kinesisvideo.Options{
		Region: env["AWS_REGION"], BaseEndpoint: &endpoint, HTTPClient: &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], ""),
	})
	ctx := t.Context()
	if _, err := client.CreateStream(ctx, &kinesisvideo.CreateStreamInput{StreamName: aws.String("gate")}); err != nil {
		t.Fatal(err)
	}
	out, err := client.GetDataEndpoint(ctx, &kinesisvideo.GetDataEndpointInput{StreamName: aws.String("gate"), APIName: types.APINamePutMedia})
	if err != nil || *out.DataEndpoint != endpoint {
		t.Errorf("the data endpoint is %v, %v; want %s", out, err, endpoint)
	}
	if info, err := os.Stat(data + "/ca.key"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("ca.key: %v, %v", info, err)
	}
}
