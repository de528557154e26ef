package directory

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
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

// Store keeps snapshots: the answers of the services, and the accounts that
// were made of them.
type Store struct {
	db   *db.DB
	pack packer
}

// NewStore uses a database whose tables are up to date.
func NewStore(d *db.DB) *Store { return &Store{d, newPacker()} }

// Summary is a snapshot without its contents.
type Summary struct {
	ID       string    `json:"id"`
	Tenant   string    `json:"tenant"`
	Taken    time.Time `json:"taken"`
	Saved    time.Time `json:"saved,omitzero"` // zero: it was never finished
	Complete bool      `json:"complete"`
	Accounts int       `json:"accounts"`
}

// Begin opens a snapshot of a tenant to collect into. It goes on with one that
// was begun at most within before now and not finished; resumed tells so.
func (s *Store) Begin(ctx context.Context, tenant string, now time.Time, within time.Duration) (run *Run, resumed bool, err error) {
	tenant = strings.ToLower(tenant)
	run = &Run{store: s, tenant: tenant}
	err = s.db.Write(ctx, db.Durable, func(tx db.Tx) error {
		var taken string
		err := tx.QueryRowContext(ctx, `SELECT id, taken FROM directory_snapshots
			WHERE tenant = ? AND saved IS NULL AND taken >= ? ORDER BY id DESC LIMIT 1`, tenant, formatTime(now.Add(-within))).Scan(&run.id, &taken)
		if err == nil {
			resumed = true
			run.taken, err = time.Parse(time.RFC3339, taken)
			return err
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		run.taken = now.UTC().Truncate(time.Second)
		r, err := tx.ExecContext(ctx, `INSERT INTO directory_snapshots (tenant, taken) VALUES (?, ?)`, tenant, formatTime(run.taken))
		if err != nil {
			return err
		}
		run.id, err = r.LastInsertId()
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("begin a snapshot of %q: %w", tenant, err)
	}
	return run, resumed, nil
}

// rows of accounts that are saved in one transaction: others may write between.
const saveChunk = 2000

// Save closes the run with the snapshot that was made of it, and gives the
// snapshot its id. Saving again after an interruption writes the same.
func (s *Store) Save(ctx context.Context, run *Run, snap *Snapshot, now time.Time) error {
	snap.ID = run.ID()
	for some := range slices.Chunk(snap.Accounts, saveChunk) {
		if err := s.db.Write(ctx, db.Relaxed, func(tx db.Tx) error { return s.saveAccounts(ctx, tx, run.id, some) }); err != nil {
			return fmt.Errorf("save snapshot %s: %w", snap.ID, err)
		}
	}
	head := *snap
	head.Accounts = nil
	header, err := s.pack.pack(head)
	if err != nil {
		return fmt.Errorf("save snapshot %s: %w", snap.ID, err)
	}
	err = s.db.Write(ctx, db.Durable, func(tx db.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE directory_snapshots SET saved = ?, complete = ?, accounts = ?, header = ? WHERE id = ?`,
			formatTime(now), snap.Complete, len(snap.Accounts), header, run.id)
		return err
	})
	if err != nil {
		return fmt.Errorf("save snapshot %s: %w", snap.ID, err)
	}
	return nil
}

func (s *Store) saveAccounts(ctx context.Context, tx db.Tx, id int64, accounts []Account) (err error) {
	insert, err := tx.PrepareContext(ctx, `INSERT INTO directory_accounts (snapshot, id, upn, name, kind, enabled, synced, last_success, facts)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (snapshot, id) DO UPDATE SET upn = excluded.upn, name = excluded.name,
		kind = excluded.kind, enabled = excluded.enabled, synced = excluded.synced, last_success = excluded.last_success, facts = excluded.facts`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	for i := range accounts {
		a := &accounts[i]
		facts, err := s.pack.pack(a)
		if err != nil {
			return err
		}
		success := sql.NullString{String: formatTime(a.Activity.Value.LastSuccess), Valid: a.Activity.Known}
		if _, err := insert.ExecContext(ctx, id, a.ID, a.UPN, a.Name, column(a.Kind), column(a.Enabled), column(a.Synced), success, facts); err != nil {
			return fmt.Errorf("account %q: %w", a.ID, err)
		}
	}
	return nil
}

// column is a fact as a column: NULL where it is unknown.
func column[T any](f Fact[T]) sql.Null[T] { return sql.Null[T]{V: f.Value, Valid: f.Known} }

// List gives the snapshots of a tenant, the newest first, unfinished ones too.
func (s *Store) List(ctx context.Context, tenant string) (list []Summary, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error {
		return query(ctx, tx, func(row scanner) error {
			x, err := summaryOf(row)
			list = append(list, x)
			return err
		}, `SELECT id, tenant, taken, saved, complete, accounts FROM directory_snapshots
			WHERE tenant = ? ORDER BY taken DESC, id DESC`, strings.ToLower(tenant))
	})
	if err != nil {
		return nil, fmt.Errorf("list the snapshots of %q: %w", tenant, err)
	}
	return list, nil
}

// query walks over the rows of a query.
func query(ctx context.Context, tx db.Tx, each func(scanner) error, text string, args ...any) error {
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells of everything that Close could
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

type scanner interface{ Scan(to ...any) error }

func summaryOf(row scanner) (x Summary, err error) {
	var id int64
	var taken string
	var saved sql.NullString
	if err := row.Scan(&id, &x.Tenant, &taken, &saved, &x.Complete, &x.Accounts); err != nil {
		return x, err
	}
	x.ID = strconv.FormatInt(id, 10)
	if x.Taken, err = time.Parse(time.RFC3339, taken); err != nil || !saved.Valid {
		return x, err
	}
	x.Saved, err = time.Parse(time.RFC3339, saved.String)
	return x, err
}

// ErrNoSnapshot says that there is no such snapshot, or that it was not
// finished.
var ErrNoSnapshot = errors.New("no such snapshot: run `vakt scan`")

// Latest is the newest finished snapshot of a tenant.
func (s *Store) Latest(ctx context.Context, tenant string) (Summary, error) {
	list, err := s.List(ctx, tenant)
	if err != nil {
		return Summary{}, err
	}
	i := slices.IndexFunc(list, func(x Summary) bool { return !x.Saved.IsZero() })
	if i < 0 {
		return Summary{}, fmt.Errorf("tenant %q: %w", tenant, ErrNoSnapshot)
	}
	return list[i], nil
}

// Get reads a finished snapshot as it was saved.
func (s *Store) Get(ctx context.Context, id string) (*Snapshot, error) {
	snap := &Snapshot{}
	err := s.db.Read(ctx, func(tx db.Tx) error {
		var header []byte
		var accounts int
		err := tx.QueryRowContext(ctx, `SELECT header, accounts FROM directory_snapshots WHERE id = ? AND saved IS NOT NULL`, id).Scan(&header, &accounts)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoSnapshot
		} else if err != nil {
			return err
		}
		if err := s.pack.unpack(header, snap); err != nil {
			return err
		}
		snap.Accounts = make([]Account, 0, accounts)
		shared := newSharer()
		return query(ctx, tx, func(row scanner) error {
			a, err := s.account(row)
			snap.Accounts = append(snap.Accounts, shared.account(a))
			return err
		}, `SELECT facts FROM directory_accounts WHERE snapshot = ? ORDER BY id`, id)
	})
	if err != nil {
		return nil, fmt.Errorf("read snapshot %q: %w", id, err)
	}
	return snap, nil
}

func (s *Store) account(row scanner) (a Account, err error) {
	var facts []byte
	if err := row.Scan(&facts); err != nil {
		return a, err
	}
	return a, s.pack.unpack(facts, &a)
}

// Account reads one account of a finished snapshot.
func (s *Store) Account(ctx context.Context, snapshot, id string) (a Account, err error) {
	err = s.db.Read(ctx, func(tx db.Tx) error {
		a, err = s.account(tx.QueryRowContext(ctx, `SELECT facts FROM directory_accounts WHERE snapshot = ? AND id = ?`, snapshot, strings.ToLower(id)))
		return err
	})
	if err != nil {
		return a, fmt.Errorf("read account %q of snapshot %q: %w", id, snapshot, err)
	}
	return a, nil
}

// Known are the ids of the accounts that any finished snapshot of the tenant
// held before the given one.
func (s *Store) Known(ctx context.Context, tenant, before string) (map[string]bool, error) {
	ids := map[string]bool{}
	err := s.db.Read(ctx, func(tx db.Tx) error {
		return query(ctx, tx, func(row scanner) error {
			var id string
			err := row.Scan(&id)
			ids[id] = true
			return err
		}, `SELECT DISTINCT a.id FROM directory_accounts a JOIN directory_snapshots s ON s.id = a.snapshot
			WHERE s.tenant = ? AND s.saved IS NOT NULL AND s.id < ?`, strings.ToLower(tenant), before)
	})
	if err != nil {
		return nil, fmt.Errorf("read the accounts of %q: %w", tenant, err)
	}
	return ids, nil
}

// Keep says how many snapshots of a tenant stay.
type Keep struct {
	// Snapshots is how many finished ones stay; the newest always does.
	Snapshots int
	// Raw is of how many of them the answers of the services stay, for exports
	// and rehearsals.
	Raw int
}

// Prune deletes what is older than is to be kept, and unfinished snapshots
// that a newer finished one has overtaken.
func (s *Store) Prune(ctx context.Context, tenant string, keep Keep) error {
	list, err := s.List(ctx, tenant)
	if err != nil {
		return err
	}
	finished := 0
	for _, x := range list {
		var err error
		switch {
		case x.Saved.IsZero() && finished > 0, !x.Saved.IsZero() && finished >= max(keep.Snapshots, 1):
			err = s.delete(ctx, x.ID)
		case x.Saved.IsZero():
		default:
			if finished++; finished > keep.Raw {
				err = s.deleteRaw(ctx, x.ID)
			}
		}
		if err != nil {
			return fmt.Errorf("delete snapshot %s: %w", x.ID, err)
		}
	}
	return nil
}

func (s *Store) delete(ctx context.Context, id string) error {
	return s.db.Write(ctx, db.Relaxed, func(tx db.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM directory_snapshots WHERE id = ?`, id)
		return err
	})
}

func (s *Store) deleteRaw(ctx context.Context, id string) error {
	return s.db.Write(ctx, db.Relaxed, func(tx db.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM directory_pages WHERE snapshot = ?`, id)
		return err
	})
}
