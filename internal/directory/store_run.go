package directory

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"vakt/internal/db"
)

// Run is a snapshot that is being collected: a Sink that survives the process.
type Run struct {
	store  *Store
	id     int64
	tenant string
	taken  time.Time
}

// ID is the id that the snapshot will have.
func (r *Run) ID() string { return strconv.FormatInt(r.id, 10) }

// Taken is when the reading began, in whole seconds.
func (r *Run) Taken() time.Time { return r.taken }

// Position is Sink's.
func (r *Run) Position(ctx context.Context, part string) (resume string, p PartState, err error) {
	p = PartState{Name: part, State: StateAbsent, Why: "not read"}
	err = r.store.db.Read(ctx, func(tx db.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT state, why, licence, count, resume FROM directory_parts WHERE snapshot = ? AND name = ?`, r.id, part).
			Scan(&p.State, &p.Why, &p.Licence, &p.Count, &resume)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return "", p, fmt.Errorf("read the position in %s: %w", part, err)
	}
	return resume, p, nil
}

// Begin is Sink's.
func (r *Run) Begin(ctx context.Context, part string) error {
	err := r.store.db.Write(ctx, db.Relaxed, func(tx db.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM directory_pages WHERE snapshot = ? AND part = ?`, r.id, part); err != nil {
			return err
		}
		p := begun(part)
		_, err := tx.ExecContext(ctx, `INSERT INTO directory_parts (snapshot, name, state, why) VALUES (?, ?, ?, ?)
			ON CONFLICT (snapshot, name) DO UPDATE SET state = excluded.state, why = excluded.why, licence = '', count = 0, resume = ''`,
			r.id, part, p.State, p.Why)
		return err
	})
	if err != nil {
		return fmt.Errorf("begin %s: %w", part, err)
	}
	return nil
}

// Put is Sink's.
func (r *Run) Put(ctx context.Context, part string, items []Item, resume string) error {
	packed, err := r.store.pack.pack(packItems(items))
	if err != nil {
		return fmt.Errorf("keep a page of %s: %w", part, err)
	}
	err = r.store.db.Write(ctx, db.Relaxed, func(tx db.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO directory_pages (snapshot, part, items) VALUES (?, ?, ?)`, r.id, part, packed); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE directory_parts SET count = count + ?, resume = ? WHERE snapshot = ? AND name = ?`, len(items), resume, r.id, part)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a page of %s: %w", part, err)
	}
	return nil
}

// End is Sink's.
func (r *Run) End(ctx context.Context, p PartState) error {
	err := r.store.db.Write(ctx, db.Durable, func(tx db.Tx) error {
		var count int
		err := tx.QueryRowContext(ctx, `SELECT count FROM directory_parts WHERE snapshot = ? AND name = ?`, r.id, p.Name).Scan(&count)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		p = ended(p, count)
		_, err = tx.ExecContext(ctx, `INSERT INTO directory_parts (snapshot, name, state, why, licence) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (snapshot, name) DO UPDATE SET state = excluded.state, why = excluded.why, licence = excluded.licence`,
			r.id, p.Name, p.State, p.Why, p.Licence)
		return err
	})
	if err != nil {
		return fmt.Errorf("end %s: %w", p.Name, err)
	}
	return nil
}

// Parts is Sink's.
func (r *Run) Parts(ctx context.Context) Parts {
	return &storedParts{ctx: ctx, store: r.store, id: r.id, tenant: r.tenant, taken: r.taken, states: map[string]PartState{}}
}

// Parts gives the answers of the services that a snapshot was made of, as far
// as they are still kept. The context holds for all reading of them.
func (s *Store) Parts(ctx context.Context, id string) (Parts, error) {
	p := &storedParts{ctx: ctx, store: s, states: map[string]PartState{}}
	err := s.db.Read(ctx, func(tx db.Tx) error {
		var taken string
		err := tx.QueryRowContext(ctx, `SELECT id, tenant, taken FROM directory_snapshots WHERE id = ?`, id).Scan(&p.id, &p.tenant, &taken)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNoSnapshot
		} else if err != nil {
			return err
		}
		var pages int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM directory_pages WHERE snapshot = ?`, id).Scan(&pages); err != nil {
			return err
		}
		if pages == 0 {
			return errors.New("what the services answered is no longer kept: run `vakt scan` anew")
		}
		p.taken, err = time.Parse(time.RFC3339, taken)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the parts of snapshot %q: %w", id, err)
	}
	return p, nil
}

// storedParts are the parts of one snapshot in the store.
type storedParts struct {
	ctx    context.Context
	store  *Store
	id     int64
	tenant string
	taken  time.Time
	states map[string]PartState
}

// About is Parts's.
func (p *storedParts) About() (tenant, taken string) { return p.tenant, formatTime(p.taken) }

// State is Parts's. A state that cannot be read is absent for that reason.
func (p *storedParts) State(name string) PartState {
	run := Run{store: p.store, id: p.id}
	_, state, err := run.Position(p.ctx, name)
	if err != nil {
		return PartState{Name: name, State: StateAbsent, Why: err.Error()}
	}
	return state
}

// named is true for parts that somebody tried to read.
func (p *storedParts) named(name string) bool { return p.State(name).Why != "not read" }

// Each is Parts's.
func (p *storedParts) Each(name string, do func(Item) error) error {
	return p.store.db.Read(p.ctx, func(tx db.Tx) error {
		return query(p.ctx, tx, func(row scanner) error {
			var packed []byte
			if err := row.Scan(&packed); err != nil {
				return err
			}
			var page []packedItem
			if err := p.store.pack.unpack(packed, &page); err != nil {
				return fmt.Errorf("a page of %s is damaged: %w", name, err)
			}
			for _, item := range page {
				if err := do(Item{strings.Clone(item.Owner), item.Raw}); err != nil {
					return err
				}
			}
			return nil
		}, `SELECT items FROM directory_pages WHERE snapshot = ? AND part = ? ORDER BY id`, p.id, name)
	})
}
