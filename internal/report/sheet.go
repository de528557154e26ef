package report

import (
	"strconv"

	"vakt/internal/check"
	"vakt/internal/directory"
)

// sheet is one table of a report: what CSV and XLSX have in common.
type sheet struct {
	id   string // the name on the command line
	name string // the name for people
	Head []string
	Rows [][]string
}

// Sheets lists the ids of the tables that CSV can write.
func Sheets() []string {
	return []string{"verdicts", "findings", "coverage", "checks", "seen", "exceptions", "rows", "ca_effect", "scope"}
}

// sheets makes the tables, in the order of Sheets with what was seen first:
// a hole must be met before the numbers that it makes wrong.
func (r *Report) sheets(v voice) []sheet {
	return []sheet{r.seenSheet(v), r.verdictSheet(v), r.findingSheet(v), r.coverageSheet(v), r.checkSheet(v), r.exceptionSheet(v),
		r.rowSheet(v), r.effectSheet(v), r.scopeSheet(v)}
}

func (v voice) head(ids ...string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = v.Say("column." + id)
	}
	return out
}

func (r *Report) seenSheet(v voice) sheet {
	s := sheet{id: "seen", name: v.Say("sheet.seen"), Head: v.head("part", "state", "count", "why")}
	for _, p := range r.Snapshot.Parts {
		s.Rows = append(s.Rows, []string{v.part(p.Name), v.Say("state." + p.State), strconv.Itoa(p.Count), v.sentence(p.Why)})
	}
	for _, w := range r.Snapshot.Evidence {
		s.Rows = append(s.Rows, []string{v.Say("log." + w.Log), v.Say("state.log"), strconv.Itoa(w.Records), minute(w.From) + " – " + minute(w.To)})
	}
	return s
}

func (r *Report) verdictSheet(v voice) sheet {
	s := sheet{id: "verdicts", name: v.Say("sheet.verdicts"),
		Head: v.head("name", "upn", "id", "purpose", "verdict", "severity", "why", "ask", "step", "last_success", "created", "refused")}
	byID := r.accounts()
	for i := range r.Result.Verdicts {
		a := &r.Result.Verdicts[i]
		last, created := times(byID[a.Account.ID])
		s.Rows = append(s.Rows, []string{a.Account.Name, a.UPN, a.Account.ID, v.kind(a.Kind), v.verdict(a.Verdict), v.severity(a.Level),
			join(v.reasons(a.Reasons)), join(v.sentences(a.Ask)), v.sentence(a.Step), v.when(last), v.when(created), v.refused(a)})
	}
	return s
}

// times are when an account last signed in with success, and its creation.
func times(a *directory.Account) (last, created directory.Fact[string]) {
	if a == nil {
		return last, created
	}
	last, created = directory.Unknown[string](a.Activity.Why), directory.Unknown[string](a.Created.Why)
	if a.Activity.Known {
		last = directory.Known(day(a.Activity.Value.LastSuccess))
	}
	for _, u := range a.Use {
		if seen := day(u.Last); u.What != directory.UseRefused && u.What != directory.UseConverted && seen > last.Value {
			last = directory.Known(seen)
		}
	}
	if a.Created.Known {
		created = directory.Known(day(a.Created.Value))
	}
	return last, created
}

// when says a day, never, or that it is not known.
func (v voice) when(f directory.Fact[string]) string {
	switch {
	case !f.Known:
		return v.Say("unknown")
	case f.Value == "":
		return v.Say("never")
	}
	return f.Value
}

// refused counts the attempts at an account since it was blocked: a dash where
// it is not.
func (v voice) refused(a *check.AccountVerdict) string {
	switch {
	case a.Refused != nil:
		return strconv.Itoa(*a.Refused)
	case a.Verdict != check.Blocked:
		return "–"
	}
	return v.Say("unknown")
}

func (r *Report) findingSheet(v voice) sheet {
	s := sheet{id: "findings", name: v.Say("sheet.findings"),
		Head: v.head("severity", "status", "check", "title", "subject", "id", "why", "ask", "next", "rows", "mitre", "finding")}
	for i := range r.Result.Findings {
		f := &r.Result.Findings[i]
		s.Rows = append(s.Rows, []string{v.severity(f.Severity), v.Say("status." + string(f.Status)), f.Check, v.title(f.Check, f.Title), f.Subject.Name,
			f.Subject.ID, join(r.found(v, f)), join(v.sentences(f.Ask)), join(v.sentences(f.Next)), join(f.Rows), join(f.MITRE), f.ID})
	}
	return s
}

// coverageSheet has the numbers first, then every account behind them.
func (r *Report) coverageSheet(v voice) sheet {
	s := sheet{id: "coverage", name: v.Say("sheet.coverage"), Head: v.head("population", "state", "count", "name", "upn", "id")}
	for i := range r.Result.Coverage {
		c := &r.Result.Coverage[i]
		population := v.Say("population." + c.Population)
		s.Rows = append(s.Rows,
			[]string{population, v.Say("mfa.percent"), v.percent(c), "", "", ""},
			[]string{population, v.Say("mfa.capable"), strconv.Itoa(c.Capable), "", "", ""},
			[]string{population, v.Say("mfa.not"), strconv.Itoa(c.Total - c.Capable - c.Unknown), "", "", ""},
			[]string{population, v.Say("mfa.unknown"), strconv.Itoa(c.Unknown), "", "", ""})
	}
	byID := r.accounts()
	for i := range r.Result.Coverage {
		c := &r.Result.Coverage[i]
		s.Rows = append(s.Rows, memberRows(v, byID, c, "mfa.not", c.NotIDs)...)
		s.Rows = append(s.Rows, memberRows(v, byID, c, "mfa.unknown", c.UnknownIDs)...)
		s.Rows = append(s.Rows, memberRows(v, byID, c, "mfa.capable", c.CapableIDs)...)
	}
	return s
}

func memberRows(v voice, byID map[string]*directory.Account, c *check.Coverage, state string, ids []string) [][]string {
	rows := make([][]string, len(ids))
	population, state := v.Say("population."+c.Population), v.Say(state)
	for i, id := range ids {
		display, upn := name(byID[id], id)
		rows[i] = []string{population, state, "", display, upn, id}
	}
	return rows
}

func (r *Report) checkSheet(v voice) sheet {
	s := sheet{id: "checks", name: v.Say("sheet.checks"), Head: v.head("check", "title", "severity", "findings", "ok", "could_not_look", "hidden", "asleep")}
	for _, t := range r.Result.Tallies {
		s.Rows = append(s.Rows, []string{t.Check, v.title(t.Check, t.Title), v.severity(t.Severity), strconv.Itoa(t.Findings), strconv.Itoa(t.OK),
			strconv.Itoa(t.CouldNotLook), strconv.Itoa(t.Hidden), join(t.Asleep)})
	}
	return s
}

func (r *Report) exceptionSheet(v voice) sheet {
	s := sheet{id: "exceptions", name: v.Say("sheet.exceptions"), Head: v.head("until", "state", "covers", "owner", "reason", "ticket", "hidden", "why")}
	for i := range r.Result.Exceptions {
		e := &r.Result.Exceptions[i]
		s.Rows = append(s.Rows, []string{day(e.Exception.Until), v.Say("exception." + e.State), v.exceptionCovers(&e.Exception), e.Exception.Owner, e.Exception.Reason,
			e.Exception.Ticket, strconv.Itoa(e.Hides), v.sentence(e.Why)})
	}
	return s
}
