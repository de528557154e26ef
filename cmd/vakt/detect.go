package main

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vakt"
	"vakt/internal/alert"
	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/directory"
	"vakt/internal/event"
	"vakt/internal/geo"
	"vakt/internal/rule"
	"vakt/internal/source"
	"vakt/internal/tenant"
	"vakt/internal/text"
)

// detectFlags are the flags of vakt detect.
type detectFlags struct {
	rules     []string
	noBuiltin bool
	baseline  string
	directory string
	geoip     string
	tenant    string
	since     string
	until     string
	failOn    string
	ledger    string
	dates     string
	hash      bool
	events    bool
	caEffect  string
}

func (a *app) detectCommand() *cobra.Command {
	var f detectFlags
	cmd := &cobra.Command{
		Use:   "detect FILE|DIR|- ...",
		Short: "Run rules over exported logs",
		Long: "Reads exported logs, runs the rules over them and prints alerts. The shape of a\n" +
			"file is told by its content: Graph JSON (v1.0 and beta), Azure Monitor and Event\n" +
			"Hubs records, Log Analytics rows, portal downloads and the unified audit log, as\n" +
			"JSON or CSV; plain, gzip, zstd or in a zip. Every record is accounted for in a ledger.\n\n" +
			"Exit code: 0 done, 1 failed, 2 wrong usage, 3 done but part of the data could\n" +
			"not be read, 4 alerts at or above --fail-on.",
		Example: "  vakt detect signins.json\n" +
			"  vakt detect exports/ -o jsonl --fail-on high\n" +
			"  zcat PT1H.json.gz | vakt detect -",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("vakt detect needs an input: a file, a folder or - for standard input")
			}
			if first := slices.Index(args, "-"); first >= 0 && slices.Contains(args[first+1:], "-") {
				return usage("standard input can be read once: give - once")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.detect(cmd, args, &f) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.rules, "rules", nil, "also run the Sigma rules of this folder or file (repeatable)")
	flags.BoolVar(&f.noBuiltin, "no-builtin", false, "do not run Vakt's own rules")
	flags.StringVar(&f.baseline, "baseline", "", "what is normal here: a baseline file (see vakt baseline show)")
	flags.StringVar(&f.directory, "directory", "", "who is who: a folder of exported directory lists; without it rules on such lists are blind")
	flags.StringVar(&f.geoip, "geoip", "", "where addresses are, for records without coordinates: a database of cities or countries in MaxMind's format (.mmdb)")
	flags.StringVar(&f.tenant, "tenant-id", "", "take only records of this tenant; those that name none are taken too")
	flags.StringVar(&f.since, "since", "", "take events from this time on: RFC 3339, a date, or a duration back such as 7d")
	flags.StringVar(&f.until, "until", "", "take events before this time")
	flags.StringVar(&f.failOn, "fail-on", "", "exit with 4 at an alert of this severity or above")
	flags.StringVar(&f.ledger, "ledger", "", "write the coverage ledger as JSON to this file")
	flags.StringVar(&f.caEffect, "ca-effect", "", "also write what Conditional Access did to the sign-ins, by week, policy, result and device, to this .csv or .json file")
	flags.StringVar(&f.dates, "dates", "", "how dates such as 3/5/2026 are read: month-first or day-first; without it month-first, and a CSV file that looks day-first is refused")
	flags.BoolVar(&f.events, "show-events", false, "show the records behind each alert: the first 100 in JSON, the first 5 in a table")
	flags.BoolVar(&f.hash, "hash", false, "put the SHA-256 of every input into the ledger")
	return cmd
}

