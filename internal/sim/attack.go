package sim

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Attack is one incident of a scenario. Which fields a kind needs is in its
// entry of the table attackKinds; a field that a kind does not use is refused.
type Attack struct {
	// Kind is what happens:
	//   - password_spray: one wrong password on each of many accounts
	//   - brute_force: many wrong passwords on each account
	//   - disabled_account_signin: sign-ins of accounts that are disabled
	//   - mfa_denied: right password, the person declines the prompt
	//   - ca_block_after_password: right password, Conditional Access blocks
	//   - ca_block: a token refresh that Conditional Access blocks
	//   - account_taken: a sign-in with password and second factor
	//   - guest_to_member: an administrator's session makes a guest a member
	//   - risk: risk detections on one account
	//   - inbox_rule_forwards, mailbox_forwarding: mail goes outside
	//   - office_nat: no attack; many people behind one address of an office
	//     mistype their password once
	Kind string `yaml:"kind"`
	// At is when it begins, counted from the scenario's start.
	At time.Duration `yaml:"at"`
	// Over is how long it takes; 0 is five seconds between events.
	Over time.Duration `yaml:"over"`
	// From is the address it comes from: 203.0.113.0/24 or 2001:db8:bad::/48
	// for an attacker, 192.0.2.224/27 for office_nat.
	From string `yaml:"from"`
	// Accounts is how many accounts it concerns, drawn by the seed; 0 is one.
	Accounts int `yaml:"accounts"`
	// Account names one account by its place in the tenant instead, so that
	// several attacks can concern the same. Account 1 to 19 always exist.
	Account int `yaml:"account"`
	// Attempts is how many sign-ins each account sees; 0 is one.
	Attempts int `yaml:"attempts"`
	// Success is how many of the accounts are signed in to in the end.
	Success int `yaml:"success"`
	// Types are the riskEventType values of a risk attack.
	Types []string `yaml:"types"`
	// To is the address that mail is forwarded to.
	To string `yaml:"to"`
}

// attackKind says what an attack of a kind does and which fields it uses
// besides kind, at and over.
type attackKind struct {
	uses, needs []string
	guests      bool // it concerns guests, not members
	accounts    bool // it may concern more than one account
	strike      func(*world, *Attack, *strike)
}

// attackKinds holds every kind of attack.
var attackKinds = map[string]attackKind{
	"password_spray":          {uses: []string{"success"}, needs: []string{"from"}, accounts: true, strike: failures(50126)},
	"brute_force":             {uses: []string{"success"}, needs: []string{"from", "attempts"}, accounts: true, strike: failures(50126)},
	"disabled_account_signin": {uses: []string{"attempts"}, needs: []string{"from"}, accounts: true, strike: failures(50057)},
	"mfa_denied":              {uses: []string{"attempts", "success"}, needs: []string{"from"}, accounts: true, strike: failures(500121)},
	"ca_block_after_password": {uses: []string{"attempts"}, needs: []string{"from"}, accounts: true, strike: failures(53003)},
	"ca_block":                {uses: []string{"attempts"}, needs: []string{"from"}, accounts: true, strike: tokenRefused},
	"account_taken":           {needs: []string{"from"}, strike: taken},
	"guest_to_member":         {needs: []string{"from"}, guests: true, strike: converted},
	"risk":                    {needs: []string{"from", "types"}, strike: detected},
	"inbox_rule_forwards":     {needs: []string{"from", "to"}, strike: mailboxChange("New-InboxRule")},
	"mailbox_forwarding":      {needs: []string{"from", "to"}, strike: mailboxChange("Set-Mailbox")},
	"office_nat":              {needs: []string{"from"}, accounts: true, strike: failures(50126)},
}

func (a *Attack) validate(s *Scenario) error {
	kind, known := attackKinds[a.Kind]
	if !known {
		return fmt.Errorf("unknown kind: there are %s", strings.Join(slices.Sorted(maps.Keys(attackKinds)), ", "))
	}
	return errors.Join(a.checkFields(kind), a.checkPlace(), a.checkAccounts(kind, s), a.checkTime(s), a.checkTypes(), a.checkForward())
}

func (a *Attack) checkFields(kind attackKind) error {
	given := map[string]bool{
		"from": a.From != "", "attempts": a.Attempts != 0, "success": a.Success != 0,
		"types": len(a.Types) > 0, "to": a.To != "",
	}
	for _, field := range slices.Sorted(maps.Keys(given)) {
		needs, uses := slices.Contains(kind.needs, field), slices.Contains(kind.uses, field)
		switch {
		case needs && !given[field]:
			return fmt.Errorf("%s is missing", field)
		case given[field] && !needs && !uses:
			return fmt.Errorf("%s does not belong to this kind", field)
		}
	}
	return nil
}

func (a *Attack) checkPlace() error {
	ip, err := netip.ParseAddr(a.From)
	switch {
	case err != nil:
		return fmt.Errorf("from is %q: give an IP address", a.From)
	case a.Kind == "office_nat" && !sharedEgress.Contains(ip):
		return fmt.Errorf("from is %s: give an address in %s", ip, sharedEgress)
	case a.Kind != "office_nat" && !inAny(attackerNets, ip):
		return fmt.Errorf("from is %s: give an address in %s or %s", ip, attackerNets[0], attackerNets[1])
	}
	return nil
}

