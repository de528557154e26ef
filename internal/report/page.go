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
	Verdicts   verdictTable
	Groups     []group
	Blind      []group
	Exceptions []exceptionRow
	HiddenN    int
	Ages       chart
	Passwords  chart
	Checks     sheet
	Rows       sheet
	Effect     sheet
	EffectN    string
	Scope      sheet
}

type hole struct{ What, Why string }

// tile is one number at the head of the page.
type tile struct{ Number, Label, Tone, Link string }

// bar is one population's coverage.
type bar struct {
	Name, Words, Percent, Why string
	Capable, Not, Unknown     int
	CapableW, NotW, UnknownW  float64
	NotNames, UnknownNames    []string
	NotMore, UnknownMore      int
}

// group is all that one check found.
type group struct {
	ID, Title, LevelID, Level string
	Rows                      string
	Findings                  []findingRow
	Count                     int // all of them
	More                      int // those that the page leaves out
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
		Complete: r.Result.Complete, Checks: r.checkSheet(v), Rows: r.rowSheet(v), Effect: r.effectSheet(v), EffectN: r.effectWords(v), Scope: r.scopeSheet(v), Parts: r.seenSheet(v).Rows,
		HiddenN: len(r.Result.Hidden), Tiles: r.tiles(v), Coverage: r.bars(v), Verdicts: r.verdicts(v),
		Groups: r.groups(v, check.Found), Blind: r.groups(v, check.CouldNotLook), Exceptions: r.exceptions(v),
		Ages: r.ages(v), Passwords: r.passwords(v),
	}
	for _, m := range r.Result.CouldNotLook {
		p.Holes = append(p.Holes, hole{v.part(m.Part), v.sentence(m.Why)})
	}
	for _, w := range r.Snapshot.Evidence {
		p.Evidence = append(p.Evidence, v.Say("evidence", "Log", v.Say("log."+w.Log), "From", minute(w.From), "To", minute(w.To), "N", w.Records))
	}
	return p
}

// tiles are the numbers that come first: what is open, what is to be asked,
// what is done, and how much MFA covers now and after.
func (r *Report) tiles(v voice) []tile {
	count := r.Result.Count
	return []tile{
		v.tile("block", count(check.Block), "bad", "#verdicts"),
		v.tile("hold", count(check.Hold), "warn", "#verdicts"),
		v.tile("on_premises", count(check.OnPremises), "warn", "#verdicts"),
		v.tile("exception", count(check.Excepted), "plain", "#exceptions"),
		v.tile("blocked", count(check.Blocked), "good", "#verdicts"),
		v.tile("urgent", r.urgent(), "bad", "#findings"),
	}
}

// tile is one number; it is nothing to look at where it is none.
func (v voice) tile(id string, n int, tone, link string) tile {
	if n == 0 {
		tone = "plain"
	}
	return tile{strconv.Itoa(n), v.Count("tile."+id, n), tone, link}
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
		b := bar{Name: v.Say("population." + c.Population), Words: v.known("words."+c.Population, c.Words), Percent: v.percent(c), Why: capital(v.sentence(c.Why)),
			Capable: c.Capable, Not: not, Unknown: c.Unknown}
		b.CapableW, b.NotW, b.UnknownW = share(c.Capable, c.Total), share(not, c.Total), share(c.Unknown, c.Total)
		b.NotNames, b.NotMore = names(byID, c.NotIDs)
		b.UnknownNames, b.UnknownMore = names(byID, c.UnknownIDs)
		if i > 0 && c.Why == r.Result.Coverage[i-1].Why {
			b.Why = "" // said above
		}
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

// tabled is the check whose findings are the verdicts, which have a table of
// their own.
func (r *Report) tabled() string {
	for i := range r.Result.Tallies {
		if r.Result.Tallies[i].Population == "verdict" {
			return r.Result.Tallies[i].Check
		}
	}
	return ""
}

// groups gathers the findings of one status by check, the most severe first.
func (r *Report) groups(v voice, status check.Status) []group {
	var out []group
	at := map[string]int{}
	tabled := r.tabled()
	for i := range r.Result.Findings {
		f := &r.Result.Findings[i]
		if f.Status != status || f.Check == tabled {
			continue
		}
		g, ok := at[f.Check]
		if !ok {
			g = len(out)
			at[f.Check] = g
			out = append(out, group{ID: f.Check, Title: v.title(f.Check, f.Title), LevelID: f.Severity.String(), Level: v.severity(f.Severity),
				Rows: strings.Join(f.Rows, ", "), Next: v.sentences(f.Next)})
		}
		out[g].Count++
		if len(out[g].Findings) == mostListed {
			out[g].More++
			continue
		}
		out[g].Findings = append(out[g].Findings, findingRow{Name: cmp.Or(f.Subject.Name, f.Subject.ID), ID: f.Subject.ID, Reasons: r.found(v, f), Ask: v.sentences(f.Ask)})
	}
	return out
}

func (r *Report) exceptions(v voice) []exceptionRow {
	out := make([]exceptionRow, len(r.Result.Exceptions))
	for i := range r.Result.Exceptions {
		e := &r.Result.Exceptions[i]
		out[i] = exceptionRow{Until: day(e.Exception.Until), StateID: e.State, State: v.Say("exception." + e.State), Covers: v.exceptionCovers(&e.Exception),
			Owner: e.Exception.Owner, Reason: e.Exception.Reason, Ticket: e.Exception.Ticket, Why: v.sentence(e.Why), Days: e.Days, Hides: e.Hides}
	}
	return out
}
