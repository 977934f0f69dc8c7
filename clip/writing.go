package clip

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"kinora/media"
)

// writing is one file of an export.
type writing struct {
	*export
	path  string
	part  int
	list  []media.Fragment // those that are to be in it, as far as its coding goes
	whole bool

	file    *sums
	out     output
	journal *journal
	proof   Proof
}

// run writes the file and returns what of the list is to be in further ones.
func (w *writing) run(ctx context.Context) (rest []media.Fragment, err error) {
	if rest, found, err := w.found(); found || err != nil {
		return rest, err
	}
	w.proof = w.Options.proof(w.path)
	file, err := os.OpenFile(partPath(w.path), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("the clip cannot be written: %w", err)
	}
	w.file = &sums{File: file}
	defer func() { err = errors.Join(err, w.close()) }()
	used, err := w.resume()
	if err != nil {
		return nil, err
	}
	if err := room(w.path, bytesOf(w.list[used:])); err != nil {
		return nil, err
	}
	err = read(ctx, &w.Options, w.list[used:], func(f media.Fragment, r *media.Recorded, err error) error {
		if err := w.take(&f, r, err); err != nil {
			return err
		}
		used++
		return nil
	})
	if err != nil && !errors.Is(err, errAnother) {
		return nil, err
	}
	return w.list[used:], w.finish(ctx, used < len(w.list))
}

// found looks for the file. One that this export has made is passed over, with what is in it; what has come since goes into a further one.
// Any other is not touched.
func (w *writing) found() (rest []media.Fragment, found bool, err error) {
	if _, err := os.Stat(w.path); err != nil {
		return nil, false, nil // it is made; what is wrong with the folder shows then
	}
	p, err := ReadProof(w.path)
	if err != nil || p.Stream != w.Stream || !p.From.Equal(w.From) || !p.To.Equal(w.To) || w.part == 1 && !brokeOff(w.path, 1) {
		return nil, true, fmt.Errorf("there is a file %s already; choose another name", w.path)
	}
	if err := gone(os.Remove(journalPath(w.path))); err != nil { // it was to go when the file had its name
		return nil, true, err
	}
	w.whole = true
	in, missing := make(held), make(held)
	in.addAll(p)
	for _, m := range p.Missing {
		missing[m.Number] = true
	}
	for i := range w.list {
		if f := &w.list[i]; in.has(f) {
			w.told(f, missing.has(f))
		} else {
			rest = append(rest, *f)
		}
	}
	return rest, true, nil
}

// brokeOff tells whether one of an export's files, from a part on, was begun and is not whole, or broke off just then.
func brokeOff(path string, part int) bool {
	for ; ; part++ {
		name := numbered(path, part)
		if _, err := os.Stat(journalPath(name)); err == nil {
			return true
		}
		if _, err := os.Stat(name); err != nil {
			return false
		}
	}
}

func (w *writing) request(part int) request {
	return request{Stream: w.Stream, Account: w.Account, Owner: w.Owner, From: w.From, To: w.To, Format: w.format, Part: part, Inside: w.Inside}
}

// resume takes up what an earlier run has left, as far as it is sound, and returns how many fragments that is.
func (w *writing) resume() (used int, err error) {
	var lines []entry
	if w.journal, lines, err = resumeJournal(journalPath(w.path), w.request(w.part)); err != nil {
		return 0, err
	}
	if len(lines) == 0 {
		if err := w.begin(); err != nil {
			return 0, err
		}
	}
	if w.out, err = w.open(w.journal.room); err != nil {
		return 0, err
	}
	var tracks []media.Track
	taken, unlisted := 0, w.unlisted(lines)
	for ; taken < len(lines); taken++ {
		line, now := &lines[taken], tracks
		if line.Tracks != nil {
			now = line.Tracks
		}
		listed := used < len(w.list) && line.is(&w.list[used])
		stays := unlisted[line.Number] && (used == len(w.list) || line.Start.Before(w.list[used].Start))
		if !listed && !stays && slices.ContainsFunc(lines[taken:], func(e entry) bool { return unlisted[e.Number] }) {
			// Something came late into what is written. It goes behind that: written again, what the archive has no more would be lost.
			listed = w.forward(used, line)
			stays = !listed && unlisted[line.Number]
		}
		if !listed && !stays || !w.again(line, now) {
			break
		}
		if tracks = now; listed {
			w.told(&w.list[used], line.Missing != "")
			used++
		}
	}
	if err := w.file.Truncate(w.out.written()); err != nil {
		return 0, err
	}
	if len(lines) > 0 {
		if err := w.journal.cut(taken, tracks); err != nil {
			return 0, err
		}
	}
	w.file.sum() // of the head
	return used, nil
}

