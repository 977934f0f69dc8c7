package localkvs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"kinora/internal/atomicfile"
	"kinora/localkvs/archive"
	"kinora/localkvs/ca"
	"kinora/localkvs/channels"
	"kinora/localkvs/port"
	"kinora/localkvs/relay"
)

// ServerOptions configures a Server. Data is required.
type ServerOptions struct {
	Data    string   // directory of everything that is stored; made when missing
	Listen  string   // host:port; 127.0.0.1:0 when empty
	Hosts   []string // further names and addresses by which clients reach this machine, for its certificate
	Relay   RelayOptions
	Region  string  // us-east-1 when empty
	Decoder Decoder // for GetImages; nil: there are no images
	Log     *slog.Logger
	Limits  Limits
}

// RelayOptions configure the STUN and TURN server, which shares the service's port.
type RelayOptions struct {
	Address netip.Addr // of relays, as peers reach them; when it is none, the one that is listened on, or else that of the way out of this machine
	MinPort uint16     // of relays; 0: any port
	MaxPort uint16
	Open    bool // carry anything to anybody, not only calls
	None    bool // lend none: STUN alone
}

// Server is a Service with its data directory, its access keys and its listener.
type Server struct {
	service  *Service
	archive  *archive.Archive
	keys     Credentials
	port     *port.Port
	relay    *relay.Server
	ca       *ca.Authority
	endpoint string
	places   string // file
	log      *slog.Logger
}

// endpointFile holds the base URL of the service that runs, or ran last, on a data directory.
const endpointFile = "endpoint"

// drainTime is how long a stopping server waits for uploads to finish their fragment.
const drainTime = 5 * time.Second

// ErrInUse begins the error of Listen where the data directory is another program's.
var ErrInUse = errors.New("another program works already with the data directory")

// Listen opens the data directory and the port. Errors say what to do. The server answers once Run works; Run must be
// called, since it also closes what Listen opened.
func Listen(o ServerOptions) (*Server, error) {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, fmt.Errorf("the data directory cannot be made: %w; choose another with --data", err)
	}
	store, err := archive.Open(o.Data, archive.Options{Log: o.Log})
	if errors.Is(err, archive.ErrLocked) {
		return nil, fmt.Errorf("%w %s; use that one, or choose another directory with --data", ErrInUse, o.Data)
	}
	if err != nil {
		return nil, err
	}
	server, err := listen(o, store)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return server, nil
}

func listen(o ServerOptions, store *archive.Archive) (*Server, error) {
	keys, err := LoadCredentials(o.Data, true)
	if err != nil {
		return nil, err
	}
	book, err := channels.Open(filepath.Join(o.Data, "channels"), o.Log)
	if err != nil {
		return nil, err
	}
	authority, err := ca.Open(o.Data, o.Hosts...)
	if err != nil {
		return nil, err
	}
	listener, packets, err := listenBoth(o.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("another program listens on %s already; stop it or choose another address with --listen", o.Listen)
	}
	if err != nil {
		return nil, fmt.Errorf("the service cannot listen on %s: %w", o.Listen, err)
	}
	bound := "http://" + listener.Addr().String()
	endpoint := bound
	if addr, ok := listener.Addr().(*net.TCPAddr); ok && addr.IP.IsUnspecified() {
		endpoint = "http://127.0.0.1:" + strconv.Itoa(addr.Port) // nobody can connect to "all addresses"
	}
	if err := tellEndpoint(o.Data, endpoint, o.Region); err != nil {
		o.Log.Warn("programs beside this one cannot be told where the service is", "error", err)
	}
	if packets == nil {
		o.Log.Warn("another program has the port by UDP: STUN and TURN are there by TCP and TLS alone; choose another port with --listen for UDP, too", "address", o.Listen)
	}
	sorted := port.New(listener, authority.Config(), o.Log)
	relays, err := relay.New(relay.Options{
		UDP: packets, TCP: sorted.STUN(), Key: store.Key("TURN credentials"), Address: relayAddress(o.Relay.Address, listener),
		MinPort: o.Relay.MinPort, MaxPort: o.Relay.MaxPort, Open: o.Relay.Open, None: o.Relay.None,
	})
	if err != nil {
		err = errors.Join(err, sorted.Close())
		if packets != nil {
			err = errors.Join(err, packets.Close())
		}
		return nil, err
	}
	service := New(Options{
		Archive: store, Channels: book, Relay: relays, Secret: keys.Secret, Region: o.Region, Endpoint: bound, Decoder: o.Decoder, Log: o.Log, Limits: o.Limits,
	})
	places := filepath.Join(o.Data, placesFile)
	if err := service.recallPlaces(places, time.Now()); err != nil {
		o.Log.Warn("players whose sessions are older than this start may see other sequence numbers", "error", err)
	}
	return &Server{service: service, archive: store, keys: keys, ca: authority, endpoint: endpoint, places: places, log: o.Log, port: sorted, relay: relays}, nil
}

