package sim

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// plot is one attack of a month while it is written.
type plot struct {
	c     *company
	d     *diary
	a     *Attack
	r     random
	began time.Time
	from  origin
	is    *Incident
}

// attacks writes all attacks into the diary and returns what they were. Kinds
// that other scenarios have too leave the same records as there.
func (c *company) attacks(d *diary) []Incident {
	s := *c.w.s
	w := newWorld(&s, c.w.seed)
	all := w.incidents()
	for i := range w.events {
		e := &w.events[i]
		d.moments = append(d.moments, happening{e.at, logOf[e.kind], func() []byte { return w.record(e).JSON }})
	}
	for i := range s.Attacks {
		a := &s.Attacks[i]
		if stories[a.Kind].story == nil {
			continue
		}
		is := Incident{Kind: a.Kind, Form: a.Form, Rows: rowsOf[a.Kind]}
		own := &diary{}
		p := &plot{c: c, d: own, a: a, r: random(mix(c.w.seed, useAttack, uint64(i))), began: s.Start.Add(a.At), from: distant(a.From), is: &is}
		stories[a.Kind].story(p)
		is.spans(own)
		d.moments = append(d.moments, own.moments...)
		all = append(all, is)
	}
	slices.SortStableFunc(all, func(a, b Incident) int { return a.First.Compare(b.First) })
	return all
}

// hideouts are where attackers' addresses are.
var hideouts = []origin{
	cityIn("NL", "Amsterdam", "Noord-Holland", 52.3676, 4.9041), cityIn("SG", "Singapore", "Singapore", 1.3521, 103.8198),
	cityIn("ZA", "Johannesburg", "Gauteng", -26.2041, 28.0473), cityIn("VN", "Hà Nội", "Ha Noi", 21.0278, 105.8342),
	cityIn("US", "Ashburn", "Virginia", 39.0438, -77.4874), cityIn("BR", "Rio de Janeiro", "Rio de Janeiro", -22.9068, -43.1729),
}

// distant is the place behind an attacker's address.
func distant(ip string) origin {
	o := hideouts[textSeed(ip)%uint64(len(hideouts))]
	o.ip, o.asn, o.hostile = ip, hostileASN-int(textSeed(ip)>>8%6), true
	return o
}

// spans takes times and number from what was written.
func (is *Incident) spans(d *diary) {
	for _, m := range d.moments {
		is.has(time.Unix(0, m.at).UTC())
	}
	is.sort()
}

// has counts a record of an instant.
func (is *Incident) has(at time.Time) {
	if is.Records == 0 || at.Before(is.First) {
		is.First = at
	}
	if at.After(is.Last) {
		is.Last = at
	}
	is.Records++
}

// sort puts what the incident names in order, each once.
func (is *Incident) sort() {
	slices.Sort(is.Accounts)
	is.Accounts = slices.Compact(is.Accounts)
	slices.Sort(is.Addresses)
	is.Addresses = slices.Compact(is.Addresses)
}

// names puts accounts on the list of those concerned.
func (is *Incident) names(accounts ...account) {
	for _, a := range accounts {
		is.Accounts = append(is.Accounts, a.id, lower(a.upn))
	}
}

// incidents are the attacks whose records are events of the world.
func (w *world) incidents() []Incident {
	all := make([]Incident, len(w.s.Attacks))
	for i := range w.events {
		e := &w.events[i]
		is := &all[e.attack]
		is.has(e.time())
		is.names(w.account(int(e.who)))
		if e.kind == evAudit {
			is.names(w.actorOf(e))
		}
		is.Addresses = append(is.Addresses, e.from.ip)
	}
	for i := range all {
		a := &w.s.Attacks[i]
		all[i].Kind, all[i].Form, all[i].Rows = a.Kind, a.Form, rowsOf[a.Kind]
		all[i].sort()
	}
	return slices.DeleteFunc(all, func(is Incident) bool { return is.Records == 0 || is.Kind == "office_nat" })
}

// after is an instant of the attack.
func (p *plot) after(d time.Duration) time.Time { return p.began.Add(d) }

// victim is a person whom the seed chooses, and who is neither guest nor
// administrator.
func (p *plot) victim() *person {
	for {
		who := p.c.colleague(&p.r)
		if who.place >= adminCount(p.c.w.s.Tenant.Accounts) {
			p.is.names(who.account)
			return who
		}
	}
}

// resource is an account of one of these sorts.
func (p *plot) resource(sorts ...string) account {
	a, err := p.c.one(p.r.next(), sorts...)
	if err != nil { // the directory has none: some shared mailbox that nobody knows
		a = account{place: -1, id: derivedUUID(p.c.w.seed, useResident, 99), name: "Faktura", alias: "faktura", upn: "faktura@" + p.c.s.Tenant.Domain, signIn: "faktura@" + p.c.s.Tenant.Domain, home: p.c.s.Tenant.ID}
	}
	p.is.names(a)
	return a
}

// signIn writes a sign-in of the attacker's as somebody.
func (p *plot) signIn(at time.Time, who account, code int32, change func(*entry)) *entry {
	e := &entry{at: at, seed: p.r.next(), who: who, device: p.device(), app: apps[2], place: p.from, code: code}
	if change != nil {
		change(e)
	}
	p.is.Addresses = append(p.is.Addresses, e.place.ip)
	p.d.signIn(p.c, e)
	return e
}

