package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/detect"
	"vakt/internal/text"
)

// backtestFlags are the flags of vakt baseline backtest.
type backtestFlags struct {
	detectFlags
	change    string
	alerts    string
	confirmed string
}

func (a *app) baselineBacktestCommand() *cobra.Command {
	var f backtestFlags
	cmd := &cobra.Command{
		Use: "backtest LOGS...", Short: "Show what a change of the baseline would have done to past alerts",
		Long: "Replays logs once with the baseline as it is and once with a change, and shows the\n" +
			"alerts per rule and day before and after. The change is a baseline file with the\n" +
			"parameters to be replaced; a list under `mute:` silences alerts of a rule or about\n" +
			"an entity: [{rule: NAME, entity: ID, until: DATE}].\n\n" +
			"Confirmed alerts are looked up: --alerts takes alerts as JSON Lines, of which those\n" +
			"with status \"confirmed\" count, --confirmed a file of ids, one a line.\n\n" +
			"Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but part of the data could\n" +
			"not be read, 4 the change would hide a confirmed alert.",
		Example: "  vakt baseline backtest exports/ --baseline baseline.yaml --change higher.yaml\n" +
			"  vakt baseline backtest exports/ --change mute.yaml --confirmed ids.txt",
		Args: someLogs("vakt baseline backtest"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.backtest(cmd, args, &f) },
	}
	flags := cmd.Flags()
	runFlags(cmd, &f.detectFlags)
	flags.StringVar(&f.baseline, "baseline", "", "the baseline as it is; without it, the defaults")
	flags.StringVar(&f.change, "change", "", "the change: parameters of a baseline, and mutes")
	flags.StringVar(&f.alerts, "alerts", "", "alerts as JSON Lines; those with status \"confirmed\" are looked up")
	flags.StringVar(&f.confirmed, "confirmed", "", "ids of confirmed alerts, one a line; what follows a blank is passed over")
	return cmd
}

func (a *app) backtest(cmd *cobra.Command, args []string, f *backtestFlags) error {
	b, done, err := a.located(&f.detectFlags)
	if err != nil {
		return err
	}
	defer done()
	change, err := a.loadChange(b.Baseline, f.change)
	if err != nil {
		return err
	}
	confirmed, err := f.loadConfirmed()
	if err != nil {
		return err
	}
	r, missing, err := a.replay(cmd.Context(), b, args, change, confirmed)
	if err != nil {
		return err
	}
	t := r.Ledger.Total()
	a.say("%s", counts(&t, len(r.Ledger.Inputs)))
	hidden := 0
	for i := range r.Confirmed {
		if r.Confirmed[i].Hidden() {
			hidden++
		}
	}
	switch {
	case hidden > 0:
		a.insist("The change would hide %s.", plural(hidden, "confirmed alert", "confirmed alerts"))
		return &exit{code: exitFindings}
	case missing != "":
		return &exit{code: exitIncomplete}
	}
	return nil
}

// loadChange reads the change against a baseline; nil without a file.
func (a *app) loadChange(b *baseline.Baseline, file string) (*baseline.Change, error) {
	if file == "" {
		return nil, nil
	}
	data, err := readFile("the change", file)
	if err != nil {
		return nil, err
	}
	change, problems := b.WithChange(file, data)
	for _, p := range problems {
		a.complain(errors.New(p.String()))
	}
	if len(problems) > 0 {
		return nil, failed(fmt.Errorf("the change %q was refused: nothing was run", file))
	}
	if f := change.Baseline.LearnedFile(); f != b.LearnedFile() {
		if change.Baseline, err = a.withLearned(change.Baseline, file); err != nil {
			return nil, err
		}
	}
	return change, nil
}

// replay judges logs with a change and without it, and shows both. missing says
// what of the logs could not be read.
func (a *app) replay(ctx context.Context, b *daemon.Batch, logs []string, change *baseline.Change, confirmed []daemon.Confirmed) (
	r *daemon.Backtested, missing string, err error,
) {
	p := a.progress(logs)
	b.Files.Progress = p.add
	r, err = b.Backtest(ctx, logs, change, confirmed)
	p.stop()
	if err != nil {
		return nil, "", inputError(err)
	}
	if missing = r.Ledger.Incomplete(); missing != "" {
		a.insist("Incomplete: %s.", missing)
	}
	if err := a.printBacktest(r, change); err != nil {
		return nil, "", failed(err)
	}
	return r, missing, nil
}

