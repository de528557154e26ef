package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"vakt"
	"vakt/internal/check"
	"vakt/internal/daemon"
	"vakt/internal/directory"
	"vakt/internal/rule"
	"vakt/internal/source"
	"vakt/internal/text"
)

// scanFlags are the flags of vakt scan, and of commands that look at a tenant
// in the same way.
type scanFlags struct {
	export     string
	with       []string
	offline    string
	logs       []string
	dates      string
	baseline   string
	exceptions string
	failOn     string
	fresh      bool
	stored     bool // take the newest scan, read nothing
}

func (a *app) scanCommand() *cobra.Command {
	var f scanFlags
	cmd := &cobra.Command{
		Use:   "scan",
		Short: "Read a tenant, or a copy of it, and say which accounts are forgotten",
		Long: "Reads a tenant's accounts, mailboxes, roles and policies, changes nothing, and gives\n" +
			"every shared, room and equipment account a verdict: can its sign-in be blocked\n" +
			"without hurting anybody, and why. Then it runs the checks and counts MFA coverage,\n" +
			"now and after the proposed block. What could not be read is said first, by name.\n\n" +
			"With --offline it judges a folder that `vakt scan --export` wrote, without network\n" +
			"and configuration. --logs takes exported sign-in and audit logs as evidence of use,\n" +
			"which a tenant without Entra ID P1 needs.\n\n" +
			"Exit code: 0 done, 1 failed, 3 done but part of a tenant could not be read,\n" +
			"4 findings at or above --fail-on.",
		Example: "  vakt scan --tenant contoso\n" +
			"  vakt scan --tenant all --fail-on high -o jsonl\n" +
			"  vakt scan --export copy/\n" +
			"  vakt scan --offline copy/ --logs signins.csv --logs audit/",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.scan(cmd.Context(), &f) },
	}
	flags := cmd.Flags()
	a.lookFlags(cmd, &f)
	flags.StringVar(&f.export, "export", "", "also write the tenant to this folder, in the shapes of its APIs")
	flags.StringSliceVar(&f.with, "with", nil, "read more than a scan needs: rules (the inbox rules of every mailbox)")
	flags.StringVar(&f.failOn, "fail-on", "", "exit with 4 at a finding of this severity or above")
	return cmd
}

// lookFlags are the flags of every command that looks at a tenant.
func (a *app) lookFlags(cmd *cobra.Command, f *scanFlags) {
	flags := cmd.Flags()
	flags.StringVar(&f.offline, "offline", "", "judge the copy of a tenant in this folder; no network, no configuration needed")
	flags.StringArrayVar(&f.logs, "logs", nil, "exported logs as evidence of use: a file or folder (repeatable)")
	flags.StringVar(&f.dates, "dates", "", "how dates such as 3/5/2026 in --logs are read: month-first or day-first")
	flags.StringVar(&f.baseline, "baseline", "", "what is normal here; default: the configuration's")
	flags.StringVar(&f.exceptions, "exceptions", "", "what is meant to be as it is; default: the configuration's")
	flags.BoolVar(&f.fresh, "fresh", false, "begin anew where an earlier scan was broken off, instead of going on with it")
}

// looked is one tenant as a command looked at it.
type looked struct {
	name     string
	snapshot *directory.Snapshot
	result   *check.Result
	since    *directory.Difference // what changed since the scan before; nil where there is none
	err      error                 // the tenant could not be looked at
}

func (a *app) scan(ctx context.Context, f *scanFlags) error {
	failOn, err := severityFlag("--fail-on", f.failOn)
	if err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	all, ledger, err := a.look(ctx, f)
	if err != nil {
		return err
	}
	missing := a.sayMissing(all, ledger)
	if err := a.printScan(all); err != nil {
		return failed(fmt.Errorf("write the findings: %w", err))
	}
	return scanVerdict(all, failOn, missing)
}

func (f *scanFlags) check() error {
	if f.offline != "" && f.export != "" {
		return usage("--offline with --export would copy a copy: copy the folder")
	}
	for _, w := range f.with {
		if w != "rules" {
			return usage("--with %q: there is rules", w)
		}
	}
	if f.export == "" {
		return nil
	}
	if err := checkFolder(f.export); err != nil {
		return failed(fmt.Errorf("--export %q: %w", f.export, err))
	}
	return nil
}

// scanVerdict is the exit code of a scan.
func scanVerdict(all []looked, failOn *rule.Severity, missing bool) error {
	if !slices.ContainsFunc(all, func(l looked) bool { return l.err == nil }) {
		return &exit{code: exitFailed}
	}
	for i := range all {
		if all[i].err != nil || failOn == nil {
			continue
		}
		if worst, ok := all[i].result.Worst(); ok && worst >= *failOn {
			return &exit{code: exitFindings}
		}
	}
	if missing {
		return &exit{code: exitIncomplete}
	}
	return nil
}

