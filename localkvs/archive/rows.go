package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// add inserts a row, unless the stream has that number already, which taken reports. Of the rows with one identity only that
// of the record which stands last in the log is kept; replaced is the number of the one that went. Like put it belongs into
// a transaction.
func (x *index) add(stream int64, e *Entry) (taken bool, replaced Number, err error) {
	var id, tags any
	if e.tagged {
		tags = []byte(e.tags)
	}
	if e.identity != (identity{}) {
		id = e.identity[:]
		before, found, err := x.one(x.holder, stream, e.Producer.UnixMilli(), id)
		switch {
		case err != nil:
			return false, replaced, err
		case found && before.Number == e.Number:
			return true, replaced, nil
		case found && before.standsBehind(e):
			return false, replaced, nil
		case found:
			if _, err := x.remove.Exec(stream, before.Number.b[:]); err != nil {
				return false, replaced, err
			}
			if _, err := x.unsum.Exec(stream, before.segment); err != nil {
				return false, replaced, err
			}
			replaced = before.Number
		}
	}
	r, err := x.insert.Exec(stream, e.Number.b[:], e.Producer.UnixMilli(), e.Server.UnixMilli(), int64(e.Length), e.Frames,
		int64(e.Timecode), e.segment, e.offset, e.Size, e.cluster, e.Backfill, e.Config, int64(e.Duration), id, tags)
	if err != nil {
		return false, replaced, err
	}
	n, err := r.RowsAffected()
	return n == 0, replaced, err
}

// put enters a segment as it is now, of which no summary has been made.
func (x *index) put(stream int64, g *segment) error {
	_, err := x.putSegment.Exec(stream, g.id, g.end, g.count, g.first.b[:], g.last.b[:], g.oldest, g.newest, g.latest, g.earliest)
	return err
}

// drop removes a segment and its rows, in a transaction.
func (x *index) drop(stream int64, g *segment) error {
	if _, err := x.deleteRange.Exec(stream, g.first.b[:], g.last.b[:], g.id); err != nil {
		return err
	}
	_, err := x.dropSegment.Exec(stream, g.id)
	return err
}

// cut removes the rows of a segment that reach behind an offset, in a transaction.
func (x *index) cut(stream int64, g *segment, end int64) error {
	_, err := x.deleteBehind.Exec(stream, g.first.b[:], g.last.b[:], g.id, end)
	return err
}

// rows returns the rows of a segment.
func (x *index) rows(stream int64, g *segment) ([]Entry, error) {
	return x.many(x.within, stream, g.first.b[:], g.last.b[:], g.id)
}

// segments returns what the index knows about each stream's segments, in order of their numbers.
func (x *index) segments() (map[int64][]segment, error) {
	rows, err := x.reader.Query(`SELECT stream, segment, end, count, first, last, oldest_ms, newest_ms, latest_ms, earliest_ms
		FROM segments ORDER BY stream, segment`)
	if err != nil {
		return nil, x.failed(err)
	}
	defer rows.Close()
	all := map[int64][]segment{}
	for rows.Next() {
		var stream int64
		var g segment
		var first, last sql.RawBytes
		if err := rows.Scan(&stream, &g.id, &g.end, &g.count, &first, &last, &g.oldest, &g.newest, &g.latest, &g.earliest); err != nil {
			return nil, x.failed(err)
		}
		copy(g.first.b[:], first)
		copy(g.last.b[:], last)
		all[stream] = append(all[stream], g)
	}
	return all, x.failed(rows.Err())
}

// purge removes some rows of a deleted stream, in a transaction, and reports whether there may be more.
func (x *index) purge(stream int64) (more bool, err error) {
	r, err := x.deleteSome.Exec(stream)
	if err != nil {
		return false, err
	}
	if n, err := r.RowsAffected(); n > 0 || err != nil {
		return true, err
	}
	_, err = x.conn.ExecContext(context.Background(), `DELETE FROM segments WHERE stream = ?`, stream)
	return false, err
}

// one runs a query for at most one entry.
func (x *index) one(q *sql.Stmt, args ...any) (e Entry, ok bool, err error) {
	err = e.scan(q.QueryRow(args...))
	if errors.Is(err, sql.ErrNoRows) {
		return Entry{}, false, nil
	}
	return e, err == nil, x.failed(err)
}

