package sim

import "time"

// today is somebody's day while it is written.
type today struct {
	c       *company
	d       *diary
	p       *person
	day     int64
	stay    stay
	r       random
	devices [2]device
	office  bool // at the office today
	tunnel  bool
	veiled  bool
	moved   time.Time // of who travels: when he arrives; zero is before the day
}

// livesThrough writes a person's sign-ins of one day.
func (c *company) livesThrough(d *diary, p *person, day int64) {
	t := &today{c: c, d: d, p: p, day: day, stay: c.stays(p, day), r: random(mix(p.seed, useDay, uint64(day)))}
	var fresh [2]bool
	t.devices, fresh = c.carries(p, day)
	t.office = t.stay.kind == atWork && t.r.chance(p.desk)
	t.tunnel = !t.office && t.stay.kind != atRest && t.r.chance(p.tunnel)
	t.veiled = !t.office && t.r.chance(p.veil)
	if t.stay.leaves && t.stay.land != p.land {
		t.moved = p.land.local(day, 13+5*t.r.float())
	}
	mean := p.pace * [...]float64{atWork: 1.3, onTrip: 1, onLeave: 0.25, atRest: 0.15}[t.stay.kind]
	for range t.r.times(mean) {
		t.signsIn(t.hour())
	}
	if fresh[1] && !p.guest {
		t.newPhone()
	}
	if t.r.chance(0.0004) {
		t.lockedOut()
	}
	if t.r.chance(0.0015) && t.stay.kind == atWork && !p.guest {
		t.changesPassword()
	}
}

// hour draws the local hour of a sign-in. Who is at work signs in most when
// it begins, and now and then in the evening.
func (t *today) hour() float64 {
	begins := t.p.begins
	if t.stay.night {
		begins = 21.5
	} else if t.p.shifts {
		begins = []float64{5.7, 13.6}[t.p.seed%2]
	}
	switch at := t.r.float(); {
	case t.stay.kind == onLeave || t.stay.kind == atRest:
		return 8 + 14.5*t.r.float()
	case at < 0.3:
		return begins + max(-1, t.r.gauss(0.15, 0.3))
	case at < 0.93:
		return begins + t.p.hours*t.r.float()
	}
	return begins + t.p.hours + t.r.float()*max(0.5, 23.5-begins-t.p.hours)
}

// entry begins a sign-in at a local hour: with which device, from where.
func (t *today) entry(hour float64) *entry {
	l := t.p.land
	if t.stay.kind != atWork && t.moved.IsZero() {
		l = t.stay.land
	}
	e := &entry{at: l.local(t.day, hour), seed: t.r.next(), who: t.p.account, alone: t.p.alone}
	phone := t.r.chance(t.p.phone)
	if t.stay.kind == onLeave || t.stay.kind == atRest {
		phone = t.r.chance(0.8)
	}
	e.device = t.devices[0]
	if phone {
		e.device = t.devices[1]
	}
	e.app = pick(&t.r, lifeApps[phone])
	e.place = t.place(e.at, phone)
	return e
}

// place is where a request of today leaves from.
func (t *today) place(at time.Time, phone bool) origin {
	away := t.stay.land != t.p.land && (t.moved.IsZero() || at.After(t.moved))
	switch {
	case t.p.guest:
		return t.p.atHome(t.day)
	case t.veiled:
		return throughVeil(t.p.seed + uint64(t.day))
	case t.tunnel && !phone:
		return throughVPN(t.p.seed + uint64(t.day))
	case away && phone && t.r.chance(0.35): // the telephone's network at home carries what it does abroad
		return byMobile(t.p.land, t.p.city, t.p.seed+uint64(t.day))
	case away && phone && t.r.chance(0.4):
		return byMobile(t.stay.land, t.stay.land.cities[0], t.stay.place)
	case away, t.stay.kind == onTrip && t.stay.land == t.p.land:
		return atHotel(t.stay.land, t.stay.place)
	case t.office && (!phone || t.r.chance(0.5)):
		return atOffice(t.p.office, t.p.seed)
	case phone && t.r.chance(0.6):
		return byMobile(t.p.land, t.p.city, t.p.seed+uint64(at.Unix()/7200))
	}
	return t.p.atHome(t.day)
}

