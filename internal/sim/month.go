package sim

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"
)

// Month makes the people of a scenario live as those of a company do, instead
// of Life's plain traffic: at offices and homes in several countries, by
// local time, on leave and on business trips, with new telephones, a help
// desk, joiners and leavers, guests, rooms, printers and programs. Nothing in
// it looks at what any rule counts: what a rule finds in it besides the
// attacks is a false alert that a real tenant could have given too.
//
// How much goes on is Life's: sign-ins of an account, the share of wrong
// passwords and of non-interactive sign-ins, directory audits and mailbox
// records of a working day. Those of a day are of a tenant of the size that
// the scenario is written for; others have as many in proportion.
type Month struct {
	// Files is the number of file records on a working day.
	Files int `yaml:"files_per_day"`
	// Holidays are days, such as 2026-04-03, on which hardly anybody works, by
	// country. The home countries are SE, NO, FI, DE, GB, US and IN.
	Holidays map[string][]string `yaml:"holidays"`
}

// mostResidents bounds the accounts of a month: they are held in memory.
const mostResidents = 200_000

func (m *Month) validate(s *Scenario) error {
	if m == nil {
		return nil
	}
	if s.Tenant.Accounts > mostResidents {
		return fmt.Errorf("tenant.accounts is %d: a month has up to %d", s.Tenant.Accounts, mostResidents)
	}
	if m.Files < 0 || m.Files > maxDaily {
		return fmt.Errorf("month.files_per_day is %d: give 0 to %d", m.Files, maxDaily)
	}
	for _, code := range slices.Sorted(maps.Keys(m.Holidays)) {
		if landOf(code) == nil {
			return fmt.Errorf("month.holidays: nobody is in %q", code)
		}
		for _, day := range m.Holidays[code] {
			if _, err := time.Parse(time.DateOnly, day); err != nil {
				return fmt.Errorf("month.holidays.%s: %q is no day: write 2026-04-03", code, day)
			}
		}
	}
	return nil
}

// Resident is an account of the directory that is no ordinary person: a
// shared mailbox, a room, a program's account.
type Resident struct {
	// Sort is what the scenario calls it under directory.objects.
	Sort string
	// ID, UPN and Name are its object id, address and display name.
	ID, UPN, Name string
}

// With returns the same scenario with the accounts that somebody else made
// for its directory section, so that logs and directory name the same ones. A
// month without them invents its own.
func (s *Scenario) With(residents []Resident) *Scenario {
	known := *s
	known.residents = residents
	return &known
}

// WithoutAttacks returns the same scenario in which nobody attacks.
func (s *Scenario) WithoutAttacks() *Scenario {
	calm := *s
	calm.Attacks = nil
	return &calm
}

// happening is one record to come.
type happening struct {
	at   int64  // unix nanoseconds
	log  string // which log it belongs to
	text func() []byte
}

// diary collects what happens. Moments need not come in order.
type diary struct{ moments []happening }

// add writes a moment into the diary, in whole seconds, as most logs are.
func (d *diary) add(log string, at time.Time, text func() []byte) {
	d.moments = append(d.moments, happening{at.Truncate(time.Second).UnixNano(), log, text})
}

// company is a tenant whose people live a month.
type company struct {
	w         *world
	s         *Scenario
	people    []person
	residents map[string][]account // by sort
	holidays  map[string]map[int64]bool
	scale     float64 // of what goes on in a day, against the scenario as written
}

func newCompany(s *Scenario, seed uint64) *company {
	c := &company{w: &world{s: s.peopled(), seed: seed}, s: s, residents: map[string][]account{}, holidays: map[string]map[int64]bool{}, scale: 1}
	if s.written > 0 {
		c.scale = float64(s.Tenant.Accounts) / float64(s.written)
	}
	for code, days := range s.Month.Holidays {
		c.holidays[code] = map[int64]bool{}
		for _, text := range days {
			if day, err := time.Parse(time.DateOnly, text); err == nil { // checked when it was read
				c.holidays[code][dayOf(day)] = true
			}
		}
	}
	for _, r := range s.residentsOr(seed) {
		a := account{place: -1, id: r.ID, name: r.Name, alias: beforeAt(r.UPN), upn: r.UPN, signIn: lower(r.UPN), home: s.Tenant.ID}
		a.devices = c.w.devices(int(textSeed(r.ID) >> 1))
		c.residents[r.Sort] = append(c.residents[r.Sort], a)
	}
	for place := range c.w.s.Tenant.Accounts {
		c.people = append(c.people, c.born(c.w.account(place)))
	}
	for _, sort := range alivePeople {
		for _, a := range c.residents[sort] {
			c.people = append(c.people, c.born(a))
		}
	}
	return c
}

