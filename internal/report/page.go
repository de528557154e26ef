package report

import (
	"cmp"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/rule"
)

// page is everything that the HTML page shows, in words of its language. Its
// strings are raw; the template escapes them.
type page struct {
	Lang, Policy string
	Style        template.CSS
	Script       template.JS

	Tenant, TenantID, Taken, Made, Version string
	Complete                               bool
	Holes                                  []hole
	Evidence                               []string
	Parts                                  [][]string

	Tiles      []tile
	Coverage   []bar
	Verdicts   []verdictRow
	Kinds      []choice
	Decisions  []choice
	Levels     []choice
	Groups     []group
	Blind      []group
	Exceptions []exceptionRow
	HiddenN    int
	Ages       chart
	Passwords  chart
	Checks     sheet
}

type hole struct{ What, Why string }

// tile is one number at the head of the page.
type tile struct{ Number, Label, Tone, Link string }

// choice is one value that a table can be narrowed to.
type choice struct{ ID, Label string }

// bar is one population's coverage.
type bar struct {
	Name, Words, Percent, Why string
	Capable, Not, Unknown     int
	CapableW, NotW, UnknownW  float64
	NotNames, UnknownNames    []string
	NotMore, UnknownMore      int
}

type verdictRow struct {
	Name, UPN, ID, KindID, Kind, VerdictID, Verdict, LevelID, Level string
	Rank                                                            int
	Reasons, Ask                                                    []string
	Step, Last, Created, Refused                                    string
}

// group is all that one check found.
type group struct {
	ID, Title, LevelID, Level string
	Rows                      string
	Findings                  []findingRow
	More                      int
	Next                      []string
}

type findingRow struct {
	Name, ID     string
	Reasons, Ask []string
}

type exceptionRow struct {
	Until, StateID, State, Covers, Owner, Reason, Ticket, Why string
	Days, Hides                                               int
}

// mostListed bounds the lists inside a page; CSV and XLSX have all.
const mostListed = 500

func (r *Report) page(v voice) *page {
	p := &page{
		Lang: v.Lang(), Tenant: r.tenantName(), TenantID: r.Snapshot.Tenant, Version: r.Version,
		Taken: cmp.Or(minute(r.Snapshot.Taken), v.Say("unknown")), Made: minute(r.Made),
		Complete: r.Result.Complete, Checks: r.checkSheet(v), Parts: r.seenSheet(v).Rows,
		HiddenN: len(r.Result.Hidden), Tiles: r.tiles(v), Coverage: r.bars(v), Verdicts: r.verdicts(v),
		Groups: r.groups(v, check.Found), Blind: r.groups(v, check.CouldNotLook), Exceptions: r.exceptions(v),
		Ages: r.ages(v), Passwords: r.passwords(v),
	}
	for _, m := range r.Result.CouldNotLook {
		p.Holes = append(p.Holes, hole{v.part(m.Part), m.Why})
	}
	for _, w := range r.Snapshot.Evidence {
		p.Evidence = append(p.Evidence, v.Say("evidence", "Log", v.Say("log."+w.Log), "From", minute(w.From), "To", minute(w.To), "N", w.Records))
	}
	p.Kinds, p.Decisions, p.Levels = choices(p.Verdicts)
	return p
}

// tiles are the numbers that come first: what is open, what is to be asked,
// what is done, and how much MFA covers now and after.
func (r *Report) tiles(v voice) []tile {
	count := func(d check.Verdict) int { return r.Result.Count(d) }
	tiles := []tile{
		{strconv.Itoa(count(check.Block)), v.Say("tile.block"), tone("bad", count(check.Block)), "#verdicts"},
		{strconv.Itoa(count(check.Hold)), v.Say("tile.hold"), tone("warn", count(check.Hold)), "#verdicts"},
		{strconv.Itoa(count(check.OnPremises)), v.Say("tile.on_premises"), tone("warn", count(check.OnPremises)), "#verdicts"},
		{strconv.Itoa(count(check.Excepted)), v.Say("tile.exception"), "plain", "#exceptions"},
		{strconv.Itoa(count(check.Blocked)), v.Say("tile.blocked"), "good", "#verdicts"},
		{strconv.Itoa(r.urgent()), v.Say("tile.urgent"), tone("bad", r.urgent()), "#findings"},
	}
	return tiles
}

// tone is how a number looks: nothing to see where it is none.
func tone(some string, n int) string {
	if n == 0 {
		return "plain"
	}
	return some
}

// urgent counts findings that are high or critical.
func (r *Report) urgent() (n int) {
	for i := range r.Result.Findings {
		if f := &r.Result.Findings[i]; f.Status == check.Found && f.Severity >= rule.High {
			n++
		}
	}
	return n
}