func (a *app) detect(cmd *cobra.Command, args []string, f *detectFlags) error {
	failOn, err := severityFlag("--fail-on", f.failOn)
	if err != nil {
		return err
	}
	effect, err := effectFlag(f.caEffect)
	if err != nil {
		return err
	}
	if err := f.apart(args); err != nil {
		return err
	}
	if err := checkPlaces(f.ledger, f.caEffect); err != nil {
		return err
	}
	b, done, err := a.located(f)
	if err != nil {
		return err
	}
	defer done()
	if effect != nil {
		b.Watchers = append(b.Watchers, effect)
	}
	p := a.progress(args)
	b.Files.Progress = p.add
	report, err := b.Run(cmd.Context(), args)
	p.stop()
	if err != nil {
		return inputError(err)
	}
	missing := report.Ledger.Incomplete()
	if missing != "" {
		a.insist("Incomplete: %s.", missing)
	}
	if err := a.printAlerts(report.Alerts); err != nil {
		return failed(fmt.Errorf("write the alerts: %w", err))
	}
	a.summary(report)
	if f.ledger != "" {
		if err := writeWhole(f.ledger, report.Ledger.WriteJSON); err != nil {
			return failed(fmt.Errorf("write the ledger %q: %w", f.ledger, err))
		}
	}
	if err := a.writeEffect(f.caEffect, effect); err != nil {
		return err
	}
	return verdict(report.Alerts, failOn, missing)
}

// apart refuses to write over what is read, or over what else is written.
func (f *detectFlags) apart(inputs []string) error {
	read := append(slices.Clone(inputs), f.rules...)
	read = append(read, f.baseline, f.geoip, f.directory)
	if err := apart("--ledger", f.ledger, read); err != nil {
		return err
	}
	return apart("--ca-effect", f.caEffect, append(read, f.ledger))
}

// verdict is the exit code of a run that did its work: findings before what
// is missing.
func verdict(alerts []alert.Alert, failOn *rule.Severity, missing string) error {
	for i := range alerts {
		if failOn != nil && alerts[i].Severity >= *failOn {
			return &exit{code: exitFindings}
		}
	}
	if missing != "" {
		return &exit{code: exitIncomplete}
	}
	return nil
}

// batch builds the run from the flags. What is wrong with them is said before
// anything is read; then every rule that is refused, before it gives up. The
// garbage collector waits from the first rule until all are compiled.
func (a *app) batch(f *detectFlags) (*daemon.Batch, error) {
	b := &daemon.Batch{
		Tenant: strings.ToLower(f.tenant), Workers: runtime.GOMAXPROCS(0), ShowEvents: f.events,
		Files: source.Files{Stdin: a.in, Hash: f.hash},
	}
	if err := a.choose(b, f, time.Now()); err != nil {
		return nil, err
	}
	base, err := a.loadBaseline(f.baseline)
	if err != nil {
		return nil, err
	}
	if b.Baseline, err = a.loadDirectory(base, f.directory); err != nil {
		return nil, err
	}
	var builtin fs.FS
	if !f.noBuiltin {
		builtin = vakt.Rules
	}
	b.Prepared = daemon.Patience()
	rules, problems := daemon.LoadRules(builtin, f.rules)
	if err := a.refused(problems); err != nil {
		b.Prepared()
		return nil, err
	}
	b.Rules = rules
	return b, nil
}

// choose sets which records and rules are chosen, and refuses flags that choose
// nothing or something else than they seem to.
func (a *app) choose(b *daemon.Batch, f *detectFlags, now time.Time) (err error) {
	switch {
	case a.tenant != "":
		return usage("--tenant names a tenant of the configuration, which is not read here: --tenant-id ID takes the records of one tenant")
	case f.tenant != "" && !tenant.IsID(f.tenant):
		return usage("--tenant-id %q is no id of a tenant: give one such as 11111111-2222-3333-4444-555555555555, as the portal shows it; records do not name their tenant otherwise", f.tenant)
	case f.noBuiltin && len(f.rules) == 0:
		return usage("--no-builtin without --rules leaves no rule to run")
	}
	if b.Files.Dates, err = datesFlag(f.dates); err != nil {
		return err
	}
	if b.Since, err = timeFlag("--since", f.since, now); err != nil {
		return err
	}
	if b.Until, err = timeFlag("--until", f.until, now); err != nil {
		return err
	}
	if f.since != "" && f.until != "" && b.Since >= b.Until {
		return usage("--since %s is not before --until %s: no event lies between them", f.since, f.until)
	}
	return nil
}

