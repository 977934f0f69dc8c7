package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"kinora/internal/hostile"
	"kinora/recorder/upload"
)

// options say what is run.
type options struct {
	program string        // kinorad
	media   time.Duration // recorded in each run
	speed   float64       // media time by wall time
	drain   time.Duration // after the faults have ended, until everything must be there
	dir     string
}

// result is what a run has shown.
type result struct {
	seed   uint64
	faults []fault
	handed int // frames that the cameras gave
	onDisk int // of these, that had reached the disk of a life that was killed, or all of one that was not
	verdict
	repeats  int // fragments that were recognised, by the uploader or by the service
	lives    int
	duration time.Duration
	err      error
}

// run tortures once.
func run(ctx context.Context, o options, seed uint64) (r result) {
	began := time.Now()
	r.seed = seed
	defer func() { r.duration = time.Since(began) }()
	random := rand.New(rand.NewPCG(seed, 1))
	network, processes := faultsOf(random, time.Duration(float64(o.media)/o.speed))
	r.faults = slices.Concat(network, processes)
	t := &trial{network: network, processes: processes, options: o, seed: seed, random: random, least: counts{}, dir: filepath.Join(o.dir, fmt.Sprintf("seed-%d", seed))}
	if r.err = t.prepare(ctx); r.err == nil {
		r.err = t.torture(ctx, &r)
	}
	r.err = errors.Join(r.err, t.close())
	if r.err == nil {
		r.err = os.RemoveAll(t.dir) // what failed stays for whoever looks into it
	}
	return r
}

// tight is the size of a spool that cannot keep a life, in one run of four.
const tight = 1 << 20

// trial is a run's world.
type trial struct {
	options
	seed      uint64
	random    *rand.Rand
	network   []fault
	processes []fault
	dir       string
	service   *service
	proxy     *hostile.Proxy
	life      uint32
	order     upload.Order
	conns     int
	maxBytes  int64
	full      bool   // the disk
	least     counts // frames that have reached a disk

	child  *exec.Cmd
	output *bytes.Buffer
	ended  chan error
}

func (t *trial) prepare(ctx context.Context) error {
	if err := os.RemoveAll(t.dir); err != nil { // of an earlier run of this seed that failed
		return err
	}
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(t.dir, "kinorad.log"))
	if err != nil {
		return err
	}
	t.service = &service{program: t.program, data: filepath.Join(t.dir, "service"), log: log}
	if err := t.service.start(); err != nil {
		return err
	}
	if err := t.service.createStream(ctx); err != nil {
		return err
	}
	t.order = []upload.Order{upload.LiveFirst, upload.LiveFirst, upload.InOrder}[t.seed%3]
	t.conns = 1 + int(t.seed%2)
	if t.random.IntN(4) == 0 {
		t.maxBytes = tight
	}
	t.proxy, err = hostile.Listen(t.service.address)
	return err
}

// restartService kills the service and starts it again.
func (t *trial) restartService() error {
	if err := t.service.kill(); err != nil {
		return err
	}
	if err := t.service.start(); err != nil {
		return err
	}
	t.proxy.Redirect(t.service.address)
	return nil
}

// torture records through the faults, then without them to the end, and judges.
func (t *trial) torture(ctx context.Context, r *result) error {
	frames := uint32(t.media / frameTime)
	if err := t.record(frames); err != nil {
		return err
	}
	if err := t.suffer(ctx); err != nil {
		return err
	}
	if err := t.proxy.Restore(); err != nil {
		return err
	}
	// The last life: a camera of a few seconds, after which all must be sent.
	t.full = false
	if err := t.killRecorder(); err != nil {
		return err
	}
	if err := t.record(uint32(3 * time.Second / frameTime)); err != nil {
		return err
	}
	said, err := t.finish()
	r.lives = int(t.life)
	if err != nil {
		return err
	}
	most, err := handed(t.ledger())
	if err != nil {
		return err
	}
	for _, track := range tracks { // the last life was not killed: all of it must be there
		key := [2]uint32{t.life, uint32(track.ID)}
		t.least[key] = most[key]
	}
	client := t.service.client()
	defer client.Close()
	judging, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r.handed, r.onDisk = most.total(), t.least.total()
	excuses, err := excusesOf(t.spool())
	if err != nil {
		return err
	}
	if r.verdict, err = judge(judging, client, t.seed, t.least, most, excuses); err != nil {
		return err
	}
	suppressed, err := t.service.suppressed(ctx)
	r.repeats = said.Repeats + suppressed
	if said.Rejected > 0 || r.excused > 0 && t.maxBytes == 0 {
		err = errors.Join(err, fmt.Errorf("%d fragments were rejected, and %d frames evicted from a spool that keeps all", said.Rejected, r.excused))
	}
	return err
}

