package sim

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// signInFields is what the tests read of a sign-in.
type signInFields struct {
	ID, UserID, UserDisplayName, IPAddress, OriginalRequestID, UserType string
	CorrelationID, AppID, ConditionalAccessStatus, RiskLevelAggregated  string
	IsInteractive                                                       bool
	Status                                                              struct {
		ErrorCode         int
		AdditionalDetails string
	}
	Location              struct{ CountryOrRegion string }
	AuthenticationDetails []struct{ Succeeded bool }
}

// seen is a fact as the test reads it from the records.
type seen struct {
	at               time.Time
	id, attempt      string
	account, address string
	step             int
}

// recount is a detector of its own: it reads nothing but the records, sees
// every window afresh, and knows nothing of attacks.
type recount map[[2]string][]seen

func (r recount) add(rule, key string, s seen) {
	r[[2]string{rule, key}] = append(r[[2]string{rule, key}], s)
}

// then adds a fact of a rule's second or third step.
func (r recount) then(rule, key string, step int, s seen) {
	s.step = step
	r.add(rule, key, s)
}

func (r recount) read(t *testing.T, rec Record) {
	t.Helper()
	switch rec.Log {
	case SignIn:
		r.signIn(t, rec)
	case Audit:
		r.audit(t, rec)
	case Risk:
		r.risk(t, rec)
	case Unified:
		r.mailbox(t, rec)
	}
}

func (r recount) signIn(t *testing.T, rec Record) {
	var o signInFields
	decode(t, rec, &o)
	s := seen{rec.Time, o.ID, o.OriginalRequestID, o.UserID, o.IPAddress, 0}
	password := len(o.AuthenticationDetails) > 0 && o.AuthenticationDetails[0].Succeeded
	switch o.Status.ErrorCode {
	case 50126, 50053, 50034, 51004, 50056, 50057:
		r.add("password-spray", o.IPAddress, s)
		r.add("brute-force-account", o.UserID, s)
		r.add("failed-signins-many-ips", o.UserID, s)
	case 500121, 50097, 50074, 50155, 50158, 53003:
		r.add("signin-interrupts", o.UserID, s)
	}
	switch code := o.Status.ErrorCode; {
	case code == 0:
		r.then("mfa-fatigue-then-success", o.UserID, 1, s)
		r.then("password-known-mfa-not-completed", o.UserID, 1, s)
	case code == 50126:
		r.add("failed-signins-threshold", o.UserID, s)
	case code == 50057:
		r.add("disabled-account-signin", o.UserID, s)
	case code == 50076 && password && o.ConditionalAccessStatus == "failure":
		r.add("password-known-mfa-not-completed", o.UserID, s)
	case code == 500121 && strings.HasPrefix(o.Status.AdditionalDetails, "MFA denied; user declined"):
		r.add("mfa-denied-or-fraud-reported", o.UserID, s)
		r.add("mfa-fatigue-then-success", o.UserID, s)
	case code == 53003:
		r.add("signin-blocked-by-ca", o.UserID, s)
		if password {
			r.add("password-ok-session-blocked-by-ca", o.UserID, s)
		}
	}
	if i := slices.Index([]int{50074, 50140, 0}, o.Status.ErrorCode); i >= 0 && o.AppID == "4765445b-32c6-49b0-83e6-1d93765276ca" && o.RiskLevelAggregated != "none" {
		r.then("aitm-signin-pattern", o.CorrelationID, i, s)
	}
}

// auditFields is what the tests read of a directory audit.
type auditFields struct {
	ID, ActivityDisplayName, Result, CorrelationID string
	InitiatedBy                                    struct {
		User struct{ ID, IPAddress string }
	}
	TargetResources []struct {
		ID, Type           string
		ModifiedProperties []struct{ DisplayName, OldValue, NewValue string }
	}
}

// property returns the new value of a modified property of the first target.
func (o auditFields) property(name string) string {
	for _, p := range o.TargetResources[0].ModifiedProperties {
		if p.DisplayName == name {
			return p.NewValue
		}
	}
	return ""
}

