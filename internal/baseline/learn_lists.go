package baseline

import (
	"cmp"
	"fmt"
	"maps"
	"math/bits"
	"net/netip"
	"slices"
	"strings"
)

// lists are the lines of what accounts use: countries, partners, clients.
func (c *class) lists() []Line {
	var lines []Line
	add := func(param string, kind useKind, which func(*class, *learnedOf) bool, change func(*Line)) {
		all, of := c.shown(kind, which), c.count(which)
		for _, value := range byWeight(all) {
			line := all[value].line(param, value, of)
			if change != nil {
				change(&line)
			}
			lines = append(lines, line)
		}
	}
	add("approved_countries", useCountry, everybody, nil)
	add("privileged_countries", useCountry, isPrivileged, ask("whether administrators work from nowhere else is yours to say"))
	add("approved_partner_tenants", usePartner, isMember, nil)
	add("sfa_allowed_apps", useSingleFactor, everybody, ask("whether a single factor is enough there is yours to say"))
	add("vpn_asns", useASN, everybody, ask("a network that people use; whether it carries your VPN is yours to say"))
	microsoft, _ := c.l.members("microsoft_tenants")
	lines = slices.DeleteFunc(lines, func(l Line) bool {
		return l.Parameter == "privileged_countries" && l.Accounts == 0 || l.Parameter == "approved_partner_tenants" && microsoft[l.Value]
	})
	return slices.Concat(lines, c.domains(), c.exceptions("legacy_exceptions", useLegacy), c.exceptions("device_code_allowed", useDeviceCode), c.rooms(), c.blocking())
}

// ask keeps a line from being active: logs cannot answer it.
func ask(why string) func(*Line) {
	return func(l *Line) { l.Active, l.Why = false, cmp.Or(l.Why, why) }
}

// domains are those of the names of members.
func (c *class) domains() []Line {
	all, guests := map[string]*tally{}, map[string]*tally{}
	see := func(to map[string]*tally, a *learnedOf, domain string) {
		if to[domain] == nil {
			to[domain] = &tally{}
		}
		to[domain].add(a, learnedUse{count: a.successes, first: a.first, last: a.last})
	}
	for _, a := range c.accounts {
		local, domain, ok := strings.Cut(a.name, "@")
		if !ok {
			continue
		}
		if !isGuestAccount(c, a) {
			see(all, a, domain)
		} else if home, _, ext := strings.Cut(local, "#ext#"); ext {
			see(guests, a, home[strings.LastIndexByte(home, '_')+1:])
		} else {
			see(guests, a, domain)
		}
	}
	var lines []Line
	for _, d := range byWeight(all) {
		lines = append(lines, all[d].line("approved_upn_domains", d, c.count(isMember)))
	}
	for d, names := range c.l.audits.guests {
		if guests[d] == nil && len(names) > 0 {
			guests[d] = &tally{accounts: len(names), first: uint32(c.l.volume.first), last: uint32(c.l.volume.last)}
		}
	}
	for _, d := range byWeight(guests) {
		line := guests[d].line("approved_partner_domains", d, 0)
		line.Evidence = fmt.Sprintf("%s, %s", plural(guests[d].accounts, "guest", "guests"), plural(guests[d].count, "sign-in", "sign-ins"))
		lines = append(lines, line)
	}
	return lines
}

// exceptions are accounts that do what others do not. Each stands for itself
// alone, so that none is active.
func (c *class) exceptions(param string, kind useKind) []Line {
	var lines []Line
	for _, a := range c.accounts {
		var texts []string
		t := tally{}
		for _, u := range a.values {
			if u.kind == kind {
				t.add(a, u)
				texts = append(texts, c.l.textOf(u.value))
			}
		}
		if t.accounts == 0 {
			continue
		}
		slices.Sort(texts)
		line := Line{Parameter: param, Value: a.id, Accounts: 1, Count: t.count, Names: []string{a.label()},
			Evidence: fmt.Sprintf("%s, %s", plural(t.count, "sign-in", "sign-ins"), period(t.first, t.last)), Why: "an exception is yours to make: add a note and an end"}
		if kind == useLegacy {
			line.Evidence = strings.Join(texts, " and ") + ": " + line.Evidence
		}
		lines = append(lines, line)
	}
	slices.SortFunc(lines, func(a, b Line) int { return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Value, b.Value)) })
	return lines
}