// loadConfirmed reads which alerts are confirmed, each once.
func (f *backtestFlags) loadConfirmed() ([]daemon.Confirmed, error) {
	var all []daemon.Confirmed
	for _, from := range []struct {
		file string
		read func([]byte) (*daemon.Confirmed, error)
	}{{f.alerts, confirmedAlert}, {f.confirmed, confirmedID}} {
		if from.file == "" {
			continue
		}
		list, err := readConfirmed(from.file, from.read)
		if err != nil {
			return nil, failed(err)
		}
		all = append(all, list...)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(c daemon.Confirmed) bool {
		again := seen[c.ID]
		seen[c.ID] = true
		return again
	}), nil
}

func readConfirmed(file string, read func([]byte) (*daemon.Confirmed, error)) ([]daemon.Confirmed, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the confirmed alerts: %w", err)
	}
	defer in.Close() //nolint:errcheck // read only
	const longest = 16 << 20
	var list []daemon.Confirmed
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), longest)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		c, err := read(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		if c != nil {
			list = append(list, *c)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %q: %w", file, err)
	}
	return list, nil
}

// confirmedAlert reads an alert; nil where nobody confirmed it.
func confirmedAlert(line []byte) (*daemon.Confirmed, error) {
	var al struct {
		ID       string `json:"id"`
		Rule     string `json:"rule"`
		Severity string `json:"severity"`
		Title    string `json:"title"`
		Status   string `json:"status"`
	}
	if err := json.Unmarshal(line, &al); err != nil || al.ID == "" {
		return nil, errors.Join(errors.New("not an alert as `vakt detect -o jsonl` writes it: a JSON object with an id, one a line"), err)
	}
	if !strings.EqualFold(al.Status, "confirmed") {
		return nil, nil
	}
	return &daemon.Confirmed{ID: al.ID, Rule: al.Rule, Severity: al.Severity, Title: al.Title}, nil
}

// alertID is how long the id of an alert is, in hexadecimal digits.
const alertID = 64

func confirmedID(line []byte) (*daemon.Confirmed, error) {
	id := strings.ToLower(strings.Fields(string(line))[0])
	if len(id) != alertID || strings.Trim(id, "0123456789abcdef") != "" {
		return nil, fmt.Errorf("%q is no id of an alert: want %d hexadecimal digits", text.Cut(id, 80), alertID)
	}
	return &daemon.Confirmed{ID: id}, nil
}

// backtestRow is a line of the output: a rule on a day, or a confirmed alert.
type backtestRow struct {
	Kind     string   `json:"kind"` // rule_day or confirmed
	Rule     string   `json:"rule"`
	Day      string   `json:"day"`
	Before   *int     `json:"before,omitempty"`
	After    *int     `json:"after,omitempty"`
	Gone     *int     `json:"gone,omitempty"`
	Muted    *int     `json:"muted,omitempty"`
	New      *int     `json:"new,omitempty"`
	Weaker   *int     `json:"weaker,omitempty"`
	ID       string   `json:"id,omitempty"`
	Severity string   `json:"severity,omitempty"`
	Accounts []string `json:"accounts,omitempty"`
	Fate     string   `json:"fate,omitempty"`
}

func (a *app) printBacktest(r *daemon.Backtested, change *baseline.Change) error {
	var rows []backtestRow
	for _, d := range r.Days {
		rows = append(rows, backtestRow{Kind: "rule_day", Rule: d.Rule, Day: dayText(d.Day),
			Before: &d.Before, After: &d.After, Gone: &d.Gone, Muted: &d.Muted, New: &d.New, Weaker: &d.Weaker})
	}
	for _, c := range r.Confirmed {
		rows = append(rows, backtestRow{Kind: "confirmed", Rule: c.Rule, Day: c.Day, ID: c.ID, Severity: c.Severity, Accounts: c.Accounts, Fate: c.Fate})
	}
	head := []string{"kind", "rule", "day", "before", "after", "gone", "muted", "new", "weaker", "id", "severity", "accounts", "fate"}
	return show(a, view[backtestRow]{items: rows, head: head, row: backtestCells, table: func(w io.Writer) error { return a.backtestTables(w, r, change) }})
}

