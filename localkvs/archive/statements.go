package archive

import (
	"context"
	"database/sql"
	"strings"
)

const (
	columns = `number, producer_ms, server_ms, length_ns, frames, timecode, segment, offset, size, cluster, backfill, config, duration_ns`
	selects = `SELECT ` + columns + ` FROM fragments WHERE stream = ? AND `
	// Left to itself SQLite goes through all rows of the stream by server time.
	selectsNamed = `SELECT ` + columns + ` FROM fragments INDEXED BY fragments_by_producer WHERE stream = ? AND producer_ms = ? AND identity = ?`
)

// clockQueries are those that go along one clock.
type clockQueries struct{ list, times, tagged, before, behind *sql.Stmt }

type statement struct {
	to   **sql.Stmt
	text string
}

func (x *index) prepare(ctx context.Context) error {
	writes := []statement{
		{&x.insert, `INSERT INTO fragments (stream, ` + columns + `, identity, tags) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING`},
		{&x.holder, selectsNamed},
		{&x.remove, `DELETE FROM fragments WHERE stream = ? AND number = ?`},
		{&x.putSegment, `INSERT OR REPLACE INTO segments (stream, segment, end, count, first, last, oldest_ms, newest_ms, latest_ms, earliest_ms)
			VALUES (?,?,?,?,?,?,?,?,?,?)`},
		{&x.dropSegment, `DELETE FROM segments WHERE stream = ? AND segment = ?`},
		{&x.deleteRange, `DELETE FROM fragments WHERE stream = ? AND number BETWEEN ? AND ? AND segment = ?`},
		{&x.deleteBehind, `DELETE FROM fragments WHERE stream = ? AND number BETWEEN ? AND ? AND segment = ? AND offset + size > ?`},
		{&x.deleteSome, `DELETE FROM fragments WHERE stream = ?1 AND number IN (SELECT number FROM fragments WHERE stream = ?1 LIMIT 2000)`},
		{&x.unsum, `UPDATE segments SET summary = NULL WHERE stream = ? AND segment = ?`},
		{&x.putSummary, `UPDATE segments SET summary = ?, earliest_ms = ? WHERE stream = ? AND segment = ?`},
		{&x.putTags, `UPDATE fragments SET tags = ? WHERE stream = ? AND number = ? AND tags = x''`},
	}
	reads := []statement{
		{&x.after, selects + `number >= ? AND server_ms >= ? ORDER BY number LIMIT 1`},
		{&x.find, selects + `number = ? AND server_ms >= ?`},
		{&x.named, selectsNamed + ` AND server_ms >= ?`},
		{&x.last, selects + `number >= ? AND server_ms >= ? ORDER BY number DESC LIMIT 1`},
		{&x.from, selects + `number BETWEEN ? AND ? AND producer_ms >= ? AND server_ms >= ? ORDER BY number LIMIT 1`},
		{&x.within, selects + `number BETWEEN ? AND ? AND segment = ?`},
		{&x.live, selects + `number >= ? AND server_ms >= ? AND backfill = 0 ORDER BY number LIMIT ?`},
		{&x.newestLive, selects + `number >= ? AND server_ms >= ? AND backfill = 0 ORDER BY number DESC LIMIT ?`},
		{&x.timesWithin, `SELECT server_ms, producer_ms, length_ns, size FROM fragments WHERE stream = ? AND number BETWEEN ? AND ? AND segment = ?`},
		{&x.summaries, `SELECT segment, summary FROM segments WHERE stream = ? AND segment BETWEEN ? AND ?`},
		{&x.unsummed, `SELECT stream, segment FROM segments WHERE summary IS NULL`},
		{&x.unread, `SELECT ` + columns + ` FROM fragments INDEXED BY unread WHERE stream = ? AND tags = x'' LIMIT ?`},
	}
	for c, clock := range [...]string{ServerTime: "server", ProducerTime: "producer"} {
		along := func(text string) string { return strings.ReplaceAll(text, "CLOCK", clock) }
		q := &x.by[c]
		reads = append(reads, []statement{
			{&q.list, along(selects + `(CLOCK_ms, number) > (?, ?) AND CLOCK_ms <= ? AND server_ms >= ? ORDER BY CLOCK_ms, number LIMIT ?`)},
			{&q.times, along(`SELECT CLOCK_ms, length_ns, size FROM fragments INDEXED BY fragments_by_CLOCK
				WHERE stream = ? AND CLOCK_ms BETWEEN ? AND ? AND server_ms >= ?`)},
			{&q.tagged, along(`SELECT ` + columns + `, tags FROM fragments INDEXED BY tagged_by_CLOCK WHERE stream = ? AND tags IS NOT NULL
				AND (CLOCK_ms, number) > (?, ?) AND CLOCK_ms <= ? AND server_ms >= ? ORDER BY CLOCK_ms, number LIMIT ?`)},
			{&q.before, along(`SELECT CLOCK_ms, length_ns FROM fragments INDEXED BY fragments_by_CLOCK
				WHERE stream = ? AND CLOCK_ms < ? AND server_ms >= ? ORDER BY CLOCK_ms DESC LIMIT 1`)},
			{&q.behind, along(`SELECT CLOCK_ms, length_ns FROM fragments INDEXED BY fragments_by_CLOCK
				WHERE stream = ? AND CLOCK_ms > ? AND server_ms >= ? ORDER BY CLOCK_ms LIMIT 1`)},
		}...)
	}
	for _, s := range writes {
		if err := x.keep(s, func(text string) (*sql.Stmt, error) { return x.conn.PrepareContext(ctx, text) }); err != nil {
			return err
		}
	}
	for _, s := range reads {
		if err := x.keep(s, func(text string) (*sql.Stmt, error) { return x.reader.PrepareContext(ctx, text) }); err != nil {
			return err
		}
	}
	return nil
}

func (x *index) keep(s statement, prepare func(string) (*sql.Stmt, error)) (err error) {
	if *s.to, err = prepare(s.text); err != nil {
		return indexError(err)
	}
	x.statements = append(x.statements, *s.to)
	return nil
}
