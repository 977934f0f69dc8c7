package localkvs

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"sync"
	"time"

	"kinora/localkvs/archive"
	"kinora/media"
	"kinora/mkv"
)

const (
	maxTracks       = 3
	maxFragmentTags = 10
	maxTagBytes     = 256
)

// persistQueue is how many complete fragments of one upload may wait for the disk. When it is full, the upload is not
// read, and the producer feels it.
const persistQueue = 4

// session is one upload: it checks the rules, publishes fragments to the feed as they arrive, has them stored, and
// acknowledges. It is used from one goroutine, which run takes.
type session struct {
	service *Service
	putMediaHead
	name string
	feed *feed
	body *uploadBody
	acks *ackWriter

	head   *mkv.Head
	header []byte // the head's bytes, verbatim
	config int64  // of its tracks
	leads  int    // the track whose extent counts
	began  time.Time
	first  bool // the next fragment is the first of this connection

	current   *fragmentState
	previous  uint64 // timecode of the fragment before
	anyBefore bool

	persist  chan *persistJob
	stored   sync.WaitGroup
	storeErr ackError // set before body.end(endFailed)

	storeFull bool         // likewise: the disk is full
	edge      archive.Note // where what it stored ends, by each clock; of store's goroutine, like
	anyStored bool         // it has stored something
}

// fragmentState is what the rules need to know of the fragment that arrives.
type fragmentState struct {
	*arrival
	tags        []mkv.Tag
	frames      int
	earliest    int16
	latest      int16
	tracks      map[int]bool // that had a frame
	extent      extent       // of the leading track
	headerBytes int
}

type persistJob struct {
	arrival *arrival
	record  *archive.Fragment
	began   time.Time
}

func newSession(s *Service, head putMediaHead, f *feed, body *uploadBody, acks *ackWriter) *session {
	return &session{
		service: s, putMediaHead: head, name: head.stream.Meta().Name, feed: f, body: body, acks: acks,
		began: time.Now(), first: true, persist: make(chan *persistJob, persistQueue),
	}
}

// run takes the upload to its end: until the producer ends it, a rule is broken, or the service stops. It reports whether the
// producer was told an ERROR.
func (u *session) run() (refused bool) {
	log := u.service.log.With("stream", u.name)
	log.Info("upload began")
	u.noteBegin()
	err := u.take()
	u.noteEnd(err)
	var broken *rejection
	switch {
	case u.body.ended.Load() == endFailed:
		refused = true
		u.service.metrics.errorAcks.WithLabelValues(u.storeErr.code).Inc()
	case errors.As(err, &broken):
		refused = true
		u.service.metrics.errorAcks.WithLabelValues(broken.ack.code).Inc()
		u.acks.error(broken.ack, broken.timecode, broken.number)
	}
	if err != nil {
		log.Warn("upload ended", "error", err, "seconds", time.Since(u.began).Seconds())
		return refused
	}
	log.Info("upload ended", "seconds", time.Since(u.began).Seconds())
	return refused
}

// take receives and stores. Whatever ends it, a panic too: readers are told of the fragment that arrives, and store has ended.
func (u *session) take() error {
	u.stored.Go(u.store)
	defer func() {
		if u.current != nil {
			u.feed.abort(u.current.arrival)
		}
		close(u.persist)
		u.stored.Wait()
	}()
	return u.receive()
}

// rejection ends an upload with an ERROR acknowledgement.
type rejection struct {
	ack      ackError
	timecode uint64
	number   archive.Number
	cause    string
}

func (r *rejection) Error() string { return r.ack.code + ": " + r.cause }

func (u *session) reject(ack ackError, cause string) error {
	r := &rejection{ack: ack, cause: cause}
	if u.current != nil {
		r.timecode, r.number = u.current.timecode, u.current.number
	}
	return r
}

// errStopping ends an upload at a fragment's end because the service stops.
var errStopping = errors.New("the service is stopping")

// receive reads the body event by event.
func (u *session) receive() error {
	parser := mkv.NewParser(u.body, mkv.ParserOptions{Limits: mkv.Limits{Element: u.service.limits.FragmentSize}})
	for {
		event, err := parser.Next()
		if err == nil {
			err = u.handle(event)
		}
		switch {
		case err == nil:
			continue
		case errors.Is(err, io.EOF):
			return nil
		case u.body.ended.Load() == endIdle:
			return u.endIdle()
		case u.body.ended.Load() == endOld:
			return u.reject(maxConnectionTime, "the connection is open for longer than allowed")
		case u.body.ended.Load() == endFailed:
			return errors.New(u.storeErr.code)
		case errors.Is(err, errStopping):
			return err
		case u.body.readErr != nil:
			return u.reject(streamReadError, "the connection broke off: "+u.body.readErr.Error())
		case errors.As(err, new(*rejection)):
			return err
		case errors.Is(err, mkv.ErrLimit) && u.current != nil:
			return u.reject(maxFragmentSize, err.Error())
		default:
			return u.reject(invalidMKV, err.Error())
		}
	}
}

