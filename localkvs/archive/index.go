package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"time"

	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// index is the table of contents: what the logs hold, ordered by number and by both clocks. It holds nothing that the
// logs do not, so it may be deleted; Open then builds it again. Tags are not in it: they are sealed in the records.
//
// synchronous is NORMAL: a power cut may take the newest transactions, which recovery finds in the logs again, but
// cannot tear the file. One connection writes, a small pool reads.
type index struct {
	path   string
	writer *sql.DB
	reader *sql.DB
	conn   *sql.Conn // the writer's only connection

	statements []*sql.Stmt // all of those below

	insert, holder, remove, putSegment, dropSegment, deleteRange, deleteBehind, deleteSome *sql.Stmt
	after, from, find, named, last, within, byServer, byProducer, live, newestLive         *sql.Stmt
}

const (
	indexVersion = 3
	schema       = `
CREATE TABLE fragments (
	stream INTEGER NOT NULL, number BLOB NOT NULL, producer_ms INTEGER NOT NULL, server_ms INTEGER NOT NULL,
	length_ns INTEGER NOT NULL, frames INTEGER NOT NULL, timecode INTEGER NOT NULL,
	segment INTEGER NOT NULL, offset INTEGER NOT NULL, size INTEGER NOT NULL,
	cluster INTEGER NOT NULL DEFAULT 0, backfill INTEGER NOT NULL DEFAULT 0, identity BLOB,
	config INTEGER NOT NULL DEFAULT 0, duration_ns INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (stream, number)
) WITHOUT ROWID;
CREATE INDEX fragments_by_producer ON fragments (stream, producer_ms, number);
CREATE INDEX fragments_by_server ON fragments (stream, server_ms, number);
CREATE TABLE segments (
	stream INTEGER NOT NULL, segment INTEGER NOT NULL, end INTEGER NOT NULL, count INTEGER NOT NULL,
	first BLOB NOT NULL, last BLOB NOT NULL,
	oldest_ms INTEGER NOT NULL, newest_ms INTEGER NOT NULL, latest_ms INTEGER NOT NULL,
	PRIMARY KEY (stream, segment)
) WITHOUT ROWID;
PRAGMA user_version = 3;`
	// The rows of older versions are of fragments that have nothing of what is new.
	upgrade1 = `
ALTER TABLE fragments ADD COLUMN cluster INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fragments ADD COLUMN backfill INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fragments ADD COLUMN identity BLOB;` + upgrade2
	upgrade2 = `
ALTER TABLE fragments ADD COLUMN config INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fragments ADD COLUMN duration_ns INTEGER NOT NULL DEFAULT 0;
PRAGMA user_version = 3;`

	columns = `number, producer_ms, server_ms, length_ns, frames, timecode, segment, offset, size, cluster, backfill, config, duration_ns`
	selects = `SELECT ` + columns + ` FROM fragments WHERE stream = ? AND `
	// Left to itself SQLite goes through all rows of the stream by server time.
	selectsNamed = `SELECT ` + columns + ` FROM fragments INDEXED BY fragments_by_producer WHERE stream = ? AND producer_ms = ? AND identity = ?`
)

// openIndex opens the index, or makes an empty one. An error that wraps errIndexDamaged asks for setAside.
func openIndex(path string) (*index, error) {
	if _, err := os.Stat(path + ".damaged-mark"); err == nil {
		return nil, fmt.Errorf("%s: a query found damage: %w", path, errIndexDamaged)
	}
	fresh := false
	if f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err == nil {
		fresh = true
		err := f.Close()
		for _, suffix := range []string{"-wal", "-shm"} { // left over from a deleted index
			if gone := os.Remove(path + suffix); !errors.Is(gone, fs.ErrNotExist) {
				err = errors.Join(err, gone)
			}
		}
		if err != nil {
			return nil, err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	x := &index{path: path}
	if err := x.open(fresh); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the index %s: %w", path, err), x.close())
	}
	return x, nil
}

func (x *index) open(fresh bool) (err error) {
	ctx := context.Background()
	const pragmas = "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)"
	dsn := (&url.URL{Scheme: "file", OmitHost: true, Path: x.path}).String() + pragmas
	if x.writer, err = sql.Open("sqlite", dsn); err != nil {
		return err
	}
	x.writer.SetMaxOpenConns(1)
	if x.conn, err = x.writer.Conn(ctx); err != nil {
		return indexError(err)
	}
	var version int
	if err := x.conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return indexError(err)
	}
	run := func(text string) error {
		return x.transaction(func() error { _, err := x.conn.ExecContext(ctx, text); return err })
	}
	switch {
	case version == 0 && fresh:
		err = run(schema)
	case version == 1:
		err = run(upgrade1)
	case version == 2:
		err = run(upgrade2)
	case version != indexVersion:
		return fmt.Errorf("it has version %d, not %d: %w", version, indexVersion, errIndexDamaged)
	}
	if err != nil {
		return err
	}
	if x.reader, err = sql.Open("sqlite", dsn+"&_pragma=query_only(1)"); err != nil {
		return err
	}
	x.reader.SetMaxOpenConns(4)
	x.reader.SetMaxIdleConns(4)
	return x.prepare(ctx)
}

