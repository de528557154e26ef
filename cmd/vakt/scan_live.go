package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vakt/internal/daemon"
	"vakt/internal/directory"
	"vakt/internal/graph"
	"vakt/internal/tenant"
	"vakt/internal/text"
)

// readTenants reads the chosen tenants one after the other. One that cannot be
// read does not stop the others.
func (a *app) readTenants(ctx context.Context, f *scanFlags, c *daemon.Config) ([]looked, error) {
	tenants, err := a.tenants(c)
	if err != nil {
		return nil, err
	}
	if f.export != "" && len(tenants) > 1 {
		return nil, usage("--export writes one tenant: choose it with --tenant NAME")
	}
	state, err := a.openState(ctx, c)
	if err != nil {
		return nil, err
	}
	defer state.close()
	var all []looked
	for _, t := range tenants {
		read := a.readTenant
		if f.stored {
			read = a.storedTenant
		}
		l := read(ctx, f, t, state)
		if errors.Is(l.err, context.Canceled) {
			return nil, fmt.Errorf("reading tenant %q: %w", t.Name, l.err)
		}
		var unwritten *exportError
		if errors.As(l.err, &unwritten) {
			return nil, failed(l.err)
		}
		l.name = t.Name
		all = append(all, l)
	}
	return all, nil
}

// exportError says that a tenant was read and its copy could not be written:
// the place is at fault, not the tenant.
type exportError struct {
	folder, tenant string
	err            error
}

func (e *exportError) Error() string {
	return fmt.Sprintf("tenant %q was read, but its copy could not be written to %q: %v: make room there or give another folder; the next scan goes on with what was read",
		e.tenant, e.folder, e.err)
}

func (e *exportError) Unwrap() error { return e.err }

func (a *app) readTenant(ctx context.Context, f *scanFlags, t tenant.Tenant, state *state) looked {
	run, resumed, err := state.begin(ctx, t, f.fresh)
	if err != nil {
		return looked{err: err}
	}
	if resumed {
		a.say("Going on with the scan of %s that was broken off.", text.Terminal(t.Name))
	}
	got, err := a.collect(ctx, f, t, run)
	if err != nil {
		return looked{err: err}
	}
	if f.export != "" {
		if err := directory.Export(f.export, got.Parts); err != nil {
			return looked{err: &exportError{f.export, t.Name, err}}
		}
		a.say("Wrote a copy of %s to %s.", text.Terminal(t.Name), text.Terminal(f.export))
	}
	since, err := state.since(ctx, t, got.Snapshot)
	if err == nil {
		err = state.save(ctx, run, got.Snapshot)
	}
	return looked{snapshot: got.Snapshot, since: since, err: err}
}

// collect reads a tenant into a run. What it will ask for is said first.
func (a *app) collect(ctx context.Context, f *scanFlags, t tenant.Tenant, run *directory.Run) (*daemon.Collected, error) {
	conn := a.connection()
	asking, err := daemon.Connect(t, conn)
	if err != nil {
		return nil, err
	}
	if _, err := asking.Granted(ctx); err != nil {
		return nil, err // without a token there is nothing to read
	}
	p := a.scanProgress(t.Name)
	conn.Progress = p.show
	if budget, ok := daemon.Budget(ctx, asking); ok {
		conn.Expect = &budget
		a.say("About %s to Graph and %s to Exchange, %s at least.", plural(budget.Requests(tenant.Graph), "request", "requests"),
			plural(budget.Requests(tenant.Exchange), "request", "requests"), budget.Bound().Round(time.Second))
	}
	r, err := daemon.Connect(t, conn)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	return daemon.Collect(ctx, r, run, directory.Options{Rules: len(f.with) > 0})
}

// storedTenant takes the newest scan of a tenant instead of a new one.
func (a *app) storedTenant(ctx context.Context, _ *scanFlags, t tenant.Tenant, state *state) looked {
	s, err := state.newest(ctx, t)
	return looked{snapshot: s, err: err}
}

// scanProgress tells how far a scan is: one line that renews itself on a
// terminal, a line every ten seconds elsewhere.
type scanProgress struct {
	a     *app
	name  string
	live  bool
	last  time.Time
	shown bool
}

func (a *app) scanProgress(name string) *scanProgress {
	return &scanProgress{a: a, name: name, live: a.renews(), last: time.Now()}
}

func (p *scanProgress) show(g graph.Progress) {
	pause := 10 * time.Second
	if p.live {
		pause = 200 * time.Millisecond
	}
	if now := time.Now(); p.a.quiet || now.Sub(p.last) < pause {
		return
	}
	p.last = time.Now()
	line := fmt.Sprintf("reading %s: %s, %s, %.1f requests/s", text.Terminal(p.name), plural(g.Requests, "request", "requests"), plural(g.Items, "object", "objects"), g.Rate)
	if g.Expected > 0 && g.ETA >= 0 {
		line += fmt.Sprintf(", %d expected, %s left", g.Expected, g.ETA.Round(time.Second))
	}
	if g.Throttled > 0 {
		line += fmt.Sprintf(", told to wait %s", plural(g.Throttled, "time", "times"))
	}
	if p.live {
		p.shown = true
		_, _ = fmt.Fprintf(p.a.err, "\r\x1b[K%s", line)
		return
	}
	p.a.say("%s", line)
}

func (p *scanProgress) stop() {
	if p.shown {
		_, _ = fmt.Fprint(p.a.err, "\r\x1b[K")
	}
}
