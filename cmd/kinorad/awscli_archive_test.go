package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	_ "image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestAWSCommandLineArchive drives what the CLI has for archived media against a recording.
func TestAWSCommandLineArchive(t *testing.T) {
	data := t.TempDir()
	d := startDaemon(t, data, "127.0.0.1:0")
	defer d.stop(t)
	cli := newAWSCLI(t, data)
	cli.run(nil, "kinesisvideo", "create-stream", "--stream-name", "gate", "--data-retention-in-hours", "24", "--media-type", "video/h264,audio/aac")
	uploadFile(t, data, "gate", "../../mkv/testdata/upload-kvssink-h264-aac.mkv")

	for _, api := range []string{"LIST_FRAGMENTS", "GET_MEDIA_FOR_FRAGMENT_LIST", "GET_CLIP", "GET_IMAGES"} {
		var endpoint struct{ DataEndpoint string }
		cli.run(&endpoint, "kinesisvideo", "get-data-endpoint", "--stream-name", "gate", "--api-name", api)
		if endpoint.DataEndpoint != cli.url {
			t.Errorf("get-data-endpoint for %s: %q, want %q", api, endpoint.DataEndpoint, cli.url)
		}
	}
	recorded, number := firstFragment(cli, "gate")
	around := cliRange("PRODUCER_TIMESTAMP", recorded.Add(-time.Hour), recorded.Add(time.Hour))
	dir := t.TempDir()
	listed, clip := filepath.Join(dir, "listed.mkv"), filepath.Join(dir, "clip.mp4")
	cli.run(nil, "kinesis-video-archived-media", "get-media-for-fragment-list", listed, "--stream-name", "gate", "--fragments", number)
	streamsOf(t, listed, "h264 aac")
	cli.run(nil, "kinesis-video-archived-media", "get-clip", clip, "--stream-name", "gate", "--clip-fragment-selector", around)
	streamsOf(t, clip, "h264 aac")
	cli.refused("ResourceNotFoundException", "kinesis-video-archived-media", "get-clip", clip, "--stream-name", "gate",
		"--clip-fragment-selector", cliRange("PRODUCER_TIMESTAMP", recorded.Add(-2*time.Hour), recorded.Add(-time.Hour)))

	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Log("ffmpeg is not installed: no images were asked for")
		return
	}
	cli.run(nil, "kinesisvideo", "create-stream", "--stream-name", "yard", "--data-retention-in-hours", "24", "--media-type", "video/h265")
	uploadFile(t, data, "yard", "../../mkv/testdata/upload-csdk-h265.mkv")
	recorded, _ = firstFragment(cli, "yard")
	at := recorded.Add(time.Second).Truncate(time.Second) // the CLI sends whole seconds
	var images struct {
		Images []struct{ Error, ImageContent string }
	}
	cli.run(&images, "kinesis-video-archived-media", "get-images", "--stream-name", "yard", "--image-selector-type", "PRODUCER_TIMESTAMP",
		"--start-timestamp", at.Format(time.RFC3339), "--end-timestamp", at.Add(time.Second).Format(time.RFC3339),
		"--sampling-interval", "3000", "--format", "JPEG", "--height-pixels", "90")
	if len(images.Images) != 1 || images.Images[0].Error != "" {
		t.Fatalf("get-images: %d images, %+v; want one", len(images.Images), images)
	}
	content, err := base64.StdEncoding.DecodeString(images.Images[0].ImageContent)
	config, format, err2 := image.DecodeConfig(bytes.NewReader(content))
	if err := errors.Join(err, err2); err != nil || format != "jpeg" || config.Width != 160 || config.Height != 90 {
		t.Errorf("get-images gave %s of %d x %d, %v", format, config.Width, config.Height, err)
	}
}

// firstFragment is when the first fragment of a stream was recorded, and its number.
func firstFragment(cli *awsCLI, stream string) (recorded time.Time, number string) {
	cli.t.Helper()
	var out struct {
		Fragments []struct{ FragmentNumber, ProducerTimestamp string }
	}
	cli.run(&out, "kinesis-video-archived-media", "list-fragments", "--stream-name", stream,
		"--fragment-selector", cliRange("SERVER_TIMESTAMP", time.Now().Add(-time.Hour), time.Now().Add(time.Hour)))
	if len(out.Fragments) == 0 {
		cli.t.Fatal("list-fragments lists nothing")
	}
	first := slices.MinFunc(out.Fragments, func(a, b struct{ FragmentNumber, ProducerTimestamp string }) int {
		return strings.Compare(a.FragmentNumber, b.FragmentNumber)
	})
	recorded, err := time.Parse(time.RFC3339, first.ProducerTimestamp)
	if err != nil {
		cli.t.Fatal(err)
	}
	return recorded, first.FragmentNumber
}

// cliRange is a selector of a range of time.
func cliRange(clock string, from, to time.Time) string {
	return "FragmentSelectorType=" + clock + ",TimestampRange={StartTimestamp=" + from.Format(time.RFC3339) + ",EndTimestamp=" + to.Format(time.RFC3339) + "}"
}

// streamsOf has ffprobe name the codecs in a file.
func streamsOf(t *testing.T, file, want string) {
	t.Helper()
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		t.Errorf("%s was not written: %v", file, err)
		return
	}
	probe, err := exec.LookPath("ffprobe")
	if err != nil {
		t.Log("ffprobe is not installed: the file was not read")
		return
	}
	out, err := exec.Command(probe, "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", file).CombinedOutput()
	if got := strings.Join(strings.Fields(string(out)), " "); err != nil || got != want {
		t.Errorf("ffprobe finds %q in %s, %v; want %q", got, filepath.Base(file), err, want)
	}
}
