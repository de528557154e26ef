package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/source"
	"vakt/internal/text"
)

func (a *app) baselineLearnCommand() *cobra.Command {
	var f detectFlags
	var out string
	cmd := &cobra.Command{
		Use: "learn LOGS...", Short: "Propose a baseline from logs, with the evidence behind each line",
		Long: "Reads logs of at least 3 days, better 30, in any shape, and proposes a baseline for\n" +
			"a person to edit. Accounts with an alert of medium severity or above, or with a\n" +
			"risk, are left out; what one account alone shows is a comment. With --out it also\n" +
			"writes, beside the file, what was learned for each account. Existing files are\n" +
			"never written over.\n\n" +
			"Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but part of the data could\n" +
			"not be read.",
		Example: "  vakt baseline learn exports/ --directory tenant/ --out baseline.yaml\n" +
			"  vakt baseline learn exports/ --since 30d -o jsonl",
		Args: someLogs("vakt baseline learn"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.learn(cmd, args, &f, out) },
	}
	flags := cmd.Flags()
	runFlags(cmd, &f)
	flags.StringVar(&f.baseline, "baseline", "", "the present baseline: who is privileged, which windows count, which rules are awake")
	flags.StringVar(&out, "out", "", "write the proposal to this file, and what was learned for each account beside it")
	return cmd
}

// someLogs asks for at least one input.
func someLogs(command string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage("%s needs logs: a file, a folder or - for standard input", command)
		}
		return nil
	}
}

// runFlags are the flags of commands that run rules over logs, but for the
// baseline's.
func runFlags(cmd *cobra.Command, f *detectFlags) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.rules, "rules", nil, "also run the Sigma rules of this folder or file (repeatable)")
	flags.BoolVar(&f.noBuiltin, "no-builtin", false, "do not run Vakt's own rules")
	flags.StringVar(&f.directory, "directory", "", "who is who: a folder of exported directory lists")
	flags.StringVar(&f.geoip, "geoip", "", "where addresses are, for records without coordinates: a database in MaxMind's format (.mmdb)")
	flags.StringVar(&f.tenant, "tenant-id", "", "take only records of this tenant; those that name none are taken too")
	flags.StringVar(&f.since, "since", "", "take events from this time on: RFC 3339, a date, or a duration back such as 30d")
	flags.StringVar(&f.until, "until", "", "take events before this time")
	flags.StringVar(&f.dates, "dates", "", "how dates such as 3/5/2026 are read: month-first or day-first")
}

func (a *app) learn(cmd *cobra.Command, args []string, f *detectFlags, out string) error {
	memory := learnedBeside(out)
	for _, file := range []string{out, memory} {
		if _, err := os.Lstat(file); file != "" && !errors.Is(err, fs.ErrNotExist) {
			return failed(fmt.Errorf("%q is there already, and may have been edited: give another name, or move it away", file))
		}
	}
	if err := checkPlaces(out, memory); err != nil {
		return err
	}
	b, done, err := a.located(f)
	if err != nil {
		return err
	}
	defer done()
	p := a.progress(args)
	b.Files.Progress = p.add
	learned, err := b.Learn(cmd.Context(), args)
	p.stop()
	missing := ""
	if learned != nil {
		if missing = learned.Ledger.Incomplete(); missing != "" {
			a.insist("Incomplete: %s.", missing)
		}
		a.quarantine(learned.Ledger)
	}
	if err != nil {
		return inputError(err)
	}
	if err := a.writeProposal(learned.Proposal, out, memory); err != nil {
		return failed(err)
	}
	a.learnSummary(learned, out, memory)
	if missing != "" {
		return &exit{code: exitIncomplete}
	}
	return nil
}