// suffer lets the faults happen, those of the processes beside those of the network.
func (t *trial) suffer(ctx context.Context) error {
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	strike := func(list []fault, strike func(context.Context, fault) error) {
		group.Go(func() error {
			for _, f := range list {
				if err := sleep(ctx, time.Until(began.Add(f.at))); err != nil {
					return err
				}
				if err := strike(ctx, f); err != nil {
					return fmt.Errorf("%v: %w", f, err)
				}
			}
			return nil
		})
	}
	strike(t.network, t.disturb)
	strike(t.processes, t.kill)
	return group.Wait()
}

// disturb makes a fault of the network happen, and ends one that lasts.
func (t *trial) disturb(ctx context.Context, f fault) error {
	switch f.kind {
	case cut:
		t.proxy.Cut()
	case reset:
		t.proxy.Reset()
	case delay:
		t.proxy.Delay(100*time.Millisecond, 100*time.Millisecond)
	case throttle:
		t.proxy.Throttle(200 << 10)
	case freeze:
		t.proxy.HalfOpen()
	}
	if f.last == 0 {
		return nil
	}
	err := sleep(ctx, f.last)
	return errors.Join(err, t.proxy.Restore())
}

// kill makes a fault of the processes happen.
func (t *trial) kill(ctx context.Context, f fault) error {
	again := func() error {
		if err := t.killRecorder(); err != nil {
			return err
		}
		return t.record(uint32(t.media / frameTime))
	}
	switch t.full = f.kind == fillDisk; f.kind {
	case killService:
		return t.restartService()
	case killServiceTwice:
		if err := t.restartService(); err != nil {
			return err
		}
		return t.restartService()
	case killBoth:
		if err := t.killRecorder(); err != nil {
			return err
		}
		if err := t.restartService(); err != nil {
			return err
		}
		return t.record(uint32(t.media / frameTime))
	case killRecorderTwice:
		if err := again(); err != nil {
			return err
		}
		if err := sleep(ctx, f.last); err != nil {
			return err
		}
	}
	return again()
}

func (t *trial) ledger() string { return filepath.Join(t.dir, "ledger") }
func (t *trial) spool() string  { return filepath.Join(t.dir, "spool") }

// record starts a recorder on the spool, as its next life.
func (t *trial) record(frames uint32) error {
	t.life++
	in, err := json.Marshal(recorderOptions{
		Endpoint: "http://" + t.proxy.Addr(), Key: t.service.key, Secret: t.service.secret,
		Spool: t.spool(), Ledger: t.ledger(), Seed: t.seed, Life: t.life, Frames: frames, Speed: t.speed,
		Order: t.order, Connections: t.conns, Drain: t.drain, MaxBytes: t.maxBytes, Full: t.full,
	})
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(t.dir, fmt.Sprintf("recorder-%d.log", t.life)))
	if err != nil {
		return err
	}
	defer log.Close()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	t.child, t.output, t.ended = exec.Command(self), new(bytes.Buffer), make(chan error, 1)
	t.child.Env = append(os.Environ(), asRecorder+"=1")
	t.child.Stdin, t.child.Stdout, t.child.Stderr = bytes.NewReader(in), t.output, log
	if err := t.child.Start(); err != nil {
		return err
	}
	child, ended := t.child, t.ended
	go func() { ended <- child.Wait() }()
	return nil
}

// killRecorder ends the recorder as a power cut would, but for what the kernel holds, and notes what its spool has.
func (t *trial) killRecorder() error {
	if err := t.child.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-t.ended
	t.child = nil
	return onDisk(t.spool(), t.least)
}

// finish waits for the recorder to end by itself.
func (t *trial) finish() (said recorderResult, err error) {
	err = <-t.ended
	t.child = nil
	if err != nil {
		return said, fmt.Errorf("the recorder ended with %w; see %s", err, filepath.Join(t.dir, fmt.Sprintf("recorder-%d.log", t.life)))
	}
	return said, json.Unmarshal(t.output.Bytes(), &said)
}

// close ends what still runs.
func (t *trial) close() error {
	var err error
	if t.child != nil {
		err = t.killRecorder()
	}
	if t.proxy != nil {
		err = errors.Join(err, t.proxy.Close())
	}
	if t.service == nil {
		return err
	}
	if t.service.address != "" {
		err = errors.Join(err, t.service.stop())
	}
	return errors.Join(err, t.service.log.Close())
}

// sleep waits, unless ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
