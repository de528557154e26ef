package daemon

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/event"
	"vakt/internal/report"
	"vakt/internal/rule"
)

// Coverage is what is known when the rows of the guide are gone through. Of
// logs and directory either may be missing: then nothing is said about what
// reads them, but that it would work.
type Coverage struct {
	Set    *rule.Set
	Checks []check.About

	Logs *Report   // nil: no logs were given
	Seen *LogTally // with Logs

	Snapshot *directory.Snapshot // nil: no directory was given
	// Result is what the checks say about the snapshot; without one, about
	// an empty one, which tells which checks sleep.
	Result *check.Result

	Exceptions []check.Exception
	Now        time.Time
}

// Fill puts into each row what covers it, and in which state that is.
func (c *Coverage) Fill(rows []report.Row) {
	at := map[string]*report.Row{}
	for i := range rows {
		rows[i].By = []report.Means{}
		at[rows[i].Row] = &rows[i]
	}
	add := func(names []string, m func(r *report.Row) report.Means) {
		for _, name := range names {
			if r := at[name]; r != nil {
				r.By = append(r.By, m(r))
			}
		}
	}
	for _, r := range slices.Concat(c.Set.Correlations(), c.Set.Rules(), c.Set.Dead()) {
		add(r.Vakt.Rows, func(row *report.Row) report.Means { return c.rule(row, r) })
	}
	for i := range c.Checks {
		a := &c.Checks[i]
		add(a.Vakt.Rows, func(*report.Row) report.Means { return c.check(a) })
	}
	for i := range rows {
		slices.SortStableFunc(rows[i].By, func(x, y report.Means) int { return strings.Compare(y.Kind, x.Kind) })
		rows[i].Settle()
	}
}

// rule says in which state a rule is.
func (c *Coverage) rule(row *report.Row, r *rule.Compiled) report.Means {
	m := report.Means{Name: r.Key(), Kind: "rule", Data: r.Log.String(), State: report.RowReady}
	if c.Logs != nil {
		m.Records = c.records(r)
		for i := range c.Logs.Alerts {
			if c.Logs.Alerts[i].Rule == m.Name {
				m.Found++
			}
		}
	}
	switch why := c.mutedUntil("", m.Name); {
	case why != "":
		m.State, m.Why = report.RowMuted, why
	case len(r.Dead) > 0:
		m.State, m.Why = report.RowMissing, "it can never match: "+r.Dead[0]
	case len(r.Asleep) > 0:
		m.State, m.Why = report.RowAsleep, "the baseline leaves "+strings.Join(parameters(r.Asleep), ", ")+" empty"
	case c.Logs == nil:
		m.Why = unreadLists(r)
		if m.Why != "" {
			m.State = report.RowBlind
		}
	case !c.hasData(r):
		m.State, m.Why = c.noData(row, r)
	default:
		m.State, m.Why = c.sight(&m, unreadLists(r))
	}
	return m
}

