package check

import (
	"slices"
	"strings"
	"time"

	"vakt/internal/baseline"
	"vakt/internal/directory"
)

// judge holds what all accounts of one run have in common.
type judge struct {
	s    *directory.Snapshot
	base *baseline.Baseline
	now  time.Time
	// at is when the tenant was looked at: ages and "within 90 days" are
	// counted back from there, since the snapshot knows nothing later.
	at time.Time

	accounts []*directory.Account // by id, whatever the order in the snapshot
	byUPN    []*directory.Account // the same by UPN in lower case
	groups   map[string]*group
	azure    map[string][]directory.AzureRole

	breakGlass  listed
	signInOK    listed // resource_signin_exceptions
	privileged  listed
	ownDomains  directory.Fact[map[string]bool]
	okDomains   listed // approved_forward_domains
	required    []requirement
	dormantDays int
	scamTo      int // scam_recipients

	exceptions []ExceptionState
	onAccount  map[string][]int // exceptions by account in lower case
	onChecks   map[string][]int // exceptions of a check alone
}

// group is a group with its members for look-up.
type group struct {
	*directory.Group
	members map[string]bool
}

// newJudge reads what the accounts of a snapshot have in common.
func newJudge(s *directory.Snapshot, o Options) *judge {
	j := &judge{s: s, base: o.Baseline, now: o.Now, at: lookedAt(s, o.Now),
		groups: map[string]*group{}, azure: map[string][]directory.AzureRole{}, onAccount: map[string][]int{}, onChecks: map[string][]int{}}
	for i := range s.Accounts {
		a := &s.Accounts[i]
		j.accounts = append(j.accounts, a)
	}
	slices.SortFunc(j.accounts, func(a, b *directory.Account) int { return strings.Compare(a.ID, b.ID) })
	j.byUPN = slices.Clone(j.accounts)
	slices.SortFunc(j.byUPN, func(a, b *directory.Account) int {
		return strings.Compare(strings.ToLower(a.UPN), strings.ToLower(b.UPN))
	})
	for i := range s.Groups.Value {
		g := &group{Group: &s.Groups.Value[i], members: map[string]bool{}}
		for _, m := range g.Members.Value {
			g.members[m] = true
		}
		j.groups[strings.ToLower(g.ID)] = g
	}
	for _, r := range s.AzureRoles.Value {
		j.azure[strings.ToLower(r.Principal)] = append(j.azure[strings.ToLower(r.Principal)], r)
	}
	j.settings()
	j.sortExceptions(o)
	return j
}

// account finds an account by its id in lower case; nil for none. Sorted lists
// take a tenth of the room that maps do.
func (j *judge) account(id string) *directory.Account {
	i, ok := slices.BinarySearchFunc(j.accounts, id, func(a *directory.Account, id string) int { return strings.Compare(a.ID, id) })
	if !ok {
		return nil
	}
	return j.accounts[i]
}

// accountByUPN finds an account by its UPN in lower case; nil for none.
func (j *judge) accountByUPN(upn string) *directory.Account {
	i, ok := slices.BinarySearchFunc(j.byUPN, upn, func(a *directory.Account, upn string) int { return strings.Compare(strings.ToLower(a.UPN), upn) })
	if !ok {
		return nil
	}
	return j.byUPN[i]
}

// lookedAt is when a snapshot was taken. Where nothing says it, it is the
// latest time that stands in it: the tenant was not looked at before that, and
// an earlier "now" only makes "recently" reach further back.
func lookedAt(s *directory.Snapshot, now time.Time) time.Time {
	if !s.Taken.IsZero() {
		return s.Taken
	}
	var latest time.Time
	see := func(t time.Time) {
		if t.After(latest) && !t.After(now) {
			latest = t
		}
	}
	for i := range s.Accounts {
		a := &s.Accounts[i]
		see(a.Activity.Value.LastAttempt)
		see(a.Activity.Value.LastNonInteractive)
		see(a.Activity.Value.LastSuccess)
		see(a.Created.Value)
		see(a.PasswordChanged.Value)
		if r := a.Registration.Value; r != nil {
			see(r.Updated)
		}
		for _, u := range a.Use {
			see(u.Last)
		}
	}
	for _, w := range s.Evidence {
		see(w.To)
	}
	if latest.IsZero() {
		return now
	}
	return latest
}

// listed is a list of the baseline, for look-up.
type listed struct {
	items  map[string]int64 // lower case → the second from which it is off the list; 0 never
	unread string
}

func (j *judge) list(name string) listed {
	l := listed{items: map[string]int64{}}
	e, ok := j.base.Expand(name)
	if !ok {
		l.unread = "the baseline has no list " + name
		return l
	}
	l.unread = e.Unread
	for _, it := range e.Items {
		key := strings.ToLower(it.Value)
		if end, again := l.items[key]; !again || it.Until == 0 || end != 0 && it.Until > end {
			l.items[key] = it.Until
		}
	}
	return l
}

// holds tells whether one of some words is on the list at a time.
func (l listed) holds(at time.Time, words ...string) directory.Fact[bool] {
	for _, w := range words {
		if end, ok := l.items[strings.ToLower(w)]; ok && w != "" && (end == 0 || at.Unix() < end) {
			return directory.Known(true)
		}
	}
	if l.unread != "" {
		return directory.Unknown[bool](l.unread)
	}
	return directory.Known(false)
}

// settings reads the parameters of the baseline that are not asked for by a
// check's own document.
func (j *judge) settings() {
	j.breakGlass = j.list("break_glass_accounts")
	j.signInOK = j.list("resource_signin_exceptions")
	j.privileged = j.list("privileged_roles")
	j.okDomains = j.list("approved_forward_domains")
	j.required = requirements(j.base)
	j.dormantDays = 90
	if n, ok := j.base.Number("dormant_days"); ok {
		j.dormantDays = int(n)
	}
	j.scamTo = 10
	if n, ok := j.base.Number("scam_recipients"); ok {
		j.scamTo = int(n)
	}
	if !j.s.Domains.Known {
		j.ownDomains = directory.Unknown[map[string]bool](j.s.Domains.Why)
		return
	}
	own := map[string]bool{}
	for _, d := range j.s.Domains.Value {
		own[strings.ToLower(d.Name)] = own[strings.ToLower(d.Name)] || d.Verified
	}
	j.ownDomains = directory.Known(own)
}
