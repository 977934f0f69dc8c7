package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/kvs"
)

// awsCLI runs Debian's AWS CLI with nothing but what "kinorad env" prints.
type awsCLI struct {
	t    *testing.T
	path string
	env  []string
	url  string
}

func newAWSCLI(t *testing.T, data string) *awsCLI {
	t.Helper()
	path := "/usr/bin/aws" // Debian's; others of that name may stand in front of it in PATH
	if _, err := os.Stat(path); err != nil {
		if path, err = exec.LookPath("aws"); err != nil {
			t.Skip("the AWS CLI is not installed (Debian: apt-get install awscli)")
		}
	}
	cli := &awsCLI{t: t, path: path, env: []string{
		"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true",
	}}
	for name, value := range environment(t, data) {
		cli.env = append(cli.env, name+"="+value)
		if name == "AWS_ENDPOINT_URL" {
			cli.url = value
		}
	}
	return cli
}

// try runs the CLI. The endpoint is given as an option too: versions before 2.13 do not read it from the environment.
func (c *awsCLI) try(args ...string) (stdout, stderr string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.path, append(args, "--endpoint-url", c.url, "--output", "json")...)
	cmd.Env = c.env
	var out, complaint strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err = cmd.Run()
	return out.String(), complaint.String(), err
}

// run demands success and reads the answer into v, unless that is nil.
func (c *awsCLI) run(v any, args ...string) {
	c.t.Helper()
	out, complaint, err := c.try(args...)
	if err != nil {
		c.t.Fatalf("aws %s: %v\n%s", strings.Join(args, " "), err, complaint)
	}
	if v != nil {
		if err := json.Unmarshal([]byte(out), v); err != nil {
			c.t.Fatalf("aws %s printed %q: %v", strings.Join(args, " "), out, err)
		}
	}
}

// refused demands a failure that names an error.
func (c *awsCLI) refused(want string, args ...string) {
	c.t.Helper()
	if _, complaint, err := c.try(args...); err == nil || !strings.Contains(complaint, want) {
		c.t.Errorf("aws %s: %v, %q; want %s", strings.Join(args, " "), err, complaint, want)
	}
}

func TestAWSCommandLine(t *testing.T) {
	data := t.TempDir()
	d := startDaemon(t, data, "127.0.0.1:0")
	defer d.stop(t)
	cli := newAWSCLI(t, data)

	var created struct{ StreamARN string }
	cli.run(&created, "kinesisvideo", "create-stream", "--stream-name", "gate", "--data-retention-in-hours", "24",
		"--media-type", "video/h264", "--tags", "site=north")
	var described struct {
		StreamInfo struct {
			StreamARN, Status, Version string
			DataRetentionInHours       int
		}
	}
	cli.run(&described, "kinesisvideo", "describe-stream", "--stream-name", "gate")
	info := described.StreamInfo
	if info.StreamARN != created.StreamARN || info.Status != "ACTIVE" || info.DataRetentionInHours != 24 {
		t.Errorf("describe-stream: %+v", info)
	}
	var listed struct{ StreamInfoList []struct{ StreamName string } }
	cli.run(&listed, "kinesisvideo", "list-streams")
	if len(listed.StreamInfoList) != 1 || listed.StreamInfoList[0].StreamName != "gate" {
		t.Errorf("list-streams: %+v", listed)
	}
	cli.run(nil, "kinesisvideo", "tag-stream", "--stream-name", "gate", "--tags", "floor=2")
	var tags struct{ Tags map[string]string }
	cli.run(&tags, "kinesisvideo", "list-tags-for-stream", "--stream-name", "gate")
	if tags.Tags["site"] != "north" || tags.Tags["floor"] != "2" {
		t.Errorf("list-tags-for-stream: %v", tags.Tags)
	}
	var endpoint struct{ DataEndpoint string }
	cli.run(&endpoint, "kinesisvideo", "get-data-endpoint", "--stream-name", "gate", "--api-name", "GET_MEDIA")
	if endpoint.DataEndpoint != cli.url {
		t.Errorf("get-data-endpoint: %q, want %q", endpoint.DataEndpoint, cli.url)
	}
	cli.run(nil, "kinesisvideo", "update-data-retention", "--stream-name", "gate", "--current-version", info.Version,
		"--operation", "INCREASE_DATA_RETENTION", "--data-retention-change-in-hours", "1")

	uploadFile(t, data, "gate", "../../mkv/testdata/upload-kvssink-h264-aac.mkv")
	var fragments struct {
		Fragments []struct{ FragmentNumber string }
	}
	cli.run(&fragments, "kinesis-video-archived-media", "list-fragments", "--stream-name", "gate", "--fragment-selector",
		"FragmentSelectorType=SERVER_TIMESTAMP,TimestampRange={StartTimestamp="+time.Now().Add(-time.Hour).Format(time.RFC3339)+
			",EndTimestamp="+time.Now().Add(time.Hour).Format(time.RFC3339)+"}")
	if len(fragments.Fragments) == 0 {
		t.Error("list-fragments lists nothing")
	}
	getMedia(t, cli)

	cli.refused("ResourceNotFoundException", "kinesisvideo", "describe-stream", "--stream-name", "nobody")
	wrong := *cli
	wrong.env = append(wrong.env[:len(wrong.env):len(wrong.env)], "AWS_SECRET_ACCESS_KEY=wrong")
	wrong.refused("InvalidSignatureException", "kinesisvideo", "list-streams")
	cli.run(nil, "kinesisvideo", "delete-stream", "--stream-arn", created.StreamARN)
	cli.refused("ResourceNotFoundException", "kinesisvideo", "describe-stream", "--stream-name", "gate")
}

