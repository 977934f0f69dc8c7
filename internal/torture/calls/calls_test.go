package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/internal/caller"
	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/localkvs"
)

func TestMain(m *testing.M) {
	caller.Main()
	os.Exit(m.Run())
}

// serve runs a service with a channel, and returns how it is called.
func serve(t *testing.T) caller.Job {
	t.Helper()
	leak.Check(t)
	server, err := localkvs.Listen(localkvs.ServerOptions{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	keys := server.Credentials()
	client := kvs.New(kvs.Config{Endpoint: server.Endpoint(), Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, "")})
	defer client.Close()
	_, err = client.CreateChannel(t.Context(), "door", 0)
	authority := filepath.Join(t.TempDir(), "ca.pem")
	if err := errors.Join(err, os.WriteFile(authority, server.CA(), 0o600)); err != nil {
		t.Fatal(err)
	}
	return caller.Job{Endpoint: server.Endpoint(), Key: keys.AccessKeyID, Secret: keys.SecretAccessKey, CA: authority, Channel: "door", Bits: 2_000_000}
}

// TestShort is the short form of what the program does, without its bars: a call is there over a rough way, comes back after a cut, and comes up by each kind of TURN.
func TestShort(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	job := serve(t)
	found, err := rough(ctx, job, 2*time.Second, 3*time.Second, 1)
	if err != nil || len(found) != 4 {
		t.Errorf("over a rough way: %+v, %v", found, err)
	}
	relayed, err := byTURN(ctx, job)
	if err != nil || len(relayed) != 3 {
		t.Errorf("by TURN: %+v, %v", relayed, err)
	}
	left, err := cycles(ctx, job, 8)
	if err != nil || len(left) != 2 {
		t.Errorf("again and again: %+v, %v", left, err)
	}
	t.Log(slices.Concat(found, relayed, left))
}

func TestBars(t *testing.T) {
	if err := print(io.Discard, []result{{"a", 1, "s", 1}, {"b", 60, "s", 0}}); err != nil {
		t.Error(err)
	}
	if err := print(io.Discard, []result{{"a", 1.1, "s", 1}}); err == nil {
		t.Error("a bar that is broken breaks nothing")
	}
}
