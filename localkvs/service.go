package localkvs

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"kinora/localkvs/archive"
	"kinora/localkvs/channels"
	"kinora/localkvs/hub"
	"kinora/localkvs/relay"
	"kinora/localkvs/sigv4"
	"kinora/mp4"
)

// maxRequestBody bounds the JSON body of an operation. The largest documented request is a tenth of that.
const maxRequestBody = 1 << 20

// Options configures a Service. Archive and Secret are required.
type Options struct {
	Archive *archive.Archive
	// Secret returns the secret key that belongs to an access key.
	Secret func(accessKey string) (secret string, ok bool)
	// Region is the one region that the service answers for; requests must be signed for it.
	Region string
	// Endpoint is the base URL to give out as data endpoint when a request's Host does not name a port. The Host takes
	// the place of an unspecified address (0.0.0.0 or [::]) in it.
	Endpoint string
	Channels *channels.Book // signaling channels; nil: there are none yet, and those that are made are forgotten
	Relay    *relay.Server  // the TURN server that is lent to clients of signaling channels; nil: none is
	Decoder  Decoder        // for GetImages; nil: there are no images
	Log      *slog.Logger
	Limits   Limits
}

// Limits are the service's quotas. Zero fields take the value in the comment.
type Limits struct {
	PutMediaConnections     int           // per stream; 5: the real service names one, but SDKs overlap two when they rotate
	GetMediaConnections     int           // per stream; 10, where the real service has 3
	FragmentListConnections int           // per stream, of GetMediaForFragmentList; 20, where the real service has 5
	Clips                   int           // per stream, that are made at once; 5
	ConnectionTime          time.Duration // of one PutMedia, then ERROR 4003; 45 minutes
	IdleTime                time.Duration // without data, then PutMedia is closed; 30 seconds
	BodyTime                time.Duration // for the JSON body of a request to arrive; 20 seconds
	FragmentSize            int           // bytes, then ERROR 4001; 50 MB
	FragmentTime            time.Duration // of media, then ERROR 4002; 20 seconds
	FragmentsPerSecond      int           // per stream; more are slowed down by not reading, and backfill leaves one for what is live; 5
	WriteStall              time.Duration // a GetMedia reader that takes nothing for so long is cut; 20 seconds
	LiveBytes               int64         // per stream, completed fragments kept in memory for live readers; 4 MiB: disk serves who is further behind
	WaitingPlayers          int           // requests of all players of low-latency HLS that wait for what comes; 1000
	Channels                int           // signaling channels; 10,000
	Streams                 int           // 10,000
	AccountCalls            float64       // calls a second of all clients together, by operation, as a multiple of the real service's limits; 1, and none when it is negative
	StreamCalls             float64       // calls for sessions' addresses, fragments listed and read of one stream in a second, as a multiple of the real service's limits; 5, and none when it is negative
	Sessions                int           // of HLS, and as many of DASH, that a stream has at a time, where the real service has named ten: one more closes the oldest; any number
	Signaling               hub.Limits
	UnstoredBytes           int64 // the same for streams with retention 0, where memory is all there is; 96 MiB
}

func (l Limits) withDefaults() Limits {
	def := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	defTime := func(p *time.Duration, v time.Duration) {
		if *p == 0 {
			*p = v
		}
	}
	defBytes := func(p *int64, v int64) {
		if *p == 0 {
			*p = v
		}
	}
	def(&l.PutMediaConnections, 5)
	def(&l.GetMediaConnections, 10)
	def(&l.FragmentListConnections, 20)
	def(&l.Clips, 5)
	def(&l.WaitingPlayers, 1000)
	def(&l.Channels, 10000)
	def(&l.Streams, 10000)
	def(&l.FragmentSize, 50_000_000)
	def(&l.FragmentsPerSecond, 5)
	defTime(&l.ConnectionTime, 45*time.Minute)
	defTime(&l.IdleTime, 30*time.Second)
	defTime(&l.BodyTime, 20*time.Second)
	defTime(&l.FragmentTime, 20*time.Second)
	defTime(&l.WriteStall, 20*time.Second)
	defBytes(&l.LiveBytes, 4<<20)
	defBytes(&l.UnstoredBytes, 96<<20)
	return l
}