func (x *index) many(q *sql.Stmt, args ...any) ([]Entry, error) {
	rows, err := q.Query(args...)
	if err != nil {
		return nil, x.failed(err)
	}
	defer rows.Close()
	var entries []Entry
	for rows.Next() {
		var e Entry
		if err := e.scan(rows); err != nil {
			return nil, x.failed(err)
		}
		entries = append(entries, e)
	}
	return entries, x.failed(rows.Err())
}

// taggedRows returns the rows of a list of fragments with tags.
func (x *index) taggedRows(q *sql.Stmt, stream int64, after Cursor, to, cutoff int64, limit int) ([]Tagged, error) {
	rows, err := q.Query(stream, after.ms, after.number.b[:], to, cutoff, limit)
	if err != nil {
		return nil, x.failed(err)
	}
	defer rows.Close()
	var all []Tagged
	for rows.Next() {
		var f Tagged
		var tags sql.RawBytes
		if err := f.scan(rows, &tags); err != nil {
			return nil, x.failed(err)
		}
		f.tagged, f.tags = true, string(tags)
		all = append(all, f)
	}
	return all, x.failed(rows.Err())
}

// scan reads a row of columns, and what follows them into more.
func (e *Entry) scan(row interface{ Scan(...any) error }, more ...any) error {
	var number []byte
	var producer, server, length, timecode, duration int64
	into := append([]any{&number, &producer, &server, &length, &e.Frames, &timecode, &e.segment, &e.offset, &e.Size, &e.cluster, &e.Backfill,
		&e.Config, &duration}, more...)
	if err := row.Scan(into...); err != nil {
		return err
	}
	if copy(e.Number.b[:], number) != numberSize || !e.Number.valid() {
		return fmt.Errorf("a row has the fragment number %x: %w", number, errIndexDamaged)
	}
	e.Producer, e.Server = time.UnixMilli(producer).UTC(), time.UnixMilli(server).UTC()
	e.Length, e.Duration, e.Timecode = time.Duration(length), time.Duration(duration), uint64(timecode)
	return nil
}

// times calls fn with the times of each fragment of a segment, by Clock, all in ms.
func (x *index) times(stream int64, g *segment, fn func(times [2]int64, length, bytes int64)) error {
	rows, err := x.timesWithin.Query(stream, g.first.b[:], g.last.b[:], g.id)
	if err != nil {
		return x.failed(err)
	}
	defer rows.Close()
	var times [2]int64
	var length, bytes int64
	to := []any{&times[ServerTime], &times[ProducerTime], &length, &bytes}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return x.failed(err)
		}
		fn(times, wholeMillis(length), bytes)
	}
	return x.failed(rows.Err())
}

// timesAlong calls fn with start, length and size of each fragment that starts in a range of a clock, in ms.
func (x *index) timesAlong(c Clock, stream, from, to, cutoff int64, fn func(from, length, bytes int64)) error {
	rows, err := x.by[c].times.Query(stream, from, to, cutoff)
	if err != nil {
		return x.failed(err)
	}
	defer rows.Close()
	var start, length, bytes int64
	into := []any{&start, &length, &bytes}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return x.failed(err)
		}
		fn(start, wholeMillis(length), bytes)
	}
	return x.failed(rows.Err())
}

// moment runs a query for one fragment beside a time and returns its first and its last frame, in ms.
func (x *index) moment(q *sql.Stmt, stream, at, cutoff int64) (from, to int64, ok bool, err error) {
	var length int64
	err = q.QueryRow(stream, at, cutoff).Scan(&from, &length)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, false, nil
	}
	return from, from + wholeMillis(length), err == nil, x.failed(err)
}

func wholeMillis(ns int64) int64 { return max(0, ns) / int64(time.Millisecond) }

// summariesOf calls fn with the runs on a clock of each of a stream's segments from one to another that has a summary.
func (x *index) summariesOf(c Clock, stream, low, high int64, fn func(segment int64, list runs)) error {
	rows, err := x.summaries.Query(stream, low, high)
	if err != nil {
		return x.failed(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var text sql.RawBytes
		if err := rows.Scan(&id, &text); err != nil {
			return x.failed(err)
		}
		if s, ok := decodeSummary(text); ok {
			fn(id, s[c])
		}
	}
	return x.failed(rows.Err())
}
