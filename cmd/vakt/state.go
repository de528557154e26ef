package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"vakt/internal/daemon"
	"vakt/internal/db"
	"vakt/internal/directory"
	"vakt/internal/plan"
	"vakt/internal/tenant"
)

// state is the database of this installation, with its tables up to date.
type state struct {
	db        *db.DB
	snapshots *directory.Store
	plans     *plan.Store
}

// openState opens the database of the configuration, and makes it where there
// is none yet. Only its owner can read it.
func (a *app) openState(ctx context.Context, c *daemon.Config) (*state, error) {
	path, err := statePath(c)
	if err != nil {
		return nil, failed(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, failed(fmt.Errorf("make the folder for state: %w", err))
	}
	d, err := db.Open(ctx, path, db.Options{})
	if err != nil {
		return nil, failed(err)
	}
	rooms := []db.Room{{Name: "directory", Schema: directory.Schema()}, {Name: "plan", Schema: plan.Schema()}}
	if _, err := d.Migrate(ctx, time.Now(), rooms...); err != nil {
		return nil, failed(errors.Join(err, d.Close()))
	}
	return &state{d, directory.NewStore(d), plan.NewStore(d)}, nil
}

func (s *state) close() {
	_ = s.db.Close() // everything that was to be kept has been committed
}

// resumable is how old a scan may be that was broken off and still be gone on
// with: what it read first must not be too old for what it reads last.
const resumable = 6 * time.Hour

// begin opens a snapshot to collect into: one that was broken off, unless a
// fresh one is wanted, or a run has changed the tenant since: what was read
// before that is true no more.
func (s *state) begin(ctx context.Context, t tenant.Tenant, fresh bool) (run *directory.Run, resumed bool, err error) {
	within := resumable
	if fresh {
		within = 0
	}
	run, resumed, err = s.snapshots.Begin(ctx, t.ID, time.Now(), within)
	if err != nil || !resumed {
		return run, resumed, err
	}
	writes, err := s.plans.Attempts(ctx, t.ID, run.Taken())
	if err != nil || writes == 0 {
		return run, resumed, err
	}
	return s.snapshots.Begin(ctx, t.ID, time.Now(), 0)
}

// keep is how much history stays: a month of daily scans, and of the last ones
// what the services answered.
var keep = directory.Keep{Snapshots: 30, Raw: 3}

// save closes a snapshot, and lets old ones go.
func (s *state) save(ctx context.Context, run *directory.Run, snap *directory.Snapshot) error {
	now := time.Now()
	if err := s.snapshots.Save(ctx, run, snap, now); err != nil {
		return err
	}
	return s.snapshots.Prune(ctx, snap.Tenant, keep)
}

// since tells what changed since the newest finished snapshot of a tenant; nil
// where there is none.
func (s *state) since(ctx context.Context, t tenant.Tenant, now *directory.Snapshot) (*directory.Difference, error) {
	summary, err := s.snapshots.Latest(ctx, t.ID)
	if errors.Is(err, directory.ErrNoSnapshot) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	before, err := s.snapshots.Get(ctx, summary.ID)
	if err != nil {
		return nil, err
	}
	earlier, err := s.snapshots.Known(ctx, t.ID, summary.ID)
	if err != nil {
		return nil, err
	}
	d := directory.Diff(before, now, earlier)
	return &d, nil
}

// newest reads the newest finished snapshot of a tenant.
func (s *state) newest(ctx context.Context, t tenant.Tenant) (*directory.Snapshot, error) {
	summary, err := s.snapshots.Latest(ctx, t.ID)
	if errors.Is(err, directory.ErrNoSnapshot) {
		return nil, fmt.Errorf("there is no scan of tenant %q yet: run `vakt scan --tenant %s`", t.Name, t.Name)
	}
	if err != nil {
		return nil, err
	}
	return s.snapshots.Get(ctx, summary.ID)
}
