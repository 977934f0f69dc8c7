package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"kinora/app"
	"kinora/ffmpeg"
	"kinora/internal/leak"
	"kinora/kvs"
	"kinora/media"
	"kinora/player"
)

// A shift is a part of a camera's day that is coded in its own way, partPictures long.
type shift struct {
	codec media.Codec
	size  image.Point
	args  []string // of the program ffmpeg: the encoder, and the sound if there is any
}

const partPictures = 60 // of 30 a second, in fragments of one second

// day is what a camera sends whose settings somebody changes twice.
var day = []shift{
	{media.H264, image.Pt(160, 90), []string{"-c:v", "libx264", "-preset", "ultrafast", "-bf", "0"}},
	{media.H265, image.Pt(320, 180), []string{"-f", "lavfi", "-i", "sine=440:r=48000:d=2", "-map", "0:v", "-map", "1:a",
		"-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:bframes=0:keyint=30:scenecut=0:open-gop=0", "-c:a", "aac"}},
	{media.H264, image.Pt(96, 72), []string{"-c:v", "libx264", "-preset", "ultrafast", "-bf", "0"}},
}

// recordDay sends the day to a stream, part after part, each picture as gray as its number says.
func recordDay(t *testing.T, ctx context.Context, acc *account, stream string, begin time.Time) {
	t.Helper()
	for i, part := range day {
		file := filepath.Join(t.TempDir(), "part.mkv")
		graph := fmt.Sprintf("color=s=%dx%d:r=30:d=%d,geq=lum='16+mod((N+%d)*7,210)':cb=128:cr=128,format=yuv420p",
			part.size.X, part.size.Y, partPictures/30, i*partPictures)
		args := append([]string{"-v", "error", "-f", "lavfi", "-i", graph}, part.args...)
		args = append(args, "-g", "30", "-sc_threshold", "0",
			"-metadata", "creation_time="+begin.Add(time.Duration(i*partPictures)*time.Second/30).UTC().Format(time.RFC3339Nano), file)
		if out, err := exec.CommandContext(ctx, "ffmpeg", args...).CombinedOutput(); err != nil {
			t.Fatalf("coding part %d: %v: %s", i, err, out)
		}
		source, err := ffmpeg.Capture(ctx, ffmpeg.File(file, false))
		if err != nil {
			t.Fatal(err)
		}
		r, w := io.Pipe()
		go func() {
			err := write(source, w)
			if errors.Is(err, io.EOF) {
				err = nil
			}
			w.CloseWithError(err)
		}()
		if err := acc.client.Put(ctx, stream, r, func(kvs.Ack) {}); err != nil {
			t.Fatalf("sending part %d: %v", i, err)
		}
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	}
}

