package report

import (
	"cmp"
	"slices"

	"vakt/internal/check"
)

// verdictTable is the table of resource accounts.
type verdictTable struct {
	Rows []verdictRow
	// More is how many rows the page leaves out.
	More int
	// Meanings say what each verdict that occurs means.
	Meanings []meaning
	// What the table can be narrowed to.
	Kinds, Verdicts, Levels []choice
}

type verdictRow struct {
	Name, UPN, KindID, Kind, VerdictID, Verdict, LevelID, Level string

	Rank    int // of the level, for sorting
	Reasons []string
	Aside   []string // what else is known, where nothing has to be decided by it
	Ask     []string
	Step    string // empty where the verdict's meaning has it

	Last, Refused string
}

// meaning is one verdict in words, and what to do about it where that is the
// same for all accounts.
type meaning struct {
	ID, Verdict, Words, Step string
	N                        int
}

// choice is one value that a table can be narrowed to.
type choice struct{ ID, Label string }

// mostVerdicts bounds the table of a page, which a browser has to lay out
// whole. What is to be done stands before what is done.
const mostVerdicts = 2500

func (r *Report) verdicts(v voice) verdictTable {
	all := make([]*check.AccountVerdict, len(r.Result.Verdicts))
	for i := range r.Result.Verdicts {
		all[i] = &r.Result.Verdicts[i]
	}
	slices.SortStableFunc(all, func(a, b *check.AccountVerdict) int {
		return cmp.Or(order(a.Verdict)-order(b.Verdict), int(b.Level)-int(a.Level))
	})
	t := verdictTable{Meanings: meanings(v, all)}
	if len(all) > mostVerdicts {
		t.More = len(all) - mostVerdicts
		all = all[:mostVerdicts]
	}
	byID := r.accounts()
	for _, a := range all {
		last, _ := times(byID[a.Account.ID])
		row := verdictRow{
			Name: a.Account.Name, UPN: a.UPN, KindID: a.Kind, Kind: v.kind(a.Kind), VerdictID: string(a.Verdict), Verdict: v.verdict(a.Verdict),
			LevelID: a.Level.String(), Level: v.severity(a.Level), Rank: int(a.Level), Reasons: v.reasons(a.Reasons),
			Ask: v.sentences(a.Ask), Step: v.sentence(a.Step), Last: v.when(last), Refused: v.refused(a),
		}
		if a.Verdict == check.Block && len(row.Reasons) > 1 {
			row.Reasons, row.Aside = row.Reasons[:1], row.Reasons[1:]
		}
		if slices.ContainsFunc(t.Meanings, func(m meaning) bool { return m.ID == row.VerdictID && m.Step != "" }) {
			row.Step = ""
		}
		t.Rows = append(t.Rows, row)
		t.Kinds = choose(t.Kinds, row.KindID, row.Kind)
		t.Verdicts = choose(t.Verdicts, row.VerdictID, row.Verdict)
		t.Levels = choose(t.Levels, row.LevelID, row.Level)
	}
	return t
}

// order puts what is to be done before what is done.
func order(v check.Verdict) int {
	return slices.Index([]check.Verdict{check.Block, check.Hold, check.OnPremises, check.Excepted, check.Blocked, check.NotYours}, v)
}

// meanings explains the verdicts of a list that is in their order.
func meanings(v voice, all []*check.AccountVerdict) []meaning {
	var out []meaning
	for some := range chunks(all) {
		m := meaning{ID: string(some[0].Verdict), Verdict: v.verdict(some[0].Verdict), Words: v.Say("verdict.words." + string(some[0].Verdict)), N: len(some)}
		if len(some) > 1 && !slices.ContainsFunc(some, func(a *check.AccountVerdict) bool { return a.Step != some[0].Step }) {
			m.Step = v.sentence(some[0].Step)
		}
		out = append(out, m)
	}
	return out
}

// chunks gives the runs of equal verdicts.
func chunks(all []*check.AccountVerdict) func(yield func([]*check.AccountVerdict) bool) {
	return func(yield func([]*check.AccountVerdict) bool) {
		for len(all) > 0 {
			n := slices.IndexFunc(all, func(a *check.AccountVerdict) bool { return a.Verdict != all[0].Verdict })
			if n < 0 {
				n = len(all)
			}
			if !yield(all[:n]) {
				return
			}
			all = all[n:]
		}
	}
}

func choose(list []choice, id, label string) []choice {
	if slices.ContainsFunc(list, func(c choice) bool { return c.ID == id }) {
		return list
	}
	return append(list, choice{id, label})
}
