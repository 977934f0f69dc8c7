package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"kinora/internal/rig"
	"kinora/kvs"
	"kinora/media"
	"kinora/mkv"
)

const (
	filmTime  = 12 * time.Minute
	clipStart = 61 * time.Second // not at a key frame
	clipTime  = 10 * time.Minute
	clipRuns  = 3
)

// measureClip cuts ten minutes out of a stream with Kinora, and out of a local file of the same media with ffmpeg, in turn.
func measureClip(ctx context.Context, s setting) ([]figure, error) {
	film := filepath.Join(s.dir, "film.mp4")
	if err := shoot(ctx, s.dir, film); err != nil {
		return nil, err
	}
	service, account, err := rig.Serve(ctx, filepath.Join(s.dir, "service"), recordStream)
	if err != nil {
		return nil, err
	}
	defer service.Stop()
	epoch := time.Now().Add(-filmTime - time.Minute).Truncate(time.Second)
	if err := screenFilm(ctx, account.Client, film, epoch); err != nil {
		return nil, err
	}
	own, peer := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	clip := ""
	for run := range clipRuns {
		clip = filepath.Join(s.dir, fmt.Sprintf("clip%d.mp4", run))
		took, err := runTimed(exec.CommandContext(ctx, filepath.Join("build", "kinora"), "clip", "--endpoint", account.Endpoint, "--data", filepath.Join(s.dir, "kinora"),
			"--stream", recordStream, "--from", epoch.Add(clipStart).Format(time.RFC3339), "--to", epoch.Add(clipStart+clipTime).Format(time.RFC3339), "-o", clip), account.Env)
		if err != nil {
			return nil, err
		}
		own = min(own, took)
		took, err = runTimed(exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-v", "error", "-ss", seconds(clipStart), "-i", film, "-to", seconds(clipTime), "-c", "copy",
			"-movflags", "+faststart", filepath.Join(s.dir, fmt.Sprintf("peer%d.mp4", run))), nil)
		if err != nil {
			return nil, err
		}
		peer = min(peer, took)
	}
	info, err := os.Stat(clip)
	if err != nil {
		return nil, err
	}
	apart, length, err := inspect(ctx, clip)
	if err != nil {
		return nil, err
	}
	return []figure{
		measured("a clip of ten minutes, best of three", own.Seconds(), "s").against("ffmpeg -ss -to -c copy, from a local file", peer.Seconds()).atMost(1.5),
		measured("its size", float64(info.Size())/1e6, "MB"),
		measured("its length", length, "s").atLeast(clipTime.Seconds()),
		measured("picture and sound start apart by", apart*1e3, "ms").atMost(40),
	}, nil
}

// shoot makes a file of moving pictures and sound.
func shoot(ctx context.Context, dir, film string) error {
	scene := filepath.Join(dir, "scene.mp4")
	if _, err := runTimed(exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", generated, "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "20",
		"-c:v", "libx264", "-preset", "superfast", "-b:v", "1500k", "-maxrate", "1500k", "-bufsize", "1500k", "-bf", "0", "-g", "60", "-sc_threshold", "0", "-c:a", "aac", scene), nil); err != nil {
		return err
	}
	_, err := runTimed(exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-v", "error", "-stream_loop", "-1", "-i", scene, "-t", seconds(filmTime), "-c", "copy", "-movflags", "+faststart", film), nil)
	return err
}

// screenFilm uploads a film, cut at its key frames, as if it had been recorded from a time on.
func screenFilm(ctx context.Context, c *kvs.Client, film string, epoch time.Time) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	demux := exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-v", "error", "-i", film, "-c", "copy", "-f", "matroska", "-")
	out, err := demux.StdoutPipe()
	if err != nil {
		return err
	}
	if err := demux.Start(); err != nil {
		return err
	}
	body, w := io.Pipe()
	cut := make(chan error, 1)
	go func() {
		err := recut(mkv.NewReader(out, mkv.Limits{}), w, epoch)
		cut <- errors.Join(err, w.CloseWithError(err))
	}()
	if err = c.Put(ctx, recordStream, body, func(kvs.Ack) {}); err != nil {
		cancel() // so that nobody waits for whoever reads no more
	}
	return errors.Join(err, body.Close(), <-cut, demux.Wait())
}

// recut begins a fragment at each key frame of the picture.
func recut(r *mkv.Reader, out io.Writer, epoch time.Time) error {
	var w *mkv.Writer
	picture, begun := 0, false
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) && w != nil {
			return w.End()
		}
		if err != nil {
			return err
		}
		if w == nil {
			video, _ := media.VideoTrack(f.Tracks)
			w, picture = mkv.NewWriter(out, f.Tracks, mkv.WriterOptions{Epoch: epoch}), video.ID
		}
		for {
			p, err := r.Packet()
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil && p.Key && p.Track == picture {
				begun, err = true, w.Begin(p.PTS)
			}
			if err == nil && begun {
				err = w.Write(p)
			}
			if err != nil {
				return err
			}
		}
	}
}

// runTimed runs a program to its end.
func runTimed(cmd *exec.Cmd, env []string) (time.Duration, error) {
	cmd.Env = append(os.Environ(), env...)
	began := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args[:2], " "), err, rig.LastLine(out))
	}
	return time.Since(began), nil
}

// inspect has ffprobe and ffmpeg read a clip, which neither may complain about, and returns by how many seconds its tracks start
// apart and how long it is.
func inspect(ctx context.Context, clip string) (apart, length float64, err error) {
	out, err := exec.CommandContext(ctx, "ffprobe", "-v", "error", "-show_entries", "stream=start_time:format=duration", "-of", "csv=p=0", clip).CombinedOutput()
	fields := strings.Fields(string(out))
	if err != nil || len(fields) != 3 {
		return 0, 0, fmt.Errorf("ffprobe: %w: %s", err, out)
	}
	var v [3]float64
	for i, field := range fields {
		if v[i], err = strconv.ParseFloat(strings.TrimSuffix(field, ","), 64); err != nil {
			return 0, 0, fmt.Errorf("ffprobe says %q", field)
		}
	}
	if out, err := exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", clip, "-c", "copy", "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
		return 0, 0, fmt.Errorf("ffmpeg complains about the clip: %w: %s", err, out)
	}
	return math.Abs(v[0] - v[1]), v[2], nil
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
