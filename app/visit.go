package app

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"kinora/media"
)

// visit is the survey of one subject.
type visit struct {
	s       *Survey
	of      subject
	archive media.Surveyor // of the stream in the focus; nil: there is none
	others  []media.Surveyor
	failing atomic.Bool // something could not be had, and is asked for again
}

// visit begins to survey a subject.
func (s *Survey) visit(of subject) *visit {
	v := &visit{s: s, of: of}
	known := Surveyed{}
	if of.account == nil {
		of.streams = nil
	}
	for i, stream := range of.streams {
		surveyor, ok := of.account.Archive(stream).(media.Surveyor)
		switch {
		case !ok:
		case i == 0:
			v.archive, known.Stream = surveyor, stream
		default:
			v.others = append(v.others, surveyor)
		}
	}
	known.Set = len(v.others) > 0
	s.now.Set(&known)
	return v
}

// publish changes what is known, unless ctx has ended: then it is about something else.
func (v *visit) publish(ctx context.Context, change func(*Surveyed)) {
	v.s.now.Update(func(known *Surveyed) *Surveyed {
		if ctx.Err() != nil {
			return known
		}
		next := *known
		change(&next)
		return &next
	})
}

// steps is into how many parts all of an archive is divided, about.
const steps = 2000

// ahead is by how much the service's clock may be ahead of this computer's.
const ahead = time.Minute

// wide surveys all of the archive, and once more when it turns out to be much shorter than it may be. Of one that was surveyed before
// nothing is told until it is known as well as it was.
func (v *visit) wide(ctx context.Context) {
	now, before := time.Now(), v.s.now.Get()
	from := v.of.since
	if from.IsZero() {
		from = now.Add(-24 * time.Hour)
	}
	again := !before.Wide.From.IsZero()
	if again && !before.First.IsZero() && before.First.Before(now) {
		from = before.First
	}
	for range 2 {
		resolution := v.step(now.Sub(from))
		to := now.Add(ahead)
		var first time.Time
		err := v.archive.Survey(ctx, from, to, resolution, func(o media.Overview) {
			first = o.First
			if again && !o.Complete {
				return
			}
			v.publish(ctx, func(known *Surveyed) {
				begin := earliest(from, o.First)
				known.Wide = Layer{begin, to, o.Spans, v.explained(o, begin.Add(-v.of.kept()))}
				known.learn(o, now)
				known.Complete = o.Complete && !known.Near.From.IsZero()
			})
		})
		v.failed(ctx, err)
		if err != nil || first.IsZero() || !first.Before(now) || first.Sub(from).Abs() < now.Sub(from)/4 {
			return
		}
		from = first
	}
}

// step is how exactly all of a time is surveyed: as what can be kept in it, since the clocks of some producers begin in 1970.
func (v *visit) step(all time.Duration) time.Duration {
	if kept := v.of.kept(); kept > 0 {
		all = min(all, kept)
	}
	return max(all/steps, time.Second)
}

// earliest is the earlier of two times; a zero one does not count.
func earliest(a, b time.Time) time.Time {
	if b.IsZero() || a.Before(b) {
		return a
	}
	return b
}

// learn takes over what an overview says of all of the archive.
func (k *Surveyed) learn(o media.Overview, now time.Time) {
	if o.First.IsZero() {
		return
	}
	if k.First.IsZero() || o.First.Before(k.First) || o.Complete {
		k.First = o.First
	}
	if o.Last.After(k.Last) {
		k.Last = o.Last
	}
	k.Live = now.Sub(k.Last) < liveWithin
}

// contiguous is how far apart fragments may be that follow upon each other: they end with their last picture, not when the next
// begins, and some cameras give one a second.
const contiguous = 1100 * time.Millisecond

// settle is how long a view must rest before it is asked for.
const settle = 40 * time.Millisecond

