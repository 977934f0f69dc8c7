package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"

	"kinora/app"
	"kinora/kvs"
	"kinora/localkvs"
)

// The kinds of account, as app.Account names them.
const (
	thisComputer = "This computer"
	endpointKind = "Endpoint"
	awsKind      = "AWS"
)

// openAccounts returns what the program can work with: a service at an address when one is given, otherwise the embedded
// one; and every profile of the user's shared AWS configuration.
func openAccounts(ctx context.Context, f flags, log *slog.Logger) ([]app.Account, *service, error) {
	if f.Endpoint != "" {
		a, err := endpointAccount(ctx, f, log)
		if err != nil {
			return nil, nil, err
		}
		return append([]app.Account{a}, awsAccounts(ctx, log)...), nil, nil
	}
	s, err := startService(filepath.Join(f.Data, "service"), f.Region, log)
	if err != nil {
		return nil, nil, err
	}
	keys := s.server.Credentials()
	ca := x509.NewCertPool()
	ca.AppendCertsFromPEM(s.server.CA())
	local := newAccount("local "+keys.AccessKeyID, thisComputer, thisComputer, "", kvs.Config{
		Endpoint: s.server.Endpoint(), Region: f.Region, Log: log, CA: ca,
		Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, ""),
	})
	local.near = true
	return append([]app.Account{local}, awsAccounts(ctx, log)...), s, nil
}

// openAccount returns the one account that a command needs, and starts the embedded service only when that is it.
func openAccount(ctx context.Context, p places, log *slog.Logger) (app.Account, *service, error) {
	if p.Endpoint == "" {
		for _, a := range awsAccounts(ctx, log) {
			if a.Name() == p.Account {
				return a, nil, nil
			}
		}
	}
	accounts, service, err := openAccounts(ctx, flags{places: p}, log)
	if err != nil {
		return nil, nil, err
	}
	if accounts, err = chosenFirst(accounts, p.Account); err != nil {
		return nil, nil, errors.Join(err, service.stop())
	}
	return accounts[0], service, nil
}

// endpointAccount is a kinorad that runs already.
func endpointAccount(ctx context.Context, f flags, log *slog.Logger) (app.Account, error) {
	u, err := url.Parse(f.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("--endpoint %q is not an address such as http://127.0.0.1:8443", f.Endpoint)
	}
	c, err := config.LoadDefaultConfig(ctx, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	if err != nil {
		return nil, fmt.Errorf("the AWS configuration cannot be read: %w", err)
	}
	keys, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("--endpoint needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment; kinorad env prints them")
	}
	address := u.Scheme + "://" + u.Host + strings.TrimSuffix(u.Path, "/")
	ca, err := trusted(os.Getenv("AWS_CA_BUNDLE"))
	if err != nil {
		return nil, err
	}
	a := newAccount("endpoint "+address+" "+keys.AccessKeyID, u.Host, endpointKind, f.Region, kvs.Config{
		Endpoint: strings.TrimSuffix(f.Endpoint, "/"), Region: f.Region, Credentials: c.Credentials, Log: log, CA: ca,
	})
	ip := net.ParseIP(u.Hostname())
	a.near = u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	return a, nil
}

// trusted reads the authorities of a PEM file, which are trusted in place of the system's, as the AWS tools do. No file: nil, the
// system's.
func trusted(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("AWS_CA_BUNDLE cannot be read: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("AWS_CA_BUNDLE names %s, which holds no certificate", file)
	}
	return pool, nil
}

// awsAccounts are the profiles of the shared configuration that name a region. Nothing is asked of AWS before one is
// chosen.
func awsAccounts(ctx context.Context, log *slog.Logger) []app.Account {
	var list []app.Account
	for _, profile := range awsProfiles() {
		c, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(profile))
		if err != nil || c.Region == "" {
			log.Info("AWS profile left out: it cannot be read or names no region", "profile", profile, "error", err)
			continue
		}
		a := newAccount("aws "+c.Region+" "+profile, awsKind+" "+profile, awsKind, c.Region,
			kvs.Config{Region: c.Region, Credentials: c.Credentials, Log: log})
		a.stun = []string{"stun:stun.kinesisvideo." + c.Region + ".amazonaws.com:443"}
		list = append(list, a)
	}
	return list
}

// awsProfiles are the profiles that the shared configuration declares, in its order.
func awsProfiles() []string {
	path := os.Getenv("AWS_CONFIG_FILE")
	if path == "" {
		path = config.DefaultSharedConfigFilename()
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil // no shared configuration, no profiles
	}
	var names []string
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		section, ok := strings.CutPrefix(line, "[")
		section, closed := strings.CutSuffix(section, "]")
		if !ok || !closed {
			continue
		}
		name, isProfile := strings.CutPrefix(section, "profile ")
		if name = strings.TrimSpace(name); (isProfile || name == "default") && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// chosenFirst puts the account of that name first; an empty name leaves the order.
func chosenFirst(accounts []app.Account, name string) ([]app.Account, error) {
	if name == "" {
		return accounts, nil
	}
	var names []string
	for i, a := range accounts {
		if a.Name() == name {
			rest := slices.Delete(slices.Clone(accounts), i, i+1)
			return append([]app.Account{a}, rest...), nil
		}
		names = append(names, a.Name())
	}
	return nil, fmt.Errorf("there is no account %q; there are: %s", name, strings.Join(names, ", "))
}

// service is the embedded service while it runs. The nil service does nothing.
type service struct {
	server *localkvs.Server
	cancel context.CancelFunc
	done   chan error
}

func startService(dir, region string, log *slog.Logger) (*service, error) {
	server, err := localkvs.Listen(localkvs.ServerOptions{Data: dir, Region: region, Decoder: decoder(), Log: log})
	if err != nil {
		return nil, fmt.Errorf("the embedded service cannot start: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &service{server: server, cancel: cancel, done: make(chan error, 1)}
	go func() { s.done <- server.Run(ctx) }()
	return s, nil
}

// stop ends the service after everybody else has ended, and waits.
func (s *service) stop() error {
	if s == nil {
		return nil
	}
	s.cancel()
	return <-s.done
}