// alivePeople are the sorts of the directory that live like everybody else.
var alivePeople = []string{"admin_eligible", "admin_by_group", "admin_synced", "smtp_person", "bare", "synced_person", "federated", "no_mfa"}

// residentsOr returns the residents that were handed in, else invented ones.
func (s *Scenario) residentsOr(seed uint64) []Resident {
	if s.residents != nil {
		return s.residents
	}
	var all []Resident
	counts := s.Counts()
	for _, sort := range slices.Sorted(maps.Keys(counts)) {
		for i := range counts[sort] {
			all = append(all, Resident{
				Sort: sort, ID: derivedUUID(seed, useResident, textSeed(sort), uint64(i)),
				UPN: fmt.Sprintf("%s%d@%s", plainName(sort), i+1, s.Tenant.Domain), Name: fmt.Sprintf("%s %d", sort, i+1),
			})
		}
	}
	return all
}

// one returns a resident of the first of these sorts that there is.
func (c *company) one(n uint64, sorts ...string) (account, error) {
	for _, sort := range sorts {
		if all := c.residents[sort]; len(all) > 0 {
			return all[n%uint64(len(all))], nil
		}
	}
	return account{}, fmt.Errorf("it needs one of %q under directory.objects", sorts)
}

// day writes what begins on a day of the calendar, counted from 1970. It may
// end some days later.
func (c *company) day(d *diary, day int64) {
	for i := range c.people {
		c.livesThrough(d, &c.people[i], day)
	}
	c.staffDay(d, day)
	c.comeAndGo(d, day)
	c.guestsDay(d, day)
	c.machinesDay(d, day)
	c.mailDay(d, day)
	c.filesDay(d, day)
}

// longest is how many days something goes on at most that began on a day.
const longest = 5

// monthly returns the records of a month, of some logs or of all, in the
// order of time. Days are written when they come, a day ahead.
func (s *Scenario) monthly(seed uint64, logs []string) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		c := newCompany(s, seed)
		d := &diary{}
		c.attacks(d)
		first := dayOf(s.Start)
		for day := first - longest; day <= first; day++ {
			c.day(d, day)
		}
		for day := first; day < first+int64(s.Days); day++ {
			c.day(d, day+1)
			if !d.until(time.Unix((day)*86400, 0), time.Unix((day+1)*86400, 0), logs, yield) {
				return
			}
		}
	}
}

// until gives away what happens from one instant until another, forgets what
// was before, and keeps what comes later.
func (d *diary) until(from, to time.Time, logs []string, yield func(Record) bool) bool {
	now, later := []happening{}, []happening{}
	for _, m := range d.moments {
		switch {
		case m.at >= to.UnixNano():
			later = append(later, m)
		case m.at >= from.UnixNano() && (len(logs) == 0 || slices.Contains(logs, m.log)):
			now = append(now, m)
		}
	}
	d.moments = later
	slices.SortStableFunc(now, func(a, b happening) int { return compareInt(a.at, b.at) })
	for _, m := range now {
		if !yield(Record{Log: m.log, Time: time.Unix(0, m.at).UTC(), JSON: m.text()}) {
			return false
		}
	}
	return true
}

// Incident is one attack of a scenario, as far as a reader of alerts can
// recognise it: whom and what it concerned, and when.
type Incident struct {
	// Kind is the attack's in the scenario.
	Kind string `json:"kind"`
	// Form is the attack's in the scenario, "" where it has but one.
	Form string `json:"form,omitempty"`
	// Rows are the rows of the catalogue that the attack is about.
	Rows []string `json:"rows"`
	// First is the time of its first record, in UTC.
	First time.Time `json:"first"`
	// Last is the time of its last record.
	Last time.Time `json:"last"`
	// Accounts are the object ids and the addresses (in lower case) of all
	// accounts that it concerned, those it acted with included.
	Accounts []string `json:"accounts"`
	// Addresses are the IP addresses that it came from.
	Addresses []string `json:"addresses"`
	// Records is how many records it left.
	Records int `json:"records"`
}

// Incidents returns the attacks of a scenario in its order, under a seed.
// Office traffic that only looks like one (office_nat) is none.
func (s *Scenario) Incidents(seed uint64) []Incident {
	if s.Month != nil {
		return newCompany(s, seed).attacks(&diary{})
	}
	return newWorld(s, seed).incidents()
}

var errNoMonth = errors.New("this kind needs the scenario to have a month")
