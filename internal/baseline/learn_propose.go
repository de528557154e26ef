package baseline

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// learnDays is how many days a baseline is learned from at least.
const learnDays = 3

// ErrNothingToLearn says that the logs hold no sign-ins.
var ErrNothingToLearn = errors.New("the logs hold no sign-ins of accounts: give the exports of sign-in logs, of at least 3 days")

// Proposal is a baseline as a Learner proposes it, for a person to edit.
type Proposal struct {
	// From and Until bound the sign-ins that were read, in seconds since 1970.
	From, Until int64
	Days        int // UTC days with sign-ins
	SignIns     int
	Failed      int // of them
	// People, Privileged and Guests are the accounts that were learned from,
	// each in one of them. Privileged is 0 where nobody said who is.
	People, Privileged, Guests int
	LeftOut                    []LeftOut
	Lines                      []Line // in the order of Params
	Notes                      []string
	Week                       []WeekDay // from Monday

	learner  *Learner
	excluded map[string]bool // by id
}

// LeftOut is an account that was not learned from.
type LeftOut struct {
	Account string `json:"account"`
	Name    string `json:"name"`
	Why     string `json:"why"`
}

// WeekDay is what an ordinary day of the week holds, in the proposed time zone.
type WeekDay struct {
	Day             string
	Success, Failed int // median over the days of the span
	Busiest         int // hour with the most sign-ins
}

// Line is one value that is proposed, or that was seen and is not.
type Line struct {
	Parameter string `json:"parameter"`
	Key       string `json:"key,omitempty"` // in a mapping: country, attribute, user or admin
	Value     string `json:"value"`         // as YAML
	// Active is false for a line that a person has to decide on.
	Active   bool   `json:"active"`
	Evidence string `json:"evidence"`
	// Why says why a line is not active; "" where it is.
	Why      string  `json:"why,omitempty"`
	Accounts int     `json:"accounts"`
	Count    int     `json:"count"` // sign-ins or operations
	Share    float64 `json:"share"` // of all of its kind, 0 to 1
	// Names are the accounts behind a line that few show, or the exceptions
	// from it.
	Names []string `json:"names,omitempty"`
}

// LeaveOut is what a Proposal must not be made of.
type LeaveOut struct {
	// Accounts that alerts name, by id or user principal name, with the
	// reason.
	Accounts map[string]string
	// Named are accounts that alerts name without being about them, such as
	// who did something, and Addresses the addresses. Both may be proposed,
	// and it is said.
	Named, Addresses map[string]bool
}

// Propose makes a proposal of what was seen. It is an error where that is less
// than three days of sign-ins. See must not be called any more.
func (l *Learner) Propose(out LeaveOut) (*Proposal, error) {
	if err := l.volume.enough(); err != nil {
		return nil, err
	}
	c := newClass(l, out)
	p := &Proposal{
		From: l.volume.first, Until: l.volume.last, Days: len(l.volume.days()), LeftOut: c.left, learner: l, excluded: c.excluded,
		People: c.count(isPerson), Privileged: c.count(isPrivileged), Guests: c.count(isGuestAccount),
	}
	for _, h := range l.volume.hours {
		p.SignIns += int(h.success + h.failed)
		p.Failed += int(h.failed)
	}
	zone := c.mainZone()
	p.Week = l.volume.week(zone)
	p.Lines = slices.Concat(c.lists(), c.egress(), c.actors(), c.names(), c.attributes(), c.thresholds(), c.growth(zone), c.calendar(), c.volumeZone(zone))
	order := map[string]int{}
	for i, param := range table {
		order[param.Name] = i
	}
	slices.SortStableFunc(p.Lines, func(a, b Line) int { return cmp.Compare(order[a.Parameter], order[b.Parameter]) })
	if !c.told {
		p.Notes = append(p.Notes, "Nobody said which accounts are privileged (--directory DIR, or privileged_users in --baseline): all count as people.")
	}
	if all := len(c.left) + len(c.accounts); len(c.left)*manyLeftOut > all {
		p.Notes = append(p.Notes, "Many accounts were left out. Look at their alerts first, declare what is ordinary here, such as known_egress_cidrs, and learn again with --baseline.")
	}
	return p, nil
}