// near surveys what is looked at.
func (v *visit) near(ctx context.Context, w window) {
	rest := time.NewTimer(settle)
	defer rest.Stop()
	select {
	case <-ctx.Done():
		return
	case <-rest.C:
	}
	v.publishLocal(ctx, w)
	resolution := max(w.resolution, contiguous)
	err := v.archive.Survey(ctx, w.from, w.to, resolution, func(o media.Overview) {
		v.publish(ctx, func(known *Surveyed) {
			if next := (Layer{w.from, w.to, o.Spans, v.explained(o, w.from)}); o.Complete {
				known.Near = next
			} else {
				known.Near = next.with(known.Near)
			}
			known.learn(o, time.Now())
			known.Complete = o.Complete
		})
	})
	if v.failed(ctx, err); err != nil {
		return
	}
	if marks, _, err := v.archive.Marks(ctx, w.from, w.to); err == nil {
		marks = telling(marks)
		v.publish(ctx, func(known *Surveyed) { known.Marks = marks })
	} else {
		v.failed(ctx, err)
	}
	var others []media.Span
	for _, other := range v.others {
		err := other.Survey(ctx, w.from, w.to, resolution, func(o media.Overview) {
			both := union(others, o.Spans)
			v.publish(ctx, func(known *Surveyed) { known.Others = both })
			if o.Complete {
				others = both
			}
		})
		if v.failed(ctx, err); err != nil {
			return
		}
	}
}

// explained returns the gaps of an overview from a time on, with the reasons that this computer knows beside those that the service does.
func (v *visit) explained(o media.Overview, from time.Time) []media.Gap {
	gaps := o.Gaps
	if v.s.explain != nil {
		gaps = v.s.explain(v.of.account.ID(), v.of.streams[0], gaps)
	}
	return withExpired(gaps, o.First, from, v.of.kept(), time.Now())
}

// withExpired puts what retention has removed in front of gaps that begin with first, the beginning of all that is stored, when that is about as
// old as what is kept can be. A stream of which no more is known may have begun just then; it is told like all others.
func withExpired(gaps []media.Gap, first, from time.Time, keeps time.Duration, now time.Time) []media.Gap {
	oldest := now.Add(-keeps)
	switch {
	case keeps <= 0 || first.IsZero() || !from.Before(first):
		return gaps
	case first.Sub(oldest) > keeps/expiryParts:
		return gaps
	case len(gaps) > 0 && gaps[0].From.Before(first): // the service says itself what is in front
		return gaps
	}
	return append([]media.Gap{{From: from, To: first, Reason: media.GapExpired}}, gaps...)
}

// expiryParts is of how much of a retention, one part, the oldest fragment may be younger and what was before it have expired.
const expiryParts = 100

// failed says why there is not more, or that there is no reason any more.
func (v *visit) failed(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		v.failing.Store(true)
	}
	v.publish(ctx, func(known *Surveyed) {
		known.Err = err
		known.Live = known.Live && time.Since(known.Last) < liveWithin
	})
}

// publishLocal says where stills are.
func (v *visit) publishLocal(ctx context.Context, w window) {
	local := v.s.stills.local(ctx, v.of.account.ID(), v.of.still(), w.from, w.to, w.resolution)
	v.publish(ctx, func(known *Surveyed) { known.Local = local })
}

// grow asks for what has come since.
func (v *visit) grow(ctx context.Context) {
	known := v.s.now.Get()
	now := time.Now()
	from := now.Add(-time.Minute)
	if asked := known.Wide.To.Add(-ahead - time.Minute); !known.Wide.From.IsZero() && asked.Before(from) {
		from = asked // nobody has asked since
	}
	if !known.Last.IsZero() && known.Last.Before(from) {
		from = known.Last.Add(-time.Second)
	}
	_, w := v.s.wished()
	resolution := max(w.resolution, contiguous)
	to := now.Add(ahead)
	err := v.archive.Survey(ctx, from, to, resolution, func(o media.Overview) {
		if !o.Complete {
			return
		}
		o.Gaps = v.explained(o, o.First)
		v.publish(ctx, func(known *Surveyed) {
			known.learn(o, now)
			known.Wide = known.Wide.extend(from, to, o, max(resolution, v.step(known.Wide.To.Sub(known.Wide.From))))
			if !known.Near.To.Before(known.Last) {
				known.Near = known.Near.extend(from, known.Near.To, o, resolution)
			}
		})
	})
	v.failed(ctx, err)
	if w.to.After(from) {
		v.publishLocal(ctx, w)
	}
}

// telling keeps of marks what a person wants to see: not what the recorder needs for itself, and of a tag that every fragment
// carries only where its value changes.
func telling(marks []media.Mark) []media.Mark {
	last := map[string]string{}
	kept := slices.DeleteFunc(slices.Clone(marks), func(m media.Mark) bool {
		if m.Name == MarkerTag {
			return false
		}
		value, seen := last[m.Name]
		last[m.Name] = m.Value
		return strings.HasPrefix(m.Name, "KINORA_") || seen && value == m.Value
	})
	slices.SortStableFunc(kept, func(a, b media.Mark) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Name, b.Name)) })
	return kept
}