func (x *index) prepare(ctx context.Context) error {
	type statement struct {
		to   **sql.Stmt
		text string
	}
	for _, s := range []statement{
		{&x.insert, `INSERT INTO fragments (stream, ` + columns + `, identity) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING`},
		{&x.holder, selectsNamed},
		{&x.remove, `DELETE FROM fragments WHERE stream = ? AND number = ?`},
		{&x.putSegment, `INSERT OR REPLACE INTO segments VALUES (?,?,?,?,?,?,?,?,?)`},
		{&x.dropSegment, `DELETE FROM segments WHERE stream = ? AND segment = ?`},
		{&x.deleteRange, `DELETE FROM fragments WHERE stream = ? AND number BETWEEN ? AND ? AND segment = ?`},
		{&x.deleteBehind, `DELETE FROM fragments WHERE stream = ? AND number BETWEEN ? AND ? AND segment = ? AND offset + size > ?`},
		{&x.deleteSome, `DELETE FROM fragments WHERE stream = ?1 AND number IN (SELECT number FROM fragments WHERE stream = ?1 LIMIT 2000)`},
	} {
		var err error
		if *s.to, err = x.conn.PrepareContext(ctx, s.text); err != nil {
			return indexError(err)
		}
		x.statements = append(x.statements, *s.to)
	}
	for _, s := range []statement{
		{&x.after, selects + `number >= ? AND server_ms >= ? ORDER BY number LIMIT 1`},
		{&x.find, selects + `number = ? AND server_ms >= ?`},
		{&x.named, selectsNamed + ` AND server_ms >= ?`},
		{&x.last, selects + `number >= ? AND server_ms >= ? ORDER BY number DESC LIMIT 1`},
		{&x.from, selects + `number BETWEEN ? AND ? AND producer_ms >= ? AND server_ms >= ? ORDER BY number LIMIT 1`},
		{&x.within, selects + `number BETWEEN ? AND ? AND segment = ?`},
		{&x.live, selects + `number >= ? AND server_ms >= ? AND backfill = 0 ORDER BY number LIMIT ?`},
		{&x.newestLive, selects + `number >= ? AND server_ms >= ? AND backfill = 0 ORDER BY number DESC LIMIT ?`},
		{&x.byProducer, selects + `(producer_ms, number) > (?, ?) AND producer_ms <= ? AND server_ms >= ? ORDER BY producer_ms, number LIMIT ?`},
		{&x.byServer, selects + `(server_ms, number) > (?, ?) AND server_ms <= ? AND server_ms >= ? ORDER BY server_ms, number LIMIT ?`},
	} {
		var err error
		if *s.to, err = x.reader.PrepareContext(ctx, s.text); err != nil {
			return indexError(err)
		}
		x.statements = append(x.statements, *s.to)
	}
	return nil
}

// close closes the statements before the pools: with statements left open the connections did not go away (modernc.org/sqlite
// v1.53.0), so that the journal and the locks on the file stayed.
func (x *index) close() error {
	var errs []error
	for _, s := range x.statements {
		errs = append(errs, s.Close())
	}
	if x.reader != nil {
		errs = append(errs, x.reader.Close())
	}
	if x.conn != nil {
		errs = append(errs, x.conn.Close())
	}
	if x.writer != nil {
		errs = append(errs, x.writer.Close())
	}
	return errors.Join(errs...)
}

