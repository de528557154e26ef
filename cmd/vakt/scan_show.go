package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/text"
)

// tenantFindings are the findings of a tenant as a line of JSON has them.
type tenantFindings struct {
	Tenant string `json:"tenant"`
	check.Finding
}

// coverageLine is the last line of -o jsonl for a tenant.
type coverageLine struct {
	Tenant       string              `json:"tenant"`
	Coverage     []check.Coverage    `json:"coverage"`
	Complete     bool                `json:"complete"`
	CouldNotLook []directory.Missing `json:"could_not_look"`
}

// printScan writes the tenants: as one document each in JSON (a list where
// there are several), a line a finding and one of coverage in JSON Lines, a row
// a finding in CSV, and a page for people.
func (a *app) printScan(all []looked) error {
	all = slices.DeleteFunc(slices.Clone(all), func(l looked) bool { return l.err != nil })
	switch a.output {
	case "json":
		return a.scanJSON(all)
	case "jsonl":
		return a.scanLines(all)
	case "csv":
		var rows []tenantFindings
		for i := range all {
			for _, f := range all[i].result.Findings {
				rows = append(rows, tenantFindings{all[i].result.Tenant, f})
			}
		}
		return view[tenantFindings]{items: rows, row: findingRow,
			head: []string{"tenant", "severity", "status", "check", "title", "kind", "id", "name", "verdict", "reasons", "ask", "next", "guide_rows", "finding"}}.csv(a.out)
	}
	for i := range all {
		if err := a.scanPage(a.out, &all[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) scanJSON(all []looked) error {
	if len(all) == 1 {
		return a.json(all[0].result, "  ")
	}
	results := make([]*check.Result, len(all))
	for i := range all {
		results[i] = all[i].result
	}
	return a.json(results, "  ")
}

func (a *app) scanLines(all []looked) error {
	for i := range all {
		r := all[i].result
		for _, f := range r.Findings {
			if err := a.json(tenantFindings{r.Tenant, f}, ""); err != nil {
				return err
			}
		}
		if err := a.json(coverageLine{r.Tenant, r.Coverage, r.Complete, r.CouldNotLook}, ""); err != nil {
			return err
		}
	}
	return nil
}

func findingRow(f tenantFindings) []string {
	return []string{f.Tenant, f.Severity.String(), string(f.Status), f.Check, f.Title, f.Subject.Kind, f.Subject.ID, f.Subject.Name, string(f.Verdict),
		strings.Join(reasonTexts(f.Reasons), "; "), strings.Join(f.Ask, "; "), strings.Join(f.Next, "; "), strings.Join(f.Rows, "; "), f.ID}
}

func reasonTexts(all []check.Reason) []string {
	out := make([]string, len(all))
	for i, r := range all {
		out[i] = r.Text
	}
	return out
}

// scanPage is what a person sees: what was read, the verdicts, the coverage,
// the findings, the exceptions.
func (a *app) scanPage(w io.Writer, l *looked) error {
	var b strings.Builder
	r := l.result
	fmt.Fprintf(&b, "%s\n", a.paint("1", "Tenant "+text.Terminal(orDefault(l.snapshot.Organization.Value.Name, orDefault(r.Tenant, l.name)))))
	read := "at an unknown time"
	if !r.Taken.IsZero() {
		read = r.Taken.UTC().Format("2006-01-02 15:04 UTC")
	}
	fmt.Fprintf(&b, "  read %s: %s%s\n", read, plural(len(l.snapshot.Accounts), "account", "accounts"), reach(l.snapshot))
	changed(&b, l.since)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	if err := a.verdictTable(w, r); err != nil {
		return err
	}
	if err := a.coveragePart(w, r); err != nil {
		return err
	}
	if err := a.findingPart(w, r); err != nil {
		return err
	}
	return a.exceptionPart(w, r)
}

// changed says what is different since the scan before.
func changed(b *strings.Builder, d *directory.Difference) {
	if d == nil {
		return
	}
	var parts []string
	for _, what := range []string{directory.ChangeNew, directory.ChangeGone, directory.ChangeBack, directory.ChangeChanged} {
		var names []string
		for i := range d.Changes {
			if d.Changes[i].What == what {
				names = append(names, orDefault(d.Changes[i].UPN, d.Changes[i].ID))
			}
		}
		if names != nil {
			parts = append(parts, fmt.Sprintf("%s %s (%s)", thousands(len(names)), what, text.Terminal(list(names, 3))))
		}
	}
	if parts == nil {
		parts = []string{"no account is new, gone or changed"}
	}
	fmt.Fprintf(b, "  since the scan before: %s\n", strings.Join(parts, "; "))
	for _, blind := range d.Blind {
		fmt.Fprintf(b, "  could not compare: %s\n", text.Terminal(blind))
	}
}

// reach says how far back logs were seen.
func reach(s *directory.Snapshot) string {
	var parts []string
	for _, e := range s.Evidence {
		parts = append(parts, fmt.Sprintf("%s log from %s to %s", e.Log, e.From.Format(time.DateOnly), e.To.Format(time.DateOnly)))
	}
	if parts == nil {
		return ""
	}
	return "; " + strings.Join(parts, ", ")
}

var verdictMarks = map[check.Verdict]mark{
	check.Block: {"▲", "1;31"}, check.Hold: {"●", "33"}, check.OnPremises: {"●", "36"}, check.Excepted: {"○", "90"}, check.Blocked: {"✓", "32"}, check.NotYours: {"–", "90"},
}

// verdictOrder puts what is to be done before what is done.
var verdictOrder = []check.Verdict{check.Block, check.Hold, check.OnPremises, check.Excepted, check.Blocked, check.NotYours}

// mostRows bounds the tables of a page for people.
const mostRows = 40

func (a *app) verdictTable(w io.Writer, r *check.Result) error {
	var counts []string
	for _, v := range verdictOrder {
		if n := r.Count(v); n > 0 {
			counts = append(counts, a.paint(verdictMarks[v].colour, fmt.Sprintf("%s %d %s", verdictMarks[v].shape, n, v)))
		}
	}
	if len(r.Verdicts) == 0 {
		_, err := fmt.Fprintf(w, "\nNo resource account was seen.\n")
		return err
	}
	if _, err := fmt.Fprintf(w, "\n%s  %s\n", a.paint("1", plural(len(r.Verdicts), "resource account", "resource accounts")+":"), strings.Join(counts, "  ")); err != nil {
		return err
	}
	open := slices.DeleteFunc(slices.Clone(r.Verdicts), func(v check.AccountVerdict) bool { return v.Verdict == check.Blocked || v.Verdict == check.NotYours })
	slices.SortStableFunc(open, func(x, y check.AccountVerdict) int {
		return slices.Index(verdictOrder, x.Verdict) - slices.Index(verdictOrder, y.Verdict)
	})
	rows := rowsOf(open[:min(len(open), mostRows)], func(v check.AccountVerdict) []string {
		return []string{verdictMarks[v.Verdict].shape + " " + string(v.Verdict), v.Account.Name, v.UPN, v.Kind, strings.Join(reasonTexts(v.Reasons), "; "), strings.Join(v.Ask, "; ")}
	})
	if len(rows) == 0 {
		return nil
	}
	if err := a.table(w, []string{"verdict", "name", "account", "purpose", "why", "ask"}, rows); err != nil {
		return err
	}
	return a.more(w, len(open)-len(rows))
}

func (a *app) more(w io.Writer, n int) error {
	if n <= 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "and %s more: -o json, or `vakt report`, has all\n", thousands(n))
	return err
}

func (a *app) coveragePart(w io.Writer, r *check.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n", a.paint("1", "MFA coverage"))
	for i := range r.Coverage {
		c := &r.Coverage[i]
		fmt.Fprintf(&b, "  %14s  %s of %s  %s", percent(c), thousands(c.Capable), thousands(c.Total), c.Words)
		if c.Unknown > 0 {
			fmt.Fprintf(&b, " (%s unknown)", thousands(c.Unknown))
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// percent is a share of coverage: a range where some are not known.
func percent(c *check.Coverage) string {
	least, most, ok := c.Percent()
	switch {
	case !ok:
		return "–"
	case least == most:
		return fmt.Sprintf("%.1f %%", least)
	}
	return fmt.Sprintf("%.1f–%.1f %%", least, most)
}

// findingPart tells of each check that found something: how many, and the
// first of whom.
func (a *app) findingPart(w io.Writer, r *check.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n", a.paint("1", "Findings"))
	found := 0
	for _, g := range grouped(r.Findings, check.Found) {
		m := marks[g[0].Severity]
		head := fmt.Sprintf("%s %-8s", m.shape, strings.ToUpper(g[0].Severity.String()))
		fmt.Fprintf(&b, "%s  %s  %s\n", a.paint(m.colour, head), a.paint("1", text.Terminal(g[0].Title)), a.paint("90", g[0].Check))
		a.line(&b, "who", text.Terminal(list(subjects(g), 8)))
		found++
	}
	if found == 0 {
		b.WriteString("  none in what could be read\n")
	}
	for _, g := range grouped(r.Findings, check.CouldNotLook) {
		fmt.Fprintf(&b, "%s  %s  %s\n", a.paint("33", "? UNKNOWN "), text.Terminal(g[0].Title), a.paint("90", g[0].Check))
		a.line(&b, "why", text.Terminal(list(distinctReasons(g), 3)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// grouped gathers findings of a status by check, in the order in which they
// stand.
func grouped(all []check.Finding, status check.Status) [][]check.Finding {
	var groups [][]check.Finding
	at := map[string]int{}
	for _, f := range all {
		if f.Status != status {
			continue
		}
		i, ok := at[f.Check]
		if !ok {
			i = len(groups)
			at[f.Check] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], f)
	}
	return groups
}

func subjects(g []check.Finding) []string {
	out := make([]string, len(g))
	for i := range g {
		out[i] = orDefault(g[i].Subject.Name, g[i].Subject.ID)
	}
	return out
}

func distinctReasons(g []check.Finding) []string {
	var out []string
	for i := range g {
		for _, r := range g[i].Reasons {
			if !slices.Contains(out, r.Text) {
				out = append(out, r.Text)
			}
		}
	}
	return out
}

func (a *app) exceptionPart(w io.Writer, r *check.Result) error {
	if len(r.Exceptions) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s  %s hidden\n", a.paint("1", plural(len(r.Exceptions), "exception", "exceptions")), plural(len(r.Hidden), "finding", "findings"))
	for _, e := range r.Exceptions {
		if e.State != check.Active {
			fmt.Fprintf(&b, "  %s: %s, %s%s\n", e.State, text.Terminal(e.Exception.Covers()), e.Exception.Until.Format(time.DateOnly), text.Terminal(why(e.Why)))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func why(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}