// manyLeftOut is which part of all accounts, one in so many, is worth a word
// where it was left out.
const manyLeftOut = 10

// class is everybody who is learned from, and what is known about them.
type class struct {
	l          *Learner
	out        LeaveOut
	accounts   []*learnedOf // that signed in, by id
	left       []LeftOut
	excluded   map[string]bool
	hashes     map[uint64]bool // of the excluded
	privileged map[string]bool
	guests     map[string]bool
	resources  map[string]bool
	told       bool   // who is privileged
	ours       uint32 // tenant; 0: not known
}

func newClass(l *Learner, out LeaveOut) *class {
	c := &class{l: l, out: out, excluded: map[string]bool{}, hashes: map[uint64]bool{}}
	c.privileged, c.told = l.members("privileged_users")
	c.guests, _ = l.members("guests")
	c.resources, _ = l.members("resource_accounts")
	for _, a := range l.all() {
		why := cmp.Or(out.Accounts[a.id], out.Accounts[a.name], a.risk)
		if why != "" {
			c.left = append(c.left, LeftOut{a.id, a.label(), why})
			c.excluded[a.id] = true
			c.hashes[fnvOf(a.id)] = true
			continue
		}
		if a.successes > 0 {
			c.accounts = append(c.accounts, a)
		}
	}
	c.ours = c.ourTenant()
	return c
}

// ourTenant is the one that the baseline or the directory names, else the home
// of most accounts.
func (c *class) ourTenant() uint32 {
	if x, _ := c.l.base.Expand("home_tenant_id"); len(x.Items) > 0 {
		return c.l.texts.put([]byte(strings.ToLower(x.Items[0].Value)))
	}
	counts := map[string]int{}
	for _, a := range c.accounts {
		if a.home != 0 {
			counts[c.l.textOf(a.home)]++
		}
	}
	best := ""
	for _, tenant := range slices.Sorted(maps.Keys(counts)) {
		if counts[tenant] > counts[best] {
			best = tenant
		}
	}
	if best == "" {
		return 0
	}
	return c.l.texts.put([]byte(best))
}

// members are those of a list of accounts, and whether it was read.
func (l *Learner) members(list string) (map[string]bool, bool) {
	x, _ := l.base.Expand(list)
	set := make(map[string]bool, len(x.Items))
	for _, it := range x.Items {
		set[it.Value] = true
	}
	return set, x.Unread == "" || len(x.Items) > 0
}

// isPerson and its like are the kinds of accounts that are told apart.
func isPerson(c *class, a *learnedOf) bool {
	return !isPrivileged(c, a) && !isGuestAccount(c, a) && !isResource(c, a)
}

func isPrivileged(c *class, a *learnedOf) bool { return c.privileged[a.id] || c.privileged[a.name] }

func isGuestAccount(c *class, a *learnedOf) bool {
	elsewhere := a.home != 0 && c.ours != 0 && a.home != c.ours
	return !isPrivileged(c, a) && (a.guest || elsewhere || c.guests[a.id] || c.guests[a.name])
}

func isResource(c *class, a *learnedOf) bool {
	return !isPrivileged(c, a) && !isGuestAccount(c, a) && (c.resources[a.id] || c.resources[a.name])
}

func everybody(*class, *learnedOf) bool { return true }

// isMember is anybody but a guest.
func isMember(c *class, a *learnedOf) bool { return !isGuestAccount(c, a) }

func (c *class) count(which func(*class, *learnedOf) bool) int {
	n := 0
	for _, a := range c.accounts {
		if which(c, a) {
			n++
		}
	}
	return n
}

