package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kinora/internal/rig"
)

// generated is a camera that two programs can have at the same time: FFmpeg's moving test picture.
const generated = "testsrc2=s=1280x720:r=30,format=yuv420p"

const (
	overheadWarmUp = 5 * time.Second
	overheadTime   = 40 * time.Second
)

// measureOverhead records the same generated camera with Kinora, into a service through the spool, and with ffmpeg, with the same
// x264 settings into a Matroska file, at the same time, and compares what both used.
func measureOverhead(ctx context.Context, s setting) ([]figure, error) {
	service, account, err := rig.Serve(ctx, filepath.Join(s.dir, "service"), recordStream)
	if err != nil {
		return nil, err
	}
	defer service.Stop()
	kinora, err := record(ctx, s.dir, account.Endpoint, account, "--source", "lavfi:"+generated)
	if err != nil {
		return nil, err
	}
	defer kinora.Stop()
	ffmpeg, err := rig.Launch(ctx, "ffmpeg", os.Environ(), "ffmpeg", "-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", generated,
		"-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-crf", "23", "-maxrate", "2764800", "-bufsize", "2764800",
		"-bf", "0", "-g", "60", "-sc_threshold", "0", "-threads", "1", "-y", filepath.Join(s.dir, "peer.mkv"))
	if err != nil {
		return nil, err
	}
	defer ffmpeg.Stop()
	if err := rest(ctx, overheadWarmUp); err != nil {
		return nil, err
	}
	own, err1 := kinora.CPU()
	peer, err2 := ffmpeg.CPU()
	err3 := rest(ctx, overheadTime)
	ownAfter, err4 := kinora.CPU()
	peerAfter, err5 := ffmpeg.CPU()
	if err := errors.Join(err1, err2, err3, err4, err5, kinora.Running(), ffmpeg.Running()); err != nil {
		return nil, err
	}
	cores := func(used time.Duration) float64 { return used.Seconds() / overheadTime.Seconds() }
	return []figure{
		measured("recording 720p30, spool and upload with it", cores(ownAfter-own), "cores").against("ffmpeg to a file", cores(peerAfter-peer)).atMost(1.15),
	}, nil
}

// recordStream is where benchmarks record into.
const recordStream = "field"

// record starts Kinora recording without a window, into an account that is reached at an endpoint.
func record(ctx context.Context, dir, endpoint string, account *rig.Account, args ...string) (*rig.Process, error) {
	args = append([]string{"record", "--endpoint", endpoint, "--stream", recordStream, "--data", filepath.Join(dir, "kinora")}, args...)
	p, err := rig.Launch(ctx, "record", append(os.Environ(), account.Env...), filepath.Join("build", "kinora"), args...)
	if err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	return p, nil
}