// rooms are resource accounts that sign in, left out or not. That may be a
// Teams Room or somebody who took the account over, and is never taken for
// normal.
func (c *class) rooms() []Line {
	var lines []Line
	for _, a := range c.l.all() {
		if !isResource(c, a) || a.successes == 0 {
			continue
		}
		line := Line{Parameter: "resource_signin_exceptions", Value: a.id, Accounts: 1, Count: int(a.successes), Names: []string{a.label()},
			Why: "somebody signs in as this mailbox: find out who before it is an exception"}
		line.Evidence = fmt.Sprintf("%s, %s, from %s, %s and %s", plural(int(a.successes), "sign-in", "sign-ins"), period(a.first, a.last),
			plural(a.uses(useCountry), "country", "countries"), plural(a.uses(useASN), "network", "networks"), plural(a.uses(useDevice), "known device", "known devices"))
		lines = append(lines, line)
	}
	return lines
}

// blocking are the Conditional Access policies that stop people. Whoever is
// stopped may have an alert for it, so that those who are left out count here.
func (c *class) blocking() []Line {
	all := c.shown(useBlockedBy, everybody)
	var lines []Line
	for _, policy := range byWeight(all) {
		t := all[policy]
		n := t.accounts + len(t.left)
		line := Line{Parameter: "ca_block_noise_policies", Value: policy, Accounts: n, Count: t.count, Share: float64(n) / float64(len(c.accounts)+len(c.left)),
			Why: "a policy that stops people; whether it does so every day, as it should, is yours to say"}
		line.Evidence = fmt.Sprintf("stopped %s (%s), %s of them left out", plural(n, "account", "accounts"), percent(line.Share), thousands(len(t.left)))
		lines = append(lines, line)
	}
	return lines
}

// Egress addresses: how many regulars one has to have, which are accounts that
// came on several days. An address that a mobile network gives to somebody else
// every hour has many visitors and no regulars.
const (
	egressRegulars = 10
	egressShare    = 0.01 // of all accounts; the larger of the two counts
	egressDays     = 3
	egressLook     = 5 // from how many accounts on it is shown
)

// egressPlace is an address that several accounts came from.
type egressPlace struct {
	addr                     netip.Addr
	accounts, regulars, days int
	cut                      bool
}

// place counts who came from an address, without those who are left out.
func (c *class) place(addr netip.Addr, p *sharedPlace) egressPlace {
	e := egressPlace{addr: addr, cut: p.cut}
	var all uint64
	for _, v := range p.visitors {
		if c.hashes[v.account] {
			continue
		}
		e.accounts++
		all |= v.days
		if bits.OnesCount64(v.days) >= egressDays {
			e.regulars++
		}
	}
	e.days = bits.OnesCount64(all)
	return e
}

// egress are addresses that many accounts come from, day by day.
func (c *class) egress() []Line {
	var places []egressPlace
	for i := range c.l.places {
		for addr, p := range c.l.places[i].shared {
			if e := c.place(addr, p); e.accounts >= egressLook {
				places = append(places, e)
			}
		}
	}
	slices.SortFunc(places, func(a, b egressPlace) int {
		return cmp.Or(cmp.Compare(b.regulars, a.regulars), cmp.Compare(b.accounts, a.accounts), a.addr.Compare(b.addr))
	})
	least := max(egressRegulars, int(egressShare*float64(len(c.accounts))))
	lines := make([]Line, 0, len(places))
	for _, p := range places {
		line := Line{Parameter: "known_egress_cidrs", Value: p.addr.String(), Accounts: p.accounts, Share: float64(p.accounts) / float64(len(c.accounts)), Active: p.regulars >= least}
		atLeast := ""
		if p.cut {
			atLeast = "at least "
		}
		line.Evidence = fmt.Sprintf("%s%s (%s), %s of them on %d days or more; on %s", atLeast, plural(p.accounts, "account", "accounts"), percent(line.Share),
			thousands(p.regulars), egressDays, plural(p.days, "day", "days"))
		if c.out.Addresses[line.Value] {
			line.Evidence += "; an alert names it"
		}
		if !line.Active {
			line.Why = fmt.Sprintf("fewer than %d accounts come from it on %d days", least, egressDays)
		}
		lines = append(lines, line)
	}
	return lines
}

// Actors: on how many days and accounts one has to have worked, and which share
// of all operations those have to have done who are proposed: a list without
// somebody who works every day would alert every day.
const (
	actorDays    = 3
	actorObjects = 5
	actorShare   = 0.9
)

