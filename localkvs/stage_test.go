package localkvs_test

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia"
	"github.com/aws/aws-sdk-go-v2/service/kinesisvideoarchivedmedia/types"

	"kinora/kvs"
	"kinora/localkvs"
	"kinora/localkvs/kvstest"
	"kinora/mkv"
)

// stage is a service with one stream, whose producer and players a test plays.
type stage struct {
	*testing.T
	server *localkvs.Server
	client *kvs.Client
	sdk    *kinesisvideoarchivedmedia.Client
	stream string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	return stageOn(t, localkvs.ServerOptions{})
}

func stageOn(t *testing.T, o localkvs.ServerOptions) *stage {
	t.Helper()
	o.Limits.FragmentsPerSecond = 1000
	server := serve(t, o)
	s := &stage{T: t, server: server, client: clientOf(t, server), stream: "gate", sdk: archivedOf(server)}
	createStream(t, s.client, s.stream, 24)
	return s
}

// archivedOf is the SDK's client of a server's archive.
func archivedOf(server *localkvs.Server) *kinesisvideoarchivedmedia.Client {
	keys, endpoint := server.Credentials(), server.Endpoint()
	return kinesisvideoarchivedmedia.New(kinesisvideoarchivedmedia.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, ""),
	})
}

// producer uploads pieces of clips over one connection.
type producer struct {
	*stage
	clip  *kvstest.Clip
	body  *io.PipeWriter
	w     *mkv.Writer
	acks  chan kvs.Ack
	ended chan error
	at    time.Duration // of the next fragment, after the epoch
	next  int           // piece
}

func (s *stage) produce(clip string, epoch time.Time) *producer {
	s.Helper()
	c, err := kvstest.LoadClip(clip)
	if err != nil {
		s.Fatal(err)
	}
	r, w := io.Pipe()
	p := &producer{stage: s, clip: c, body: w, w: mkv.NewWriter(w, c.Tracks, mkv.WriterOptions{Epoch: epoch}), acks: make(chan kvs.Ack, 10000), ended: make(chan error, 1)}
	go func() {
		err := s.client.Put(s.T.Context(), s.stream, r, func(a kvs.Ack) { p.acks <- a })
		_ = r.CloseWithError(errors.New("the upload has ended")) // never fails
		p.ended <- err
		close(p.ended) // both stored and stop may ask
		close(p.acks)
	}()
	s.Cleanup(func() { _ = w.Close() }) // never fails
	return p
}

// fragments sends some and waits until they are stored. It returns their numbers.
func (p *producer) fragments(n int) (numbers []string) {
	p.Helper()
	for range n {
		if err := p.clip.Write(p.w, p.next, p.at); err != nil {
			p.Fatal(err)
		}
		p.at += p.clip.Pieces[p.next%len(p.clip.Pieces)].Length
		p.next++
		numbers = append(numbers, p.stored())
	}
	return numbers
}

func (p *producer) stored() string {
	p.Helper()
	for a := range p.acks {
		if a.Type == kvs.Persisted {
			return a.Number
		}
	}
	p.Fatalf("the upload ended: %v", <-p.ended)
	return ""
}

// stop ends the connection.
func (p *producer) stop() {
	p.Helper()
	_ = p.body.Close() // never fails
	if err := <-p.ended; err != nil {
		p.Fatal(err)
	}
}

// hls asks for an HLS session.
func (s *stage) hls(in kinesisvideoarchivedmedia.GetHLSStreamingSessionURLInput) string {
	s.Helper()
	in.StreamName = &s.stream
	out, err := s.sdk.GetHLSStreamingSessionURL(deadline(s.T), &in)
	if err != nil {
		s.Fatal(err)
	}
	return *out.HLSStreamingSessionURL
}

// dash asks for a DASH session.
func (s *stage) dash(in kinesisvideoarchivedmedia.GetDASHStreamingSessionURLInput) string {
	s.Helper()
	in.StreamName = &s.stream
	out, err := s.sdk.GetDASHStreamingSessionURL(deadline(s.T), &in)
	if err != nil {
		s.Fatal(err)
	}
	return *out.DASHStreamingSessionURL
}

// between selects by the producers' clock.
func between(from, to time.Time) *types.HLSFragmentSelector {
	return &types.HLSFragmentSelector{FragmentSelectorType: types.HLSFragmentSelectorTypeProducerTimestamp,
		TimestampRange: &types.HLSTimestampRange{StartTimestamp: &from, EndTimestamp: &to}}
}

func betweenDASH(from, to time.Time) *types.DASHFragmentSelector {
	return &types.DASHFragmentSelector{FragmentSelectorType: types.DASHFragmentSelectorTypeProducerTimestamp,
		TimestampRange: &types.DASHTimestampRange{StartTimestamp: &from, EndTimestamp: &to}}
}

// get fetches what must be there.
func (s *stage) get(url string) string {
	s.Helper()
	status, body := s.fetch(url)
	if status != http.StatusOK {
		s.Fatalf("GET %s: %d %s", url, status, body)
	}
	return body
}

func (s *stage) fetch(url string) (status int, body string) {
	s.Helper()
	req, err := http.NewRequestWithContext(deadline(s.T), http.MethodGet, url, nil)
	if err != nil {
		s.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return res.StatusCode, string(b)
}