// inFlight is true of an instant at which one sits in an aeroplane.
func (t *today) inFlight(at time.Time) bool {
	return !t.moved.IsZero() && at.Before(t.moved) && at.After(t.moved.Add(-flight(t.p.land, t.stay.land)))
}

// flight is about how long it takes from one country to another, from door to
// door.
func flight(a, b *land) time.Duration {
	north, east := a.cities[0].lat-b.cities[0].lat, a.cities[0].lon-b.cities[0].lon
	degrees := max(north, -north) + max(east, -east)/2
	return 3*time.Hour + time.Duration(degrees*float64(8*time.Minute))
}

// signsIn writes one sign-in and what comes before it.
func (t *today) signsIn(hour float64) {
	e := t.entry(hour)
	switch {
	case t.inFlight(e.at):
		return
	case t.r.chance(t.c.s.Life.NonInteractive):
		t.quietly(e)
	default:
		t.openly(e)
	}
}

// shares are codes with how often they come, of all sign-ins of a kind.
type shares []struct {
	share float64
	code  int32
}

func (s shares) draw(r *random) int32 {
	at := r.float()
	for _, one := range s {
		if at -= one.share; at < 0 {
			return one.code
		}
	}
	return 0
}

// quietShares are of non-interactive sign-ins: what tokens run into.
var quietShares = shares{
	{0.022, 50058}, {0.014, 70044}, {0.011, 700082}, {0.006, 50076}, {0.005, 70043}, {0.004, 50173}, {0.003, 65001},
	{0.003, 50074}, {0.002, 700084}, {0.002, 70008}, {0.002, 50089}, {0.001, 50133}, {0.001, 50097}, {0.0004, 53003}, {0.0004, 50105},
}

func (t *today) quietly(e *entry) {
	e.quiet = true
	e.code, e.policy = quietShares.draw(&t.r), t.blocks()
	if t.r.chance(0.015) {
		e.place = throughMicrosoft(t.r.next())
	}
	if t.r.chance(0.01) && !t.p.guest {
		e.tenant = pick(&t.r, partnerTenants)
	}
	t.d.signIn(t.c, e)
}

// blocks is the policy that blocks where one does: mostly the one about
// devices that nobody manages.
func (t *today) blocks() string {
	if t.r.chance(0.1) {
		return placeBlock
	}
	return everydayBlock
}

// partnerTenants are of other companies in which people of this one are guests.
var partnerTenants = []string{guestTenant, guestTenant, "66666666-7777-4888-9999-000000000001", "66666666-7777-4888-9999-000000000002"}

// askedShares are of interactive sign-ins: what Entra asks before it lets in.
var askedShares = shares{
	{0.045, 50140}, {0.018, 50074}, {0.012, 50097}, {0.010, 50076}, {0.008, 50058}, {0.007, 50199}, {0.006, 16000},
	{0.003, 500121}, {0.002, 16001}, {0.002, 50055}, {0.001, 65001}, {0.001, 50125}, {0.0008, 50072}, {0.0006, 53003}, {0.0005, 53000}, {0.0004, 50105},
}

// openly is an interactive sign-in: perhaps with wrong passwords, perhaps with
// a question in between.
func (t *today) openly(e *entry) {
	if t.r.chance(t.p.clumsy) {
		if !t.mistypes(e, 1+t.r.times(0.5)) {
			return
		}
	}
	switch code := askedShares.draw(&t.r); code {
	case 0:
	case 53003, 53000, 50105:
		e.code, e.policy = code, t.blocks()
		t.d.signIn(t.c, e)
		return
	case 500121:
		t.unanswered(e)
	case 50055:
		t.asked(e, code)
		t.d.audit(t.c, e.at.Add(20*time.Second), t.c.ownPassword(t.p, e.place, "Change user password"))
	default:
		t.asked(e, code)
	}
	if t.r.chance(t.risky()) {
		t.suspected(e)
	}
	t.d.signIn(t.c, e)
}

// risky is how likely Entra ID Protection takes a sign-in for somebody
// else's: most where somebody is not where he usually is.
func (t *today) risky() float64 {
	switch {
	case t.veiled:
		return 0.01
	case t.stay.land != t.p.land:
		return 0.006
	}
	return 0.0001
}

