package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
)

// Tx is a transaction. It is *sql.Tx without the two methods that end it:
// Write and Read do that.
type Tx interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// Write runs do in the one transaction that may write. All of it is kept, or
// nothing: an error or a panic of do undoes it. Writers wait for each other,
// so do nothing slow in it.
func (d *DB) Write(ctx context.Context, s Sync, do func(Tx) error) (err error) {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("write to the state: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := setSync(ctx, conn, s); err != nil {
		return err
	}
	return told(transact(ctx, conn, do))
}

// ErrFull says that a transaction was undone because the disk is full, or the
// file as large as it may become.
var ErrFull = errors.New("the disk is full")

// told adds ErrFull to an error of SQLite that says so.
func told(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == sqliteFull {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// SQLite's primary result code SQLITE_FULL. https://sqlite.org/rescode.html
const sqliteFull = 13

// setSync acts from the next transaction on: SQLite refuses it inside one.
func setSync(ctx context.Context, conn *sql.Conn, s Sync) error {
	mode := "FULL"
	if s == Relaxed {
		mode = "NORMAL"
	}
	if _, err := conn.ExecContext(ctx, "PRAGMA synchronous = "+mode); err != nil {
		return fmt.Errorf("write to the state: %w", err)
	}
	return nil
}

// Read runs do on one unchanging view of the database, whatever is written
// meanwhile. A statement that writes fails.
func (d *DB) Read(ctx context.Context, do func(Tx) error) error {
	return transact(ctx, d.read, do)
}

type beginner interface {
	BeginTx(ctx context.Context, o *sql.TxOptions) (*sql.Tx, error)
}

// transact gives back the error of do as it is, since the caller knows what it
// did, and beside it that of a context that ended.
func transact(ctx context.Context, on beginner, do func(Tx) error) (err error) {
	defer func() { err = stopped(ctx, err) }()
	tx, err := on.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	done := false
	defer func() {
		if !done { // also where do panics
			err = errors.Join(err, rollback(tx))
		}
	}()
	if err := do(tx); err != nil {
		return err
	}
	done = true
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("end a transaction: %w", err)
	}
	return nil
}

// stopped adds the context's own error to that of a transaction whose context
// ended. What the transaction met then is no reason by itself: database/sql may
// say that it is over, that its rows are closed or that there are none, SQLite
// that it was interrupted.
func stopped(ctx context.Context, err error) error {
	if why := ctx.Err(); err != nil && why != nil && !errors.Is(err, why) {
		return fmt.Errorf("%w: %w", why, err)
	}
	return err
}

// rollback forgives a transaction that ended by itself, as one does when its
// context is cancelled.
func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return fmt.Errorf("undo a transaction: %w", err)
	}
	return nil
}
