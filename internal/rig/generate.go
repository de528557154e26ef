package rig

import (
	"fmt"
	"time"

	"vakt/internal/sim"
)

// Generate makes the tenant of a scenario: its people and guests as the logs
// of the same scenario and seed name them, the objects of its directory
// section, and what it says about each. Labels stand in the order of users.
//
// Times are counted back from what o.Clock says now; the scenario's days end
// at the last midnight before. Accounts are made from the seed when they are
// read, so that a tenant of 200,000 costs little memory until it is written.
func Generate(s *sim.Scenario, o Options) (*State, []Label, error) {
	g := newMaker(s, o)
	if err := g.cast(); err != nil {
		return nil, nil, fmt.Errorf("scenario %q: %w", s.Name, err)
	}
	g.tenant()
	g.accounts()
	g.others()
	g.logs()
	return g.state, g.labels(), nil
}

// maker holds what is decided once for a tenant while it is made, and makes
// cards afterwards.
type maker struct {
	scenario *sim.Scenario
	seed     uint64
	now      time.Time
	licence  string // p2, p1 or none
	state    *State

	domain, initial, federated string
	account                    func(place int) sim.Account
	people                     int            // accounts with a life in the logs
	spare                      int            // the next place beyond them
	used                       map[string]int // how often names were given
	resources                  int

	cards []card  // of all accounts that are no ordinary person
	order []int32 // the account at each place of users: a person's place, or -1-i for cards[i]

	delegates                                                           string // a group that opens mailboxes
	emergency, roleGroup, innerGroup, eligibleGroup, rooms, exempt, all *group
	granted, mayActivate                                                []grant
	audits                                                              []told
}

// grant is a role that a principal has, or may activate.
type grant struct{ principal, role, scope string }

// told is something that the directory audits tell of an account.
type told struct {
	card     *card
	activity string
	at       time.Time
}

func newMaker(s *sim.Scenario, o Options) *maker {
	g := &maker{
		scenario: s, seed: o.Seed, now: o.Clock().UTC().Truncate(time.Second), licence: "p2", state: New(s.Tenant.ID, o),
		domain: s.Tenant.Domain, initial: s.Tenant.Name + ".onmicrosoft.com", federated: "ad." + s.Tenant.Domain,
		account: s.Accounts(o.Seed), people: s.People(), used: map[string]int{}, delegates: "Delegater Funktionsbrevlådor",
	}
	if s.Directory != nil {
		g.licence = s.Directory.Licence
	}
	g.state.licence = g.licence
	g.spare = g.people + 60 + 20*len(s.Attacks)
	g.groups()
	return g
}

func (g *maker) assign(principal, role, scope string) {
	g.granted = append(g.granted, grant{principal, role, scope})
}

func (g *maker) eligible(principal, role string) {
	g.mayActivate = append(g.mayActivate, grant{principal, role, "/"})
}

func (g *maker) told(c *card, activity string, at time.Time) {
	g.audits = append(g.audits, told{c, activity, at})
}

// anyone returns one of the people who live in the logs.
func (g *maker) anyone(r *random) sim.Account {
	for {
		if a := g.account(r.below(g.people)); !a.Guest {
			return a
		}
	}
}

// cast makes the cards and puts all accounts in an order in which neither
// sorts nor people stand together.
func (g *maker) cast() error {
	all := sorts()
	counts := g.scenario.Counts()
	total := 0
	for name, n := range counts {
		if _, err := sortNamed(all, name); err != nil {
			return err
		}
		total += n
	}
	g.cards = make([]card, 0, total) // never grows: groups hold pointers into it
	for _, s := range all {
		for nth := range counts[s.name] {
			g.cards = append(g.cards, card{sort: s.name, nth: nth})
			c := &g.cards[len(g.cards)-1]
			s.begin(g, c)
			s.turn(g, c)
			g.withLicence(c)
		}
	}
	for place := range g.people {
		g.order = append(g.order, int32(place))
	}
	for i := range g.cards {
		g.order = append(g.order, int32(-1-i))
	}
	r := random(mix(g.seed, useBlock))
	for i := range g.order {
		j := i + r.below(len(g.order)-i)
		g.order[i], g.order[j] = g.order[j], g.order[i]
	}
	return nil
}

// withLicence takes back what nobody can see without Entra ID P1: when
// somebody signed in. What rests on it becomes a hold.
func (g *maker) withLicence(c *card) {
	l := &c.label
	if g.licence == "none" && (l.Verdict == Block || l.Verdict == Hold && (l.Reason == BecauseSignIn || l.Reason == BecauseSMTP)) {
		c.decide(Hold, BecauseUnseen)
	}
}

// card returns the card of the account at a place of users. People's cards
// are made anew.
func (g *maker) card(at int) *card {
	place := g.order[at]
	if place < 0 {
		return &g.cards[-1-place]
	}
	var c card
	g.personal(&c, g.account(int(place)))
	return &c
}

func (g *maker) labels() []Label {
	all := make([]Label, len(g.order))
	for i := range g.order {
		c := g.card(i)
		l := c.label
		l.ID, l.UPN, l.Sort = c.id, c.upn, c.sort
		all[i] = l
	}
	return all
}
