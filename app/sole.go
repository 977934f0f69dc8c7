package app

import (
	"context"

	"kinora/media"
	"kinora/recorder"
)

// sole is a camera that is open for an offer alone. Most can be open once only: previews and other offers are given what comes in,
// and a recording, which is not to be as its viewers' ways allow, takes it over.
type sole struct {
	intake *recorder.Intake // of the offer
	life   context.Context  // of its source; a recording that wants the camera ends it
	end    context.CancelFunc
	done   chan struct{} // closed when it is closed
}

// lent is the source of a sole camera.
type lent struct {
	media.Source
	own    *sole
	vacate func()
}

func (l lent) Unwrap() media.Source { return l.Source }

func (l lent) Read() (*media.Packet, error) {
	p, err := l.Source.Read()
	if err != nil && l.own.life.Err() != nil {
		err = errShared
	}
	return p, err
}

func (l lent) Close() error {
	defer l.vacate()
	return l.Source.Close()
}

// share returns what a camera gives that is open already, for a preview, a recording or another offer, until that ends; where it is not
// open, the right to open it, until vacate.
func (r *Recordings) share(ctx context.Context, f *offer) (media.Source, *sole) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := f.camera.ID
	if in := r.inputs[id]; in != nil && (in.shown || in.recorded) && !in.borrowed && !in.over() {
		return in.intake.Tap(), nil
	}
	if own := r.soles[id]; own != nil {
		return own.intake.Tap(), nil
	}
	own := &sole{intake: f.intake, done: make(chan struct{})}
	own.life, own.end = context.WithCancel(ctx)
	r.soles[id] = own
	return nil, own
}

// vacate says that an offer has closed a camera.
func (r *Recordings) vacate(camera string, own *sole) {
	r.mu.Lock()
	defer r.mu.Unlock()
	own.end()
	delete(r.soles, camera)
	close(own.done)
}

// instead opens the camera of an input: a preview is given what an offer has open, a recording takes it over.
func (r *Recordings) instead(in *input, open media.Opener) media.Opener {
	return func(ctx context.Context) (media.Source, error) {
		r.mu.Lock()
		own := r.soles[in.camera.ID]
		in.borrowed = own != nil && !in.recorded
		borrowed := in.borrowed
		r.mu.Unlock()
		switch {
		case borrowed:
			return shared{own.intake.Tap()}, nil
		case own != nil:
			own.end()
			wait(ctx, own.done)
		}
		return open(ctx)
	}
}
