package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"vakt"
	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/report"
	"vakt/internal/source"
	"vakt/internal/text"
)

// guide goes through the rows of the guide for one tenant: the checks as they
// judged it, and the rules over --logs where there are any. It also counts
// what Conditional Access did to the sign-ins in them.
func (a *app) guide(ctx context.Context, f *scanFlags, l *looked) ([]report.Row, *report.Effect, error) {
	rows, err := guideRows()
	if err != nil {
		return nil, nil, failed(err)
	}
	p, err := a.postureOf(f)
	if err != nil {
		return nil, nil, err
	}
	lists, err := listsOf(p.Baseline, l.snapshot)
	if err != nil {
		return nil, nil, failed(fmt.Errorf("baseline: %w", err))
	}
	base := p.Baseline.WithDirectory(l.snapshot.WithNames(lists))
	c := &daemon.Coverage{Checks: p.Checks.About(base), Exceptions: p.Exceptions, Snapshot: l.snapshot, Result: l.result, Now: time.Now()}
	var effect *report.Effect
	if len(f.logs) == 0 || slices.Contains(f.logs, "-") {
		if len(f.logs) > 0 {
			a.say("Standard input was read as evidence, and cannot be read again for the rules: give --logs as files.")
		}
		c.Set, err = a.ownSet(nil, base)
	} else {
		effect, err = a.overLogs(ctx, f, l, base, c)
	}
	if err != nil {
		return nil, nil, err
	}
	c.Fill(rows)
	return rows, effect, nil
}

// overLogs runs the rules over --logs, for the tenant's records.
func (a *app) overLogs(ctx context.Context, f *scanFlags, l *looked, base *baseline.Baseline, c *daemon.Coverage) (*report.Effect, error) {
	rules, problems := daemon.LoadRules(vakt.Rules, nil)
	if err := a.refused(problems); err != nil {
		return nil, err
	}
	dates, err := datesFlag(f.dates)
	if err != nil {
		return nil, err
	}
	effect := &daemon.PolicyEffect{}
	b := &daemon.Batch{Rules: rules, Baseline: base, Tenant: l.snapshot.Tenant, Workers: runtime.GOMAXPROCS(0),
		Watchers: []daemon.Watcher{effect}, Files: source.Files{Dates: dates}}
	r, seen, err := a.watched(ctx, b, f.logs)
	if err != nil {
		return nil, fmt.Errorf("--logs, for tenant %s: %w", text.Terminal(l.name), err)
	}
	c.Logs, c.Seen, c.Set = r, seen, r.Set
	return effect.Effect(), nil
}

// postureOf is the posture that look judges by.
func (a *app) postureOf(f *scanFlags) (*daemon.Posture, error) {
	var config *daemon.Config
	if f.offline == "" || a.config != "" {
		c, err := a.loadConfig()
		if err != nil {
			return nil, err
		}
		config = c
	}
	return a.posture(f, config)
}
