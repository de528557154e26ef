package sim

import "time"

// machines are the accounts that no person uses.
type machines struct {
	c   *company
	d   *diary
	day int64
	r   random
}

// machinesDay writes what rooms, printers and programs do in a day.
func (c *company) machinesDay(d *diary, day int64) {
	m := &machines{c, d, day, random(mix(c.w.seed, useStaff, uint64(day), 4))}
	for i, a := range c.residents["teams_room"] {
		m.room(a, uint64(i))
	}
	for i, a := range c.residents["scan_to_mail"] {
		m.printer(a, uint64(i))
	}
	for i, a := range c.residents["service_account"] {
		m.service(a, i)
	}
	for _, a := range c.residents["sync_account"] {
		m.synchronises(a)
	}
	for _, sort := range []string{"forgotten_shared", "blocked_shared"} {
		for _, a := range c.residents[sort] {
			if m.r.chance(0.004) {
				m.triesShared(a, sort == "blocked_shared")
			}
		}
	}
}

func (m *machines) anyTime() time.Time {
	return time.Unix(m.day*86400+int64(m.r.below(86400)), 0).UTC()
}

// roomDevice is the device of a room.
func (c *company) roomDevice(a account) device {
	r := random(mix(c.w.seed, useDevice, textSeed(a.id)))
	return device{id: r.uuid(), name: "MTR-" + a.alias[:min(8, len(a.alias))], system: "Windows 11", browser: "Rich Client 5.2.8.0", agent: "Mozilla/5.0 (compatible; MSAL 1.0) Teams Rooms", trust: "Azure AD registered", managed: true}
}

// room is the device of a Teams room: it gets tokens all day, and its
// password is asked for when it starts again.
func (m *machines) room(a account, n uint64) {
	e := entry{who: a, device: m.c.roomDevice(a), app: apps[1], place: atOffice(&branchOffices[n%uint64(len(branchOffices))], n), alone: true}
	e.app.name, e.app.client = "Microsoft Teams Rooms", "Mobile Apps and Desktop clients"
	for range 2 + m.r.times(4) {
		one := e
		one.at, one.seed, one.quiet = m.anyTime(), m.r.next(), !m.r.chance(0.04)
		if m.r.chance(0.03) {
			one.code = pick(&m.r, []int32{700082, 50058, 50173})
		}
		m.d.signIn(m.c, &one)
	}
}

// submission is the sign-in of what sends mail by SMTP.
func submission() app {
	return app{"00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online", "Authenticated SMTP"}
}

// printer sends what it scanned, by SMTP AUTH from its office; some have an
// old password for a day.
func (m *machines) printer(a account, n uint64) {
	e := entry{who: a, device: device{agent: "BAV2ROPC"}, app: submission(), place: atOffice(&branchOffices[n%4], n), alone: true}
	stale := m.r.chance(0.01)
	for range m.r.times(m.c.busy(m.day) * 14) {
		one := e
		one.at, one.seed = landOf("SE").local(m.day, 7+11*m.r.float()), m.r.next()
		if stale {
			one.code = 50126
		}
		m.d.signIn(m.c, &one)
	}
}

// service is a program that signs in as an account with a password, from a
// server. Now and then a password runs out, and the program tries and tries
// for days: one every half hour, another every minute.
func (m *machines) service(a account, n int) {
	r := random(mix(m.c.w.seed, useStaff, uint64(n), 5))
	every := []time.Duration{10 * time.Minute, 30 * time.Minute, time.Hour, 4 * time.Hour, time.Minute}[r.below(5)]
	fails := uint64(m.day+int64(r.below(60)))%60 < 3
	if !fails && every < 10*time.Minute {
		every = time.Hour
	}
	place := cities[0]
	place.ip, place.asn, place.network = serverIP, landOf("SE").asn(3), "Datahall"
	e := entry{who: a, device: device{agent: "python-requests/2.32"}, app: lifeApps[false][9], place: place, alone: true}
	e.app.client = "Mobile Apps and Desktop clients"
	for at := time.Unix(m.day*86400+int64(r.below(600)), 0).UTC(); dayOf(at) == m.day; at = at.Add(every) {
		one := e
		one.at, one.seed = at.Add(time.Duration(m.r.below(20))*time.Second), m.r.next()
		if fails {
			one.code = 50126
		}
		m.d.signIn(m.c, &one)
	}
}

// synchronises is Entra Connect, every half hour.
func (m *machines) synchronises(a account) {
	place := cities[0]
	place.ip, place.asn, place.network = serverIP, landOf("SE").asn(3), "Datahall"
	e := entry{who: a, device: device{agent: "Microsoft.Identity.Client", system: "Windows Server"}, place: place, alone: true, quiet: true,
		app: app{"cb1056e2-e479-49de-ae31-7812af012ed8", "Microsoft Azure Active Directory Connect", "00000002-0000-0000-c000-000000000000", "Windows Azure Active Directory", "Mobile Apps and Desktop clients"}}
	for i := range 48 {
		one := e
		one.at, one.seed = time.Unix(m.day*86400+int64(i)*1800+int64(m.r.below(30)), 0).UTC(), m.r.next()
		m.d.signIn(m.c, &one)
	}
}

// triesShared is a delegate who types the address of a shared mailbox by
// habit.
func (m *machines) triesShared(a account, blocked bool) {
	p := m.c.colleague(&m.r)
	at := m.c.personOf(p.account).land.local(m.day, 8+8*m.r.float())
	for range 1 + m.r.below(2) {
		e := entry{at: at, seed: m.r.next(), who: a, device: p.devices[0], app: apps[0], place: m.c.desk(p.account, at), code: 50126}
		if blocked && m.r.chance(0.5) {
			e.code = 50057
		}
		m.d.signIn(m.c, &e)
		at = at.Add(20 * time.Second)
	}
}
