package sim

import "time"

// The ids of the rules that this package knows, by what they are about.
const (
	sprayRule      = "password-spray"
	bruteForceRule = "brute-force-account"
	failuresRule   = "failed-signins-threshold"
	interruptsRule = "signin-interrupts"
	manyIPsRule    = "failed-signins-many-ips"
	shortLivedRule = "account-created-and-deleted-short"
	newAdminRule   = "privileged-role-assigned-to-new-account"
	assignedRule   = "privileged-role-assigned"
	resetsRule     = "frequent-password-changes"
	massDeleteRule = "mail-missing-or-mass-deleted"
	fatigueRule    = "mfa-fatigue-then-success"
	notDoneRule    = "password-known-mfa-not-completed"
	aitmRule       = "aitm-signin-pattern"
	methodRule     = "risky-signin-then-method-added"
	consentRule    = "consent-granted-to-app"
	secretRule     = "app-credential-added"
	weakenedRule   = "mfa-requirement-weakened"
	groupRule      = "privilege-by-group"
	forwardsRule   = "inbox-rule-forwards-externally"
	hidesRule      = "inbox-rule-hides-mail"
	forwardingRule = "mailbox-forwarding-added"
	permissionRule = "mailbox-permission-granted"
	transportRule  = "transport-rule-copies-mail"
)

// condition is what a rule says about the facts of one group in its window:
// with the thresholds and windows in force by default.
type condition struct {
	window time.Duration
	// holds looks at the facts in (t-window, t]; the last one is at t.
	holds func([]fact) bool
	// unless a fact of step 1 comes within the window after t
	unless bool
}

// conditions holds every rule that is more than one record.
var conditions = map[string]condition{
	sprayRule:      {window: 15 * time.Minute, holds: func(in []fact) bool { return distinct(in, byAccount) >= 10 }},
	bruteForceRule: {window: 10 * time.Minute, holds: attempts(20)},
	failuresRule:   {window: 10 * time.Minute, holds: attempts(20)},
	interruptsRule: {window: 10 * time.Minute, holds: attempts(10)},
	// The window is a proposal: the attack is shorter than any sensible one.
	manyIPsRule:    {window: time.Hour, holds: func(in []fact) bool { return distinct(in, byAddress) >= 5 }},
	massDeleteRule: {window: time.Hour, holds: attempts(100)},
	resetsRule:     {window: 24 * time.Hour, holds: attempts(3)},
	shortLivedRule: {window: 24 * time.Hour, holds: followed(1)},
	newAdminRule:   {window: 7 * 24 * time.Hour, holds: followed(1)},
	methodRule:     {window: 24 * time.Hour, holds: followed(1)},
	fatigueRule:    {window: time.Hour, holds: followed(3)},
	notDoneRule:    {window: 10 * time.Minute, holds: attempts(10), unless: true},
	aitmRule:       {window: 10 * time.Minute, holds: func(in []fact) bool { return distinct(in, byStep) == 3 }},
}

// conditionOf returns a rule's condition; a plain rule sees one record.
func conditionOf(rule string) condition {
	if c, ok := conditions[rule]; ok {
		return c
	}
	return condition{window: time.Second, holds: func([]fact) bool { return true }}
}

func byAccount(f fact) any { return f.account }
func byAddress(f fact) any { return f.ip }
func byStep(f fact) any    { return f.step }
func byAttempt(f fact) any { return f.attempt }

func distinct(facts []fact, by func(fact) any) int {
	seen := map[any]bool{}
	for _, f := range facts {
		seen[by(f)] = true
	}
	return len(seen)
}

// attempts holds for n attempts that came to step 0, the last fact being one.
func attempts(n int) func([]fact) bool {
	return func(in []fact) bool { return in[len(in)-1].step == 0 && distinct(first(in), byAttempt) >= n }
}

// followed holds for a fact of step 1 after n of step 0.
func followed(n int) func([]fact) bool {
	return func(in []fact) bool { return in[len(in)-1].step == 1 && len(first(in)) >= n }
}

// first leaves the facts of step 0.
func first(facts []fact) []fact {
	var all []fact
	for _, f := range facts {
		if f.step == 0 {
			all = append(all, f)
		}
	}
	return all
}

// refusals are the codes that count as a refused password attempt.
var refusals = map[int32]bool{50126: true, 50053: true, 50034: true, 51004: true, 50056: true, 50057: true}

// interruptions are the codes that stop a sign-in after the first factor.
var interruptions = map[int32]bool{500121: true, 50097: true, 50074: true, 50155: true, 50158: true, 53003: true}

// auditRules says of which rules an audit is a fact, and at which step.
var auditRules = map[string]map[string]int{
	"guest_to_member":  {"guest-converted-to-member": 0},
	"admin_add_user":   {shortLivedRule: 0, newAdminRule: 0},
	"delete_user":      {shortLivedRule: 1},
	"hard_delete_user": {shortLivedRule: 1},
	"role_to_user":     {newAdminRule: 1, assignedRule: 0},
	"role_to_group":    {groupRule: 0},
	"registered_info":  {methodRule: 1},
	"reset_core":       {resetsRule: 0}, "reset_by_admin": {resetsRule: 0}, "reset_profile": {resetsRule: 0},
	"consent_user": {consentRule: 0}, "consent_admin": {consentRule: 0},
	"secret_en_dash": {secretRule: 0}, "secret_hyphen": {secretRule: 0}, "principal_secret": {secretRule: 0},
	"mfa_disabled": {weakenedRule: 0}, "method_deleted": {weakenedRule: 0},
}

// mailboxRules says of which rule a mailbox record is a fact.
var mailboxRules = map[string]string{
	"forward_new": forwardsRule, "forward_set": forwardsRule, "forward_outlook": forwardsRule,
	"hide_new": hidesRule, "hide_set": hidesRule, "hide_outlook": hidesRule,
	"forwarding_set": forwardingRule, "full_access": permissionRule, "send_as": permissionRule,
	"transport_rule": transportRule, "HardDelete": massDeleteRule,
}