// strangers are what attackers use: nothing that the tenant knows.
var strangers = []device{
	foreign,
	{system: "Windows 10", browser: "Chrome 145.0.0", agent: computers[1].agent},
	{system: "Windows 11", browser: "Edge 145.0.0", agent: computers[0].agent},
	{system: "MacOs", browser: "Safari 19.2", agent: computers[3].agent},
	{system: "Android 16", browser: "Chrome Mobile 145.0.0", agent: phones[1].agent},
	{browser: "Python Requests 2.32", agent: "python-requests/2.32.3"},
}

// device is what the attacker of this attack uses.
func (p *plot) device() device { return strangers[textSeed(p.a.From)>>16%uint64(len(strangers))] }

// audit writes a deed that somebody's account did from the attacker's place.
func (p *plot) audit(at time.Time, by account, o deed) {
	p.is.names(by)
	p.is.Addresses = append(p.is.Addresses, p.from.ip)
	p.d.audit(p.c, at, o.from(by, p.from))
}

// cmdlet calls an Exchange cmdlet from the attacker's place.
func (p *plot) cmdlet(at time.Time, by account, operation string, object account, parameters ...[2]string) {
	p.is.names(by)
	p.is.Addresses = append(p.is.Addresses, p.from.ip)
	p.d.cmdlet(p.c, at, by, p.from, operation, object, parameters)
}

// next is the n-th address after the attack's own.
func (p *plot) next(n int) origin {
	ip, err := netip.ParseAddr(p.a.From)
	if err != nil { // it was checked when the scenario was read
		return p.from
	}
	for range n {
		ip = ip.Next()
	}
	return distant(ip.String())
}

// alone says that no second factor was asked for.
func alone(e *entry) { e.alone = true }

// evenly calls f n times over the attack's time.
func (p *plot) evenly(n int, f func(i int, at time.Time)) {
	over := p.a.Over
	if over == 0 {
		over = time.Duration(n) * pause
	}
	for i := range n {
		f(i, p.after(time.Duration(float64(over)*float64(i)/float64(max(1, n-1)))))
	}
}

// some returns n different accounts that are neither guests nor
// administrators.
func (p *plot) some(n int) []account {
	var all []account
	seen := map[string]bool{}
	for tries := 0; len(all) < n && tries < 50*n; tries++ {
		who := p.c.colleague(&p.r)
		if !seen[who.id] && who.place >= adminCount(p.c.w.s.Tenant.Accounts) {
			all = append(all, who.account)
			seen[who.id] = true
		}
	}
	p.is.names(all...)
	return all
}

// rowsOf are the rows of the catalogue that each kind of attack is about.
var rowsOf = map[string][]string{
	"password_spray": {"P01"}, "brute_force": {"P02", "G30"}, "disabled_account_signin": {"G39"}, "mfa_denied": {"G33"}, "ca_block": {"G36"},
	"ca_block_after_password": {"G44", "G36"}, "account_taken": {"P07", "G43"}, "guest_to_member": {"G28"}, "risk": {"G11", "G12", "G13"}, "inbox_rule_forwards": {"S03"},
	"mailbox_forwarding": {"S10"}, "transport_rule": {"X15"}, "hiding_rule": {"S04"}, "mass_delete": {"S01"}, "mailbox_permission": {"X09"},
	"account_created_deleted": {"G01"}, "role_to_new_account": {"G04"}, "password_changes": {"S09"}, "mfa_fatigue": {"X01", "G33"}, "mfa_not_completed": {"P03"},
	"aitm": {"X03"}, "risky_then_method": {"X05"}, "many_ips": {"P05"}, "consent": {"X07"}, "app_credential": {"X08"}, "mfa_weakened": {"X12"}, "group_privilege": {"X16"},

	"resource_signin": {"R01", "R11"}, "resource_attempts": {"R02"}, "resource_reset": {"R03", "R08"}, "resource_enabled": {"R06", "R07"}, "resource_method": {"R04"}, "resource_role": {"R10"},
	"room_elsewhere": {"R12"}, "dormant_active": {"R14"}, "legacy_signin": {"G45", "G35"}, "impossible_travel": {"P06"}, "new_country": {"P07", "G43"},
	"device_code": {"X04"}, "session_replay": {"X02"}, "admin_off_hours": {"G40", "G47"}, "failed_elsewhere": {"G34"}, "lockouts": {"P04", "G31"}, "slow_spray": {"G37"},
	"guest_invited": {"G29"}, "foreign_domain": {"G03", "G02"}, "unapproved_admin": {"P08", "G02"}, "sync_changed": {"P11"}, "profile_changed": {"S08", "S05"},
	"forwarded_inside": {"X11"}, "mass_files": {"X13"}, "anonymous_links": {"X10"}, "app_reads_mail": {"X14"}, "sent_and_gone": {"S02"}, "confirmed": {"X06"},
}

// String names an incident in one line.
func (is Incident) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", is.First.Format(time.RFC3339), is.Kind, is.Form))
}