func (r *Report) bars(v voice) []bar {
	byID := r.accounts()
	out := make([]bar, len(r.Result.Coverage))
	for i := range r.Result.Coverage {
		c := &r.Result.Coverage[i]
		not := c.Total - c.Capable - c.Unknown
		b := bar{Name: v.Say("population." + c.Population), Words: v.known("words."+c.Population, c.Words), Percent: v.percent(c), Why: c.Why,
			Capable: c.Capable, Not: not, Unknown: c.Unknown}
		b.CapableW, b.NotW, b.UnknownW = share(c.Capable, c.Total), share(not, c.Total), share(c.Unknown, c.Total)
		b.NotNames, b.NotMore = names(byID, c.NotIDs)
		b.UnknownNames, b.UnknownMore = names(byID, c.UnknownIDs)
		out[i] = b
	}
	return out
}

func share(n, all int) float64 {
	if all == 0 {
		return 0
	}
	return 100 * float64(n) / float64(all)
}

// names are the accounts behind a number, by name, and how many more there
// are than a page can list.
func names(byID map[string]*directory.Account, ids []string) (list []string, more int) {
	for _, id := range ids {
		display, upn := name(byID[id], id)
		if upn != "" && upn != display {
			display += " <" + upn + ">"
		}
		list = append(list, display)
	}
	slices.SortFunc(list, func(a, b string) int {
		return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
	})
	if len(list) > mostListed {
		return list[:mostListed], len(list) - mostListed
	}
	return list, 0
}

func (r *Report) verdicts(v voice) []verdictRow {
	byID := r.accounts()
	out := make([]verdictRow, len(r.Result.Verdicts))
	for i := range r.Result.Verdicts {
		a := &r.Result.Verdicts[i]
		last, created := times(byID[a.Account.ID])
		out[i] = verdictRow{
			Name: a.Account.Name, UPN: a.UPN, ID: a.Account.ID, KindID: a.Kind, Kind: v.kind(a.Kind),
			VerdictID: string(a.Verdict), Verdict: v.verdict(a.Verdict), LevelID: a.Level.String(), Level: v.severity(a.Level), Rank: int(a.Level),
			Reasons: v.reasons(a.Reasons), Ask: v.ask(a.Ask), Step: a.Step, Last: v.when(last), Created: v.when(created), Refused: v.refused(a.Refused),
		}
	}
	slices.SortStableFunc(out, func(a, b verdictRow) int { return cmp.Or(order(a.VerdictID)-order(b.VerdictID), b.Rank-a.Rank) })
	return out
}

// order puts what is to be done before what is done.
func order(verdict string) int {
	return slices.Index([]string{string(check.Block), string(check.Hold), string(check.OnPremises), string(check.Excepted), string(check.Blocked), string(check.NotYours)}, verdict)
}

// choices are the values that occur in the table of verdicts.
func choices(rows []verdictRow) (kinds, verdicts, levels []choice) {
	add := func(list []choice, id, label string) []choice {
		if slices.ContainsFunc(list, func(c choice) bool { return c.ID == id }) {
			return list
		}
		return append(list, choice{id, label})
	}
	for i := range rows {
		kinds = add(kinds, rows[i].KindID, rows[i].Kind)
		verdicts = add(verdicts, rows[i].VerdictID, rows[i].Verdict)
		levels = add(levels, rows[i].LevelID, rows[i].Level)
	}
	return kinds, verdicts, levels
}

// groups gathers the findings of one status by check, the most severe first.
func (r *Report) groups(v voice, status check.Status) []group {
	var out []group
	at := map[string]int{}
	for i := range r.Result.Findings {
		f := &r.Result.Findings[i]
		if f.Status != status {
			continue
		}
		g, ok := at[f.Check]
		if !ok {
			g = len(out)
			at[f.Check] = g
			out = append(out, group{ID: f.Check, Title: v.title(f.Check, f.Title), LevelID: f.Severity.String(), Level: v.severity(f.Severity),
				Rows: strings.Join(f.Rows, ", "), Next: f.Next})
		}
		if len(out[g].Findings) == mostListed {
			out[g].More++
			continue
		}
		out[g].Findings = append(out[g].Findings, findingRow{Name: cmp.Or(f.Subject.Name, f.Subject.ID), ID: f.Subject.ID, Reasons: v.reasons(f.Reasons), Ask: v.ask(f.Ask)})
	}
	return out
}

func (r *Report) exceptions(v voice) []exceptionRow {
	out := make([]exceptionRow, len(r.Result.Exceptions))
	for i := range r.Result.Exceptions {
		e := &r.Result.Exceptions[i]
		out[i] = exceptionRow{Until: day(e.Exception.Until), StateID: e.State, State: v.Say("exception." + e.State), Covers: e.Exception.Covers(),
			Owner: e.Exception.Owner, Reason: e.Exception.Reason, Ticket: e.Exception.Ticket, Why: e.Why, Days: e.Days, Hides: e.Hides}
	}
	return out
}
