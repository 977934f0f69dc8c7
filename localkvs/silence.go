package localkvs

import (
	"errors"
	"strconv"

	"kinora/localkvs/archive"
	"kinora/media"
	"kinora/mkv"
)

// noteBegin notes that the upload is open. What is noted about gaps is worth no upload: a failure is logged.
func (u *session) noteBegin() {
	if u.keeps() {
		u.noted(u.stream.UploadBegan())
	}
}

// noteEnd notes why the upload has ended, behind the last fragment that it stored or, when it stored none, where it began one.
func (u *session) noteEnd(err error) {
	if !u.keeps() {
		return
	}
	n := u.edge
	if !u.anyStored {
		n.Server = u.began
		if u.current != nil {
			n.Server, n.Producer = u.current.server, u.current.producer
		}
	}
	if n.Reason = u.silence(err); n.Reason == media.GapEnded && !u.anyStored {
		n.Reason = "" // who came and went without a fragment explains nothing
	}
	u.noted(u.stream.UploadEnded(n, u.anyStored))
}

// keeps tells whether the stream stores anything, so that there can be gaps.
func (u *session) keeps() bool { return u.stream.Meta().RetentionHours > 0 }

func (u *session) noted(err error) {
	if err != nil && !errors.Is(err, archive.ErrDeleted) {
		u.service.log.Warn("why nothing follows in a stream could not be noted", "stream", u.name, "error", err)
	}
}

// silence says why nothing follows an upload that ended with an error, nil when its producer ended it.
func (u *session) silence(err error) string {
	var broken *rejection
	switch ended := u.body.ended.Load(); {
	case u.feed.isClosed():
		return ""
	case u.service.isDraining():
		return media.GapService
	case ended == endFailed && u.storeFull:
		return media.GapDisk
	case ended == endFailed:
		return gapOf(u.storeErr)
	case ended == endIdle:
		return media.GapLost
	case err == nil:
		return media.GapEnded
	case errors.As(err, &broken) && broken.ack != streamReadError:
		return gapOf(broken.ack)
	}
	return media.GapLost
}

func gapOf(e ackError) string { return media.GapError + strconv.Itoa(e.id) }

// explain notes what the recorder says on a stored fragment about the time in front of it or behind it.
func (u *session) explain(f *archive.Fragment) {
	for _, tag := range f.Tags {
		switch tag.Value {
		case media.GapPaused, media.GapDevice, media.GapDisk:
		default:
			continue
		}
		switch tag.Name {
		case mkv.GapBefore:
			u.noted(u.stream.Explain(archive.Note{Server: f.Server, Producer: f.Producer, Before: true, Reason: tag.Value}))
		case mkv.GapBehind:
			u.noted(u.stream.Explain(archive.Note{Server: f.Server.Add(f.Length), Producer: f.Producer.Add(f.Length), Reason: tag.Value}))
		}
	}
}

// reached moves the end of what the upload has stored.
func (u *session) reached(f *archive.Fragment) {
	u.anyStored = true
	if end := f.Server.Add(f.Length); end.After(u.edge.Server) {
		u.edge.Server = end
	}
	if end := f.Producer.Add(f.Length); end.After(u.edge.Producer) {
		u.edge.Producer = end
	}
}
