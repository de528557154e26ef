// Package db opens the file that Vakt keeps its state in, brings its tables up
// to date and runs transactions on it. It is the only place that names a SQL
// driver. It knows no table but its own list of migrations: what a room keeps
// is the room's business (its store.go and schema folder).
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Options are how a database is opened. The zero value is right for a command.
type Options struct {
	// BusyTimeout is how long a step waits for another process that is
	// writing. 0 means 5 seconds.
	BusyTimeout time.Duration
	// Readers is how many readers may look at once. 0 means 4.
	Readers int
}

// Sync says when a transaction counts as done.
type Sync int

const (
	// Durable: on the disk before Write returns. For everything that is acted
	// upon, such as a journal.
	Durable Sync = iota
	// Relaxed: a power failure may lose the last transactions, but neither
	// their order nor the file. For what can be read again, such as pages.
	Relaxed
)

// DB is an open database: one connection that writes, several that read.
type DB struct {
	write, read *sql.DB
	path        string
}

// Open opens the file at path, and makes it (0600, and its folder 0700) where
// there is none. It refuses a file that others can read, that lies on a
// network file system, or that belongs to another program.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	if err := prepare(path); err != nil {
		return nil, fmt.Errorf("open the state %q: %w", path, err)
	}
	d := &DB{path: path}
	if err := d.open(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("open the state %q: %w", path, err), d.Close())
	}
	return d, nil
}

func (d *DB) open(ctx context.Context, o Options) (err error) {
	if d.write, err = sql.Open("sqlite", dsn(d.path, o, false)); err != nil {
		return err
	}
	d.write.SetMaxOpenConns(1)
	if err := identify(ctx, d.write); err != nil {
		return err
	}
	if d.read, err = sql.Open("sqlite", dsn(d.path, o, true)); err != nil {
		return err
	}
	d.read.SetMaxOpenConns(orDefault(o.Readers, 4))
	return d.read.PingContext(ctx)
}

func orDefault[T int | time.Duration](value, fallback T) T {
	if value > 0 {
		return value
	}
	return fallback
}

// dsn names the file as a URI, in which no character of the path can be taken
// for an option. busy_timeout comes first: the pragmas after it may wait.
func dsn(path string, o Options, reader bool) string {
	busy := orDefault(o.BusyTimeout, 5*time.Second).Milliseconds()
	q := url.Values{
		"_pragma": {"busy_timeout(" + strconv.FormatInt(busy, 10) + ")", "journal_mode(WAL)", "foreign_keys(1)", "trusted_schema(0)"},
		"_txlock": {"immediate"},
	}
	if reader {
		q["_pragma"] = append(q["_pragma"], "query_only(1)")
		q.Set("_txlock", "deferred")
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: uriPath(path), RawQuery: q.Encode()}).String()
}

// applicationID marks a file as ours in SQLite's header: "VAKT".
const applicationID = 0x56414b54

// minimum is the first SQLite without the WAL fault that could lose
// transactions when two connections checkpoint at once.
var minimum = [3]int{3, 51, 3}

// identify checks the library and whose file it is, and signs a new one.
func identify(ctx context.Context, conn *sql.DB) error {
	var version string
	if err := conn.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return err
	}
	if older(version, minimum) {
		return fmt.Errorf("SQLite %s is too old: Vakt must be built with 3.51.3 or later", version)
	}
	var id, tables int
	if err := conn.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	switch {
	case id == applicationID:
		return nil
	case id != 0 || tables > 0:
		return errors.New("the file is a database of another program: name another file with state.dsn")
	}
	_, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	return err
}

// older compares a version such as 3.51.3 with the oldest that is accepted.
func older(version string, oldest [3]int) bool {
	var v [3]int
	if n, err := fmt.Sscanf(version, "%d.%d.%d", &v[0], &v[1], &v[2]); err != nil || n < 3 {
		return true
	}
	for i := range v {
		if v[i] != oldest[i] {
			return v[i] < oldest[i]
		}
	}
	return false
}

// Path is the file that was opened.
func (d *DB) Path() string { return d.path }

// Close waits for what is running and closes the file. It may be called twice.
func (d *DB) Close() error {
	var errs []error
	for _, part := range []*sql.DB{d.read, d.write} {
		if part != nil {
			errs = append(errs, part.Close())
		}
	}
	return errors.Join(errs...)
}

// Check reads the whole file and tells what is broken in it.
func (d *DB) Check(ctx context.Context) error {
	var verdict string
	if err := d.read.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return fmt.Errorf("check %q: %w", d.path, err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%q is damaged (%s): restore a backup", d.path, verdict)
	}
	return nil
}

// Backup writes a copy of the database, as it is at this moment, to a file
// that must not exist yet.
func (d *DB) Backup(ctx context.Context, path string) error {
	if err := claim(path); err != nil {
		return fmt.Errorf("back up to %q: %w", path, err)
	}
	if _, err := d.write.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return fmt.Errorf("back up to %q: %w", path, err)
	}
	return nil
}