func backtestCells(r backtestRow) []string {
	cells := []string{r.Kind, r.Rule, r.Day}
	for _, n := range []*int{r.Before, r.After, r.Gone, r.Muted, r.New, r.Weaker} {
		if n == nil {
			cells = append(cells, "")
		} else {
			cells = append(cells, strconv.Itoa(*n))
		}
	}
	return append(cells, r.ID, r.Severity, strings.Join(r.Accounts, "; "), r.Fate)
}

func dayText(day int64) string {
	return time.Unix(day*24*60*60, 0).UTC().Format(time.DateOnly)
}

// backtestTables shows rules, days and confirmed alerts, one table each.
func (a *app) backtestTables(w io.Writer, r *daemon.Backtested, change *baseline.Change) error {
	byRule := sumBy(r.Days, func(d detect.RuleDay) string { return d.Rule })
	byDay := sumBy(r.Days, func(d detect.RuleDay) string { return dayText(d.Day) })
	slices.SortStableFunc(byRule, func(a, b summed) int { return cmp.Compare(b.Before+b.After, a.Before+a.After) })
	for _, t := range []struct {
		name string
		sums []summed
	}{{"rule", byRule}, {"day", byDay}} {
		head := []string{t.name, "before", "after", "gone", "muted", "new", "weaker"}
		if err := a.table(w, head, rowsOf(t.sums, summed.cells)); err != nil {
			return err
		}
		_, _ = fmt.Fprintln(w)
	}
	if len(r.Confirmed) > 0 {
		head := []string{"confirmed", "rule", "day", "severity", "accounts", "with the change"}
		rows := rowsOf(r.Confirmed, func(c daemon.TriedConfirmed) []string {
			return []string{text.Cut(c.ID, 12), c.Rule, c.Day, c.Severity, list(c.Accounts, 3), fates[c.Fate]}
		})
		if err := a.table(w, head, rows); err != nil {
			return err
		}
		_, _ = fmt.Fprintln(w)
	}
	return a.backtestWords(w, r, change)
}

// fates are what became of a confirmed alert, for people.
var fates = map[string]string{
	daemon.FateKept: "kept", daemon.FateWeaker: "kept, with a lower severity", daemon.FateMuted: "HIDDEN by a mute",
	daemon.FateGone: "HIDDEN: no longer raised", daemon.FateNotFound: "not in these logs",
}

func (a *app) backtestWords(w io.Writer, r *daemon.Backtested, change *baseline.Change) error {
	var total detect.RuleDay
	days := map[int64]bool{}
	for _, d := range r.Days {
		total.Before, total.After = total.Before+d.Before, total.After+d.After
		days[d.Day] = true
	}
	words := fmt.Sprintf("%s before, %s after, on %s.", plural(total.Before, "alert", "alerts"), thousands(total.After), plural(len(days), "day with alerts", "days with alerts"))
	if change == nil {
		words = fmt.Sprintf("%s on %s. With --change FILE, a change is held against them.", plural(total.Before, "alert", "alerts"), plural(len(days), "day", "days"))
	} else if len(change.Parameters) > 0 {
		words += " Changed: " + strings.Join(change.Parameters, ", ") + "."
	}
	for _, s := range []struct {
		what  string
		rules []string
	}{{"puts to sleep", r.Asleep}, {"wakes", r.Woken}} {
		if len(s.rules) > 0 {
			words += fmt.Sprintf(" The change %s %s.", s.what, list(s.rules, 10))
		}
	}
	_, err := fmt.Fprintln(w, strings.Join(wrap(words, a.width()), "\n"))
	return err
}

// summed is the sum over a rule's days, or a day's rules.
type summed struct {
	name string
	detect.RuleDay
}

func (s summed) cells() []string {
	cells := []string{s.name}
	for _, n := range []int{s.Before, s.After, s.Gone, s.Muted, s.New, s.Weaker} {
		cells = append(cells, thousands(n))
	}
	return cells
}

// sumBy adds up by a name, in the order of names.
func sumBy(days []detect.RuleDay, name func(detect.RuleDay) string) []summed {
	sums := map[string]*summed{}
	for _, d := range days {
		s := sums[name(d)]
		if s == nil {
			s = &summed{name: name(d)}
			sums[s.name] = s
		}
		s.Before, s.After, s.Gone = s.Before+d.Before, s.After+d.After, s.Gone+d.Gone
		s.Muted, s.New, s.Weaker = s.Muted+d.Muted, s.New+d.New, s.Weaker+d.Weaker
	}
	var list []summed
	for _, n := range sortedKeys(sums) {
		list = append(list, *sums[n])
	}
	return list
}
