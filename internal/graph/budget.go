package graph

import (
	"maps"
	"sync"
	"time"

	"vakt/internal/tenant"
)

// Population is what a scan will meet, as far as it is known before: a guess
// that is too high only makes the budget too high.
type Population struct {
	Accounts int // users of every kind, guests too
	// Resources are enabled accounts of shared, room and equipment mailboxes;
	// each costs a look at its permissions. -1: one in twenty accounts.
	Resources int
	Mailboxes int // -1: one per account
	Groups    int // that roles and policies name; -1: fifty
	Members   int // of those groups together; -1: one in ten accounts
	Activity  bool
	Exchange  bool // else mailbox purposes are read through Graph
	Rules     bool // inbox rules too, of every mailbox
}

// BudgetLine is one kind of request of a scan.
type BudgetLine struct {
	What     string
	Service  tenant.Service
	Requests int
	Pace     time.Duration // between two of them, at our own limits
	class    class
}

// Budget is how many requests a scan will send, and how long our pace makes it
// at least.
type Budget struct{ Lines []BudgetLine }

// NewBudget counts the requests of a scan before it begins.
func NewBudget(p Population) Budget {
	guess := func(n, otherwise int) int {
		if n < 0 {
			return otherwise
		}
		return n
	}
	resources := guess(p.Resources, p.Accounts/20)
	groups := guess(p.Groups, 50)
	members := guess(p.Members, p.Accounts/10)
	var b Budget
	add := func(what string, s tenant.Service, c class, requests, units int) {
		if requests > 0 {
			b.Lines = append(b.Lines, BudgetLine{what, s, requests, c.interval(units), c})
		}
	}
	if p.Activity {
		add("accounts with their last sign-in", tenant.Graph, activity, pages(p.Accounts, activityTop), 1)
	}
	add("accounts", tenant.Graph, directory, pages(p.Accounts, 999), 1)
	add("MFA registration", tenant.Graph, reports, pages(p.Accounts, 999), 1)
	add("groups and their members", tenant.Graph, directory, 2*groups+members/999, 5)
	add("policies", tenant.Graph, protection, 2, 1)
	add("roles, domains, licences and settings", tenant.Graph, directory, 10, 1)
	boxes := guess(p.Mailboxes, p.Accounts)
	if p.Exchange {
		add("mailboxes, their protocols, senders and audit", tenant.Exchange, exchange, 4*pages(boxes, exchangePage)+3, 1)
		add("permissions of enabled resource mailboxes", tenant.Exchange, exchange, resources, 1)
	} else {
		add("mailbox purposes, in batches", tenant.Graph, mail, pages(p.Accounts, maxBatch), maxBatch)
	}
	add("MFA methods of resources, in batches", tenant.Graph, directory, pages(resources, maxBatch), maxBatch)
	if p.Rules {
		add("inbox rules, in batches", tenant.Graph, mail, pages(boxes, maxBatch), maxBatch)
	}
	return b
}

func pages(n, size int) int { return (max(n, 1) + size - 1) / size }

// Requests is how many requests go to a service; "" for all of them.
func (b Budget) Requests(s tenant.Service) int {
	n := 0
	for _, l := range b.Lines {
		if s == "" || l.Service == s {
			n += l.Requests
		}
	}
	return n
}

// Bound is how long the pace of the slowest class makes the scan at least.
// Classes do not wait for each other; what the services need to answer comes
// on top.
func (b Budget) Bound() time.Duration {
	sums := map[meterKey]time.Duration{}
	var longest time.Duration
	for _, l := range b.Lines {
		key := meterKey{l.Service, l.class}
		sums[key] += time.Duration(l.Requests) * l.Pace
		longest = max(longest, sums[key])
	}
	return longest
}

// Progress is how far a client has come.
type Progress struct {
	Requests  int
	Throttled int // of those, how many were turned away
	Items     int // objects handed over
	Expected  int // requests of the budget; 0: not known
	Elapsed   time.Duration
	Rate      float64       // requests a second since the beginning
	ETA       time.Duration // -1: not known
}

// meter counts and tells.
type meter struct {
	tell   func(Progress)
	now    func() time.Time
	budget *Budget
	start  time.Time

	mu   sync.Mutex
	at   Progress
	sums map[meterKey]int
}

type meterKey struct {
	service tenant.Service
	class   class
}

func newMeter(o Options) *meter {
	m := &meter{tell: o.Progress, now: o.Now, budget: o.Expect, start: o.Now(), sums: map[meterKey]int{}}
	if m.budget != nil {
		m.at.Expected = m.budget.Requests("")
	}
	return m
}

// sent counts a request, in the slowest class that it was charged to.
func (m *meter) sent(l *call, throttled bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at.Requests++
	if throttled {
		m.at.Throttled++
	} else if len(l.charges) > 0 {
		first := l.charges[0]
		if l.activity {
			first.class = activity
		}
		m.sums[meterKey{first.service, first.class}]++
	}
	m.report()
}

// got counts objects.
func (m *meter) got(items int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at.Items += items
}

func (m *meter) report() {
	if m.tell == nil {
		return
	}
	m.at.Elapsed = m.now().Sub(m.start)
	if s := m.at.Elapsed.Seconds(); s > 0 {
		m.at.Rate = float64(m.at.Requests) / s
	}
	m.at.ETA = m.eta()
	m.tell(m.at)
}

// eta is what the budget still expects of the slowest class, at its pace or at
// the rate of all requests so far where that is slower.
func (m *meter) eta() time.Duration {
	if m.budget == nil || m.at.Requests == 0 {
		return -1
	}
	took := min(m.at.Elapsed/time.Duration(m.at.Requests), time.Second)
	sent := maps.Clone(m.sums)
	left := map[meterKey]time.Duration{}
	var longest time.Duration
	for _, l := range m.budget.Lines {
		key := meterKey{l.Service, l.class}
		done := min(sent[key], l.Requests)
		sent[key] -= done
		left[key] += time.Duration(l.Requests-done) * max(l.Pace, took)
		longest = max(longest, left[key])
	}
	return longest
}
