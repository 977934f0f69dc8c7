package localkvs

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"kinora/localkvs/archive"
	"kinora/localkvs/channels"
	"kinora/localkvs/hub"
	"kinora/media"
	"kinora/peer"
)

// storing is a storage session: the service calls a channel's master, as a peer of its own, and stores what that sends.
type storing struct {
	service *Service
	channel channels.Channel
	stream  *archive.Stream
	cancel  context.CancelCauseFunc
	done    chan struct{}
}

type joinStorageSessionIn struct{ ChannelARN string }

// joinStorageSession answers at once; the offer to the master follows over its WebSocket.
func joinStorageSession(s *Service, _ *http.Request, in joinStorageSessionIn) (empty, error) {
	channel, err := s.channel("", in.ChannelARN)
	if err != nil {
		return empty{}, err
	}
	if channel.Stream == "" {
		return empty{}, invalidArgument("Channel %s stores into no stream. UpdateMediaStorageConfiguration says into which.", channel.Name)
	}
	if err := s.quotas.joins.take(channel.ARN, 1); err != nil {
		return empty{}, err
	}
	stream, err := s.stream("", channel.Stream)
	if err != nil {
		return empty{}, err
	}
	if !s.beginUpload() {
		return empty{}, asSignalingError(hub.ErrClosed)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	session := &storing{service: s, channel: channel, stream: stream, cancel: cancel, done: make(chan struct{})}
	s.mu.Lock()
	old := s.storing[channel.ARN]
	s.storing[channel.ARN] = session
	s.mu.Unlock()
	go func() {
		defer s.uploads.Done()
		defer cancel(nil)
		if old != nil {
			old.cancel(errJoinedAgain)
			<-old.done
		}
		session.run(ctx)
	}()
	return empty{}, nil
}

var (
	errJoinedAgain = errors.New("the master has joined again")
	errStoresNot   = errors.New("the channel does not store into the stream any more")
)

// endStoring ends a channel's storage session, if there is one.
func (s *Service) endStoring(channelARN string) {
	s.mu.Lock()
	session := s.storing[channelARN]
	s.mu.Unlock()
	if session != nil {
		session.cancel(errStoresNot)
	}
}

// storageSessions is how many there are.
func (s *Service) storageSessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.storing)
}

// run calls the master and stores until the call is over.
func (j *storing) run(ctx context.Context) {
	s := j.service
	defer close(j.done)
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.storing[j.channel.ARN] == j {
			delete(s.storing, j.channel.ARN)
		}
	}()
	log := s.log.With("channel", j.channel.Name, "stream", j.stream.Meta().Name)
	log.Info("storage session began")
	began := time.Now()
	err := j.call(ctx)
	log.Info("storage session ended", "reason", err, "seconds", time.Since(began).Seconds())
}

// call returns why the call is over, which is never nil.
func (j *storing) call(ctx context.Context) error {
	seat := j.service.seat(j.channel, storageClient())
	member, err := j.service.hub.Join(seat)
	if err != nil {
		return err
	}
	defer member.Leave()
	viewer := peer.NewViewer(peer.Options{
		Signaling: member, Codecs: []media.Codec{media.H264, media.Opus}, Loopback: j.service.isLocal(), Log: j.service.log,
	})
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return viewer.Run(ctx) })
	group.Go(func() error { return j.store(ctx, viewer) })
	group.Go(func() error {
		select {
		case <-member.Done():
			return member.State().Err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	return group.Wait()
}

// storageClient is the client ID of a session, as the master sees it. No viewer may have one that begins so.
func storageClient() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails; see crypto/rand
	return "AWS_STORAGE_" + hex.EncodeToString(b[:])
}

// isLocal says whether the service is for this machine alone, whose masters may have no other address than loopback.
func (s *Service) isLocal() bool {
	host, _, err := net.SplitHostPort(strings.TrimPrefix(s.endpoint, "http://"))
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

// shotTime is how long a fragment is to be: then a key frame is asked for.
const shotTime = 2 * time.Second

// store stores what the viewer sees, fragment by fragment, until it sees nothing more.
func (j *storing) store(ctx context.Context, viewer *peer.Viewer) error {
	source, err := viewer.Open(ctx)
	if err != nil {
		return err
	}
	defer source.Close()
	defer context.AfterFunc(ctx, func() { source.Close() })()
	var cut cutter
	var asked time.Duration // picture time
	to := &depositor{service: j.service, stream: j.stream}
	defer to.close()
	for {
		p, err := source.Read()
		if err != nil {
			for _, rest := range cut.rest() {
				err = errors.Join(err, to.put(rest, source.Epoch()))
			}
			return err
		}
		whole, lost := cut.put(p, source.Tracks())
		if lost {
			j.service.log.Warn("a master sends no key frames; what came without one is not stored", "channel", j.channel.Name)
		}
		if whole != nil {
			if err := to.put(whole, source.Epoch()); err != nil {
				return err
			}
		}
		if cut.age() >= shotTime && len(cut.coded) == 1 && (p.PTS-asked).Abs() >= shotTime/2 {
			asked = p.PTS
			viewer.AskKeyFrame()
		}
	}
}