// Service is the whole protocol as an http.Handler. Its methods may be called from any goroutine.
type Service struct {
	archive  *archive.Archive
	channels *channels.Book
	relay    *relay.Server // nil: none is lent to clients
	hub      *hub.Hub
	quotas   channelQuotas
	asked    streamQuotas
	sessions *openSessions
	calls    callRates
	verifier *sigv4.Verifier
	region   string
	endpoint string
	log      *slog.Logger
	limits   Limits
	metrics  *metrics
	decoder  Decoder
	decoding chan struct{} // one for each request that decodes

	tokens   func() tokens
	pages    func() pages
	viewers  *lru[tokenID, *viewer]
	places   *lru[tokenID, place]
	segments *segmenter
	heads    *lru[headKey, head]
	outlines *lru[fragmentKey, archive.Outline]
	parts    *lru[partsKey, []mp4.Part]
	waiting  atomic.Int64 // requests of players that wait for what comes

	draining chan struct{} // closed when the service is about to stop
	uploads  sync.WaitGroup

	mu       sync.Mutex
	stopping bool // draining is closed; no upload begins any more
	feeds    map[*archive.Stream]*feed
	storing  map[string]*storing // storage sessions, by channel
}

// New makes a service over an open archive. It starts no goroutine.
func New(o Options) *Service {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Service{
		archive:  o.Archive,
		channels: cmp.Or(o.Channels, new(channels.Book)),
		relay:    o.Relay,
		hub:      hub.New(o.Limits.Signaling, log),
		quotas:   newChannelQuotas(),
		asked:    newStreamQuotas(cmp.Or(o.Limits.StreamCalls, 5)),
		sessions: newOpenSessions(o.Limits.Sessions),
		calls:    newCallRates(cmp.Or(o.Limits.AccountCalls, 1)),
		verifier: &sigv4.Verifier{Secret: o.Secret, Region: o.Region},
		region:   o.Region,
		endpoint: o.Endpoint,
		log:      log,
		limits:   o.Limits.withDefaults(),
		decoder:  o.Decoder,
		decoding: make(chan struct{}, decoders),
		tokens:   sync.OnceValue(func() tokens { return newTokens(o.Archive.Key("streaming sessions")) }),
		pages:    sync.OnceValue(func() pages { return pages{o.Archive.Key("pages of lists")} }),
		viewers:  newLRU[tokenID, *viewer](viewersWeight),
		places:   newLRU[tokenID, place](maxPlaces),
		segments: newSegmenter(),
		heads:    newLRU[headKey, head](headsBytes),
		outlines: newLRU[fragmentKey, archive.Outline](64 << 10),
		parts:    newLRU[partsKey, []mp4.Part](64 << 10),
		draining: make(chan struct{}),
		feeds:    make(map[*archive.Stream]*feed),
		storing:  make(map[string]*storing),
	}
	s.metrics = newMetrics(s)
	return s
}

// Drain sends signaling clients away, lets uploads finish the fragment that they are in, refuses new ones and ends readers. It returns when every
// upload has had its last acknowledgement, or with ctx's error when that took too long.
func (s *Service) Drain(ctx context.Context) error {
	s.mu.Lock()
	if !s.stopping {
		s.stopping = true
		close(s.draining)
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.hub.Close()
		s.uploads.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("some uploads did not finish their fragment in time: %w", ctx.Err())
	}
}

// beginUpload counts an upload that Drain waits for, unless the service stops. After true, call uploads.Done.
func (s *Service) beginUpload() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return false
	}
	s.uploads.Add(1)
	return true
}

func (s *Service) isDraining() bool {
	select {
	case <-s.draining:
		return true
	default:
		return false
	}
}

// ServeHTTP answers every request. Operations are authenticated by their signature, players by their session's token.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := requestID()
	h := w.Header()
	h.Set("x-amzn-RequestId", id)
	h.Set("x-amz-RequestId", id)
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "x-amzn-ErrorType, x-amzn-RequestId, Date, Accept-Ranges, Content-Range")
	s.allowWrite(w)
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
		h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	path := r.URL.Path
	serve, known := s.route(r.Method, path, r.URL.Query())
	if !known {
		writeUnknownOperation(w)
		return
	}
	defer func() {
		if p := recover(); p == http.ErrAbortHandler {
			panic(p) // an answer that broke off
		} else if p != nil {
			s.log.Error("a request ended in a panic, which is a defect of the service", "path", path, "request", id, "panic", p, "stack", string(debug.Stack()))
			panic(http.ErrAbortHandler) // the connection closes
		}
	}()
	start := time.Now()
	err := serve(w, r)
	s.metrics.request(path, err, time.Since(start))
	if err != nil {
		e := asAPIError(err)
		level := slog.LevelInfo
		if e.status >= 500 {
			level = slog.LevelError
		}
		s.log.Log(r.Context(), level, "request refused", "path", path, "request", id, "error", err)
		s.allowWrite(w)
		writeError(w, e)
	}
}