// refused shows the problems of rules that keep a run from beginning, and is
// an error where there is one.
func (a *app) refused(problems []rule.Problem) error {
	bad := 0
	for _, p := range problems {
		if p.Stops() {
			bad++
			a.complain(p)
		}
	}
	if bad > 0 {
		return failed(fmt.Errorf("%s refused: nothing was run; `vakt rules check` tells more", plural(bad, "rule problem", "rule problems")))
	}
	return nil
}

func (a *app) loadBaseline(file string) (*baseline.Baseline, error) {
	if file == "" {
		return baseline.Default(), nil
	}
	data, err := readFile("the baseline", file)
	if err != nil {
		return nil, err
	}
	b, problems := baseline.Parse(file, data)
	for _, p := range problems {
		a.complain(errors.New(p.String()))
	}
	if len(problems) > 0 {
		return nil, failed(fmt.Errorf("the baseline %q was refused: nothing was run", file))
	}
	return a.withLearned(b, file)
}

// loadDirectory fills the baseline's live lists. What the folder cannot answer
// is said, and stays unread.
func (a *app) loadDirectory(b *baseline.Baseline, folder string) (*baseline.Baseline, error) {
	if folder == "" {
		return b, nil
	}
	exported, err := openFolder("--directory", folder)
	if err != nil {
		return nil, err
	}
	d, err := directory.Open(exported)
	if err != nil {
		return nil, failed(fmt.Errorf("directory %q: %w", folder, err))
	}
	lists, err := listsOf(b, d)
	if err != nil {
		return nil, failed(fmt.Errorf("baseline: %w", err))
	}
	b = b.WithDirectory(d.WithNames(lists))
	for _, m := range d.Missing() {
		a.say("Not looked at: %s in %s: %s.", m.Part, text.Terminal(folder), text.Terminal(m.Why))
	}
	return b, nil
}

// openPlaces opens the database of addresses; nil where the flag is not given.
func openPlaces(file string) (*geo.Database, error) {
	if file == "" {
		return nil, nil
	}
	db, err := geo.OpenDatabase(file)
	if err != nil {
		return nil, failed(err)
	}
	if err := db.Check(); err != nil {
		_ = db.Close()
		return nil, failed(fmt.Errorf("--geoip %q: %w", file, err))
	}
	return db, nil
}

// severityFlag reads a severity; nil where the flag is not given.
func severityFlag(name, value string) (*rule.Severity, error) {
	if value == "" {
		return nil, nil
	}
	s, ok := rule.SeverityNamed(value)
	if !ok {
		return nil, usage("%s %q is no severity: informational, low, medium, high or critical", name, value)
	}
	return &s, nil
}

// datesFlag reads the order of day and month.
func datesFlag(value string) (event.DateOrder, error) {
	order, ok := event.DateOrderNamed(value)
	if !ok && value != "" {
		return order, usage("--dates %q is no order: month-first or day-first", value)
	}
	return order, nil
}

// timeFlag reads RFC 3339, a date (UTC) or a duration back from now (90m, 24h,
// 7d), as seconds since 1970; 0 where the flag is not given.
func timeFlag(name, value string, now time.Time) (int64, error) {
	if value == "" {
		return 0, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, value); err == nil {
			return t.Unix(), nil
		}
	}
	back := value
	if days, ok := strings.CutSuffix(value, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 && n < 1e5 {
			back = strconv.Itoa(24*n) + "h"
		}
	}
	if d, err := time.ParseDuration(back); err == nil && d >= 0 {
		return now.Add(-d).Unix(), nil
	}
	return 0, usage("%s %q is no time: give 2026-03-02T08:00:00Z, 2026-03-02 or a duration back such as 24h or 7d", name, value)
}
