package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"vakt/internal/baseline"
	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/graph"
)

// LoadChecks reads the checks below the root of a file system. A check that
// cannot be used is an error: a scan that leaves one out would look complete.
func LoadChecks(fsys fs.FS, root string) (*check.Checks, error) {
	checks, problems := check.Load(fsys, root)
	var all []error
	for _, p := range problems {
		if p.Stops() {
			all = append(all, p)
		}
	}
	if err := errors.Join(all...); err != nil {
		return nil, fmt.Errorf("load the checks: %w", err)
	}
	return checks, nil
}

// Posture judges tenants as they stand, all by the same checks.
type Posture struct {
	Checks     *check.Checks
	Baseline   *baseline.Baseline
	Exceptions []check.Exception
	Now        time.Time
}

// Judge runs the checks over a snapshot. The lists of the baseline that the
// directory knows are taken from the snapshot itself.
func (p *Posture) Judge(s *directory.Snapshot) (*check.Result, error) {
	lists := s.Lists()
	r, err := check.Run(s, p.Checks, check.Options{Baseline: p.Baseline.WithDirectory(lists), Exceptions: p.Exceptions, Now: p.Now})
	if err != nil {
		return nil, fmt.Errorf("judge tenant %q: %w", s.Tenant, err)
	}
	return r, nil
}

// Collected is a tenant that was just read.
type Collected struct {
	Snapshot *directory.Snapshot
	Parts    directory.Parts
}

// Collect reads a tenant through a reader into a sink. Reading that breaks off
// leaves what was read in the sink, and the error says why.
func Collect(ctx context.Context, r directory.Reader, sink directory.Sink, o directory.Options) (*Collected, error) {
	if err := directory.Collect(ctx, r, sink, o); err != nil {
		return nil, err
	}
	parts := sink.Parts(ctx)
	s, err := directory.Decode(parts)
	if err != nil {
		return nil, err
	}
	return &Collected{s, parts}, nil
}

// counted is what a budget asks of a tenant.
type counted interface {
	Count(ctx context.Context, path string) (int, error)
}

// Budget counts the requests that reading a tenant will take, before it
// begins. It is false where not even the number of accounts can be read.
func Budget(ctx context.Context, r counted) (graph.Budget, bool) {
	n, err := r.Count(ctx, "/users")
	if err != nil {
		return graph.Budget{}, false
	}
	return graph.NewBudget(graph.Population{Accounts: n, Resources: -1, Mailboxes: -1, Groups: min(50, 3+n/20), Members: -1, Activity: true, Exchange: true}), true
}