// handler returns an error only while nothing has been answered yet.
type handler func(w http.ResponseWriter, r *http.Request) error

// route finds who answers a request. Paths are case-sensitive.
func (s *Service) route(method, path string, query url.Values) (handler, bool) {
	if op, ok := playOperations[path]; ok {
		return func(w http.ResponseWriter, r *http.Request) error { return s.servePlayback(w, r, op) }, method == http.MethodGet || method == http.MethodHead
	}
	op, known := operations[path]
	switch {
	case method == http.MethodGet && path == "/" && query.Has("X-Amz-ChannelARN"):
		return s.connect, true
	case method != http.MethodPost:
		return nil, false
	case path == "/putMedia":
		return s.putMedia, true
	case known || streams[path] != nil:
		return func(w http.ResponseWriter, r *http.Request) error { return s.serve(w, r, op, path) }, true
	}
	return nil, false
}

// serve authenticates and answers a call.
func (s *Service) serve(w http.ResponseWriter, r *http.Request, op operation, path string) error {
	body, err := s.readBody(w, r)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	if err := s.verifier.Verify(r, sigv4.Hashed(hex.EncodeToString(sum[:]))); err != nil {
		return err
	}
	if stream := streams[path]; stream != nil {
		return stream(s, w, r, body)
	}
	if err := s.calls.take(path); err != nil {
		return err
	}
	out, err := op(s, r, body)
	if err != nil {
		return err
	}
	s.allowWrite(w)
	writeJSON(w, http.StatusOK, out)
	return nil
}

// allowWrite gives the client of a short answer the stall time from now on to take it. Long answers go on from piece to piece.
func (s *Service) allowWrite(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(s.limits.WriteStall)) // fails when the client has left
}

// readBody reads the body of an operation. Nobody is authenticated yet, so it bounds both size and time.
func (s *Service) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	rc := http.NewResponseController(w)
	if err := rc.SetReadDeadline(time.Now().Add(s.limits.BodyTime)); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	if err != nil {
		w.Header().Set("Connection", "close")
		return nil, invalidArgument("The request's body could not be read: %v.", err)
	}
	return body, rc.SetReadDeadline(time.Time{}) // a reader of GetMedia sends nothing more for hours
}

// stream finds the stream that a request names by name or ARN.
func (s *Service) stream(name, arn string) (*archive.Stream, error) {
	name, err := named("Stream", name, arn)
	if err != nil {
		return nil, err
	}
	stream, ok := s.archive.Lookup(name)
	if !ok || arn != "" && stream.Meta().ARN != arn {
		return nil, notFound("stream", name)
	}
	return stream, nil
}

// named returns the name of what ("Stream", "Channel") a request names by name or ARN.
func named(what, name, arn string) (string, error) {
	if name == "" && arn == "" {
		return "", invalidArgument("Either %[1]sName or %[1]sARN must be given.", what)
	}
	if name != "" {
		if err := checkName(what+"Name", name); err != nil {
			return "", err
		}
	}
	if arn == "" {
		return name, nil
	}
	match := arnPattern.FindStringSubmatch(arn)
	if match == nil || len(arn) > maxARN {
		return "", invalidArgument("%sARN is not the ARN of a %s.", what, strings.ToLower(what))
	}
	if name != "" && name != match[1] {
		return "", invalidArgument("%[1]sName and %[1]sARN name different %[2]ss.", what, strings.ToLower(what))
	}
	return match[1], nil
}

// feedOf returns the live side of a stream, the same one for every caller. A stream that was deleted since it was
// looked up has none: what dropFeed has ended must not begin again.
func (s *Service) feedOf(stream *archive.Stream) (*feed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feeds[stream]
	if f != nil {
		return f, nil
	}
	name := stream.Meta().Name
	if there, ok := s.archive.Lookup(name); !ok || there != stream {
		return nil, notFound("stream", name)
	}
	f = newFeed(s.limits)
	s.feeds[stream] = f
	return f, nil
}

// dropFeed ends the uploads and readers of a stream that is gone.
func (s *Service) dropFeed(stream *archive.Stream) {
	s.mu.Lock()
	f := s.feeds[stream]
	delete(s.feeds, stream)
	s.mu.Unlock()
	if f != nil {
		f.close()
	}
}

func requestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails; see crypto/rand
	x := hex.EncodeToString(b[:])
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}
