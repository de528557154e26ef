package check

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"vakt/internal/baseline"
	"vakt/internal/directory"
	"vakt/internal/rule"
)

// Options are what a run is told beside the snapshot.
type Options struct {
	// Baseline holds the settings and lists. Give it the snapshot's lists
	// (Baseline.WithDirectory) before; nil is baseline.Default.
	Baseline   *baseline.Baseline
	Exceptions []Exception
	// Now decides which exceptions have ended. What "within 90 days" means
	// is counted back from when the snapshot was taken.
	Now time.Time
	// Notice is how long before its end an exception is called expiring; 0
	// is 14 days.
	Notice time.Duration
}

// Run judges a snapshot. The result depends on nothing but what it is given,
// and not on the order in which the parts of the snapshot stand. The error is
// about checks that cannot be compiled under the baseline.
func Run(s *directory.Snapshot, c *Checks, o Options) (*Result, error) {
	if o.Baseline == nil {
		o.Baseline = baseline.Default()
	}
	set, problems := rule.Compile(c.rules, schema{}, o.Baseline)
	if err := refused(problems); err != nil {
		return nil, err
	}
	r := run{judge: newJudge(s, o), res: &Result{
		Tenant: s.Tenant, Snapshot: s.ID, Taken: s.Taken, Complete: s.Complete, CouldNotLook: slices.Clone(s.Missing),
		Findings: []Finding{}, Verdicts: []AccountVerdict{}, Hidden: []Hidden{},
	}}
	r.tallies(set)
	for _, a := range r.accounts {
		r.account(a)
	}
	r.tenant()
	r.finish()
	return r.res, nil
}

// refused gathers what is wrong with checks; that one waits for the baseline
// is no reason to stop.
func refused(problems []rule.Problem) error {
	var all []error
	for _, p := range problems {
		if p.Stops() {
			all = append(all, p)
		}
	}
	return errors.Join(all...)
}

// run is one run under way.
type run struct {
	*judge
	res     *Result
	checks  []*tallyOf
	matcher *rule.Matcher
	out     []rule.Outcome
	// unread counts what could not be looked at, by check, fact and reason.
	unread map[unreadKey]*unreadCount
}

// tallyOf is one check with its numbers.
type tallyOf struct {
	Tally
	rule       *rule.Compiled
	population *population
	findings   []Finding
}

type unreadKey struct{ check, fact, why string }

type unreadCount struct {
	n     int
	first []string
}

func (r *run) tallies(set *rule.Set) {
	r.unread = map[unreadKey]*unreadCount{}
	r.matcher = set.NewMatcher()
	for _, c := range set.Rules() {
		p := populationNamed(c.LogSource.Service)
		r.checks = append(r.checks, &tallyOf{rule: c, population: p, Tally: Tally{
			Check: c.Key(), Title: c.Title, Population: p.name, Severity: levelOf(c.Rule), Asleep: r.asleep(c),
		}})
	}
}

// asleep names the settings of the baseline that a check waits for.
func (r *run) asleep(c *rule.Compiled) []string {
	waits := slices.Clone(c.Asleep)
	if missing, _ := (schema{}).Lookup(accountFacts, "attributes.missing"); len(r.required) == 0 && slices.Contains(c.Fields, missing) {
		waits = append(waits, "required_attributes")
	}
	return waits
}

func levelOf(r *rule.Rule) rule.Severity {
	s, _ := rule.SeverityNamed(r.Level)
	return s
}

// account judges one account and runs the checks over it.
func (r *run) account(a *directory.Account) {
	v := &view{j: r.judge, a: a, verdict: r.verdict(a)}
	if v.verdict != nil {
		r.res.Verdicts = append(r.res.Verdicts, *v.verdict)
	}
	rec := &record{now: r.now.Unix(), get: func(f *fact) value { return f.get(v) }}
	r.out = r.matcher.Match(rec, accountFacts, r.out[:0])
	for _, c := range r.checks {
		if c.population.has == nil || len(c.Asleep) > 0 {
			continue
		}
		switch in := c.population.has(v); {
		case !in.Known:
			r.couldNotLook(c, populationFact, in.Why, a)
		case in.Value:
			r.said(c, v, r.outcome(c))
		}
	}
}

// outcome is what a check said about the record at hand; nil for false.
func (r *run) outcome(c *tallyOf) *rule.Outcome {
	for i := range r.out {
		if r.out[i].Rule == c.rule {
			return &r.out[i]
		}
	}
	return nil
}

