package kvstest

import (
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// TestAWS runs the suite against the account and region of the environment, when KVSTEST=1 asks for it. It makes and
// deletes streams there, which costs a little. With AWS_ENDPOINT_URL it judges the service at that address instead.
func TestAWS(t *testing.T) {
	if os.Getenv("KVSTEST") != "1" {
		t.Skip("KVSTEST=1 runs the suite against the account of the environment")
	}
	c, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	Run(t, Target{Endpoint: aws.ToString(c.BaseEndpoint), Region: c.Region, Credentials: c.Credentials})
}
