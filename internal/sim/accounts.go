package sim

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// Account is one account of a scenario as its logs name it: a person or a
// guest. The same scenario and seed give the same accounts, whoever asks.
type Account struct {
	// Place is where it stands among the accounts, counted from 0.
	Place int
	// ID is its object id, a UUID in lower case.
	ID string
	// UPN is as the directory stores it, SignIn as the sign-in log does: for a
	// guest the address at home.
	UPN, SignIn string
	// Name is the display name. It may hold anything.
	Name string
	// First, Last and Alias are the names that the address is made of; the
	// display name of some accounts is another.
	First, Last, Alias string
	// Guest and Admin tell what it is here.
	Guest, Admin bool
}

// Accounts returns a function that gives the account at a place, 0 to
// People()-1. Accounts are made anew whenever they are asked for.
func (s *Scenario) Accounts(seed uint64) func(place int) Account {
	w := &world{s: s.peopled(), seed: seed}
	offset := int(seed % uint64(len(firstNames)*len(lastNames)))
	admins := adminCount(w.s.Tenant.Accounts)
	return func(place int) Account {
		a, j := w.account(place), place+offset
		return Account{
			Place: place, ID: a.id, UPN: a.upn, SignIn: a.signIn, Name: a.name, Alias: a.alias, Guest: a.guest, Admin: place < admins && !a.guest,
			First: firstNames[j%len(firstNames)], Last: lastNames[j/len(firstNames)%len(lastNames)],
		}
	}
}

// Directory says what a tenant holds besides the people and guests whose life
// is in its logs.
type Directory struct {
	// Licence is which Entra ID licence the tenant has: p2, p1 or none.
	Licence string `yaml:"licence"`
	// Objects is how many there are of each sort of account that is no
	// ordinary person, in a tenant of the size that the scenario is written
	// for. Tenants of another size have as many in proportion.
	Objects map[string]int `yaml:"objects"`
}

// Counts returns how many objects of each sort the directory has in its
// tenant. A sort that the scenario has does not vanish in a smaller tenant
// while there is room: the first third of the accounts stays with people.
func (s *Scenario) Counts() map[string]int {
	counts := map[string]int{}
	if s.Directory == nil {
		return counts
	}
	room := s.Tenant.Accounts - max(3, s.Tenant.Accounts/3)
	scale := float64(s.Tenant.Accounts) / float64(cmp.Or(s.written, s.Tenant.Accounts))
	names := slices.Sorted(maps.Keys(s.Directory.Objects))
	for _, name := range names {
		n := int(math.Round(float64(s.Directory.Objects[name]) * scale))
		if s.Directory.Objects[name] > 0 {
			n = max(1, n)
		}
		counts[name] = n
	}
	for total(counts) > room { // a small tenant: one less of the most frequent
		most := names[0]
		for _, name := range names {
			if counts[name] > counts[most] {
				most = name
			}
		}
		counts[most]--
	}
	return counts
}

func total(counts map[string]int) int {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum
}

// People returns how many accounts are people and guests with a life in the
// logs: all that the directory does not use for other objects.
func (s *Scenario) People() int { return s.Tenant.Accounts - total(s.Counts()) }

// peopled returns the scenario as the logs see it: without other objects.
func (s *Scenario) peopled() *Scenario {
	if s.Directory == nil {
		return s
	}
	people := *s
	people.Tenant.Accounts = s.People()
	people.Directory = nil
	return &people
}

// At returns the same scenario with another first day: logs end where that
// day and the scenario's days end.
func (s *Scenario) At(start time.Time) *Scenario {
	moved := *s
	moved.Start = start.UTC().Truncate(dayLength)
	return &moved
}

// Visit is one sign-in of any account of the directory, for what the logs of
// a life do not tell of: somebody at a mailbox that belongs to no one.
type Visit struct {
	At            time.Time // whole seconds
	ID, UPN, Name string
	Code          int    // error code; 0 is success
	Quiet         bool   // non-interactive
	Client        string // clientAppUsed; "" is Browser
	IP            string
	Hostile       bool // from far away instead of an office
	MFA           bool // a second factor took part
}

// Visited returns the record of a visit. The same seed and visit give the
// same record.
func (s *Scenario) Visited(seed uint64, v Visit) Record {
	w := &world{s: s.peopled(), seed: seed}
	e := &event{kind: evSignIn, attack: -1, at: v.At.UnixNano(), code: int32(v.Code), quiet: v.Quiet, seed: mix(seed, useVisit, textSeed(v.ID+v.UPN), uint64(v.At.UnixNano()), uint64(v.Code))}
	place := cities[textSeed(v.ID)%uint64(len(cities))]
	place.ip, place.asn = v.IP, homeASN
	if v.Hostile {
		place = farAway[textSeed(v.IP)%uint64(len(farAway))]
		place.ip, place.asn, place.hostile = v.IP, hostileASN, true
	}
	e.from = &place
	r := random(mix(e.seed, useDetail))
	rec := signIn{
		writer: &writer{b: make([]byte, 0, 6<<10)}, w: w, e: e, place: place, out: outcomes[e.code], app: apps[0], device: foreign,
		who: account{id: v.ID, name: v.Name, upn: v.UPN, signIn: v.UPN, home: w.s.Tenant.ID}, alone: !v.MFA,
	}
	if v.Client != "" && v.Client != "Browser" {
		rec.app = app{"00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online", v.Client}
		rec.device = device{agent: "BAV2ROPC"}
	}
	rec.write(&r)
	return Record{Log: SignIn, Time: e.time(), JSON: rec.b}
}

func (d *Directory) validate() error {
	if d == nil {
		return nil
	}
	if !slices.Contains([]string{"p2", "p1", "none"}, d.Licence) {
		return fmt.Errorf("directory.licence is %q: give p2, p1 or none", d.Licence)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Objects)) {
		if n := d.Objects[name]; n < 0 || n > 200_000 {
			return fmt.Errorf("directory.objects.%s is %d: give 0 to 200000", name, n)
		}
	}
	return nil
}