// said counts what a check said about an account of its population.
func (r *run) said(c *tallyOf, v *view, o *rule.Outcome) {
	if c.population.name == "verdict" {
		r.posture(c, v)
		return
	}
	switch {
	case o == nil:
		c.OK++
	case o.Result == rule.Unknown:
		for _, f := range o.Blind {
			at := factAt(f)
			r.couldNotLook(c, at.name, at.get(v).why, v.a)
			return
		}
		r.couldNotLook(c, "baseline", strings.Join(o.Unread, ", ")+" was not read", v.a)
	default:
		f := r.finding(c, v, Subject{"account", v.a.ID, v.a.Name}, o)
		if e := r.hides(v.a, c.Check); e != nil {
			r.hide(c, f, e)
			return
		}
		r.found(c, f)
	}
}

// posture turns the verdict on an account into the finding of its check. There
// is one for every such account: also for those that are fine.
func (r *run) posture(c *tallyOf, v *view) {
	f := r.finding(c, v, v.verdict.Account, nil)
	f.Status, f.Reasons = v.verdict.Status, v.verdict.Reasons
	f.Facts = v.verdict.Facts
	declared := func(x Reason) bool { return x.ID == "exception" }
	switch {
	case f.Status == OK && slices.ContainsFunc(f.Reasons, declared):
		f.Severity = rule.Informational
		c.Hidden++
	case f.Status == OK:
		f.Severity = rule.Informational
		c.OK++
	case f.Status == CouldNotLook:
		c.CouldNotLook++
	default:
		c.Findings++
	}
	if v.verdict.Step != "" {
		f.Next = []string{v.verdict.Step}
	}
	c.findings = append(c.findings, f)
}

func (r *run) found(c *tallyOf, f Finding) {
	c.Findings++
	c.findings = append(c.findings, f)
}

func (r *run) hide(c *tallyOf, f Finding, e *Exception) {
	c.Hidden++
	r.res.Hidden = append(r.res.Hidden, Hidden{Finding: f, Exception: *e})
}

// tenant runs the checks over the tenant.
func (r *run) tenant() {
	v := &view{j: r.judge}
	rec := &record{now: r.now.Unix(), get: func(f *fact) value { return f.get(v) }}
	r.out = r.matcher.Match(rec, tenantFacts, r.out[:0])
	subject := Subject{"tenant", r.s.Tenant, cmp.Or(r.s.Organization.Value.Name, r.s.Tenant)}
	for _, c := range r.checks {
		if c.population.tenant == nil || len(c.Asleep) > 0 {
			continue
		}
		in := c.population.tenant(r.judge)
		switch o := r.outcome(c); {
		case !in.Known:
			r.couldNotLook(c, "licence", in.Why, nil)
		case !in.Value:
		case o == nil:
			c.OK++
		case o.Result == rule.Unknown:
			fact, why := "baseline", strings.Join(o.Unread, ", ")+" was not read"
			if len(o.Blind) > 0 {
				fact, why = factAt(o.Blind[0]).name, factAt(o.Blind[0]).get(v).why
			}
			r.couldNotLook(c, fact, why, nil)
		default:
			f := r.finding(c, v, subject, o)
			if e := r.hidesTenant(c.Check); e != nil {
				r.hide(c, f, e)
				continue
			}
			r.found(c, f)
		}
	}
}

// finish adds what could not be looked at, and puts everything in order.
func (r *run) finish() {
	count := 0
	for _, c := range r.checks {
		c.findings = append(c.findings, r.holes(c)...)
		count += len(c.findings)
	}
	r.res.Findings = make([]Finding, 0, count)
	for _, c := range r.checks {
		r.res.Findings = append(r.res.Findings, c.findings...)
		c.findings = nil // a large tenant has many; once is enough
		r.res.Tallies = append(r.res.Tallies, c.Tally)
	}
	slices.SortFunc(r.res.Findings, byWeight)
	slices.SortFunc(r.res.Hidden, func(a, b Hidden) int { return byWeight(a.Finding, b.Finding) })
	slices.SortFunc(r.res.Verdicts, func(a, b AccountVerdict) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Account.Name), strings.ToLower(b.Account.Name)), cmp.Compare(a.Account.ID, b.Account.ID))
	})
	slices.SortFunc(r.res.Tallies, func(a, b Tally) int { return cmp.Compare(a.Check, b.Check) })
	r.res.Coverage = r.coverage(r.res.Verdicts)
	r.res.Exceptions = r.states()
}

// byWeight puts findings before what could not be looked at and what is fine,
// and the severe ones first.
func byWeight(a, b Finding) int {
	rank := func(f Finding) int { return slices.Index([]Status{Found, CouldNotLook, OK}, f.Status) }
	return cmp.Or(cmp.Compare(rank(a), rank(b)), -cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Check, b.Check),
		cmp.Compare(strings.ToLower(a.Subject.Name), strings.ToLower(b.Subject.Name)), cmp.Compare(a.ID, b.ID))
}