func (r recount) audit(t *testing.T, rec Record) {
	var o auditFields
	decode(t, rec, &o)
	target := o.TargetResources[0]
	s := seen{rec.Time, o.ID, o.ID, target.ID, o.InitiatedBy.User.IPAddress, 0}
	by := s
	by.account = o.InitiatedBy.User.ID
	switch o.ActivityDisplayName {
	case "Update user":
		if o.property("UserType") == `["Member"]` {
			r.add("guest-converted-to-member", target.ID, s)
		}
	case "Add user":
		r.add("account-created-and-deleted-short", target.ID, s)
		r.add("privileged-role-assigned-to-new-account", target.ID, s)
	case "Delete user", "Hard Delete user":
		r.then("account-created-and-deleted-short", target.ID, 1, s)
	case "Add member to role":
		if o.property("Role.TemplateId") != `"62e90394-69f5-4237-9190-012177145e10"` {
			t.Errorf("%s assigns no role", rec.JSON)
		}
		if target.Type == "Group" {
			r.add("privilege-by-group", target.ID, by)
		} else {
			r.then("privileged-role-assigned-to-new-account", target.ID, 1, s)
			r.add("privileged-role-assigned", target.ID, s)
		}
	case "Reset user password", "Reset password (by admin)", "Update PasswordProfile":
		s.attempt = o.CorrelationID
		r.add("frequent-password-changes", target.ID, s)
	case "User registered security info":
		r.then("risky-signin-then-method-added", target.ID, 1, s)
	case "Consent to application":
		if strings.Contains(o.property("ConsentAction.Permissions"), "Mail.Read") {
			r.add("consent-granted-to-app", target.ID, by)
		}
	case "Update application – Certificates and secrets management", "Update application - Certificates and secrets management", "Add service principal credentials":
		r.add("app-credential-added", target.ID, by)
	case "Disable Strong Authentication", "Admin deleted security info":
		r.add("mfa-requirement-weakened", target.ID, s)
	}
}

func (r recount) risk(t *testing.T, rec Record) {
	var o struct{ ID, UserID, RiskEventType, RiskState, Activity, IPAddress string }
	decode(t, rec, &o)
	rules := map[string]string{
		"leakedCredentials/user": "risk-leaked-credentials", "investigationsThreatIntelligence/user": "risk-threat-intelligence-user",
		"anonymizedIPAddress/signin": "risk-anonymous-ip-address", "unlikelyTravel/signin": "risk-atypical-travel",
		"anomalousToken/signin": "risk-anomalous-token", "malwareInfectedIPAddress/signin": "risk-malware-linked-ip",
		"suspiciousBrowser/signin": "risk-suspicious-browser", "unfamiliarFeatures/signin": "risk-unfamiliar-signin-properties",
		"maliciousIPAddress/signin": "risk-malicious-ip-address", "mcasSuspiciousInboxManipulationRules/signin": "risk-suspicious-inbox-manipulation",
		"passwordSpray/signin": "risk-password-spray", "mcasImpossibleTravel/signin": "risk-impossible-travel",
		"newCountry/signin": "risk-new-country", "riskyIPAddress/signin": "risk-activity-from-anonymous-ip",
		"suspiciousInboxForwarding/signin":                    "risk-suspicious-inbox-forwarding",
		"investigationsThreatIntelligenceSigninLinked/signin": "risk-threat-intelligence-signin",
	}
	s := seen{rec.Time, o.ID, o.ID, o.UserID, o.IPAddress, 0}
	if rule := rules[o.RiskEventType+"/"+o.Activity]; rule != "" && o.RiskState == "atRisk" {
		r.add(rule, o.UserID, s)
	}
	if o.Activity == "signin" && o.RiskState == "atRisk" {
		r.add("risky-signin-then-method-added", o.UserID, s)
	}
}

// mailboxFields is what the tests read of an Exchange record.
type mailboxFields struct {
	ID, Operation, UserID, ClientIP, ClientIPAddress, MailboxOwnerUPN string
	Parameters, OperationProperties                                   []struct{ Name, Value string }
}