// located is a batch that knows where addresses are, where it is told. done
// closes what it reads them from.
func (a *app) located(f *detectFlags) (b *daemon.Batch, done func(), err error) {
	if b, err = a.batch(f); err != nil {
		return nil, nil, err
	}
	places, err := openPlaces(f.geoip)
	if err != nil || places == nil {
		return b, func() {}, err
	}
	b.Places = places
	return b, func() { _ = places.Close() }, nil // read only
}

// inputError says what to do about logs that could not be read.
func inputError(err error) error {
	if errors.Is(err, source.ErrNoInput) {
		return failed(fmt.Errorf("%w: check the path; a folder is read with all that is in it", err))
	}
	return failed(err)
}

// learnedBeside is the name of the file for what was learned for each account.
func learnedBeside(out string) string {
	if out == "" {
		return ""
	}
	return strings.TrimSuffix(strings.TrimSuffix(out, ".yaml"), ".yml") + ".learned.jsonl"
}

// writeProposal writes the files where they are asked for, and the proposal in
// the form that is asked for.
func (a *app) writeProposal(p *baseline.Proposal, out, memory string) error {
	name := ""
	if memory != "" {
		name = filepath.Base(memory)
	}
	yaml, err := p.YAML(name)
	if err != nil {
		return err
	}
	if out != "" {
		if err := writeWhole(memory, func(w io.Writer) error { _, err := p.WriteLearned(w); return err }); err != nil {
			return failed(fmt.Errorf("write %q: %w", memory, err))
		}
		if err := writeWhole(out, func(w io.Writer) error { _, err := w.Write(yaml); return err }); err != nil {
			return failed(fmt.Errorf("write %q: %w", out, err))
		}
		if a.output == "table" {
			return nil
		}
	}
	head := []string{"parameter", "key", "value", "active", "evidence", "why", "accounts", "count", "share", "names"}
	return show(a, view[baseline.Line]{items: p.Lines, head: head, row: lineRow, table: func(w io.Writer) error {
		_, err := w.Write(yaml)
		return err
	}})
}

func lineRow(l baseline.Line) []string {
	return []string{l.Parameter, l.Key, l.Value, strconv.FormatBool(l.Active), l.Evidence, l.Why, strconv.Itoa(l.Accounts), strconv.Itoa(l.Count),
		strconv.FormatFloat(l.Share, 'f', 4, 64), strings.Join(l.Names, "; ")}
}

func (a *app) learnSummary(l *daemon.Learned, out, memory string) {
	t := l.Ledger.Total()
	a.say("%s", counts(&t, len(l.Ledger.Inputs)))
	p := l.Proposal
	active := 0
	for _, line := range p.Lines {
		if line.Active {
			active++
		}
	}
	a.say("%s proposed, %s for you to decide on; learned from %s, %s and %s on %s.", plural(active, "value", "values"), plural(len(p.Lines)-active, "value", "values"),
		plural(p.People, "person", "people"), plural(p.Privileged, "privileged account", "privileged accounts"), plural(p.Guests, "guest", "guests"), plural(p.Days, "day", "days"))
	for _, n := range p.Notes {
		a.say("%s", n)
	}
	a.leftOut(p.LeftOut)
	if out != "" {
		a.say("Wrote %s and %s. Read every line, then: vakt baseline check %s", text.Terminal(out), text.Terminal(memory), text.Terminal(out))
		return
	}
	a.say("With --out FILE, what was learned for each account is written beside it.")
}

// leftOut names who was not learned from.
func (a *app) leftOut(list []baseline.LeftOut) {
	const most = 20
	if len(list) == 0 {
		a.say("Nobody was left out: no account has an alert or a risk in these days.")
		return
	}
	a.say("Left out: %s with an alert or a risk:", plural(len(list), "account", "accounts"))
	for i, o := range list {
		if i == most {
			a.say("  … and %s more, which the proposal's head names as far as it goes", thousands(len(list)-most))
			break
		}
		a.say("  %s: %s", text.Terminal(cmp.Or(o.Name, o.Account)), text.Terminal(o.Why))
	}
}