// look reads the tenants that the flags choose, or the copy of one, and judges
// them. The ledger is that of --logs, nil without.
func (a *app) look(ctx context.Context, f *scanFlags) ([]looked, *source.Ledger, error) {
	thrift()
	var config *daemon.Config
	if f.offline == "" || a.config != "" {
		c, err := a.loadConfig()
		if err != nil {
			return nil, nil, err
		}
		config = c
	}
	p, err := a.posture(f, config)
	if err != nil {
		return nil, nil, err
	}
	evidence, ledger, err := a.evidence(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	var all []looked
	if f.offline != "" {
		folder, err := openFolder("the copy of a tenant in", f.offline)
		if err != nil {
			return nil, nil, err
		}
		s, err := directory.Load(folder)
		if err != nil {
			return nil, nil, failed(fmt.Errorf("read the copy of a tenant in %q: %w", f.offline, err))
		}
		all = []looked{{name: f.offline, snapshot: s}}
	} else if all, err = a.readTenants(ctx, f, config); err != nil {
		return nil, nil, err
	}
	for i := range all {
		if all[i].err == nil {
			if evidence != nil {
				all[i].snapshot.Use(evidence)
			}
			all[i].result, all[i].err = p.Judge(all[i].snapshot)
		}
	}
	return all, ledger, nil
}

// thrift collects garbage sooner than usual: a scan waits for the network most
// of the time, and a large tenant's accounts are held once, not twice. Whoever
// sets GOGC or GOMEMLIMIT knows better.
func thrift() {
	const percent, limit = 20, 200 << 20
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
}

// posture gathers the checks and what they are judged by.
func (a *app) posture(f *scanFlags, c *daemon.Config) (*daemon.Posture, error) {
	base, exceptions := f.baseline, f.exceptions
	if c != nil {
		base, exceptions = orDefault(base, c.Baseline), orDefault(exceptions, c.Exceptions)
	}
	b, err := a.loadBaseline(base)
	if err != nil {
		return nil, err
	}
	list, err := a.loadExceptions(exceptions)
	if err != nil {
		return nil, err
	}
	checks, err := loadChecks()
	if err != nil {
		return nil, err
	}
	return &daemon.Posture{Checks: checks, Baseline: b, Exceptions: list, Now: time.Now()}, nil
}

// loadChecks reads the built-in checks.
func loadChecks() (*check.Checks, error) {
	checks, err := daemon.LoadChecks(vakt.Checks, "checks")
	if err != nil {
		return nil, failed(err)
	}
	return checks, nil
}

// evidence reads --logs.
func (a *app) evidence(ctx context.Context, f *scanFlags) (*directory.Evidence, *source.Ledger, error) {
	dates, err := datesFlag(f.dates)
	if err != nil || len(f.logs) == 0 {
		return nil, nil, err
	}
	p := a.progress(f.logs)
	e, ledger, err := daemon.ReadEvidence(ctx, source.Files{Stdin: a.in, Dates: dates, Progress: p.add}, f.logs)
	p.stop()
	if errors.Is(err, source.ErrNoInput) {
		return nil, nil, failed(fmt.Errorf("--logs: %w: check the path", err))
	}
	if err != nil {
		return nil, nil, failed(fmt.Errorf("--logs: %w", err))
	}
	return e, ledger, nil
}

// sayMissing tells first what could not be read, and whether there is any.
func (a *app) sayMissing(all []looked, ledger *source.Ledger) bool {
	missing := false
	for i := range all {
		l := &all[i]
		switch {
		case l.err != nil:
			a.insist("Incomplete: tenant %s could not be read: %s.", text.Terminal(l.name), text.Terminal(l.err.Error()))
			missing = true
		case !l.result.Complete:
			a.insist("Incomplete: %s of tenant %s could not be read: %s.", plural(len(l.result.CouldNotLook), "part", "parts"), text.Terminal(l.name), text.Terminal(holes(l.result)))
			missing = true
		}
	}
	if ledger != nil {
		if what := ledger.Incomplete(); what != "" {
			a.insist("Incomplete: the logs: %s.", what)
			missing = true
		}
	}
	return missing
}

// holes names the parts that were not read.
func holes(r *check.Result) string {
	names := make([]string, len(r.CouldNotLook))
	for i, m := range r.CouldNotLook {
		names[i] = m.Part + " (" + m.Why + ")"
	}
	return list(names, 6)
}