// mistypes writes wrong passwords; false where one gives up.
func (t *today) mistypes(e *entry, n int) bool {
	for range n {
		wrong := *e
		wrong.code, wrong.seed = 50126, t.r.next()
		t.d.signIn(t.c, &wrong)
		e.at = e.at.Add(time.Duration(6+t.r.below(40)) * time.Second)
	}
	return !t.r.chance(0.12)
}

// asked writes a page that asks something; what follows is the same attempt.
func (t *today) asked(e *entry, code int32) {
	page := *e
	page.code = code
	t.d.signIn(t.c, &page)
	e.first, e.seed = page.seed, t.r.next()
	e.at = e.at.Add(time.Duration(3+t.r.below(30)) * time.Second)
}

// What a request for the second factor that failed says.
const (
	noResponse = "MFA denied; user did not respond to mobile app notification"
	wrongCode  = "MFA denied; user did not select the correct number"
)

// unanswered is a telephone that lies elsewhere, or a wrong number; few press
// the wrong button.
func (t *today) unanswered(e *entry) {
	for range 1 + t.r.times(0.3) {
		failed := *e
		failed.code, failed.seed, failed.says = 500121, t.r.next(), noResponse
		switch how := t.r.float(); {
		case how < 0.25:
			failed.says = wrongCode
		case how < 0.29:
			failed.says = ""
		}
		t.d.signIn(t.c, &failed)
		e.at = e.at.Add(time.Duration(45+t.r.below(60)) * time.Second)
	}
	e.seed = t.r.next()
}

// newPhone is the day on which somebody gets another telephone: it is
// registered as a device and as a second factor.
func (t *today) newPhone() {
	e := t.entry(t.p.begins + 2 + 4*t.r.float())
	e.device, e.app = t.devices[1], appNamed("Outlook Mobile")
	if t.stay.kind == atWork {
		e.place = atOffice(t.p.office, t.p.seed)
	}
	t.asked(e, 50074)
	t.d.signIn(t.c, e)
	at := e.at
	for i, name := range []string{"User started security info registration", "User registered security info", "User deleted security info"} {
		t.d.audit(t.c, at.Add(time.Duration(1+i)*90*time.Second), t.c.ownMethod(t.p, e.place, name))
	}
	t.d.audit(t.c, at.Add(4*time.Minute), t.c.registersDevice(t.p, e.device))
}

// lockedOut is somebody who is sure of a password that is not his any more,
// and calls the help desk in the end.
func (t *today) lockedOut() {
	e := t.entry(t.p.begins + 0.5*t.r.float())
	n := 7 + t.r.below(9)
	for i := range n {
		wrong := *e
		wrong.code, wrong.seed = 50126, t.r.next()
		if i >= 10 {
			wrong.code = 50053
		}
		t.d.signIn(t.c, &wrong)
		e.at = e.at.Add(time.Duration(9+t.r.below(50)) * time.Second)
	}
	if t.p.guest {
		return
	}
	e.at = e.at.Add(time.Duration(10+t.r.below(60)) * time.Minute)
	t.c.resetsPassword(t.d, e.at, t.p.account, t.r.next())
	e.at = e.at.Add(4 * time.Minute)
	t.asked(e, 50055)
	t.d.signIn(t.c, e)
}

// changesPassword is followed by a telephone that goes on with the old one for
// some hours.
func (t *today) changesPassword() {
	e := t.entry(t.p.begins + 1 + t.r.float()*5)
	t.d.audit(t.c, e.at, t.c.ownPassword(t.p, e.place, pick(&t.r, []string{"Change user password", "Reset password (self-service)"})))
	if !t.r.chance(0.3) {
		return
	}
	e.device, e.app = t.devices[1], appNamed("Outlook Mobile")
	for range 3 + t.r.below(14) {
		e.at = e.at.Add(time.Duration(5+t.r.below(25)) * time.Minute)
		stale := *e
		stale.code, stale.seed, stale.quiet = 50126, t.r.next(), t.r.chance(0.5)
		t.d.signIn(t.c, &stale)
	}
}
