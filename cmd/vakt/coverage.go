package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vakt"
	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/directory"
	"vakt/internal/event"
	"vakt/internal/report"
	"vakt/internal/rule"
	"vakt/internal/source"
)

// coverageFlags are the flags of vakt rules coverage.
type coverageFlags struct {
	rules      []string
	baseline   string
	directory  string
	exceptions string
	dates      string
}

func (a *app) coverageCommand() *cobra.Command {
	var f coverageFlags
	cmd := &cobra.Command{
		Use:   "coverage [INPUT...]",
		Short: "Which rows of the guide are covered, and what works on your logs",
		Long: "Lists every row of the guide with the rules and checks that cover it, what they\n" +
			"read, and in which state they are: live; muted by an exception; blind, where the\n" +
			"logs lack what they need; asleep, where a list of the baseline is empty; no\n" +
			"permission, no licence, no data. Without logs and --directory nothing is looked\n" +
			"at: then a rule that would work is called ready.",
		Example: "  vakt rules coverage\n" +
			"  vakt rules coverage exports/ --directory copy/ --baseline baseline.yaml",
		RunE: func(cmd *cobra.Command, args []string) error { return a.coverage(cmd.Context(), args, &f) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.rules, "rules", nil, "also take the Sigma rules of this folder or file (repeatable)")
	flags.StringVar(&f.baseline, "baseline", "", "a baseline file")
	flags.StringVar(&f.directory, "directory", "", "a folder written by vakt scan --export: for the checks, the live lists and the licences")
	flags.StringVar(&f.exceptions, "exceptions", "", "a file of exceptions: those that silence a rule or a check")
	flags.StringVar(&f.dates, "dates", "", "how dates such as 3/5/2026 are read: month-first or day-first")
	return cmd
}

// coverage goes through the rows, with whatever was given.
func (a *app) coverage(ctx context.Context, inputs []string, f *coverageFlags) error {
	rows, err := guideRows()
	if err != nil {
		return failed(err)
	}
	base, err := a.loadBaseline(f.baseline)
	if err != nil {
		return err
	}
	if base, err = a.loadDirectory(base, f.directory); err != nil {
		return err
	}
	c, err := a.posed(f, base)
	if err != nil {
		return err
	}
	missing := ""
	if len(inputs) > 0 {
		if missing, err = a.runFor(ctx, c, f, base, inputs); err != nil {
			return err
		}
	} else if c.Set, err = a.ownSet(f.rules, base); err != nil {
		return err
	}
	c.Fill(rows)
	if err := a.printCoverage(rows); err != nil {
		return err
	}
	a.sayCoverage(rows, c)
	if missing != "" {
		return &exit{code: exitIncomplete}
	}
	return nil
}

// posed prepares what is known of the checks: with a directory, what they say
// about it.
func (a *app) posed(f *coverageFlags, base *baseline.Baseline) (*daemon.Coverage, error) {
	exceptions, err := a.loadExceptions(f.exceptions)
	if err != nil {
		return nil, err
	}
	checks, err := loadChecks()
	if err != nil {
		return nil, err
	}
	c := &daemon.Coverage{Checks: checks.About(base), Exceptions: exceptions, Now: time.Now()}
	judged := &directory.Snapshot{} // of nobody: tells which checks sleep
	if f.directory != "" {
		folder, err := openFolder("--directory", f.directory)
		if err != nil {
			return nil, err
		}
		if c.Snapshot, err = directory.Load(folder); err != nil {
			return nil, failed(fmt.Errorf("directory %q: %w", f.directory, err))
		}
		judged = c.Snapshot
	}
	p := daemon.Posture{Checks: checks, Baseline: base, Exceptions: exceptions, Now: c.Now}
	if c.Result, err = p.Judge(judged); err != nil {
		return nil, failed(err)
	}
	return c, nil
}

// ownSet compiles our rules, and those of the folders, under a baseline.
func (a *app) ownSet(folders []string, base *baseline.Baseline) (*rule.Set, error) {
	rules, problems := daemon.LoadRules(vakt.Rules, folders)
	set, more := rule.Compile(rules, event.NewSchema(), base)
	return set, a.refused(append(problems, more...))
}

// runFor runs the rules over the inputs and tells what could not be read.
func (a *app) runFor(ctx context.Context, c *daemon.Coverage, f *coverageFlags, base *baseline.Baseline, inputs []string) (missing string, err error) {
	rules, problems := daemon.LoadRules(vakt.Rules, f.rules)
	if err := a.refused(problems); err != nil {
		return "", err
	}
	dates, err := datesFlag(f.dates)
	if err != nil {
		return "", err
	}
	r, seen, err := a.watched(ctx, &daemon.Batch{Rules: rules, Baseline: base, Workers: runtime.GOMAXPROCS(0),
		Files: source.Files{Stdin: a.in, Dates: dates}}, inputs)
	if err != nil {
		return "", err
	}
	c.Logs, c.Seen, c.Set = r, seen, r.Set
	if missing = r.Ledger.Incomplete(); missing != "" {
		a.insist("Incomplete: %s.", missing)
	}
	return missing, nil
}

// watched runs a batch with progress and counts the records of each log.
func (a *app) watched(ctx context.Context, b *daemon.Batch, inputs []string) (*daemon.Report, *daemon.LogTally, error) {
	seen := &daemon.LogTally{}
	b.Watchers = append(b.Watchers, seen)
	p := a.progress(inputs)
	b.Files.Progress = p.add
	r, err := b.Run(ctx, inputs)
	p.stop()
	if errors.Is(err, source.ErrNoInput) {
		return nil, nil, failed(fmt.Errorf("%w: check the path; a folder is read with all that is in it", err))
	}
	if err != nil {
		return nil, nil, failed(err)
	}
	return r, seen, nil
}

func (a *app) printCoverage(rows []report.Row) error {
	head := []string{"row", "id", "state", "severity", "by", "data", "licence", "why"}
	row := func(r report.Row) []string {
		return []string{r.Row, r.ID, r.State, r.Severity, r.Names(), r.Log, r.Licence, r.Why}
	}
	err := show(a, view[report.Row]{items: rows, head: head, row: row, table: func(w io.Writer) error { return a.table(w, head, rowsOf(rows, row)) }})
	if err != nil {
		return failed(err)
	}
	return nil
}

// sayCoverage sums the states up.
func (a *app) sayCoverage(rows []report.Row, c *daemon.Coverage) {
	counts := map[string]int{}
	for i := range rows {
		counts[rows[i].State]++
	}
	var parts []string
	for _, state := range report.RowStates() {
		if n := counts[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ReplaceAll(state, "_", " ")))
		}
	}
	a.say("%d of %d rows have a rule or check: %s.", len(rows)-counts[report.RowMissing], len(rows), strings.Join(parts, ", "))
	switch {
	case c.Logs == nil && c.Snapshot == nil:
		a.say("Nothing was looked at: give logs and --directory to see what is live.")
	case c.Logs == nil:
		a.say("No logs were given: rules are ready at best.")
	case c.Snapshot == nil:
		a.say("No directory was given: checks are ready at best.")
	}
}

// guideRows reads rules/rows.csv: row, id, severity, log, licence, kind.
func guideRows() ([]report.Row, error) {
	f, err := vakt.Rules.Open("rules/rows.csv")
	if err != nil {
		return nil, fmt.Errorf("the list of rows: %w", err)
	}
	defer f.Close() //nolint:errcheck // embedded
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("rules/rows.csv: %w", err)
	}
	var rows []report.Row
	for _, l := range lines[1:] {
		rows = append(rows, report.Row{Row: l[0], ID: l[1], Severity: l[2], Log: l[3], Licence: l[4]})
	}
	return rows, nil
}
