package plan

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"vakt/internal/db"
)

//go:embed schema/*.sql
var schema embed.FS

// Schema is what the tables of this room are made by.
func Schema() fs.FS {
	sub, err := fs.Sub(schema, "schema")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Store keeps the journal and the plans that its rows name.
type Store struct{ db *db.DB }

var _ Journal = (*Store)(nil)

// NewStore uses a database whose tables are up to date.
func NewStore(d *db.DB) *Store { return &Store{d} }

const journalColumns = `seq, time, tenant, plan, run, change, subject, action, field, actor, phase, before, after, note, request_id, prev_hash, hash`

// Append is Journal's. It refuses to go on behind a row that was tampered with.
func (s *Store) Append(ctx context.Context, rows ...*Row) error {
	for _, r := range rows {
		if err := r.usable(); err != nil {
			return fmt.Errorf("write %q to the journal: %w", r.Phase, err)
		}
	}
	err := s.db.Write(ctx, db.Durable, func(tx db.Tx) error {
		last, err := lastRow(ctx, tx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := r.chain(last.Seq+1, last.Hash); err != nil {
				return fmt.Errorf("%q of change %q: %w", r.Phase, r.Change, err)
			}
			if err := insertRow(ctx, tx, r); err != nil {
				return err
			}
			last = *r
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write to the journal: %w", err)
	}
	return nil
}

// full tells whether rows could not be written because the disk is full.
func full(err error) bool { return errors.Is(err, db.ErrFull) }

func insertRow(ctx context.Context, tx db.Tx, r *Row) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO plan_journal (`+journalColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.Seq, formatTime(r.Time), r.Tenant, r.Plan, r.Run, r.Change, r.Subject, r.Action, r.Field, r.Actor, string(r.Phase),
		string(r.Before), string(r.After), r.Note, r.RequestID, r.PrevHash, r.Hash)
	return err
}

// lastRow is the row at the end of the chain, looked at once more; before the
// first one it is a row 0.
func lastRow(ctx context.Context, tx db.Tx) (Row, error) {
	r, err := scanRow(tx.QueryRowContext(ctx, `SELECT `+journalColumns+` FROM plan_journal ORDER BY seq DESC LIMIT 1`))
	if errors.Is(err, sql.ErrNoRows) {
		return Row{Hash: genesis}, nil
	}
	if err != nil {
		return Row{}, err
	}
	if sum, err := r.sum(); err != nil || sum != r.Hash {
		return Row{}, fmt.Errorf("its last row, %d, is not what was written: nothing is written behind it: run `vakt journal verify`", r.Seq)
	}
	return r, nil
}

type scanner interface{ Scan(to ...any) error }

func scanRow(from scanner) (r Row, err error) {
	var at, before, after string
	if err := from.Scan(&r.Seq, &at, &r.Tenant, &r.Plan, &r.Run, &r.Change, &r.Subject, &r.Action, &r.Field, &r.Actor, &r.Phase,
		&before, &after, &r.Note, &r.RequestID, &r.PrevHash, &r.Hash); err != nil {
		return Row{}, err
	}
	r.Before, r.After = json.RawMessage(before), json.RawMessage(after)
	// A time that cannot be read stays zero: the row's hash then does not fit.
	if t, err := time.Parse(journalTime, at); err == nil {
		r.Time = t
	}
	return r, nil
}

// each goes through rows of the journal in one unchanging view. The condition
// is our own text; what it compares with comes in args.
func (s *Store) each(ctx context.Context, condition string, do func(*Row) error, args ...any) error {
	err := s.db.Read(ctx, func(tx db.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT `+journalColumns+` FROM plan_journal `+condition+` ORDER BY seq`, args...)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // Err below tells of everything that Close could
		for rows.Next() {
			r, err := scanRow(rows)
			if err != nil {
				return err
			}
			if err := do(&r); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	return nil
}

func (s *Store) list(ctx context.Context, condition string, args ...any) ([]Row, error) {
	list := []Row{}
	err := s.each(ctx, condition, func(r *Row) error {
		if sum, err := r.sum(); err != nil || sum != r.Hash {
			return fmt.Errorf("row %d is not what was written: nothing in it is believed: run `vakt journal verify`", r.Seq)
		}
		list = append(list, *r)
		return nil
	}, args...)
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Rows is Journal's.
func (s *Store) Rows(ctx context.Context, run string) ([]Row, error) {
	return s.list(ctx, `WHERE run = ?`, run)
}

// RowsOfPlan are all rows that name a plan: approvals and every run of it.
func (s *Store) RowsOfPlan(ctx context.Context, hash string) ([]Row, error) {
	return s.list(ctx, `WHERE plan = ?`, hash)
}

// RowsIn are the rows of a phase in a tenant, such as Started.
func (s *Store) RowsIn(ctx context.Context, phase Phase, tenant string) ([]Row, error) {
	return s.list(ctx, `WHERE phase = ? AND tenant = ?`, string(phase), strings.ToLower(tenant))
}

// Attempts is Journal's.
func (s *Store) Attempts(ctx context.Context, tenant string, since time.Time) (n int, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT count(*) FROM plan_journal WHERE phase = ? AND tenant = ? AND time >= ?`,
			string(Intent), strings.ToLower(tenant), formatTime(since)).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("count the attempts in the journal: %w", err)
	}
	return n, nil
}

// SavePlan is Journal's. Only a sealed plan is kept.
func (s *Store) SavePlan(ctx context.Context, p *Plan, now time.Time) error {
	var body bytes.Buffer
	if err := p.Write(&body); err != nil {
		return err
	}
	err := s.db.Write(ctx, db.Durable, func(tx db.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO plan_plans (hash, id, tenant, saved, body)
			SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM plan_plans WHERE hash = ?)`, p.Hash, p.ID, p.Tenant, formatTime(now), body.String(), p.Hash)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep plan %s: %w", p.ID, err)
	}
	return nil
}

// ErrNoPlan says that no plan with such a hash was kept.
var ErrNoPlan = errors.New("no such plan in the state")

// Plan is Journal's. A plan that was changed since it was kept is refused.
func (s *Store) Plan(ctx context.Context, hash string) (*Plan, error) {
	var body string
	err := s.db.Read(ctx, func(tx db.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT body FROM plan_plans WHERE hash = ?`, hash).Scan(&body)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoPlan
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find plan %q: %w", hash, err)
	}
	p, err := Read(strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("plan %q in the state: %w", hash, err)
	}
	if p.Hash != hash {
		return nil, fmt.Errorf("plan %q in the state has the hash %s: the state was changed by something else", hash, p.Hash)
	}
	return p, nil
}

// Runs are the runs of a tenant, the latest first.
func (s *Store) Runs(ctx context.Context, tenant string) ([]Run, error) {
	rows, err := s.RowsIn(ctx, Started, tenant)
	if err != nil {
		return nil, err
	}
	runs := make([]Run, len(rows))
	for i := range rows {
		if err := json.Unmarshal(rows[i].After, &runs[len(rows)-1-i]); err != nil {
			return nil, fmt.Errorf("read run %q in the journal: %w", rows[i].Run, err)
		}
	}
	return runs, nil
}
