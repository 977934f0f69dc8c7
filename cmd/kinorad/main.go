// Command kinorad is the local service alone: it stores streams on this machine and speaks the protocol of Amazon
// Kinesis Video Streams, so that AWS SDKs, the AWS CLI and producers work against it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"kinora/localkvs"
	"kinora/localkvs/ca"
	"kinora/localkvs/hub"
)

type commands struct {
	Serve serveCommand `cmd:"" help:"Run the service until it is interrupted."`
	CA    caCommand    `cmd:"" name:"ca" help:"Print the certificate that clients of https and wss are to trust: kinorad ca --data DIR > ca.pem"`
	Env   envCommand   `cmd:"" help:"Print the environment that AWS tools need to use the service: eval \"$(kinorad env --data DIR)\""`
}

type serveCommand struct {
	Data   string   `help:"Directory of everything that is stored; made when missing." default:"${data}" env:"KINORAD_DATA" type:"path"`
	Listen string   `help:"Address to listen on, for http and https alike. Anything but loopback lets other machines in." default:"127.0.0.1:8443" env:"KINORAD_LISTEN"`
	Hosts  []string `name:"host" help:"Name or address by which clients reach this machine, for its certificate; may be repeated. Local ones need not be named." env:"KINORAD_HOSTS"`
	Region string   `help:"Region that requests must be signed for." default:"us-east-1" env:"KINORAD_REGION"`

	RelayAddress netip.Addr `help:"Address of TURN relays, as peers reach them. When it is not given: the one that is listened on, or that of the way out of this machine." env:"KINORAD_RELAY_ADDRESS"`
	RelayPorts   portRange  `help:"Ports of TURN relays, such as 49152-49400; any when it is not given." env:"KINORAD_RELAY_PORTS"`
	RelayOpen    bool       `help:"Let TURN relays carry anything to anybody, not only calls. Whoever has access keys then reaches this machine's and its network's other services by UDP." env:"KINORAD_RELAY_OPEN"`
	NoTURN       bool       `name:"no-turn" help:"Lend no TURN relays: calls then come up only where peers reach each other, with STUN's help." env:"KINORAD_NO_TURN"`

	AccountCalls float64 `help:"How often each operation is answered, as a multiple of the calls a second that AWS allows an account; 0: as often as it is called." default:"1" env:"KINORAD_ACCOUNT_CALLS"`
	StreamCalls  float64 `help:"Likewise how much is answered of one stream's archive: addresses of sessions, fragments listed and read, as a multiple of what AWS allows; 0: as much as is asked for." default:"5" env:"KINORAD_STREAM_CALLS"`

	Sessions int `help:"How many sessions of HLS, and as many of DASH, a stream may have at a time: one more closes the oldest. AWS has named ten; 0: any number." default:"0" env:"KINORAD_SESSIONS"`

	Viewers  int `help:"How many viewers a signaling channel may have at a time." default:"10" env:"KINORAD_VIEWERS"`
	Connects int `help:"How often in a second the master and the viewers of a signaling channel may connect, each, with ten at once; 0: as often as they try." default:"3" env:"KINORAD_CONNECTS"`

	LogLevel string `help:"How much to log: debug, info, warn or error." enum:"debug,info,warn,error" default:"info" env:"KINORAD_LOG_LEVEL"`
	LogJSON  bool   `name:"log-json" help:"Log JSON lines instead of text." env:"KINORAD_LOG_JSON"`
}

// portRange is written MIN-MAX.
type portRange struct{ min, max uint16 }

// UnmarshalText reads a range.
func (p *portRange) UnmarshalText(text []byte) error {
	low, high, ok := strings.Cut(string(text), "-")
	first, err := strconv.ParseUint(low, 10, 16)
	last, err2 := strconv.ParseUint(high, 10, 16)
	if !ok || err != nil || err2 != nil || first == 0 || last < first {
		return fmt.Errorf("%q is not a range of ports such as 49152-49400", text)
	}
	p.min, p.max = uint16(first), uint16(last)
	return nil
}

func (c *serveCommand) Run() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return err
	}
	var handler slog.Handler = slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})
	if c.LogJSON {
		handler = slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level})
	}
	log := slog.New(handler)
	for _, calls := range []*float64{&c.AccountCalls, &c.StreamCalls} {
		if *calls == 0 {
			*calls = -1 // no limit; in Limits nothing is what was not said
		}
	}
	if c.Viewers < 1 || c.Connects < 0 || c.Sessions < 0 {
		return errors.New("--viewers must be 1 at least, and --connects and --sessions not less than 0")
	}
	if c.Connects == 0 {
		c.Connects = -1
	}
	options := localkvs.ServerOptions{Data: c.Data, Listen: c.Listen, Hosts: c.Hosts, Region: c.Region, Log: log,
		Limits: localkvs.Limits{AccountCalls: c.AccountCalls, StreamCalls: c.StreamCalls, Sessions: c.Sessions, Signaling: hub.Limits{Viewers: c.Viewers, Connects: c.Connects}},
		Relay:  localkvs.RelayOptions{Address: c.RelayAddress, MinPort: c.RelayPorts.min, MaxPort: c.RelayPorts.max, Open: c.RelayOpen, None: c.NoTURN}}
	if program, err := localkvs.FindProgram(); err != nil {
		log.Info("GetImages will not be answered", "reason", err)
	} else {
		options.Decoder = program
	}
	server, err := localkvs.Listen(options)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log.Info("serving", "endpoint", server.Endpoint(), "data", c.Data, "region", c.Region)
	err = server.Run(ctx)
	log.Info("stopped")
	return err
}

type envCommand struct {
	Data string `help:"Data directory of the service." default:"${data}" env:"KINORAD_DATA" type:"path"`
}

// startTime is how long env waits for a service that is just being started, as in "kinorad serve & kinorad env".
const startTime = 3 * time.Second

func (c *envCommand) Run() error {
	endpoint, region, err := localkvs.ReadEndpoint(c.Data)
	for end := time.Now().Add(startTime); err != nil && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
		endpoint, region, err = localkvs.ReadEndpoint(c.Data)
	}
	if err != nil {
		return err
	}
	keys, err := localkvs.LoadCredentials(c.Data, false)
	if err != nil {
		return err
	}
	_, err = fmt.Printf("export AWS_ENDPOINT_URL=%s AWS_REGION=%s AWS_DEFAULT_REGION=%s AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_CA_BUNDLE=%s\n",
		endpoint, region, region, keys.AccessKeyID, keys.SecretAccessKey, quoted(filepath.Join(c.Data, ca.File)))
	return err
}

// quoted is a path as a shell reads it.
func quoted(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool { return strings.ContainsRune(" \t\n'\"\\$`!&|;<>()*?[]#~", r) }) {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

type caCommand struct {
	Data string `help:"Data directory of the service; its certificate authority is made when there is none." default:"${data}" env:"KINORAD_DATA" type:"path"`
}

func (c *caCommand) Run() error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	authority, err := ca.Open(c.Data)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(authority.PEM())
	return err
}

// defaultData is where the service stores when nothing is said.
func defaultData() string {
	if dir, err := os.UserHomeDir(); err == nil {
		return filepath.Join(dir, ".local", "share", "kinorad")
	}
	return "kinorad-data"
}

func main() {
	var c commands
	run := kong.Parse(&c, kong.Name("kinorad"), kong.UsageOnError(),
		kong.Description("A service on this machine that speaks the protocol of Amazon Kinesis Video Streams."),
		kong.Vars{"data": defaultData()})
	if err := run.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "kinorad:", err)
		os.Exit(1)
	}
}
