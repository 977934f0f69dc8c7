package caller

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"kinora/kvs"
	"kinora/media"
	"kinora/peer"
	"kinora/signaling"
)

// run does a job until its input ends.
func run(in io.Reader, out io.Writer) error {
	decoder := json.NewDecoder(in)
	var job Job
	if err := decoder.Decode(&job); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { // ends with the process
		_, _ = io.Copy(io.Discard, in) // whoever started this tells nothing more
		cancel()
	}()
	roots, err := job.roots()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	if job.Viewers == 0 {
		group.Go(func() error { return master(ctx, group, job, roots) })
	}
	lines := &lines{to: json.NewEncoder(out)}
	if job.Health {
		group.Go(func() error { return lines.health(ctx) })
	}
	for i := range job.Viewers {
		group.Go(func() error { return viewer(ctx, job, roots, job.FirstViewer+i, lines) })
	}
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (j Job) roots() (*x509.CertPool, error) {
	authority, err := os.ReadFile(j.CA)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	return roots, nil
}

// client is one that knows nothing yet.
func (j Job) client(roots *x509.CertPool) *kvs.Client {
	return kvs.New(kvs.Config{Endpoint: j.Endpoint, Region: "us-east-1", CA: roots, Credentials: credentials.NewStaticCredentialsProvider(j.Key, j.Secret, "")})
}

// lines writes lines, from any goroutine.
type lines struct {
	mu sync.Mutex
	to *json.Encoder
}

func (l *lines) say(what line) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Encode(what)
}

// health says once a second how the process is, until ctx ends.
func (l *lines) health(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		var used unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
			return err
		}
		cpu := time.Duration(used.Utime.Nano() + used.Stime.Nano())
		if err := l.say(line{Health: &Health{Goroutines: runtime.NumGoroutine(), Heap: m.HeapAlloc, CPU: cpu, At: time.Now()}}); err != nil {
			return err
		}
	}
}

// connect is a seat's signaling and TURN servers.
func connect(ctx context.Context, group *errgroup.Group, job Job, c *kvs.Client, roots *x509.CertPool, id string) peer.Options {
	seat := kvs.Seat{Channel: job.Channel, ClientID: id}
	servers := signaling.NewServers(func(ctx context.Context) ([]signaling.ICEServer, error) {
		all, err := c.ICEServers(ctx, seat)
		var lent []signaling.ICEServer
		for _, one := range all {
			lent = append(lent, signaling.ICEServer{URIs: job.chosen(one.URIs), Username: one.Username, Password: one.Password, TTL: int(one.TTL / time.Second)})
		}
		return lent, err
	})
	channel := signaling.New(signaling.Options{
		Address: func(ctx context.Context, again bool) (string, error) { return c.SignalingURL(ctx, seat, again) },
		Client:  &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}},
		Servers: servers,
	})
	group.Go(func() error { return channel.Run(ctx) })
	lent := func(ctx context.Context) ([]signaling.ICEServer, error) {
		all, err := servers.Get(ctx)
		if err != nil && ctx.Err() == nil && !job.Relay { // too many ask at once: they call without, as the app does
			return nil, nil
		}
		return all, err
	}
	return peer.Options{Signaling: channel, Servers: lent, CA: roots, Relay: job.Relay, Loopback: true}
}

// chosen are the TURN servers of the job's protocol, at its address.
func (j Job) chosen(uris []string) (chosen []string) {
	for _, uri := range uris {
		protocol := uri[strings.LastIndex(uri, "=")+1:]
		if strings.HasPrefix(uri, "turns:") {
			protocol = "tls"
		}
		if j.Protocol != "" && protocol != j.Protocol {
			continue
		}
		if j.TURN != "" {
			uri = "turn:" + j.TURN + "?transport=" + protocol
		}
		chosen = append(chosen, uri)
	}
	return chosen
}

func master(ctx context.Context, group *errgroup.Group, job Job, roots *x509.CertPool) error {
	camera, err := newCamera(job.Bits)
	if err != nil {
		return err
	}
	return show(ctx, group, job, roots, camera, func() { camera.asked.Store(true) })
}

// Show is the master of a channel within this process, until ctx ends, which is no error. key asks the source for a key frame; nil: it
// gives its own ones.
func Show(ctx context.Context, job Job, source media.Source, key func()) error {
	roots, err := job.roots()
	if err != nil {
		return err
	}
	group, showing := errgroup.WithContext(ctx)
	group.Go(func() error { return show(showing, group, job, roots, source, key) })
	if err := group.Wait(); ctx.Err() == nil {
		return err
	}
	return nil
}

func show(ctx context.Context, group *errgroup.Group, job Job, roots *x509.CertPool, source media.Source, key func()) error {
	client := job.client(roots)
	defer client.Close()
	m := peer.NewMaster(peer.MasterOptions{Options: connect(ctx, group, job, client, roots, ""), Tracks: source.Tracks(), KeyFrame: key})
	group.Go(func() error { return m.Run(ctx) })
	return m.Feed(ctx, source)
}

// pace is the time between two calls of a viewer at least: a channel may be connected to three times a second.
const pace = 800 * time.Millisecond

// viewer makes the calls of one viewer.
func viewer(ctx context.Context, job Job, roots *x509.CertPool, number int, lines *lines) error {
	due := time.NewTicker(pace)
	defer due.Stop()
	for n := 1; job.Calls == 0 || n <= job.Calls; n++ {
		if err := call(ctx, job, roots, number, lines); err != nil {
			return err
		}
		select {
		case <-due.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	<-ctx.Done()
	return ctx.Err()
}

// call makes a call, beginning with nothing but the channel's name, and hangs up when its first picture is there, unless it is to go on.
func call(ctx context.Context, job Job, roots *x509.CertPool, number int, lines *lines) error {
	client := job.client(roots)
	defer client.Close()
	group, calling := errgroup.WithContext(ctx)
	calling, hangUp := context.WithCancel(calling)
	defer hangUp()
	began := time.Now()
	v := peer.NewViewer(connect(calling, group, job, client, roots, fmt.Sprint("viewer-", number)))
	group.Go(func() error { return v.Run(calling) })
	group.Go(func() error {
		defer hangUp()
		return watch(calling, v, job.Calls > 0, func(at time.Time) error {
			steps, stats := v.Steps(), v.Stats()
			setup := Setup{steps.Offered.Sub(began), steps.Answered.Sub(began), steps.Connected.Sub(began), steps.Secured.Sub(began), steps.Picture.Sub(began)}
			return lines.say(line{Picture: &Picture{Viewer: number, Captured: at, Got: time.Now(), Relayed: stats.Relayed, Restarts: stats.Restarts, Setup: setup}})
		})
	})
	err := group.Wait()
	if ctx.Err() == nil && errors.Is(err, context.Canceled) { // it hung up
		return nil
	}
	return err
}

// watch passes on when each picture was captured; with once, of the first alone.
func watch(ctx context.Context, v *peer.Viewer, once bool, seen func(captured time.Time) error) error {
	source, err := v.Open(ctx)
	if err != nil {
		return err
	}
	defer source.Close()
	defer context.AfterFunc(ctx, func() { source.Close() })()
	for {
		p, err := source.Read()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		at, ok := captured(p.Data)
		if !ok {
			return errors.New("a picture does not say when it was captured")
		}
		if err := seen(at); err != nil || once {
			return err
		}
	}
}
