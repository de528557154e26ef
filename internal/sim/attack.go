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
	//   - inbox_rule_forwards, mailbox_forwarding, transport_rule: mail goes
	//     outside
	//   - hiding_rule: an inbox rule moves mail where nobody looks
	//   - mass_delete: a mailbox is emptied
	//   - mailbox_permission: somebody gives himself rights on a mailbox
	//   - account_created_deleted, role_to_new_account: a short life, and a
	//     quick career
	//   - password_changes: one password is reset again and again
	//   - mfa_fatigue: prompts until the person gives in
	//   - mfa_not_completed: the password is right, and nothing more
	//   - aitm: a sign-in through a proxy in the middle
	//   - risky_then_method: a risky sign-in registers a second factor
	//   - many_ips: wrong passwords on one account from many addresses
	//   - consent, app_credential: an application gets rights, or a secret
	//   - mfa_weakened: a second factor is switched off or removed
	//   - group_privilege: a group gets a privileged role
	//   - of a month alone: see the table stories
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
	// Attempts is how many sign-ins each account sees, or how many messages
	// are deleted, or how often a password is reset; 0 is one.
	Attempts int `yaml:"attempts"`
	// Success is how many of the accounts are signed in to in the end.
	Success int `yaml:"success"`
	// Types are the riskEventType values of a risk attack.
	Types []string `yaml:"types"`
	// To is the address that mail is forwarded to.
	To string `yaml:"to"`
	// Folder is where a hiding rule moves mail to.
	Folder string `yaml:"folder"`
	// Form is which of the ways there are to do it; "" is the first one in
	// the table attackKinds.
	Form string `yaml:"form"`
}

// attackKind says what an attack of a kind does and which fields it uses
// besides kind, at and over.
type attackKind struct {
	uses, needs []string
	forms       []string // the ways to do it; none is one way without a name
	guests      bool     // it concerns guests, not members
	newcomer    bool     // it makes an account of its own
	accounts    bool     // it may concern more than one account
	strike      func(*world, *Attack, *strike)
	story       func(*plot) // of kinds that only a month has, instead of strike
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
	"inbox_rule_forwards":     {needs: []string{"from", "to"}, forms: ruleForms, strike: mailboxDeed(map[string]string{"": "forward_new", "new": "forward_new", "set": "forward_set", "outlook": "forward_outlook"})},
	"hiding_rule":             {needs: []string{"from", "folder"}, forms: ruleForms, strike: mailboxDeed(map[string]string{"": "hide_new", "new": "hide_new", "set": "hide_set", "outlook": "hide_outlook"})},
	"mailbox_forwarding":      {uses: []string{"to"}, needs: []string{"from"}, forms: []string{"set", "clear"}, strike: mailboxDeed(map[string]string{"": "forwarding_set", "set": "forwarding_set", "clear": "forwarding_cleared"})},
	"mailbox_permission":      {needs: []string{"from"}, forms: []string{"full_access", "send_as"}, strike: mailboxDeed(map[string]string{"": "full_access", "full_access": "full_access", "send_as": "send_as"})},
	"transport_rule":          {needs: []string{"from", "to"}, strike: mailboxDeed(map[string]string{"": "transport_rule"})},
	"mass_delete":             {needs: []string{"from", "attempts"}, strike: massDelete},
	"account_created_deleted": {needs: []string{"from"}, forms: []string{"soft", "hard"}, newcomer: true, strike: createdDeleted},
	"role_to_new_account":     {needs: []string{"from"}, newcomer: true, strike: promoted},
	"password_changes":        {needs: []string{"from", "attempts"}, strike: passwordChanges},
	"mfa_fatigue":             {needs: []string{"from", "attempts"}, strike: fatigue},
	"mfa_not_completed":       {uses: []string{"success"}, needs: []string{"from", "attempts"}, strike: notCompleted},
	"aitm":                    {needs: []string{"from"}, strike: inTheMiddle},
	"risky_then_method":       {needs: []string{"from", "types"}, strike: methodAdded},
	"many_ips":                {needs: []string{"from", "attempts"}, strike: manyIPs},
	"consent":                 {needs: []string{"from"}, forms: []string{"user", "admin"}, strike: directoryChange(map[string]string{"": "consent_user", "user": "consent_user", "admin": "consent_admin"})},
	"app_credential":          {needs: []string{"from"}, forms: []string{"en_dash", "hyphen", "service_principal"}, strike: directoryChange(map[string]string{"": "secret_en_dash", "en_dash": "secret_en_dash", "hyphen": "secret_hyphen", "service_principal": "principal_secret"})},
	"mfa_weakened":            {needs: []string{"from"}, forms: []string{"disabled", "method_deleted"}, strike: directoryChange(map[string]string{"": "mfa_disabled", "disabled": "mfa_disabled", "method_deleted": "method_deleted"})},
	"group_privilege":         {needs: []string{"from"}, strike: directoryChange(map[string]string{"": "role_to_group"})},
	"office_nat":              {needs: []string{"from"}, accounts: true, strike: failures(50126)},
}

// kindOf returns the kind of that name.
func kindOf(name string) (attackKind, bool) {
	if kind, ok := attackKinds[name]; ok {
		return kind, true
	}
	kind, ok := stories[name]
	return kind, ok
}

// ruleForms are the ways in which an inbox rule is made or changed: by cmdlet,
// or by Outlook, which logs something else.
var ruleForms = []string{"new", "set", "outlook"}

func (a *Attack) validate(s *Scenario) error {
	kind, known := kindOf(a.Kind)
	if !known {
		return fmt.Errorf("unknown kind: there are %s", strings.Join(slices.Concat(slices.Sorted(maps.Keys(attackKinds)), slices.Sorted(maps.Keys(stories))), ", "))
	}
	if kind.story != nil && s.Month == nil {
		return errNoMonth
	}
	return errors.Join(a.checkFields(kind), a.checkPlace(), a.checkAccounts(kind, s), a.checkTime(s), a.checkTypes(), a.checkForward())
}

func (a *Attack) checkFields(kind attackKind) error {
	given := map[string]bool{
		"from": a.From != "", "attempts": a.Attempts != 0, "success": a.Success != 0,
		"types": len(a.Types) > 0, "to": a.To != "", "folder": a.Folder != "",
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
	if a.Form != "" && !slices.Contains(kind.forms, a.Form) {
		return fmt.Errorf("form is %q: this kind has %q", a.Form, kind.forms)
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
	for range manyAddresses {
		if a.Kind == "many_ips" && !inAny(attackerNets, ip) {
			return fmt.Errorf("from is %s: %d addresses from there on must be in %s or %s", a.From, manyAddresses, attackerNets[0], attackerNets[1])
		}
		ip = ip.Next()
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
	case kind.newcomer && a.Account != 0:
		return errors.New("this kind makes an account of its own: leave out account")
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
	if a.Kind == "mailbox_forwarding" && (a.To == "") != (a.Form == "clear") {
		return errors.New("to is where mail goes: give it, or form: clear")
	}
	return nil
}

// maxSteps bounds an attack: all its events are held in memory.
const maxSteps = 1_000_000

// steps is how many timed events the attack has, without successes.
func (a *Attack) steps() int {
	return max(1, a.Accounts) * max(1, a.Attempts) * max(1, len(a.Types))
}

// span is how long the attack takes at most, with what comes after its events:
// sign-ins that succeed, the second of two steps.
func (a *Attack) span() time.Duration {
	over := a.Over
	if over == 0 {
		over = time.Duration(a.steps()) * pause
	}
	return over + time.Duration(a.Success+3)*pause
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
