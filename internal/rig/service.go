package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"kinora/kvs"
)

// An Account is a way into a local service: what its clients need to know, and one of them.
type Account struct {
	Endpoint string
	Env      []string // AWS_ACCESS_KEY_ID and so on, each as NAME=value
	Client   *kvs.Client

	keys   aws.Credentials
	region string
}

// Serve starts kinorad on a new data directory with one stream for each name, and waits until it answers. The caller
// stops it.
func Serve(ctx context.Context, data string, streams ...string) (*Process, *Account, error) {
	p, err := LaunchService(ctx, data)
	if err != nil {
		return nil, nil, err
	}
	a, err := Connect(ctx, p, data)
	for _, name := range streams {
		if err != nil {
			break
		}
		_, err = a.Client.Create(ctx, name, 24*time.Hour, "video/h264")
	}
	if err != nil {
		p.Stop()
		return nil, nil, err
	}
	return p, a, nil
}

// LaunchService starts kinorad on a data directory. The caller stops it.
func LaunchService(ctx context.Context, data string) (*Process, error) {
	return Launch(ctx, "kinorad", os.Environ(), "build/kinorad", "serve", "--data", data, "--listen", "127.0.0.1:0", "--log-level", "warn",
		"--stream-calls", "0") // whoever measures asks faster than anybody is to
}

// Connect waits until the service in a data directory, run by the given process, accepts connections.
func Connect(ctx context.Context, p *Process, data string) (*Account, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for tick := time.Tick(20 * time.Millisecond); ; {
		a, err := readAccount(ctx, data)
		if err == nil {
			return a, nil
		}
		if ended := p.Running(); ended != nil {
			return nil, ended
		}
		select {
		case <-tick:
		case <-ctx.Done():
			return nil, fmt.Errorf("the service in %s does not answer: %w", data, err)
		}
	}
}

// readAccount asks kinorad for the address and keys of a service, and whether somebody listens there: the address of
// one that has ended stays on disk.
func readAccount(ctx context.Context, data string) (*Account, error) {
	out, err := exec.CommandContext(ctx, "build/kinorad", "env", "--data", data).Output()
	if err != nil {
		return nil, err
	}
	values := make(map[string]string)
	a := &Account{}
	for field := range strings.FieldsSeq(strings.TrimPrefix(string(out), "export ")) {
		name, value, _ := strings.Cut(field, "=")
		value = strings.Trim(value, `'"`)
		values[name] = value
		a.Env = append(a.Env, name+"="+value)
	}
	a.Endpoint = values["AWS_ENDPOINT_URL"]
	u, err := url.Parse(a.Endpoint)
	if err != nil || u.Host == "" {
		return nil, errors.Join(fmt.Errorf("%q is no endpoint", a.Endpoint), err)
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	if err := conn.Close(); err != nil {
		return nil, err
	}
	keys := aws.Credentials{AccessKeyID: values["AWS_ACCESS_KEY_ID"], SecretAccessKey: values["AWS_SECRET_ACCESS_KEY"]}
	a.keys, a.region = keys, values["AWS_REGION"]
	a.Client = kvs.New(kvs.Config{Endpoint: a.Endpoint, Region: a.region,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return keys, nil })})
	return a, nil
}