// transaction runs fn on the writing connection: all of it happens or nothing. One goroutine at a time.
func (x *index) transaction(fn func() error) error {
	ctx := context.Background()
	if _, err := x.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return x.failed(err)
	}
	err := fn()
	if err == nil {
		_, err = x.conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		// A failed statement may have rolled back already; then this one fails, which changes nothing.
		_, _ = x.conn.ExecContext(ctx, "ROLLBACK")
		return x.failed(err)
	}
	return nil
}

// add inserts a row, unless the stream has that number already, which taken reports. Of the rows with one identity only that
// of the record which stands last in the log is kept; replaced is the number of the one that went. Like put it belongs into
// a transaction.
func (x *index) add(stream int64, e *Entry) (taken bool, replaced Number, err error) {
	var id any
	if e.identity != (identity{}) {
		id = e.identity[:]
		before, found, err := x.one(x.holder, stream, e.Producer.UnixMilli(), id)
		switch {
		case err != nil:
			return false, replaced, err
		case found && before.Number == e.Number:
			return true, replaced, nil
		case found && before.StoredAfter(e):
			return false, replaced, nil
		case found:
			if _, err := x.remove.Exec(stream, before.Number.b[:]); err != nil {
				return false, replaced, err
			}
			replaced = before.Number
		}
	}
	r, err := x.insert.Exec(stream, e.Number.b[:], e.Producer.UnixMilli(), e.Server.UnixMilli(), int64(e.Length), e.Frames,
		int64(e.Timecode), e.segment, e.offset, e.Size, e.cluster, e.Backfill,
		e.Config, int64(e.Duration), id)
	if err != nil {
		return false, replaced, err
	}
	n, err := r.RowsAffected()
	return n == 0, replaced, err
}

func (x *index) put(stream int64, g *segment) error {
	_, err := x.putSegment.Exec(stream, g.id, g.end, g.count, g.first.b[:], g.last.b[:], g.oldest, g.newest, g.latest)
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
	rows, err := x.reader.Query(`SELECT stream, segment, end, count, first, last, oldest_ms, newest_ms, latest_ms
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
		if err := rows.Scan(&stream, &g.id, &g.end, &g.count, &first, &last, &g.oldest, &g.newest, &g.latest); err != nil {
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

func (e *Entry) scan(row interface{ Scan(...any) error }) error {
	var number []byte
	var producer, server, length, timecode, duration int64
	err := row.Scan(&number, &producer, &server, &length, &e.Frames, &timecode, &e.segment, &e.offset, &e.Size, &e.cluster, &e.Backfill,
		&e.Config, &duration)
	if err != nil {
		return err
	}
	if copy(e.Number.b[:], number) != numberSize || !e.Number.valid() {
		return fmt.Errorf("a row has the fragment number %x: %w", number, errIndexDamaged)
	}
	e.Producer, e.Server = time.UnixMilli(producer).UTC(), time.UnixMilli(server).UTC()
	e.Length, e.Duration, e.Timecode = time.Duration(length), time.Duration(duration), uint64(timecode)
	return nil
}

var errIndexDamaged = errors.New("the index is damaged; it is rebuilt from the logs at the next start")

// failed marks the index when an error shows that the file is damaged, so that the next Open rebuilds it.
func (x *index) failed(err error) error {
	err = indexError(err)
	if errors.Is(err, errIndexDamaged) {
		if mark := os.WriteFile(x.path+".damaged-mark", nil, 0o600); mark != nil {
			return errors.Join(err, mark)
		}
	}
	return err
}

func indexError(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlitelib.SQLITE_CORRUPT, sqlitelib.SQLITE_NOTADB:
			return fmt.Errorf("%w: %w", errIndexDamaged, err)
		}
	}
	return err
}

func isIndexFull(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlitelib.SQLITE_FULL
}

// setAside moves a damaged index out of the way. The one that was set aside before is replaced.
func setAside(path string) error {
	for _, suffix := range []string{"-wal", "-shm", ""} { // a journal must never meet another database
		err := os.Rename(path+suffix, path+".damaged"+suffix)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Remove(path + ".damaged-mark"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