// endIdle finishes what an idle producer has sent: nothing of it was refused, and no more will come.
func (u *session) endIdle() error {
	if u.current == nil {
		return nil
	}
	if c := u.current; c.knownSize && len(c.cluster) < clusterSize(c.cluster) {
		return u.reject(streamReadError, "the producer sends nothing more although its cluster says that there is more")
	}
	return u.end(nil, nil)
}

func (u *session) handle(e mkv.Event) error {
	switch e.Kind {
	case mkv.Header:
		return u.start(e)
	case mkv.Start:
		return u.begin(e)
	case mkv.Frame:
		return u.frame(e)
	case mkv.Filler:
		return u.bytes(e.Bytes)
	case mkv.End:
		return u.end(e.Bytes, e.Tags)
	case mkv.Loose:
		return nil // tags without a fragment belong to nothing that could be stored
	}
	return nil
}

func (u *session) start(e mkv.Event) error {
	if len(e.Head.Tracks) > maxTracks {
		return u.reject(tooManyTracks, "a stream can have 3 tracks")
	}
	if len(e.Head.Tracks) == 0 {
		return u.reject(invalidMKV, "the head declares no track")
	}
	u.head = e.Head
	u.header = endless(slices.Clone(e.Bytes))
	u.config, u.leads = configOf(e.Head.Tracks), leading(e.Head.Tracks)
	return nil
}

func (u *session) begin(e mkv.Event) error {
	if u.service.isDraining() && !u.own {
		return errStopping
	}
	if time.Since(u.began) > u.service.limits.ConnectionTime {
		return u.reject(maxConnectionTime, "the connection is open for longer than allowed")
	}
	if u.anyBefore && e.Timecode <= u.previous {
		return u.reject(timecodeNotAfter, "the fragment does not start after the one before")
	}
	producer, ok := u.producerTime(e.Timecode)
	if !ok {
		return u.reject(invalidProducerTime, "the timecode is not a time before the year 10000")
	}
	backfill := u.feed.admit(producer, u.service.draining)
	take := archive.TakeOf(e.Tags)
	_, repeat, err := u.stream.FindTake(take, producer)
	if err != nil && !errors.Is(err, archive.ErrDeleted) {
		u.service.log.Error("it is not known whether a fragment is a repeat; readers may see it twice while it arrives", "stream", u.name, "error", err)
	}
	server := time.Now().Truncate(time.Millisecond) // what timestamps can say
	a := &arrival{
		server: server, producer: producer, timecode: e.Timecode, header: u.header, knownSize: e.KnownSize,
		take: take, backfill: backfill, repeat: repeat, head: u.head, config: u.config,
	}
	if len(e.Lead) > 0 {
		a.lead = slices.Clone(e.Lead)
	}
	u.feed.begin(a, func() archive.Number { return u.stream.NextNumber(server, u.first) })
	u.first = false
	u.anyBefore, u.previous = true, e.Timecode
	u.current = &fragmentState{
		arrival: a, tags: slices.Clone(e.Tags), tracks: make(map[int]bool),
		earliest: math.MaxInt16, latest: math.MinInt16, headerBytes: len(u.header) + len(e.Lead),
	}
	if u.feed.isClosed() {
		return u.reject(streamNotActive, "the stream was deleted")
	}
	u.acks.fragment("BUFFERING", a.timecode, a.number)
	if err := u.checkTags(); err != nil {
		return err
	}
	return u.bytes(e.Bytes)
}

// producerTime is the fragment's start by the producer's clock.
func (u *session) producerTime(timecode uint64) (time.Time, bool) {
	scale := uint64(u.head.Scale)
	if timecode > uint64(math.MaxInt64)/scale {
		return time.Time{}, false
	}
	t := time.Unix(0, int64(timecode*scale))
	if !u.absolute {
		t = u.putMediaHead.start.Add(time.Duration(timecode * scale))
	}
	return t.Truncate(time.Millisecond), t.Unix() >= 0 && t.Unix() <= maxSeconds
}

func (u *session) frame(e mkv.Event) error {
	c := u.current
	if !slices.ContainsFunc(u.head.Tracks, func(t media.Track) bool { return t.ID == e.Track }) {
		return u.reject(trackMismatch, "a frame belongs to a track that the head does not declare")
	}
	c.tracks[e.Track] = true
	c.frames++
	c.earliest, c.latest = min(c.earliest, e.Relative), max(c.latest, e.Relative)
	if e.Track == u.leads {
		c.extent.add(time.Duration(e.Relative) * u.head.Scale)
	}
	if u.length() > u.service.limits.FragmentTime {
		return u.reject(maxFragmentDuration, "the fragment is longer than allowed")
	}
	return u.bytes(e.Bytes, markOf(&e, u.head.Scale))
}