// pictureTimes are the times of all pictures that an archive has, in their order.
func pictureTimes(t *testing.T, ctx context.Context, archive media.Archive) (times []time.Time) {
	t.Helper()
	f, err := archive.Find(ctx, time.Unix(0, 0), true)
	for err == nil {
		var r *media.Recorded
		if r, err = archive.Load(ctx, f); err != nil {
			break
		}
		track, _ := media.VideoTrack(r.Tracks)
		for _, p := range r.Packets {
			if p.Track == track.ID {
				times = append(times, r.Start.Add(p.PTS))
			}
		}
		f, err = archive.Next(ctx, f, true)
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// dayTest is a day in an archive, and a deck that plays it.
type dayTest struct {
	t         *testing.T
	ctx       context.Context
	times     []time.Time // of the pictures
	transport *player.Transport
	deck      *player.Deck
}

// shows waits for the n-th picture, and looks whether it is that one, coded as its part of the day was.
func (d dayTest) shows(way string, n int) {
	d.t.Helper()
	got := screenOf{d.t, d.deck}.await(d.ctx, d.times[n])
	d.looks(way, n, got)
	if state, part := d.deck.State(), day[n/partPictures]; state.Size != part.size || state.Codec != part.codec {
		d.t.Errorf("%s to picture %d shows %v of %s, want %v of %s", way, n, state.Size, state.Codec, part.size, part.codec)
	}
}

func (d dayTest) looks(way string, n, brightness int) {
	d.t.Helper()
	if want := (gray(n) - 16) * 255 / 219; brightness < want-4 || brightness > want+4 { // limited range becomes full range
		d.t.Errorf("%s to picture %d shows brightness %d, want %d", way, n, brightness, want)
	}
}

// plays plays from one picture to another, and looks at every one that is shown on the way.
func (d dayTest) plays(from, to int, rate float64) {
	d.t.Helper()
	way := fmt.Sprintf("play at %g", rate)
	d.transport.Seek(d.times[from])
	d.shows(way, from)
	d.transport.SetRate(rate)
	d.transport.Play()
	defer d.transport.Pause()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	var last time.Time
	parts := make(map[int]bool)
	for {
		if f := d.deck.Frames().Take(time.Now()); f != nil && !f.At.Equal(last) {
			n, found := slices.BinarySearchFunc(d.times, f.At, time.Time.Compare)
			if !found {
				d.t.Fatalf("%s shows a picture of %v, which nobody recorded", way, f.At)
			}
			if !last.IsZero() && f.At.After(last) != (rate > 0) {
				d.t.Errorf("%s goes from %v to %v", way, last, f.At)
			}
			size := f.Image.Rect.Size()
			d.looks(way, n, int(f.Image.Pix[f.Image.PixOffset(size.X/2, size.Y/2)]))
			last, parts[n/partPictures] = f.At, true
			if rate > 0 && n >= to || rate < 0 && n <= to {
				break
			}
		}
		select {
		case <-tick.C:
		case <-d.ctx.Done():
			d.t.Fatalf("%s stays at %v: %+v", way, last, d.deck.State())
		}
	}
	for part := min(from, to) / partPictures; part <= max(from, to)/partPictures; part++ {
		if !parts[part] {
			d.t.Errorf("%s shows nothing of part %d", way, part)
		}
	}
}

// A stream whose coding, size and sound change in mid-day plays on, by every way there is across the changes, with FFmpeg's decoders.
func TestACodecThatChangesInMidDay(t *testing.T) {
	leak.Check(t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	s, err := startService(t.TempDir(), "eu-west-1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	}()
	keys := s.server.Credentials()
	acc := newAccount("test", "test", thisComputer, "", kvs.Config{Endpoint: s.server.Endpoint(), Region: "eu-west-1",
		Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, "")})
	defer acc.client.Close()
	if err := acc.Create(ctx, "cam", 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	recordDay(t, ctx, acc, "cam", time.Now().Add(-time.Hour).Truncate(time.Second))
	archive := acc.Archive("cam", app.Access{})
	d := dayTest{t: t, ctx: ctx, times: pictureTimes(t, ctx, archive)}
	if len(d.times) != len(day)*partPictures {
		t.Fatalf("%d pictures are stored, want %d", len(d.times), len(day)*partPictures)
	}

	t.Run("play", func(t *testing.T) {
		d := d
		d.t, d.transport = t, player.NewTransport(d.times[0])
		d.deck = player.NewDeck(player.DeckOptions{Transport: d.transport, Archive: archive, Codecs: decoders{}})
		d.deck.SetFit(image.Pt(80, 45))
		running, stop := context.WithCancel(ctx)
		var group sync.WaitGroup
		group.Go(func() {
			if err := d.deck.Run(running); !errors.Is(err, context.Canceled) {
				t.Errorf("Run ended with %v", err)
			}
		})
		defer group.Wait()
		defer stop()
		const first, second = partPictures, 2 * partPictures // pictures of another coding than the one before
		d.shows("the beginning", 0)
		for _, n := range []int{first, 10, second, first - 1, second - 1, 170, first + 3, second + 3, 0, 179, first} {
			d.transport.Seek(d.times[n])
			d.shows("a seek", n)
		}
		for _, change := range []int{first, second} {
			d.transport.Seek(d.times[change-3])
			d.shows("a seek", change-3)
			for n := change - 2; n < change+3; n++ {
				d.transport.Step(1)
				d.shows("a step", n)
			}
			for n := change + 1; n > change-4; n-- {
				d.transport.Step(-1)
				d.shows("a step back", n)
			}
		}
		for _, n := range []int{30, 50, 58, 61, 75, 110, 125, 150, 119, 62, 57, 5, 130} {
			d.transport.Scrub(d.times[n])
			if n%2 == 1 { // the pointer rests there
				d.transport.Rest()
				d.shows("dragging", n)
			}
		}
		d.transport.Release()
		d.plays(first-20, second+20, 1)
		d.plays(second+20, first-20, -1)
		d.plays(first-30, second+30, 4)
		d.plays(second+30, first-30, -4)
	})

	t.Run("clip", func(t *testing.T) {
		t.Setenv("AWS_ACCESS_KEY_ID", keys.AccessKeyID)
		t.Setenv("AWS_SECRET_ACCESS_KEY", keys.SecretAccessKey)
		for _, format := range []string{".mp4", ".mkv"} {
			output := filepath.Join(t.TempDir(), "clip"+format)
			c := clipCommand{places: places{Endpoint: s.server.Endpoint(), Region: "eu-west-1", Data: t.TempDir()}, Stream: "cam", Output: output,
				From: d.times[0].Format(time.RFC3339Nano), To: d.times[len(d.times)-1].Add(time.Second).Format(time.RFC3339Nano)}
			if err := c.run(ctx, slog.New(slog.DiscardHandler)); err != nil {
				t.Fatal(err)
			}
			for i, part := range day {
				file := output
				if i > 0 {
					file = strings.TrimSuffix(output, format) + fmt.Sprintf("-%d", i+1) + format
				}
				want := fmt.Sprintf("%s,%d,%d,%d", map[media.Codec]string{media.H264: "h264", media.H265: "hevc"}[part.codec], part.size.X, part.size.Y, partPictures)
				picture, sound, _ := strings.Cut(decodes(t, ctx, file), "\n")
				if picture != want || strings.HasPrefix(sound, "aac,") != slices.Contains(part.args, "aac") {
					t.Errorf("%s has %q and %q, want %q and sound as it was sent", filepath.Base(file), picture, sound, want)
				}
			}
		}
	})
}

// decodes tells the codec, size and number of frames of each stream of a file, all of which ffprobe decodes without a complaint.
func decodes(t *testing.T, ctx context.Context, file string) string {
	t.Helper()
	cmd := exec.CommandContext(ctx, "ffprobe", "-v", "error", "-count_frames",
		"-show_entries", "stream=codec_name,width,height,nb_read_frames", "-of", "csv=p=0", file)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil || said.Len() > 0 {
		t.Errorf("%s: %v: %s", filepath.Base(file), err, said.String())
	}
	return strings.TrimSpace(string(out))
}