// isOut says whether an account, by id or name, is left out.
func (c *class) isOut(id, name string) bool {
	return c.excluded[id] || c.out.Accounts[id] != "" || c.out.Accounts[name] != ""
}

// tally is who shows a value.
type tally struct {
	accounts, count int
	first, last     uint32
	names           []string // the first few
	left            []string // accounts that were left out and show it
}

// mostNames is how many accounts a line names.
const mostNames = 5

func (t *tally) add(a *learnedOf, u learnedUse) {
	if t.accounts == 0 {
		t.first, t.last = u.first, u.last
	}
	t.accounts++
	t.count += int(u.count)
	t.first, t.last = min(t.first, u.first), max(t.last, u.last)
	if len(t.names) < mostNames {
		t.names = append(t.names, a.label())
	}
}

// shown counts who of some accounts shows which values of a kind.
func (c *class) shown(kind useKind, which func(*class, *learnedOf) bool) map[string]*tally {
	all := map[string]*tally{}
	of := func(u learnedUse) *tally {
		text := c.l.textOf(u.value)
		if all[text] == nil {
			all[text] = &tally{}
		}
		return all[text]
	}
	for _, a := range c.accounts {
		if !which(c, a) {
			continue
		}
		for _, u := range a.values {
			if u.kind == kind {
				of(u).add(a, u)
			}
		}
	}
	for _, out := range c.left {
		a := c.l.find(out.Account)
		for _, u := range a.values {
			if u.kind == kind && which(c, a) {
				t := of(u)
				t.left = append(t.left, out.Name)
			}
		}
	}
	return all
}

func (l *Learner) find(id string) *learnedOf { return l.accounts[fnvOf(id)%learnShards].byID[id] }

// byWeight orders values: those that most accounts show come first.
func byWeight(all map[string]*tally) []string {
	return slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		return cmp.Or(cmp.Compare(all[b].accounts, all[a].accounts), cmp.Compare(all[b].count, all[a].count), strings.Compare(a, b))
	})
}

// line is what is said about a value that accounts show: it is active where
// at least two do, and one in a thousand.
func (t *tally) line(param, value string, of int) Line {
	least := max(2, of/1000)
	line := Line{Parameter: param, Value: value, Accounts: t.accounts, Count: t.count, Names: t.names, Active: t.accounts >= least}
	if of > 0 {
		line.Share = float64(t.accounts) / float64(of)
	}
	line.Evidence = fmt.Sprintf("%s (%s), %s, %s", plural(t.accounts, "account", "accounts"), percent(line.Share), plural(t.count, "sign-in", "sign-ins"), period(t.first, t.last))
	switch {
	case t.accounts == 1:
		line.Why = "only one account shows it"
	case t.accounts == 0:
		line.Evidence, line.Why = "nobody that was learned from shows it", "shown by who was left out"
		line.Names = t.left[:min(len(t.left), mostNames)]
	case t.accounts < least:
		line.Why = fmt.Sprintf("fewer than %d accounts show it", least)
	default:
		line.Names = nil
	}
	if _, err := shapes[kindOf(param)].one(value); err != nil {
		line.Active, line.Why = false, "not a value that a baseline can hold"
	}
	return line
}

func kindOf(param string) Kind {
	p, _ := lookup(param)
	return p.Kind
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// percent writes a share; what is not nothing and not all is never shown so.
func percent(share float64) string {
	switch n := share * 100; {
	case share > 0 && n < 0.1:
		return "under 0.1 %"
	case share < 1 && n > 99.9:
		return "over 99.9 %"
	default:
		return strings.TrimSuffix(strconv.FormatFloat(n, 'f', 1, 64), ".0") + " %"
	}
}

func stamp(at int64) string { return time.Unix(at, 0).UTC().Format(time.RFC3339) }

func date(at int64) string { return time.Unix(at, 0).UTC().Format(time.DateOnly) }

func period(first, last uint32) string {
	if a, b := date(int64(first)), date(int64(last)); a != b {
		return a + " to " + b
	}
	return date(int64(first))
}