func (a *Attack) checkAccounts(kind attackKind, s *Scenario) error {
	members := s.Tenant.Accounts - adminCount(s.Tenant.Accounts) - s.Tenant.Accounts/guestEvery - 1
	switch {
	case a.Accounts < 0 || a.Attempts < 0 || a.Success < 0:
		return errors.New("accounts, attempts and success must not be negative")
	case a.Accounts > maxSteps || a.Attempts > maxSteps || a.steps() > maxSteps:
		return fmt.Errorf("it has more than %d sign-ins", maxSteps)
	case a.Accounts > 1 && !kind.accounts:
		return errors.New("this kind concerns one account: leave out accounts")
	case a.Account != 0 && a.Accounts > 1:
		return errors.New("give account or accounts, not both")
	case a.Account < 0 || a.Account >= s.Tenant.Accounts:
		return fmt.Errorf("account is %d: give 1 to %d", a.Account, s.Tenant.Accounts-1)
	case a.Account != 0 && isGuest(a.Account) != kind.guests:
		return fmt.Errorf("account %d: every %dth account, from %d on, is a guest and no other", a.Account, guestEvery, firstGuest)
	case a.Accounts > members:
		return fmt.Errorf("accounts is %d: the tenant has %d members to draw from", a.Accounts, members)
	case a.Success > max(1, a.Accounts):
		return fmt.Errorf("success is %d, of %d accounts", a.Success, max(1, a.Accounts))
	}
	return nil
}

func (a *Attack) checkTime(s *Scenario) error {
	end := time.Duration(s.Days) * 24 * time.Hour
	if a.At < 0 || a.Over < 0 || a.At >= end || a.Over >= end || a.At+a.span() >= end {
		return fmt.Errorf("it runs from %s to %s: the scenario ends at %s", a.At, a.At+a.span(), end)
	}
	return nil
}

func (a *Attack) checkTypes() error {
	for _, name := range a.Types {
		if _, ok := riskTypes[name]; !ok {
			return fmt.Errorf("unknown risk type %q: there are %s", name, strings.Join(slices.Sorted(maps.Keys(riskTypes)), ", "))
		}
	}
	return nil
}

func (a *Attack) checkForward() error {
	if a.To != "" && !strings.Contains(a.To, "@") {
		return fmt.Errorf("to is %q: give a mail address", a.To)
	}
	return nil
}

// maxSteps bounds an attack: all its events are held in memory.
const maxSteps = 1_000_000

// steps is how many timed events the attack has, without successes.
func (a *Attack) steps() int {
	return max(1, a.Accounts) * max(1, a.Attempts) * max(1, len(a.Types))
}

// span is how long the attack takes, the sign-ins that succeed included.
func (a *Attack) span() time.Duration {
	over := a.Over
	if over == 0 {
		over = time.Duration(a.steps()) * pause
	}
	return over + time.Duration(a.Success+1)*pause
}

// pause lies between the events of an attack without a duration.
const pause = 5 * time.Second

// strike collects the events of one attack.
type strike struct {
	attack int // its place in the scenario
	rng    random
	start  int64 // unix nanoseconds
	over   int64 // nanoseconds from the first to the last event
	from   origin
	who    []int32
	events []event
}

// add appends an event at the given share (0 to 1) of the attack's time.
func (st *strike) add(share float64, e event) *event {
	e.at = (st.start + int64(share*float64(st.over))) / int64(time.Second) * int64(time.Second)
	e.seed = mix(uint64(st.rng), uint64(len(st.events)))
	e.attack = int32(st.attack)
	e.from = &st.from
	st.events = append(st.events, e)
	return &st.events[len(st.events)-1]
}

// failures returns the strike of attacks that are refused sign-ins: the
// attempts on all accounts evenly spread, then the sign-ins that succeed.
func failures(code int32) func(*world, *Attack, *strike) {
	return func(_ *world, a *Attack, st *strike) {
		n := a.steps()
		for i := range n {
			st.add(float64(i)/float64(max(1, n-1)), event{kind: evSignIn, who: st.who[i%len(st.who)], code: code})
		}
		for i := range a.Success {
			e := st.add(1, event{kind: evSignIn, who: st.who[i]})
			e.at += int64(i+1) * int64(pause)
		}
	}
}

// tokenRefused is a refresh that Conditional Access stops: non-interactive,
// so the record says nothing about a password.
func tokenRefused(_ *world, a *Attack, st *strike) {
	n := a.steps()
	for i := range n {
		st.add(float64(i)/float64(max(1, n-1)), event{kind: evSignIn, who: st.who[i%len(st.who)], code: 53003, quiet: true})
	}
}

// taken is a sign-in by somebody who has it all: password and second factor.
func taken(_ *world, _ *Attack, st *strike) {
	st.add(0, event{kind: evSignIn, who: st.who[0]})
}

// converted is an administrator's session that makes a guest a member.
func converted(_ *world, _ *Attack, st *strike) {
	st.add(0, event{kind: evAudit, who: st.who[0], note: "guest_to_member"})
}

// detected is a row of risk detections on one account. Those about a sign-in
// come with the sign-in.
func detected(_ *world, a *Attack, st *strike) {
	for i, name := range a.Types {
		share := float64(i) / float64(max(1, len(a.Types)-1))
		e := event{kind: evRisk, who: st.who[0], note: name}
		if riskTypes[name].activity == "signin" {
			e.first = st.add(share, event{kind: evSignIn, who: st.who[0], note: name}).seed
		}
		st.add(share, e)
	}
}

// mailboxChange returns the strike of one change made with an Exchange cmdlet.
func mailboxChange(operation string) func(*world, *Attack, *strike) {
	return func(_ *world, a *Attack, st *strike) {
		st.add(0, event{kind: evMailbox, who: st.who[0], note: operation, to: a.To})
	}
}
