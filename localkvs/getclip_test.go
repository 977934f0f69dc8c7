package localkvs_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"

	"kinora/kvs"
	"kinora/localkvs"
	"kinora/mkv"
)

// archivedClient is the AWS SDK's client of a server.
func archivedClient(server *localkvs.Server) *kinesisvideoarchivedmedia.Client {
	keys, endpoint := server.Credentials(), server.Endpoint()
	return kinesisvideoarchivedmedia.New(kinesisvideoarchivedmedia.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, ""),
	})
}

// uploadRecording sends a recording of testdata, and returns when all of it is persisted.
func uploadRecording(t *testing.T, c *kvs.Client, stream, file string) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "mkv", "testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := c.Put(deadline(t), stream, f, func(kvs.Ack) {}); err != nil {
		t.Fatal(err)
	}
}

// everything is a range around all that was ever recorded.
func everything(stream string) *kinesisvideoarchivedmedia.GetClipInput {
	from, to := time.Now().Add(-time.Hour), time.Now().Add(-time.Millisecond)
	return &kinesisvideoarchivedmedia.GetClipInput{StreamName: &stream, ClipFragmentSelector: &types.ClipFragmentSelector{
		FragmentSelectorType: types.ClipFragmentSelectorTypeServerTimestamp, TimestampRange: &types.ClipTimestampRange{StartTimestamp: &from, EndTimestamp: &to}}}
}

func getClip(t *testing.T, c *kinesisvideoarchivedmedia.Client, stream string) []byte {
	t.Helper()
	out, err := c.GetClip(deadline(t), everything(stream))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Payload.Close()
	b, err := io.ReadAll(out.Payload)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// checkClip has ffprobe and ffmpeg read a file; neither may complain.
func checkClip(t *testing.T, file []byte, want string) {
	t.Helper()
	if _, err := exec.LookPath("ffprobe"); err != nil {
		t.Skip("ffprobe is not installed")
	}
	path := filepath.Join(t.TempDir(), "clip.mp4")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_name,nb_read_packets", "-of", "csv=p=0", path},
		{"ffmpeg", "-v", "error", "-xerror", "-i", path, "-f", "null", "-"},
	} {
		var complaint bytes.Buffer
		cmd := exec.CommandContext(deadline(t), args[0], args[1:]...)
		cmd.Stderr = &complaint
		out, err := cmd.Output()
		if err != nil || complaint.Len() > 0 {
			t.Errorf("%s: %v, %s", args[0], err, complaint.Bytes())
		}
		if got := strings.Join(strings.Fields(string(out)), " "); args[0] == "ffprobe" && got != want {
			t.Errorf("ffprobe finds %q, want %q", got, want)
		}
	}
}

func TestClipsOfRecordings(t *testing.T) {
	server := serve(t, localkvs.ServerOptions{})
	c := clientOf(t, server)
	for file, want := range map[string]string{
		"upload-csdk-h265.mkv":        "hevc,113",
		"upload-kvssink-h264-aac.mkv": "h264,13 aac,25",
		"vogels.mkv":                  "h264,65 aac,101",
	} {
		t.Run(file, func(t *testing.T) {
			name := strings.TrimSuffix(file, ".mkv")
			createStream(t, c, name, 1)
			uploadRecording(t, c, name, file)
			checkClip(t, getClip(t, archivedClient(server), name), want)
		})
	}
}

// A fragment that is damaged on disk costs itself: clips leave it out, a list ends at it with its number.
func TestDamageCostsOneFragment(t *testing.T) {
	data := t.TempDir()
	server := serve(t, localkvs.ServerOptions{Data: data})
	c := clientOf(t, server)
	createStream(t, c, "cam", 1)
	uploadRecording(t, c, "cam", "upload-csdk-h265.mkv")
	list := fragments(t, c, "cam")
	if len(list) != 3 {
		t.Fatalf("%d fragments, want 3", len(list))
	}
	logs, err := filepath.Glob(filepath.Join(data, "streams", "*", "*.log"))
	if err != nil || len(logs) != 1 {
		t.Fatalf("logs %q, %v; want one", logs, err)
	}
	b, err := os.ReadFile(logs[0])
	if err != nil {
		t.Fatal(err)
	}
	b[list[0].Size+1000] ^= 1
	if err := os.WriteFile(logs[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	archived := archivedClient(server)
	file := getClip(t, archived, "cam")
	if n := int64(len(file)); n < list[0].Size || n > list[0].Size+list[2].Size {
		t.Errorf("the clip has %d bytes, want those of two fragments of %d and %d", n, list[0].Size, list[2].Size)
	}
	checkClip(t, file, "hevc,"+strconv.Itoa(113-45))
	numbers := []string{list[0].Number, list[1].Number, list[2].Number}
	out, err := archived.GetMediaForFragmentList(deadline(t), &kinesisvideoarchivedmedia.GetMediaForFragmentListInput{StreamName: aws.String("cam"), Fragments: numbers})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Payload.Close()
	r := mkv.NewReader(out.Payload, mkv.Limits{})
	for err == nil {
		_, err = r.Next()
	}
	var record *mkv.ServiceError
	if !errors.As(err, &record) || record.ID != 5000 || record.Fragment != numbers[1] {
		t.Errorf("the list ended with %v, want error 5000 at %s", err, numbers[1])
	}
}