// actors are those who keep accounts, invite guests and give rights on
// mailboxes.
func (c *class) actors() []Line {
	keys := slices.SortedFunc(maps.Keys(c.l.audits.actors), func(a, b actorKey) int {
		return cmp.Or(cmp.Compare(c.l.audits.actors[b].count, c.l.audits.actors[a].count), strings.Compare(a.id, b.id), cmp.Compare(a.role, b.role))
	})
	total := map[actorRole]int{}
	for k, a := range c.l.audits.actors {
		total[k.role] += a.count
	}
	covered := map[actorRole]float64{}
	var lines []Line
	for _, k := range keys {
		a := c.l.audits.actors[k]
		line := Line{Value: k.id, Count: a.count, Accounts: len(a.objects), Share: float64(a.count) / float64(total[k.role]), Names: []string{cmp.Or(a.name, k.id)}}
		switch {
		case k.role == inviter:
			line.Parameter = "approved_inviters"
		case k.role == mailboxAdmin:
			line.Parameter = "approved_exchange_admins"
		case k.app:
			line.Parameter = "approved_provisioning_apps"
		default:
			line.Parameter = "approved_account_admins"
		}
		more := ""
		if a.more {
			more = "more than "
		}
		line.Evidence = fmt.Sprintf("%s (%s) on %s%s, on %s", plural(a.count, "operation", "operations"), percent(line.Share), more, plural(len(a.objects), "account", "accounts"), plural(len(a.days), "day", "days"))
		if c.out.Named[k.id] || c.out.Named[a.name] {
			line.Evidence += "; an alert names it"
		}
		switch {
		case c.isOut(k.id, a.name):
			line.Why = "the account was left out"
		case len(a.days) < actorDays:
			line.Why = fmt.Sprintf("on fewer than %d days", actorDays)
		case len(a.objects) < actorObjects:
			line.Why = fmt.Sprintf("on fewer than %d accounts", actorObjects)
		}
		line.Active = line.Why == ""
		if _, err := shapes[kindOf(line.Parameter)].one(line.Value); err != nil {
			line.Active, line.Why = false, "not a value that a baseline can hold"
		}
		covered[k.role] += share(line)
		lines = append(lines, line)
	}
	for i, k := range keys {
		if l := &lines[i]; l.Active && covered[k.role] < actorShare {
			l.Active, l.Why = false, "without the others the list would not be whole: "+percent(covered[k.role])+" of the operations"
		}
	}
	return append(lines, c.knownApps(lines)...)
}

// share is which part of all operations an active line stands for.
func share(l Line) float64 {
	if !l.Active {
		return 0
	}
	return l.Share
}

// knownApps are the applications that create accounts by default: a list that
// is declared replaces them, so that they have to stand in it.
func (c *class) knownApps(lines []Line) []Line {
	const param = "approved_provisioning_apps"
	ours := slices.ContainsFunc(lines, func(l Line) bool { return l.Parameter == param && l.Active })
	if !ours {
		return nil
	}
	x, _ := c.l.base.Expand(param)
	var more []Line
	for _, it := range x.Items {
		if !slices.ContainsFunc(lines, func(l Line) bool { return l.Parameter == param && l.Value == it.Value && l.Active }) {
			more = append(more, Line{Parameter: param, Value: it.Value, Active: true, Evidence: "listed before; not seen at work in these logs"})
		}
	}
	return more
}

// Attributes: how many accounts must have been created, and which share of
// them must have got one.
const (
	attributeCreations = 20
	attributeShare     = 0.99
	attributeLook      = 0.5
)

// attributes are those that new accounts get.
func (c *class) attributes() []Line {
	t := &c.l.audits
	var lines []Line
	for _, name := range slices.Sorted(maps.Keys(t.attributes)) {
		n := t.attributes[name]
		line := Line{Parameter: "required_attributes", Key: name, Value: ".+", Count: n, Share: float64(n) / float64(t.created)}
		line.Evidence = fmt.Sprintf("%s of %s", thousands(n), plural(t.created, "new account", "new accounts"))
		switch {
		case line.Share < attributeLook:
			continue
		case t.created < attributeCreations:
			line.Why = fmt.Sprintf("fewer than %d new accounts", attributeCreations)
		case line.Share < attributeShare:
			line.Why = fmt.Sprintf("not on %s of them", percent(attributeShare))
		}
		line.Active = line.Why == ""
		lines = append(lines, line)
	}
	return lines
}
