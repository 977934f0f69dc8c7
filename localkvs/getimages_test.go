package localkvs_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"os/exec"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"
	"github.com/aws/smithy-go"

	"kinora/kvs"
	"kinora/localkvs"
	"kinora/mkv"
)

// clock is a film of six seconds, with reordered pictures and fragments of two seconds, in which each second is brighter
// than the one before: a picture tells its time.
func clock(t *testing.T, epoch time.Time) io.Reader {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	made, err := exec.CommandContext(deadline(t), "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=black:size=160x90:rate=10:duration=6,geq=lum='30+30*floor(T)':cb=128:cr=128",
		"-pix_fmt", "yuv420p", "-c:v", "libx264", "-bf", "2", "-g", "20", "-keyint_min", "20", "-sc_threshold", "0", "-f", "matroska", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	var w *mkv.Writer
	for r := mkv.NewReader(bytes.NewReader(made), mkv.Limits{}); ; {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return &out
		}
		if err != nil {
			t.Fatal(err)
		}
		if w == nil {
			w = mkv.NewWriter(&out, f.Tracks, mkv.WriterOptions{Epoch: epoch})
		}
		for {
			p, err := r.Packet()
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil && p.Key {
				err = w.Begin(p.PTS)
			}
			if err := errors.Join(err, w.Write(p)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// seconds is which second of the clock a picture shows, and its size.
func second(t *testing.T, i types.Image) (int, image.Point) {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(aws.ToString(i.ImageContent))
	if err != nil {
		t.Fatal(err)
	}
	picture, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	middle := picture.Bounds().Size().Div(2)
	red, _, _, _ := picture.At(middle.X, middle.Y).RGBA()
	luma := 16 + float64(red>>8)*219/255
	return int((luma - 30 + 15) / 30), picture.Bounds().Size()
}

// images follows the pages of a request to the end.
func images(t *testing.T, c *kinesisvideoarchivedmedia.Client, in kinesisvideoarchivedmedia.GetImagesInput, page int) (all []types.Image) {
	t.Helper()
	for {
		out, err := c.GetImages(deadline(t), &in)
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Images) > page {
			t.Errorf("a page has %d images, want at most %d", len(out.Images), page)
		}
		all = append(all, out.Images...)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			return all
		}
	}
}

func TestImages(t *testing.T) {
	program, err := localkvs.FindProgram()
	if err != nil {
		t.Skip(err)
	}
	server := serve(t, localkvs.ServerOptions{Decoder: program})
	c := clientOf(t, server)
	createStream(t, c, "clock", 1)
	epoch := time.Now().Add(-time.Minute).Truncate(time.Second)
	if err := c.Put(deadline(t), "clock", clock(t, epoch), func(kvs.Ack) {}); err != nil {
		t.Fatal(err)
	}
	archived := archivedClient(server)
	asked := kinesisvideoarchivedmedia.GetImagesInput{StreamName: aws.String("clock"), ImageSelectorType: types.ImageSelectorTypeProducerTimestamp,
		StartTimestamp: aws.Time(epoch.Add(-500 * time.Millisecond)), EndTimestamp: aws.Time(epoch.Add(7 * time.Second)), SamplingInterval: aws.Int32(500), Format: types.FormatPng}
	for _, page := range []int{25, 4} {
		in := asked
		in.MaxResults = aws.Int64(int64(page))
		list := images(t, archived, in, page)
		if len(list) != 16 {
			t.Fatalf("%d images, want one for each half second from -0.5 to 7", len(list))
		}
		for n, i := range list {
			at := time.Duration(n-1) * 500 * time.Millisecond
			if got := i.TimeStamp.Sub(epoch); got != at {
				t.Errorf("image %d has the time %v, want %v", n, got, at)
			}
			if at < 0 || at >= 6*time.Second {
				if i.Error != types.ImageErrorNoMedia || i.ImageContent != nil {
					t.Errorf("at %v, where nothing is recorded: %q", at, i.Error)
				}
				continue
			}
			if shown, size := second(t, i); shown != int(at/time.Second) || size != image.Pt(160, 90) || i.Error != "" {
				t.Errorf("at %v: second %d, %v, error %q", at, shown, size, i.Error)
			}
		}
	}
	for _, size := range []struct {
		width, height *int32
		want          image.Point
	}{{nil, aws.Int32(45), image.Pt(80, 45)}, {aws.Int32(64), aws.Int32(64), image.Pt(64, 64)}} {
		in := asked
		in.StartTimestamp, in.SamplingInterval, in.Format = aws.Time(epoch.Add(3300*time.Millisecond)), aws.Int32(20_000), types.FormatJpeg
		in.WidthPixels, in.HeightPixels, in.FormatConfig = size.width, size.height, map[string]string{"JPEGQuality": "95"}
		list := images(t, archived, in, 25)
		if len(list) != 1 {
			t.Fatalf("%d images, want the one at the start", len(list))
		}
		if shown, got := second(t, list[0]); shown != 3 || got != size.want {
			t.Errorf("second %d in %v, want 3 in %v", shown, got, size.want)
		}
	}
	refuseImages(t, archived, asked)
}

// refuseImages asks for what cannot be asked for.
func refuseImages(t *testing.T, c *kinesisvideoarchivedmedia.Client, good kinesisvideoarchivedmedia.GetImagesInput) {
	t.Helper()
	page := good
	page.MaxResults = aws.Int64(1)
	first, err := c.GetImages(deadline(t), &page)
	if err != nil || first.NextToken == nil {
		t.Fatalf("a first page of one: token %v, %v", first, err)
	}
	for name, tc := range map[string]struct {
		change func(*kinesisvideoarchivedmedia.GetImagesInput)
		want   string
	}{
		"width only": {func(in *kinesisvideoarchivedmedia.GetImagesInput) { in.WidthPixels = aws.Int32(100) }, "ValidationException"},
		"reversed": {func(in *kinesisvideoarchivedmedia.GetImagesInput) {
			in.StartTimestamp, in.EndTimestamp = in.EndTimestamp, in.StartTimestamp
		}, "InvalidArgumentException"},
		"too long": {func(in *kinesisvideoarchivedmedia.GetImagesInput) {
			in.EndTimestamp = aws.Time(in.StartTimestamp.Add(301 * time.Second))
		}, "InvalidArgumentException"},
		"too often": {func(in *kinesisvideoarchivedmedia.GetImagesInput) { in.SamplingInterval = aws.Int32(199) }, "InvalidArgumentException"},
		"too wide": {func(in *kinesisvideoarchivedmedia.GetImagesInput) {
			in.WidthPixels, in.HeightPixels = aws.Int32(3841), aws.Int32(10)
		}, "InvalidArgumentException"},
		"quality of PNG": {func(in *kinesisvideoarchivedmedia.GetImagesInput) {
			in.FormatConfig = map[string]string{"JPEGQuality": "50"}
		}, "InvalidArgumentException"},
		"too many":      {func(in *kinesisvideoarchivedmedia.GetImagesInput) { in.MaxResults = aws.Int64(101) }, "InvalidArgumentException"},
		"foreign token": {func(in *kinesisvideoarchivedmedia.GetImagesInput) { in.NextToken = aws.String("bm90IG91cnM=") }, "InvalidArgumentException"},
		"another request": {func(in *kinesisvideoarchivedmedia.GetImagesInput) {
			in.NextToken, in.SamplingInterval = first.NextToken, aws.Int32(700)
		}, "InvalidArgumentException"},
		"no such stream":   {func(in *kinesisvideoarchivedmedia.GetImagesInput) { in.StreamName = aws.String("nobody") }, "ResourceNotFoundException"},
		"no such selector": {func(in *kinesisvideoarchivedmedia.GetImagesInput) { in.ImageSelectorType = "SUNDIAL" }, "InvalidArgumentException"},
	} {
		in := good
		tc.change(&in)
		_, err := c.GetImages(deadline(t), &in)
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != tc.want {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
}

// What is not a picture that can be decoded is said for each image.
func TestImagesOfWhatIsNoPicture(t *testing.T) {
	program, err := localkvs.FindProgram()
	if err != nil {
		t.Skip(err)
	}
	server := serve(t, localkvs.ServerOptions{Decoder: program})
	c := clientOf(t, server)
	createStream(t, c, "text", 1)
	createStream(t, c, "kept", 0)
	epoch := time.Now().Add(-time.Minute).Truncate(time.Second)
	u := startUpload(t, c, "text", epoch)
	u.fragment(0, 100)
	u.frame(time.Second, 100)
	_ = u.body.Close() // never fails
	u.wait(kvs.Persisted)
	in := kinesisvideoarchivedmedia.GetImagesInput{StreamName: aws.String("text"), ImageSelectorType: types.ImageSelectorTypeProducerTimestamp,
		StartTimestamp: &epoch, EndTimestamp: aws.Time(epoch.Add(time.Second)), Format: types.FormatJpeg}
	list := images(t, archivedClient(server), in, 25)
	if len(list) != 1 || list[0].Error != types.ImageErrorMediaError || list[0].ImageContent != nil {
		t.Errorf("images of text: %+v, want one MEDIA_ERROR", list)
	}
	in.StreamName = aws.String("kept")
	_, err = archivedClient(server).GetImages(deadline(t), &in)
	if api := (smithy.APIError)(nil); !errors.As(err, &api) || api.ErrorCode() != "NoDataRetentionException" {
		t.Errorf("without retention: %v, want NoDataRetentionException", err)
	}
	bare := serve(t, localkvs.ServerOptions{})
	createStream(t, clientOf(t, bare), "text", 1)
	in.StreamName = aws.String("text")
	_, err = archivedClient(bare).GetImages(deadline(t), &in)
	if api := (smithy.APIError)(nil); !errors.As(err, &api) || api.ErrorCode() != "ServiceUnavailable" {
		t.Errorf("without a decoder: %v, want ServiceUnavailable", err)
	}
}