// unreadLists says which lists of a rule nobody has read.
func unreadLists(r *rule.Compiled) string {
	var all []string
	for list, why := range r.Unread() {
		all = append(all, list+" "+why)
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

// logsOf lists the logs of the rules beneath one, each as often as rules read it.
func logsOf(r *rule.Compiled) []event.Log {
	if r.Correlation == nil {
		return []event.Log{r.Log}
	}
	var all []event.Log
	for _, b := range r.Base {
		all = append(all, logsOf(b.Rule)...)
	}
	return all
}

// records counts those of every log that the rule reads.
func (c *Coverage) records(r *rule.Compiled) (n int) {
	for _, log := range event.Logs() {
		if r.Log&log != 0 {
			n += c.Seen.Of(log)
		}
	}
	return n
}

// hasData tells whether there are records for as many of the rules beneath as
// must match: for one, or of a temporal correlation for those that it asks for.
func (c *Coverage) hasData(r *rule.Compiled) bool {
	logs := logsOf(r)
	have := len(slices.DeleteFunc(slices.Clone(logs), func(log event.Log) bool { return c.Seen.Of(log) == 0 }))
	need := 1
	if strings.HasPrefix(r.Type, "temporal") {
		for need < len(logs) && !r.Holds(float64(need)) {
			need++
		}
	}
	return have >= need
}

// logParts are the parts of an export that hold a log.
var logParts = map[event.Log]string{
	event.SignIn: directory.SignInsPart, event.Audit: directory.AuditsPart, event.Risk: directory.RisksPart,
}

// noData says why there are no records for a rule.
func (c *Coverage) noData(row *report.Row, r *rule.Compiled) (state, why string) {
	var missing []string
	for _, log := range event.Logs() {
		if r.Log&log == 0 || c.Seen.Of(log) > 0 {
			continue
		}
		missing = append(missing, log.String())
		if c.Snapshot == nil {
			continue
		}
		for _, p := range c.Snapshot.Parts {
			if name, refused := p.Refused(); refused && p.Name == logParts[log] {
				return report.RowNoPermission, strings.TrimSpace("the log is refused: " + name)
			}
		}
	}
	why = "no records of the log " + strings.Join(missing, ", ")
	for _, level := range []string{"P2", "P1"} {
		if c.Snapshot == nil || !strings.Contains(row.Licence, level) {
			continue
		}
		if has := c.Snapshot.Licensed(level); has.Known && !has.Value {
			return report.RowNoLicence, why + ", which takes Entra ID " + level
		}
	}
	return report.RowNoData, why
}

// sight says whether a rule could decide about the records that there were. It
// is blind where a shape kept something from it on every record, and where it
// found nothing and nobody has read a list that it compares with: that none of
// these records came so far says nothing about the next.
func (c *Coverage) sight(m *report.Means, unread string) (state, why string) {
	blind, fields := 0, []string{}
	for _, b := range c.Logs.Ledger.Blind {
		if b.Rule != m.Name {
			continue
		}
		blind += b.Records
		for _, f := range b.Fields {
			fields = append(fields, f+" in "+b.Shape)
		}
	}
	switch {
	case blind == 0 && unread != "" && m.Found == 0:
		return report.RowBlind, unread
	case blind == 0:
		return report.RowLive, unread
	}
	why = fmt.Sprintf("it cannot see %s: %d of %d records undecided", strings.Join(fields, ", "), blind, m.Records)
	if blind < m.Records {
		return report.RowLive, why
	}
	return report.RowBlind, why
}

// mutedUntil tells of an exception that covers a rule or a check for everybody.
func (c *Coverage) mutedUntil(check, rule string) string {
	for i := range c.Exceptions {
		e := &c.Exceptions[i]
		if e.Account == "" && e.Check == check && e.Rule == rule && len(e.OnlyIf) == 0 && c.Now.Before(e.Until) {
			return fmt.Sprintf("until %s by %s: %s", e.Until.UTC().Format(time.DateOnly), e.Owner, e.Reason)
		}
	}
	return ""
}

// check says in which state a check is.
func (c *Coverage) check(a *check.About) report.Means {
	m := report.Means{Name: a.Key(), Kind: "check", Data: a.Words, State: report.RowReady}
	var tally *check.Tally
	for i := range c.Result.Tallies {
		if c.Result.Tallies[i].Check == m.Name {
			tally = &c.Result.Tallies[i]
		}
	}
	switch why := c.mutedUntil(m.Name, ""); {
	case why != "":
		m.State, m.Why = report.RowMuted, why
	case tally == nil:
	case len(tally.Asleep) > 0:
		m.State, m.Why = report.RowAsleep, "the baseline leaves "+strings.Join(parameters(tally.Asleep), ", ")+" empty"
	case c.Snapshot == nil:
	default:
		m.Records, m.Found = tally.Findings+tally.OK+tally.Hidden, tally.Findings
		m.State, m.Why = c.looked(m.Name, tally)
	}
	return m
}

// looked says whether a check could look, and if not why.
func (c *Coverage) looked(name string, t *check.Tally) (state, why string) {
	if t.CouldNotLook == 0 {
		return report.RowLive, ""
	}
	why = c.unread(name)
	if t.Findings+t.OK > 0 {
		return report.RowLive, fmt.Sprintf("%d could not be looked at: %s", t.CouldNotLook, why)
	}
	for _, p := range c.Snapshot.Parts {
		if p.Why == "" || !strings.Contains(why, p.Why) {
			continue
		}
		if p.Licence != "" {
			return report.RowNoLicence, why
		}
		if _, refused := p.Refused(); refused {
			return report.RowNoPermission, why
		}
	}
	return report.RowNoData, why
}

// unread is the first reason why a check could not look.
func (c *Coverage) unread(name string) string {
	for i := range c.Result.Findings {
		f := &c.Result.Findings[i]
		if f.Check == name && f.Status == check.CouldNotLook && len(f.Reasons) > 0 {
			return f.Reasons[len(f.Reasons)-1].Text
		}
	}
	return "something it needs was not read"
}

// parameters are those of the baseline that lists come from: some of them are
// lists in parts, such as required_attributes.1.
func parameters(lists []string) []string {
	var names []string
	for _, l := range lists {
		name, _, _ := strings.Cut(l, ".")
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