func TestAWSCommandLineChannels(t *testing.T) {
	data := t.TempDir()
	d := startDaemon(t, data, "127.0.0.1:0")
	cli := newAWSCLI(t, data)
	var created struct{ ChannelARN string }
	cli.run(&created, "kinesisvideo", "create-signaling-channel", "--channel-name", "door", "--single-master-configuration", "MessageTtlSeconds=30",
		"--tags", "Key=site,Value=north")
	cli.run(nil, "kinesisvideo", "tag-resource", "--resource-arn", created.ChannelARN, "--tags", "Key=floor,Value=2")
	d.kill(t)
	d = startDaemon(t, data, "127.0.0.1:0")
	defer d.stop(t)
	cli = newAWSCLI(t, data)
	var described struct {
		ChannelInfo struct {
			ChannelARN, ChannelStatus, Version string
			SingleMasterConfiguration          struct{ MessageTtlSeconds int }
		}
	}
	cli.run(&described, "kinesisvideo", "describe-signaling-channel", "--channel-name", "door")
	info := described.ChannelInfo
	if info.ChannelARN != created.ChannelARN || info.ChannelStatus != "ACTIVE" || info.SingleMasterConfiguration.MessageTtlSeconds != 30 {
		t.Errorf("describe-signaling-channel: %+v", info)
	}
	var tags struct{ Tags map[string]string }
	cli.run(&tags, "kinesisvideo", "list-tags-for-resource", "--resource-arn", created.ChannelARN)
	if tags.Tags["site"] != "north" || tags.Tags["floor"] != "2" {
		t.Errorf("list-tags-for-resource: %v", tags.Tags)
	}
	cli.run(nil, "kinesisvideo", "update-signaling-channel", "--channel-arn", created.ChannelARN, "--current-version", info.Version,
		"--single-master-configuration", "MessageTtlSeconds=60")
	cli.refused("VersionMismatchException", "kinesisvideo", "update-signaling-channel", "--channel-arn", created.ChannelARN, "--current-version", info.Version)
	var listed struct {
		ChannelInfoList []struct{ ChannelName string }
	}
	cli.run(&listed, "kinesisvideo", "list-signaling-channels")
	if len(listed.ChannelInfoList) != 1 || listed.ChannelInfoList[0].ChannelName != "door" {
		t.Errorf("list-signaling-channels: %+v", listed)
	}
	cli.run(nil, "kinesisvideo", "delete-signaling-channel", "--channel-arn", created.ChannelARN)
	cli.refused("ResourceNotFoundException", "kinesisvideo", "describe-signaling-channel", "--channel-name", "door")
}

// getMedia saves a live answer, which never ends by itself, and has ffprobe read what came.
func getMedia(t *testing.T, c *awsCLI) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "media.mkv")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.path, "kinesis-video-media", "get-media", "--stream-name", "gate",
		"--start-selector", "StartSelectorType=EARLIEST", "--endpoint-url", c.url, file)
	cmd.Env = c.env
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for size := int64(0); size < 10_000; {
		select {
		case <-tick.C:
			if info, err := os.Stat(file); err == nil {
				size = info.Size()
			}
		case <-ctx.Done():
			t.Fatal("get-media wrote nothing")
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was interrupted
	probe, err := exec.LookPath("ffprobe")
	if err != nil {
		t.Log("ffprobe is not installed: the file was not read")
		return
	}
	out, err := exec.Command(probe, "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", file).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "h264") {
		t.Errorf("ffprobe: %v, %s", err, out)
	}
}

// uploadFile sends a Matroska file as a producer does, and waits for the last acknowledgement.
func uploadFile(t *testing.T, data, stream, file string) {
	t.Helper()
	env := environment(t, data)
	client := kvs.New(kvs.Config{Endpoint: env["AWS_ENDPOINT_URL"], Region: env["AWS_REGION"],
		Credentials: credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], "")})
	defer client.Close()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	persisted := 0
	err = client.Put(deadline(t, time.Minute), stream, f, func(a kvs.Ack) {
		if a.Type == kvs.Persisted {
			persisted++
		}
	})
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if persisted == 0 {
		t.Fatal("nothing was persisted")
	}
}
