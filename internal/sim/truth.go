package sim

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// fact is one record that one rule is about.
type fact struct {
	rule, key   string // group key
	account, ip string
	at          int64 // unix seconds
	id          string
	attempt     uint64 // what is counted: one for all records of an attempt
	step        int    // in a rule of steps: 0 comes first
	attack      int32
}

// Truth returns what the attacks of the scenario must raise under a seed, in
// the order of (First, Rule). An attack that stays below a rule's threshold
// is in no truth. Of a month there is none, as its life is not made to stay
// below thresholds: see Incidents.
func (s *Scenario) Truth(seed uint64) []Truth {
	if s.Month != nil {
		return nil
	}
	w := newWorld(s, seed)
	groups := map[[2]string][]fact{}
	for i := range w.events {
		for _, f := range w.facts(&w.events[i]) {
			key := [2]string{f.rule, f.key}
			groups[key] = append(groups[key], f)
		}
	}
	var all []Truth
	for _, facts := range groups {
		all = append(all, w.alerts(facts)...)
	}
	slices.SortFunc(all, func(a, b Truth) int {
		return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.Rule, b.Rule), slices.Compare(a.Records, b.Records))
	})
	return all
}

// facts says which rules an event of an attack is a fact of.
func (w *world) facts(e *event) []fact {
	f := fact{at: e.at / int64(time.Second), id: e.id(), attack: e.attack, ip: e.from.ip, attempt: e.seed}
	who := w.account(int(e.who))
	f.account = who.id
	f.key = f.account
	switch e.kind {
	case evSignIn:
		return signInFacts(e, f)
	case evAudit:
		return w.auditFacts(e, f)
	case evRisk:
		return riskFacts(e, f)
	}
	f.account = strings.ToLower(who.upn)
	f.key, f.rule = f.account, mailboxRules[e.note]
	if f.rule == "" {
		return nil
	}
	return []fact{f}
}

// auditFacts are the facts of a directory audit: about its target, or where
// that is no account about the person who did it.
func (w *world) auditFacts(e *event, f fact) []fact {
	f.id, f.attempt = auditID(e), e.began()
	if act := activityOf(e.note); act.kind != "" {
		f.account = w.actorOf(e).id
		f.key = derivedUUID(e.began(), useDetail)
	}
	var all []fact
	for rule, step := range auditRules[e.note] {
		f.rule, f.step = rule, step
		all = append(all, f)
	}
	return all
}

func riskFacts(e *event, f fact) []fact {
	f.rule = riskTypes[e.note].rule
	if riskTypes[e.note].activity == "user" {
		f.ip = ""
		return []fact{f}
	}
	risky := f
	risky.rule = methodRule
	return []fact{f, risky}
}

func signInFacts(e *event, f fact) []fact {
	f.attempt = e.began()
	var all []fact
	add := func(rule, key string, step int) {
		f.rule, f.key, f.step = rule, key, step
		all = append(all, f)
	}
	if refusals[e.code] {
		add(sprayRule, f.ip, 0)
		add(bruteForceRule, f.account, 0)
		add(manyIPsRule, f.account, 0)
	}
	if interruptions[e.code] {
		add(interruptsRule, f.account, 0)
	}
	switch e.code {
	case 0:
		add(fatigueRule, f.account, 1)
		add(notDoneRule, f.account, 1)
	case 50126:
		add(failuresRule, f.account, 0)
	case 50057:
		add("disabled-account-signin", f.account, 0)
	case 50076:
		add(notDoneRule, f.account, 0)
	case 500121:
		add("mfa-denied-or-fraud-reported", f.account, 0)
		add(fatigueRule, f.account, 0)
	case 53003:
		add("signin-blocked-by-ca", f.account, 0)
		if !e.quiet {
			add("password-ok-session-blocked-by-ca", f.account, 0)
		}
	}
	if stage, ok := map[int32]int{50074: 0, 50140: 1, 0: 2}[e.code]; ok && e.to == "OfficeHome" && e.note != "" {
		add(aitmRule, e.correlation(), stage)
	}
	return all
}

// alerts folds the facts of one rule and group key, in the order of time,
// into alerts: one for each UTC day on which a fact fires.
func (w *world) alerts(facts []fact) []Truth {
	slices.SortStableFunc(facts, func(a, b fact) int { return cmp.Compare(a.at, b.at) })
	days := map[int64]map[int]bool{} // UTC day → indexes of the facts in its firing windows
	cond := conditionOf(facts[0].rule)
	length := int64(cond.window / time.Second)
	from := 0
	for i, f := range facts {
		to := i + 1 // of facts in the same second, the last one sees them all
		for facts[from].at <= f.at-length {
			from++
		}
		if !cond.holds(facts[from:to]) || cond.unless && undone(facts[to:], f.at+length) {
			continue
		}
		day := f.at / 86400
		if days[day] == nil {
			days[day] = map[int]bool{}
		}
		for j := from; j < to; j++ {
			days[day][j] = true
		}
	}
	var all []Truth
	for _, in := range days {
		all = append(all, w.truth(facts, in))
	}
	return all
}

// undone says whether a fact of step 1 comes until the given second.
func undone(later []fact, until int64) bool {
	return slices.ContainsFunc(later, func(f fact) bool { return f.step == 1 && f.at <= until })
}

func (w *world) truth(facts []fact, in map[int]bool) Truth {
	t := Truth{}
	counted := map[uint64]bool{}
	for i, f := range facts {
		if !in[i] {
			continue
		}
		if len(t.Records) == 0 {
			t.Kind, t.Rule, t.IP = w.s.Attacks[f.attack].Kind, f.rule, f.ip
			t.First = time.Unix(f.at, 0).UTC()
		}
		t.Last = time.Unix(f.at, 0).UTC()
		t.Records = append(t.Records, f.id)
		counted[f.attempt] = true
		if !slices.Contains(t.Accounts, f.account) {
			t.Accounts = append(t.Accounts, f.account)
		}
	}
	t.Count = len(counted)
	if t.Rule == resetsRule { // its operations are several records each
		t.Count = len(t.Records)
	}
	slices.Sort(t.Accounts)
	return t
}