// forward brings the fragment of a line to a place of the list, in front of those that were there, and reports whether it is behind it.
func (w *writing) forward(place int, line *entry) bool {
	i := slices.IndexFunc(w.list[place:], func(f media.Fragment) bool { return line.is(&f) })
	if i < 0 {
		return false
	}
	f := w.list[place+i]
	copy(w.list[place+1:place+i+1], w.list[place:place+i])
	w.list[place] = f
	return true
}

// unlisted names the fragments of a journal that the archive has no more and no other file has.
func (w *writing) unlisted(lines []entry) map[string]bool {
	listed, numbers := make(held), make(map[string]bool)
	for i := range w.list {
		listed.add(&Piece{Number: w.list[i].Number, Producer: w.list[i].Producer})
	}
	for i := range lines {
		f := media.Fragment{Number: lines[i].Number, Producer: lines[i].Producer}
		numbers[f.Number] = !listed.has(&f) && !w.had.has(&f)
	}
	return numbers
}

// begin begins the journal, in place of one that has no fragment.
func (w *writing) begin() (err error) {
	if err := w.journal.close(); err != nil {
		return err
	}
	r := w.request(w.part)
	if w.format == MP4 {
		r.Room = roomOf(w.list)
	}
	w.journal, err = createJournal(journalPath(w.path), r)
	return err
}

func (w *writing) open(room int) (output, error) {
	if w.format == MKV {
		return newMKV(w.file), nil
	}
	return newMP4(w.file, room)
}

// again takes over a line of the journal, if the file has what it says.
func (w *writing) again(line *entry, tracks []media.Track) bool {
	if line.Missing != "" {
		w.proof.Missing = append(w.proof.Missing, Missing{line.Number, line.Missing})
		return true
	}
	if !line.in(w.file.File) {
		return false
	}
	f, err := line.recorded(tracks)
	if err != nil || w.out.written() != line.Offset { // what is skipped must be where the file has it
		return false
	}
	left, err := w.out.skip(f)
	if err != nil || w.out.written() != line.Offset+line.Bytes {
		return false
	}
	w.leave(left)
	w.proof.Pieces = append(w.proof.Pieces, line.Piece)
	return true
}

// take writes one fragment, or why it is missing.
func (w *writing) take(f *media.Fragment, recorded *media.Recorded, err error) error {
	if err != nil {
		m := Missing{f.Number, err.Error()}
		w.proof.Missing = append(w.proof.Missing, m)
		w.told(f, true)
		return w.journal.miss(m)
	}
	offset := w.out.written()
	left, err := w.out.add(recorded)
	if err != nil {
		return err
	}
	w.leave(left)
	piece := Piece{Number: f.Number, Producer: f.Producer.UTC(), Server: f.Server.UTC(), Offset: offset, Bytes: w.out.written() - offset, CRC32C: w.file.sum()}
	w.proof.Pieces = append(w.proof.Pieces, piece)
	w.told(f, false)
	return w.journal.add(piece, recorded)
}

// leave notes tracks that the format cannot hold.
func (w *writing) leave(tracks []media.Track) {
	for _, t := range tracks {
		name := fmt.Sprintf("%s track %d (%s)", t.Kind, t.ID, t.Codec)
		if !slices.Contains(w.proof.LeftOut, name) {
			w.proof.LeftOut = append(w.proof.LeftOut, name)
		}
	}
}

// finish makes the file whole, gives it its proof and then its name. When more is to come in a further file, that one's journal
// is there before, so that what breaks off in between is known to be no whole export. The end of ctx leaves the file for the next call.
func (w *writing) finish(ctx context.Context, more bool) error {
	if len(w.proof.Pieces) == 0 {
		return errors.Join(w.close(), os.Remove(partPath(w.path)), os.Remove(journalPath(w.path)))
	}
	startWriting(w.file.File)
	if err := w.out.finish(); err != nil {
		return fmt.Errorf("the clip cannot be finished: %w", err)
	}
	sum, size, err := settle(ctx, w.file.File)
	if err != nil {
		return fmt.Errorf("the clip cannot be finished: %w", err)
	}
	w.proof.SHA256, w.proof.Bytes, w.proof.Made = sum, size, time.Now().UTC().Truncate(time.Second)
	if err := w.proof.write(w.path); err != nil {
		return err
	}
	if more {
		next, err := createJournal(journalPath(numbered(w.Path, w.part+1)), w.request(w.part+1))
		if err != nil {
			return err
		}
		if err := next.close(); err != nil {
			return err
		}
	}
	if err := w.close(); err != nil { // Windows renames and removes no open file
		return err
	}
	if err := named(w.path); err != nil {
		return err
	}
	w.whole = true
	return os.Remove(journalPath(w.path))
}

// close closes what is open.
func (w *writing) close() (err error) {
	if w.file != nil {
		err = w.file.Close()
	}
	err = errors.Join(err, w.journal.close())
	w.file, w.journal = nil, nil
	return err
}