// length is the time from the fragment's first frame to its last.
func (u *session) length() time.Duration {
	if u.current.frames == 0 {
		return 0
	}
	return time.Duration(int(u.current.latest)-int(u.current.earliest)) * u.head.Scale
}

// bytes adds verbatim bytes to the fragment, and the frames in them.
func (u *session) bytes(b []byte, frames ...mark) error {
	c := u.current
	if c.headerBytes+len(c.cluster)+len(b) > u.service.limits.FragmentSize {
		return u.reject(maxFragmentSize, "the fragment is larger than allowed")
	}
	u.feed.grow(c.arrival, b, time.Now(), frames...)
	u.service.metrics.incomingBytes.Add(float64(len(b)))
	if u.feed.isClosed() {
		return u.reject(streamNotActive, "the stream was deleted")
	}
	return nil
}

// end completes the fragment: the trailing bytes and tags are known, RECEIVED goes out, and the disk takes over.
func (u *session) end(trail []byte, tags []mkv.Tag) error {
	c := u.current
	c.tags = append(c.tags, tags...)
	if err := u.checkTags(); err != nil {
		return err
	}
	if len(c.tracks) < len(u.head.Tracks) {
		return u.reject(framesMissing, "a declared track has no frame in the fragment")
	}
	length, outline := u.length(), u.outline()
	u.current = nil
	trail = slices.Clone(trail)
	backfill := u.feed.finish(c.arrival, trail, length, time.Now())
	u.service.metrics.incomingFragments.Inc()
	u.service.metrics.incomingFrames.Add(float64(c.frames))
	u.acks.fragment("RECEIVED", c.timecode, c.number)
	u.persist <- &persistJob{arrival: c.arrival, began: time.Now(), record: &archive.Fragment{
		Number: c.number, Server: c.server, Producer: c.producer, Timecode: c.timecode, Length: length,
		Frames: c.frames, Backfill: backfill, Outline: outline, Header: c.header, Lead: c.lead, Cluster: c.cluster, Trail: trail, Tags: c.tags,
	}}
	return nil
}

// checkTags applies the limits on fragment metadata. The marks that mean something to the service do not count, and
// each event may have its own tags beside those of the fragment.
func (u *session) checkTags() error {
	n, limit := 0, maxFragmentTags
	for _, tag := range u.current.tags {
		switch tag.Name {
		case mkv.EndOfFragment:
			continue
		case mkv.Notification, mkv.ImageGeneration:
			limit += maxFragmentTags
		case mkv.ImagePrefix:
		default:
			n++
		}
		if len(tag.Name) > maxTagBytes/2 || len(tag.Value) > maxTagBytes {
			return u.reject(metadataLimit, "a tag is longer than 128 bytes of name and 256 of value")
		}
	}
	if n > limit {
		return u.reject(metadataLimit, "the fragment, or an event of it, has more than 10 tags")
	}
	return nil
}

// store writes complete fragments to the archive in their order and acknowledges them. A repeat of what is stored is
// acknowledged like any other, by the number that was drawn for it, under which nothing will be found: its BUFFERING has gone out with that, and producers match
// acknowledgements of a fragment by it. It runs in its own goroutine
// until persist is closed; a failure ends the upload, and what comes after it is not stored.
func (u *session) store() {
	failed := false
	for job := range u.persist {
		if failed {
			u.feed.abort(job.arrival)
			continue
		}
		err := u.stream.Append(context.Background(), job.record)
		switch {
		case err == nil:
			u.feed.markStored(job.arrival, time.Now())
			u.service.metrics.persist.Observe(time.Since(job.began).Seconds())
			u.acks.fragment("PERSISTED", job.arrival.timecode, job.arrival.number)
			u.reached(job.record)
			u.explain(job.record)
		case errors.Is(err, archive.ErrRepeat):
			u.feed.abort(job.arrival)
			u.service.metrics.repeats.Inc()
			u.service.log.Info("a fragment was uploaded again; it is stored once", "stream", u.name,
				"fragment", job.arrival.number.String(), "take", job.arrival.take)
			u.acks.fragment("PERSISTED", job.arrival.timecode, job.arrival.number)
		case errors.Is(err, archive.ErrNoRetention):
			u.feed.markUnkept(job.arrival)
		default:
			failed = true
			u.service.log.Error("fragment was not stored", "stream", u.name, "fragment", job.arrival.number.String(), "error", err)
			u.feed.abort(job.arrival)
			u.storeErr, u.storeFull = errOf(err), errors.Is(err, archive.ErrFull)
			u.acks.error(u.storeErr, job.arrival.timecode, job.arrival.number)
			u.body.end(endFailed)
		}
	}
}
