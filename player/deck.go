package player

import (
	"context"
	"image"
	"log/slog"
	"time"

	"kinora/media"
)

// DeckOptions configure a Deck. All but Log, Glimpse and Voice are required.
type DeckOptions struct {
	Transport *Transport
	Archive   media.Archive
	Codecs    Codecs
	Log       *slog.Logger // nil: nothing is logged
	Glimpse   Glimpse      // nil: nobody looks
	Voice     Voice        // nil: nobody hears
}

// Deck shows the pictures of one archive at the time of a Transport. Its methods may be called from any goroutine; Run
// once.
//
// One goroutine does everything but reading ahead. It works in small pieces, a packet at most, and looks between them at
// what the transport wishes by then: so the newest wish wins, and work that leads to it is never thrown away.
type Deck struct {
	o       DeckOptions
	mailbox Mailbox
	fit     fit
	status  deckStatus

	// The goroutine of Run.
	seat   *seat
	timer  *time.Timer
	cursor cursor
	sound  deckSound
	kept   kept
	reel   *reel

	aim   aim     // what is looked for, or was found last
	roll  *roll   // that is decoded; nil: there is none where the playhead is
	shown picture // put into the mailbox last
	drawn *Frame  // likewise, and was not glimpsed at yet
	keep  bool    // pictures on the way to the aim are kept

	rate     float64 // of play, for which the rest was begun; zero: it has to begin
	mode     mode
	walk     walk          // from fragment to fragment
	looked   time.Time     // when what follows was asked for last
	after    time.Duration // the picture in roll behind which play goes on; inOrder
	key      int           // of roll, decoded last; keysOnly
	back     rewind        // backwards
	pending  pending
	hole     *hole // in front of the pending picture
	starving bool  // time stands for this deck
	fresh    bool  // the next picture is shown however late it is

	failed  int       // attempts to ask the archive in a row
	resume  time.Time // the archive is not asked before, for the wish
	barred  uint64
	lastPut time.Time
	lastDue time.Time
}

// aim is a wish that is being served.
type aim struct {
	place uint64    // the wish; zero: none
	at    time.Time // of the archive
	spot  spot
	want  time.Duration // the picture in roll
	rough bool          // a key frame of its group was shown meanwhile
	done  bool          // what there is to show is shown
}

// picture names a picture.
type picture struct {
	roll  *roll // nil: none
	pts   time.Duration
	size  image.Point // its own
	drawn image.Point // as it was drawn; zero: it was not, as nobody looks
}

func (p picture) at() time.Time { return p.roll.at(p.pts) }

// of says whether it is a picture of a roll.
func (p picture) of(r *roll) bool { return p.roll != nil && p.roll.same(r) }

// NewDeck returns a deck at rest; Run starts it.
func NewDeck(o DeckOptions) *Deck {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	d := &Deck{o: o, fit: newFit(), cursor: cursor{codecs: o.Codecs}}
	if codecs, ok := o.Codecs.(SoundCodecs); ok && o.Voice != nil {
		d.sound.decoded = decoded{voice: o.Voice, codecs: codecs, log: o.Log}
	}
	return d
}

// Frames returns the mailbox that pictures arrive in. Their At is the archive's time.
func (d *Deck) Frames() *Mailbox { return &d.mailbox }

// SetFit is as Player.SetFit.
func (d *Deck) SetFit(box image.Point) { d.fit.set(box) }

// Run follows the transport until ctx ends, and returns its error. It waits for everything that it started. What the
// archive or a codec refuses is in State and does not end it.
func (d *Deck) Run(ctx context.Context) error {
	d.seat = d.o.Transport.join()
	defer d.seat.leave()
	d.timer = time.NewTimer(time.Hour)
	defer d.timer.Stop()
	defer d.close()
	for ctx.Err() == nil {
		w := d.seat.look()
		d.turn(ctx, w)
		if d.drawn != nil && !w.passes { // a pointer passes many, and the processors are for those
			d.o.Glimpse.of(d.drawn) // it is painted meanwhile, and drawn into by this goroutine alone
		}
		d.drawn = nil
	}
	return ctx.Err()
}

// turn does the next piece of work, or waits for some.
func (d *Deck) turn(ctx context.Context, w wish) {
	d.hear(ctx, w)
	switch {
	case w.place == d.barred && d.paused(ctx):
	case d.owes(w):
		d.seek(ctx, w)
	case d.aim.place != w.place:
		d.begin(ctx, w, w.course.position(time.Now()))
	case !d.aim.done:
		d.seek(ctx, w)
	case w.steps != 0:
		d.step(ctx, w)
	case w.runs:
		d.run(ctx, w)
	default:
		d.rest(ctx)
	}
}

// paused waits while the archive is not to be asked for the same once more.
func (d *Deck) paused(ctx context.Context) bool {
	left := time.Until(d.resume)
	if left <= 0 {
		return false
	}
	d.wait(ctx, left)
	return true
}

// rest waits for a wish, and draws the picture again when another size is wanted. What is not in the archive yet is looked
// for each second.
func (d *Deck) rest(ctx context.Context) {
	d.stopReading()
	var grown <-chan time.Time
	if d.aim.early() {
		d.timer.Reset(growth)
		grown = d.timer.C
	}
	select {
	case <-d.seat.changed:
	case <-d.fit.changed:
		d.redraw()
	case <-grown:
		d.aim.place = 0
	case <-ctx.Done():
	}
}

// early says whether the aim is behind the end of an archive that may still come to it.
func (a *aim) early() bool {
	return a.spot.next.Number == "" && a.at.After(a.spot.fragment.End()) && time.Since(a.at) < time.Minute
}

// redraw makes the picture that is shown again in another size.
func (d *Deck) redraw() {
	if d.shown.roll == nil || d.fit.of(d.shown.size) == d.shown.drawn {
		return
	}
	if p, ok := d.kept.find(d.shown.roll, d.shown.pts); ok {
		d.put(p.roll, p.pts, p.size, p.Picture, time.Now())
		return
	}
	d.shown = picture{}
	d.aim.place = 0 // it is looked for once more
}

// wait waits for a time, or until something else is wished. A time that is not positive is none.
func (d *Deck) wait(ctx context.Context, left time.Duration) {
	if left <= 0 {
		return
	}
	if d.sound.playing {
		left = min(left, soundLead/4)
	}
	d.timer.Reset(left)
	select {
	case <-d.timer.C:
	case <-d.seat.changed:
	case <-d.fit.changed: // what comes next has the size
	case <-ctx.Done():
	}
}

func (d *Deck) close() {
	d.sound.hush()
	d.sound.close()
	d.stopReading()
	d.dropPending()
	d.back.clear()
	d.kept.clear()
	if err := d.cursor.close(); err != nil {
		d.o.Log.Warn("player: closing the decoder", "error", err)
	}
	d.status.enter(DeckClosed, nil, media.Gap{})
}

func (d *Deck) stopReading() {
	if d.reel != nil {
		d.reel.stop()
		d.reel = nil
	}
}
