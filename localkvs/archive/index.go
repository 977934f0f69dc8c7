package archive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// index is the table of contents: what the logs hold, ordered by number and by both clocks. It holds nothing that the
// logs do not, so it may be deleted; Open then builds it again. Tags are in it sealed, as they are in the records.
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
	unsum, putSummary, putTags                                                             *sql.Stmt
	after, from, find, named, last, within                                                 *sql.Stmt
	live, newestLive, timesWithin, summaries, unsummed, unread                             *sql.Stmt
	by                                                                                     [2]clockQueries // by Clock
}

const (
	indexVersion = 4
	schema       = `
CREATE TABLE fragments (
	stream INTEGER NOT NULL, number BLOB NOT NULL, producer_ms INTEGER NOT NULL, server_ms INTEGER NOT NULL,
	length_ns INTEGER NOT NULL, frames INTEGER NOT NULL, timecode INTEGER NOT NULL,
	segment INTEGER NOT NULL, offset INTEGER NOT NULL, size INTEGER NOT NULL,
	cluster INTEGER NOT NULL DEFAULT 0, backfill INTEGER NOT NULL DEFAULT 0, identity BLOB,
	config INTEGER NOT NULL DEFAULT 0, duration_ns INTEGER NOT NULL DEFAULT 0, tags BLOB,
	PRIMARY KEY (stream, number)
) WITHOUT ROWID;
CREATE INDEX fragments_by_producer ON fragments (stream, producer_ms, number);
CREATE INDEX fragments_by_server ON fragments (stream, server_ms, number);
CREATE TABLE segments (
	stream INTEGER NOT NULL, segment INTEGER NOT NULL, end INTEGER NOT NULL, count INTEGER NOT NULL,
	first BLOB NOT NULL, last BLOB NOT NULL,
	oldest_ms INTEGER NOT NULL, newest_ms INTEGER NOT NULL, latest_ms INTEGER NOT NULL,
	earliest_ms INTEGER NOT NULL DEFAULT -62135596800000, summary BLOB,
	PRIMARY KEY (stream, segment)
) WITHOUT ROWID;` + derived + `
PRAGMA user_version = 4;`
	// Tags are NULL where a producer put none on a fragment, and empty where only the record knows them. A summary is NULL until it is made.
	derived = `
CREATE INDEX tagged_by_producer ON fragments (stream, producer_ms, number) WHERE tags IS NOT NULL;
CREATE INDEX tagged_by_server ON fragments (stream, server_ms, number) WHERE tags IS NOT NULL;
CREATE INDEX unread ON fragments (stream, number) WHERE tags = x'';
CREATE INDEX unsummed ON segments (stream, segment) WHERE summary IS NULL;`
	// The rows of version 1 are of fragments that have neither identity nor anything else that is new. Those of version 2 have no
	// outlines. What tags those of version 3 have is in their records, and when the earliest was recorded is not known.
	upgrade1 = `
ALTER TABLE fragments ADD COLUMN cluster INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fragments ADD COLUMN backfill INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fragments ADD COLUMN identity BLOB;`
	upgrade2 = `
ALTER TABLE fragments ADD COLUMN config INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fragments ADD COLUMN duration_ns INTEGER NOT NULL DEFAULT 0;`
	upgrade3 = `
ALTER TABLE fragments ADD COLUMN tags BLOB DEFAULT x'';
ALTER TABLE segments ADD COLUMN earliest_ms INTEGER NOT NULL DEFAULT -62135596800000;
ALTER TABLE segments ADD COLUMN summary BLOB;` + derived + `
PRAGMA user_version = 4;`
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
		err = run(upgrade1 + upgrade2 + upgrade3)
	case version == 2:
		err = run(upgrade2 + upgrade3)
	case version == 3:
		err = run(upgrade3)
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

var errIndexDamaged = errors.New("the index is damaged; it is rebuilt from the logs at the next start")

// failed marks the index when an error shows that the file is damaged, so that the next Open rebuilds it.
func (x *index) failed(err error) error {
	err = indexError(err)
	if errors.Is(err, errIndexDamaged) {
		return errors.Join(err, x.distrust())
	}
	return err
}

// distrust has the next Open build the index again.
func (x *index) distrust() error { return os.WriteFile(x.path+".damaged-mark", nil, 0o600) }

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

// isIndexFull tells whether the disk has no room for the index, or for what its connections share.
func isIndexFull(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlitelib.SQLITE_FULL || e.Code() == sqlitelib.SQLITE_IOERR_SHMSIZE)
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
