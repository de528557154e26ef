package sim

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// The windows and thresholds in force in Vakt's own rules.
const (
	sprayWindow    = 15 * time.Minute
	sprayAccounts  = 10
	bruteWindow    = 10 * time.Minute
	bruteAttempts  = 20
	sprayRule      = "password-spray"
	bruteForceRule = "brute-force-account"
)

// refusals are the codes that count as a refused password attempt.
var refusals = map[int32]bool{50126: true, 50053: true, 50034: true, 51004: true, 50056: true, 50057: true}

// fact is one record that one rule is about.
type fact struct {
	rule, key   string // group key
	account, ip string
	at          int64 // unix seconds
	id          string
	attack      int32
}

// Truth returns what the attacks of the scenario must raise under a seed, in
// the order of (First, Rule). An attack that stays below a rule's threshold
// is in no truth.
func (s *Scenario) Truth(seed uint64) []Truth {
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
	f := fact{at: e.at / int64(time.Second), id: e.id(), attack: e.attack, ip: e.from.ip}
	who := w.account(int(e.who))
	f.account = who.id
	switch e.kind {
	case evSignIn:
		return signInFacts(e, f)
	case evAudit:
		f.id, f.rule = auditID(e), "guest-converted-to-member"
	case evRisk:
		f.rule = riskTypes[e.note].rule
		if riskTypes[e.note].activity == "user" {
			f.ip = ""
		}
	case evMailbox:
		f.rule = map[string]string{"New-InboxRule": "inbox-rule-forwards-externally", "Set-Mailbox": "mailbox-forwarding-added"}[e.note]
		f.account = strings.ToLower(who.upn)
	}
	f.key = f.account
	return []fact{f}
}

func signInFacts(e *event, f fact) []fact {
	var all []fact
	add := func(rule, key string) {
		f.rule, f.key = rule, key
		all = append(all, f)
	}
	if refusals[e.code] {
		add(sprayRule, f.ip)
		add(bruteForceRule, f.account)
	}
	switch e.code {
	case 50057:
		add("disabled-account-signin", f.account)
	case 500121:
		add("mfa-denied-or-fraud-reported", f.account)
	case 53003:
		add("signin-blocked-by-ca", f.account)
		if !e.quiet {
			add("password-ok-session-blocked-by-ca", f.account)
		}
	}
	return all
}

// alerts folds the facts of one rule and group key, in the order of time,
// into alerts: one for each UTC day on which a fact fires.
func (w *world) alerts(facts []fact) []Truth {
	slices.SortStableFunc(facts, func(a, b fact) int { return cmp.Compare(a.at, b.at) })
	days := map[int64]map[int]bool{} // UTC day → indexes of the facts in its firing windows
	from := 0
	for i, f := range facts {
		to := i + 1 // of facts in the same second, the last one sees them all
		for facts[from].at <= f.at-int64(window(f.rule)/time.Second) {
			from++
		}
		if !fires(f.rule, facts[from:to]) {
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

// window is how far back a rule looks; a plain rule sees one record.
func window(rule string) time.Duration {
	switch rule {
	case sprayRule:
		return sprayWindow
	case bruteForceRule:
		return bruteWindow
	}
	return time.Second
}

func fires(rule string, facts []fact) bool {
	switch rule {
	case sprayRule:
		accounts := map[string]bool{}
		for _, f := range facts {
			accounts[f.account] = true
		}
		return len(accounts) >= sprayAccounts
	case bruteForceRule:
		return len(facts) >= bruteAttempts
	}
	return true
}

func (w *world) truth(facts []fact, in map[int]bool) Truth {
	t := Truth{Count: len(in)}
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
		if !slices.Contains(t.Accounts, f.account) {
			t.Accounts = append(t.Accounts, f.account)
		}
	}
	slices.Sort(t.Accounts)
	return t
}
