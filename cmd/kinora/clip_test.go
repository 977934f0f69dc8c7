package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/clip"
	"kinora/kvs"
	"kinora/localkvs"
)

// A range is copied, all of it by the hour, and both are as they were made.
func TestClipCommand(t *testing.T) {
	server, err := localkvs.Listen(localkvs.ServerOptions{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	keys := server.Credentials()
	t.Setenv("AWS_ACCESS_KEY_ID", keys.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", keys.SecretAccessKey)
	client := kvs.New(kvs.Config{Endpoint: server.Endpoint(), Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, "")})
	defer client.Close()
	if _, err := client.Create(ctx, "yard", 24*time.Hour, "video/h265"); err != nil {
		t.Fatal(err)
	}
	recording, err := os.Open("../../mkv/testdata/upload-csdk-h265.mkv")
	if err != nil {
		t.Fatal(err)
	}
	defer recording.Close()
	if err := client.Put(ctx, "yard", recording, func(kvs.Ack) {}); err != nil {
		t.Fatal(err)
	}
	stored, err := client.List(ctx, "yard", kvs.ProducerTime, time.Unix(0, 0), time.Now())
	if err != nil || len(stored) != 3 {
		t.Fatalf("%d fragments, %v; want 3", len(stored), err)
	}
	dir := t.TempDir()
	at := places{Endpoint: server.Endpoint(), Region: "us-east-1", Data: t.TempDir()}
	one := clipCommand{places: at, Stream: "yard", From: stored[1].Producer.Format(time.RFC3339Nano), To: stored[2].Producer.Add(time.Millisecond).Format(time.RFC3339Nano),
		Output: filepath.Join(dir, "one.mp4")}
	all := clipCommand{places: at, Stream: "yard", Output: filepath.Join(dir, "all"), Hours: true, Format: "mkv"}
	for _, c := range []clipCommand{one, all} {
		if err := c.run(ctx, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
	}
	files, _ := filepath.Glob(filepath.Join(dir, "all", "*.mkv")) // its pattern is good
	if len(files) == 0 {
		t.Fatal("nothing was copied by the hour")
	}
	pieces := 0
	for _, file := range files {
		p, err := clip.ReadProof(file)
		if err != nil {
			t.Fatal(err)
		}
		pieces += len(p.Pieces)
	}
	if p, err := clip.ReadProof(one.Output); err != nil || len(p.Pieces) != 2 || pieces != 3 {
		t.Errorf("the clip has %+v, %v; the hours have %d fragments; want 2 and 3", p, err, pieces)
	}
	served := one
	served.Output, served.ByService = filepath.Join(dir, "served.mp4"), true
	if err := served.run(ctx, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if p, err := clip.ReadProof(served.Output); err != nil || p.MadeBy != "GetClip" || len(p.Pieces) != 2 {
		t.Errorf("by the service: %+v, %v", p, err)
	}
	verify := verifyCommand{Files: append(files, one.Output, served.Output)}
	if err := verify.run(); err != nil {
		t.Error(err)
	}
	if err := os.Truncate(one.Output, 1000); err != nil {
		t.Fatal(err)
	}
	if err := verify.run(); err == nil {
		t.Error("a clip that was cut is taken for whole")
	}
}

func TestClipTimes(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-11-22T10:00:00Z":      time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
		"2026-11-22T10:00:00.5Z":    time.Date(2026, 11, 22, 10, 0, 0, 5e8, time.UTC),
		"2026-11-22T10:00:00+02:00": time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC),
		"2026-11-22 10:00:00":       time.Date(2026, 11, 22, 10, 0, 0, 0, time.Local),
		"2026-11-22":                time.Date(2026, 11, 22, 0, 0, 0, 0, time.Local),
	} {
		if got, err := parseTime("--from", text); err != nil || !got.Equal(want) {
			t.Errorf("%s is %v, %v; want %v", text, got, err, want)
		}
	}
	if _, err := parseTime("--from", "noon"); err == nil {
		t.Error("noon is a time")
	}
}

// A clip of an AWS account starts no service here: that would need the data of a Kinora that may be running.
func TestAnAccountAlone(t *testing.T) {
	dir := t.TempDir()
	profiles := filepath.Join(dir, "config")
	if err := os.WriteFile(profiles, []byte("[profile night]\nregion = eu-west-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", profiles)
	at := places{Account: "AWS night", Region: "us-east-1", Data: filepath.Join(dir, "data")}
	log := slog.New(slog.DiscardHandler)
	acc, service, err := openAccount(t.Context(), at, log)
	if err != nil || service != nil || acc.Region() != "eu-west-1" {
		t.Errorf("the account is %v, the service %v, %v; want the profile's and none", acc, service, err)
	}
	if _, err := os.Stat(at.Data); err == nil {
		t.Error("the service's data were made")
	}
	at.Account = ""
	acc, service, err = openAccount(t.Context(), at, log)
	if err != nil || service == nil || acc.Kind() != thisComputer {
		t.Errorf("without a name: %v, %v; want this computer", acc, err)
	}
	if err := service.stop(); err != nil {
		t.Error(err)
	}
}
