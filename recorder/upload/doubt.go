package upload

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"kinora/recorder/spool"
)

const (
	batchSize  = 100              // fragments that are asked about at once
	batchTime  = 10 * time.Minute // likewise, from the first to the last
	settleTime = time.Second      // that the service gets to store what it received on a connection that broke
	askTime    = 10 * time.Second // for an answer
	askAgain   = time.Second
	askTries   = 3 // when the service answers, but with an error
)

// doubtful reports whether the service may have a fragment already, so that it has to be asked first.
func (u *Uploader) doubtful(f *spool.Fragment) bool {
	if u.o.Stored == nil {
		return false
	}
	if m := u.marks[f]; m != nil {
		return m.doubt
	}
	if u.isFormer(f) {
		return u.verified == nil || before(u.verified, f)
	}
	if s := f.Stage(); s == spool.Sent || s == spool.Received { // by an uploader before this one
		u.mark(f).doubt = true
		u.more.Broadcast()
		return true
	}
	return false
}

func (u *Uploader) isFormer(f *spool.Fragment) bool { return f.Take().ID() <= u.former }

// verify asks the service about fragments in doubt until ctx ends, and once whether the stream keeps what it gets.
func (u *Uploader) verify(ctx context.Context) {
	defer context.AfterFunc(ctx, u.wake)()
	var alarm alarm
	level := slog.LevelInfo
	for tries := 0; ; {
		batch, stream := u.questions(ctx, &alarm)
		last := tries+1 >= askTries
		var err error
		switch {
		case stream:
			err = u.askKeeps(ctx, last)
		case batch == nil:
			return
		default:
			err = u.ask(ctx, batch, last)
		}
		if err == nil {
			tries, level = 0, slog.LevelInfo
			continue
		}
		if tries++; u.o.Classify(err) == Network {
			tries = 0
		}
		u.o.Log.Log(ctx, level, "uploading: the service does not tell what it has", "err", err)
		level = slog.LevelDebug // until it has told
		select {
		case <-time.After(askAgain):
		case <-ctx.Done():
		}
	}
}

// questions waits for something to ask: about fragments, oldest first, or about the stream. It returns neither when ctx ends.
func (u *Uploader) questions(ctx context.Context, alarm *alarm) (batch []*spool.Fragment, stream bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for ctx.Err() == nil {
		var until time.Time
		if u.pause == "" {
			if u.answers && u.retention == unknown && !u.learns() {
				return nil, true
			}
			if batch = u.formerBatch(); batch == nil {
				batch, until = u.markedBatch()
			}
			if batch != nil {
				return batch, false
			}
		}
		alarm.wait(u, until)
	}
	return nil, false
}

// formerBatch returns fragments of an earlier life that were not asked about yet.
func (u *Uploader) formerBatch() (batch []*spool.Fragment) {
	if u.o.Stored == nil || u.former == "" {
		return nil
	}
	f := u.o.Spool.Oldest(u.o.Target)
	if f != nil && u.verified != nil && !before(u.verified, f) {
		f = u.o.Spool.After(u.verified)
	}
	for ; f != nil && u.isFormer(f) && fitsBatch(batch, f); f = u.o.Spool.After(f) {
		batch = append(batch, f)
	}
	if batch == nil {
		u.former = "" // all are clear
	}
	return batch
}

// markedBatch returns fragments whose connections broke, or when some are to be asked about.
func (u *Uploader) markedBatch() (batch []*spool.Fragment, until time.Time) {
	var due []*spool.Fragment
	for f, m := range u.marks {
		at := m.since.Add(settleTime)
		switch {
		case !m.doubt || m.conn != nil:
		case !time.Now().Before(at):
			due = append(due, f)
		case until.IsZero() || at.Before(until):
			until = at
		}
	}
	slices.SortFunc(due, func(a, b *spool.Fragment) int { return a.Time().Compare(b.Time()) })
	for _, f := range due {
		if fitsBatch(batch, f) {
			batch = append(batch, f)
		}
	}
	return batch, until
}

func fitsBatch(batch []*spool.Fragment, f *spool.Fragment) bool {
	if len(batch) == 0 {
		return true
	}
	d := f.Time().Sub(batch[0].Time())
	return len(batch) < batchSize && d >= 0 && d < batchTime
}

// ask asks about fragments. When the service answers with an error for the last time, nobody can say, and they are sent.
func (u *Uploader) ask(ctx context.Context, batch []*spool.Fragment, last bool) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	from, to := batch[0].Time(), batch[len(batch)-1].Time()
	stored, err := u.o.Stored(ctx, from.Add(-time.Millisecond), to.Add(time.Millisecond))
	if err != nil && (!last || ctx.Err() != nil || u.o.Classify(err) == Network) {
		return err
	}
	if err != nil {
		u.o.Log.Warn("uploading: the service does not tell what it has; fragments that may be there already are sent again", "err", err)
	}
	u.resolve(batch, stored)
	return nil
}

// resolve clears the fragments' doubts.
func (u *Uploader) resolve(batch []*spool.Fragment, stored []Stored) {
	lengths := make(map[int64]time.Duration) // the longest
	for _, s := range stored {
		ms := s.Producer.UnixMilli()
		lengths[ms] = max(lengths[ms], s.Length)
	}
	var repeats []*spool.Fragment
	for _, f := range batch {
		listed, found := lengths[f.Time().UnixMilli()]
		if !found {
			continue
		}
		// A piece is no repeat. One that cannot be read is not sent either, and told about then.
		if least, err := span(f); err == nil && listed >= least-rounding {
			repeats = append(repeats, f)
		}
	}
	u.set(func() { u.repeats += len(repeats) }) // before Drain sees them go
	for _, f := range repeats {
		u.tell(f, spool.Persisted)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, f := range batch {
		if m := u.marks[f]; m != nil {
			m.doubt = false
		}
		if u.isFormer(f) && (u.verified == nil || before(u.verified, f)) {
			u.verified = f
		}
		if s := f.Stage(); s == spool.Sent || s == spool.Received {
			u.tell(f, spool.Stored)
		}
	}
	u.sweep()
	u.more.Broadcast()
}

// askKeeps asks whether the stream keeps what it gets. When the service answers with an error for the last time, it is learned.
func (u *Uploader) askKeeps(ctx context.Context, last bool) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	yes, err := u.o.Keeps(ctx)
	if err != nil {
		if last && ctx.Err() == nil && u.o.Classify(err) != Network {
			u.set(func() { u.untold = true })
		}
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.retention = keeps
	if yes {
		return nil
	}
	u.retention = keepsNothing
	if u.trouble.err == errUnstored {
		u.trouble.clear()
	}
	for _, m := range u.marks {
		if m.conn != nil {
			m.conn.settleReceived()
		}
	}
	u.more.Broadcast()
	return nil
}