// Endpoint is the base URL for this machine, with the port that was really bound. The same port speaks https.
func (s *Server) Endpoint() string { return s.endpoint }

// Credentials are the access keys that the service accepts.
func (s *Server) Credentials() Credentials { return s.keys }

// CA is the certificate, in PEM, that clients of https and wss are to trust.
func (s *Server) CA() []byte { return s.ca.PEM() }

// Run serves until ctx ends; then uploads finish the fragment that they are in. It blocks, and closes everything.
func (s *Server) Run(ctx context.Context) error {
	server := &http.Server{
		Handler:           port.Handler(s.routes()),
		ConnContext:       port.Context,
		ReadHeaderTimeout: 20 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	storing, stopStoring := context.WithCancel(context.WithoutCancel(ctx))
	defer stopStoring()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.archive.Run(storing) })
	group.Go(func() error {
		s.service.keepPlaces(storing, s.places)
		return nil
	})
	group.Go(func() error {
		select {
		case <-s.archive.Ready():
		case <-ctx.Done():
		}
		if err := server.Serve(s.port.HTTP()); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("the service stopped listening: %w", err)
		}
		return nil
	})
	group.Go(s.port.Run)
	group.Go(func() error {
		<-ctx.Done()
		defer stopStoring()
		defer s.port.Close()
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer cancel()
		if err := s.service.Drain(limit); err != nil {
			s.log.Warn("stopping anyway", "error", err)
		}
		if err := server.Shutdown(limit); err != nil {
			return server.Close()
		}
		return nil
	})
	return errors.Join(group.Wait(), s.relay.Close(), s.archive.Close())
}

// routes adds what is not part of the protocol. The metrics are for this machine alone: they are not authenticated.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", s.service)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		s.service.allowWrite(w)
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	metrics := s.service.Metrics()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			http.Error(w, "metrics are given out on this machine only", http.StatusForbidden)
			return
		}
		s.service.allowWrite(w)
		metrics.ServeHTTP(w, r)
	})
	return mux
}

// tellEndpoint writes where the service is. What cannot be written, since the disk is full, is not left as it was: that would be where
// another has been.
func tellEndpoint(dir, endpoint, region string) error {
	path, text := filepath.Join(dir, endpointFile), []byte(endpoint+"\n"+region+"\n")
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	err := atomicfile.Write(path, text, 0o600)
	if err != nil {
		if gone := os.Remove(path); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// ReadEndpoint returns the base URL and the region of the service on a data directory.
func ReadEndpoint(dir string) (endpoint, region string, err error) {
	b, err := os.ReadFile(filepath.Join(dir, endpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", fmt.Errorf("no service has run on %s yet; start one with: kinorad serve --data %s", dir, dir)
	}
	if err != nil {
		return "", "", err
	}
	lines := strings.SplitN(string(b), "\n", 3)
	if len(lines) < 3 || !strings.HasPrefix(lines[0], "http") {
		return "", "", fmt.Errorf("%s in %s is damaged; start the service again", endpointFile, dir)
	}
	return lines[0], lines[1], nil
}