func (o mailboxFields) value(name string) string {
	for _, p := range append(o.Parameters, o.OperationProperties...) {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

func (r recount) mailbox(t *testing.T, rec Record) {
	var o mailboxFields
	decode(t, rec, &o)
	if o.ClientIPAddress == "" {
		ip, err := netip.ParseAddrPort(o.ClientIP)
		if err != nil {
			t.Fatal(err)
		}
		o.ClientIPAddress = ip.Addr().String()
	}
	s := seen{rec.Time, o.ID, o.ID, o.UserID, o.ClientIPAddress, 0}
	hidden := []string{"RSS-feeder", "Konversationshistorik", "RSS Feeds"}
	switch o.Operation {
	case "New-InboxRule", "Set-InboxRule", "UpdateInboxRules":
		actions := o.value("RuleActions")
		if o.value("ForwardTo")+o.value("RedirectTo") != "" || strings.Contains(actions, `"Forward"`) && strings.Contains(actions, "@") {
			r.add("inbox-rule-forwards-externally", o.UserID, s)
		}
		if slices.Contains(hidden, o.value("MoveToFolder")) || strings.Contains(actions, hidden[2]) {
			r.add("inbox-rule-hides-mail", o.UserID, s)
		}
	case "Set-Mailbox":
		if o.value("ForwardingSmtpAddress") != "" {
			r.add("mailbox-forwarding-added", o.UserID, s)
		}
	case "Add-MailboxPermission", "Add-RecipientPermission":
		if o.value("User")+o.value("Trustee") == o.UserID {
			r.add("mailbox-permission-granted", o.UserID, s)
		}
	case "New-TransportRule":
		if o.value("BlindCopyTo") != "" {
			r.add("transport-rule-copies-mail", o.UserID, s)
		}
	case "HardDelete":
		r.add("mail-missing-or-mass-deleted", o.MailboxOwnerUPN, s)
	}
}

// alerts folds what was seen into lines "rule key day first last count ids".
func (r recount) alerts() []string {
	var all []string
	for group, facts := range r {
		slices.SortFunc(facts, func(a, b seen) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
		days := map[string]map[string]seen{}
		for _, f := range facts {
			in := windowOf(group[0], f, facts)
			if in == nil {
				continue
			}
			day := f.at.Format(time.DateOnly)
			if days[day] == nil {
				days[day] = map[string]seen{}
			}
			for _, g := range in {
				days[day][g.id] = g
			}
		}
		for _, in := range days {
			all = append(all, line(group[0], slices.Collect(maps.Values(in))))
		}
	}
	slices.Sort(all)
	return all
}

// lengths are the rules' windows in seconds; a plain rule has one.
var lengths = map[string]int64{
	"password-spray": 900, "brute-force-account": 600, "failed-signins-threshold": 600, "signin-interrupts": 600,
	"failed-signins-many-ips": 3600, "mail-missing-or-mass-deleted": 3600, "frequent-password-changes": 86400,
	"account-created-and-deleted-short": 86400, "privileged-role-assigned-to-new-account": 7 * 86400,
	"risky-signin-then-method-added": 86400, "mfa-fatigue-then-success": 3600,
	"password-known-mfa-not-completed": 600, "aitm-signin-pattern": 600,
}

// windowOf returns the facts in (t-W, t] of the fact at t if the rule's
// condition holds.
func windowOf(rule string, f seen, facts []seen) []seen {
	length, at := max(1, lengths[rule]), f.at.Unix()
	var in []seen
	accounts, attempts, addresses, steps := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[int]int{}
	undone := false
	for _, g := range facts {
		s := g.at.Unix()
		undone = undone || g.step == 1 && s > at && s <= at+length
		if s <= at-length || s > at {
			continue
		}
		in = append(in, g)
		steps[g.step]++
		accounts[g.account], addresses[g.address] = true, true
		attempts[g.attempt] = attempts[g.attempt] || g.step == 0
	}
	maps.DeleteFunc(attempts, func(_ string, first bool) bool { return !first })
	holds := true
	switch rule {
	case "password-spray":
		holds = len(accounts) >= 10
	case "brute-force-account", "failed-signins-threshold":
		holds = len(attempts) >= 20
	case "signin-interrupts":
		holds = len(attempts) >= 10
	case "failed-signins-many-ips":
		holds = len(addresses) >= 5
	case "mail-missing-or-mass-deleted":
		holds = len(attempts) >= 100
	case "frequent-password-changes":
		holds = len(attempts) >= 3
	case "account-created-and-deleted-short", "privileged-role-assigned-to-new-account", "risky-signin-then-method-added":
		holds = f.step == 1 && steps[0] > 0
	case "mfa-fatigue-then-success":
		holds = f.step == 1 && steps[0] >= 3
	case "password-known-mfa-not-completed":
		holds = f.step == 0 && len(attempts) >= 10 && !undone
	case "aitm-signin-pattern":
		holds = len(steps) == 3
	}
	if !holds {
		return nil
	}
	return in
}

func line(rule string, in []seen) string {
	slices.SortFunc(in, func(a, b seen) int { return a.at.Compare(b.at) })
	ids, accounts, attempts := []string{}, map[string]bool{}, map[string]bool{}
	for _, f := range in {
		ids = append(ids, f.id)
		accounts[f.account], attempts[f.attempt] = true, true
	}
	slices.Sort(ids)
	count := len(attempts)
	if rule == "frequent-password-changes" {
		count = len(ids) // its operations are several records each
	}
	return fmt.Sprint(rule, " ", in[0].address, " ", in[0].at.Unix(), " ", in[len(in)-1].at.Unix(), " ", count, slices.Sorted(maps.Keys(accounts)), ids)
}

// lines writes truths in the same form.
func lines(truths []Truth) []string {
	var all []string
	for _, tr := range truths {
		ids := slices.Sorted(slices.Values(tr.Records))
		all = append(all, fmt.Sprint(tr.Rule, " ", tr.IP, " ", tr.First.Unix(), " ", tr.Last.Unix(), " ", tr.Count, tr.Accounts, ids))
	}
	slices.Sort(all)
	return all
}

// compare recounts all records of a scenario: the truths must be there, and
// nothing else.
func compare(t *testing.T, s *Scenario, seed uint64) {
	t.Helper()
	r := recount{}
	for rec := range s.Generate(seed) {
		r.read(t, rec)
	}
	got, want := lines(s.Truth(seed)), r.alerts()
	if !slices.Equal(got, want) {
		only := func(a, b []string) string {
			a = slices.DeleteFunc(slices.Clone(a), func(l string) bool { return slices.Contains(b, l) })
			return strings.Join(a, "\n        ")
		}
		t.Errorf("%s, seed %d:\ntruth alone   %s\nrecount alone %s", s.Name, seed, only(got, want), only(want, got))
	}
}
