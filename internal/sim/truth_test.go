package sim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// signInFields is what the tests read of a sign-in.
type signInFields struct {
	ID, UserID, UserDisplayName, IPAddress, OriginalRequestID, UserType string
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
}

// recount is a detector of its own: it reads nothing but the records, sees
// every window afresh, and knows nothing of attacks.
type recount map[[2]string][]seen

func (r recount) add(rule, key string, s seen) {
	r[[2]string{rule, key}] = append(r[[2]string{rule, key}], s)
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

func decode(t *testing.T, rec Record, into any) {
	t.Helper()
	if err := json.Unmarshal(rec.JSON, into); err != nil {
		t.Fatalf("%v: %s", err, rec.JSON)
	}
}

func (r recount) signIn(t *testing.T, rec Record) {
	var o signInFields
	decode(t, rec, &o)
	s := seen{rec.Time, o.ID, o.OriginalRequestID, o.UserID, o.IPAddress}
	switch o.Status.ErrorCode {
	case 50126, 50053, 50034, 51004, 50056, 50057:
		r.add("password-spray", o.IPAddress, s)
		r.add("brute-force-account", o.UserID, s)
	}
	switch {
	case o.Status.ErrorCode == 50057:
		r.add("disabled-account-signin", o.UserID, s)
	case o.Status.ErrorCode == 500121 && strings.HasPrefix(o.Status.AdditionalDetails, "MFA denied; user declined"):
		r.add("mfa-denied-or-fraud-reported", o.UserID, s)
	case o.Status.ErrorCode == 53003:
		r.add("signin-blocked-by-ca", o.UserID, s)
		if len(o.AuthenticationDetails) > 0 && o.AuthenticationDetails[0].Succeeded {
			r.add("password-ok-session-blocked-by-ca", o.UserID, s)
		}
	}
}

func (r recount) audit(t *testing.T, rec Record) {
	var o struct {
		ID, ActivityDisplayName, Result string
		InitiatedBy                     struct{ User struct{ IPAddress string } }
		TargetResources                 []struct {
			ID                 string
			ModifiedProperties []struct{ DisplayName, OldValue, NewValue string }
		}
	}
	decode(t, rec, &o)
	for _, target := range o.TargetResources {
		for _, p := range target.ModifiedProperties {
			if o.ActivityDisplayName == "Update user" && o.Result == "success" && p.DisplayName == "UserType" && p.OldValue == `["Guest"]` && p.NewValue == `["Member"]` {
				r.add("guest-converted-to-member", target.ID, seen{rec.Time, o.ID, o.ID, target.ID, o.InitiatedBy.User.IPAddress})
			}
		}
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
	if rule := rules[o.RiskEventType+"/"+o.Activity]; rule != "" && o.RiskState == "atRisk" {
		r.add(rule, o.UserID, seen{rec.Time, o.ID, o.ID, o.UserID, o.IPAddress})
	}
}

func (r recount) mailbox(t *testing.T, rec Record) {
	var o struct {
		ID, Operation, UserID, ClientIP string
		Parameters                      []struct{ Name, Value string }
	}
	decode(t, rec, &o)
	for _, p := range o.Parameters {
		ip, err := netip.ParseAddrPort(o.ClientIP)
		if err != nil {
			t.Fatal(err)
		}
		s := seen{rec.Time, o.ID, o.ID, o.UserID, ip.Addr().String()}
		switch {
		case o.Operation == "New-InboxRule" && p.Name == "ForwardTo":
			r.add("inbox-rule-forwards-externally", o.UserID, s)
		case o.Operation == "Set-Mailbox" && p.Name == "ForwardingSmtpAddress" && p.Value != "":
			r.add("mailbox-forwarding-added", o.UserID, s)
		}
	}
}

// alerts folds what was seen into lines "rule key day first last count ids".
func (r recount) alerts() []string {
	var all []string
	for group, facts := range r {
		slices.SortFunc(facts, func(a, b seen) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) })
		days := map[string]map[string]seen{}
		for _, f := range facts {
			in := windowOf(group[0], f.at.Unix(), facts)
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

// windowOf returns the facts in (at-W, at] if the rule's condition holds.
func windowOf(rule string, at int64, facts []seen) []seen {
	length := map[string]int64{"password-spray": 900, "brute-force-account": 600}[rule]
	if length == 0 {
		length = 1
	}
	var in []seen
	accounts, attempts := map[string]bool{}, map[string]bool{}
	for _, f := range facts {
		if s := f.at.Unix(); s > at-length && s <= at {
			in = append(in, f)
			accounts[f.account], attempts[f.attempt] = true, true
		}
	}
	if rule == "password-spray" && len(accounts) < 10 || rule == "brute-force-account" && len(attempts) < 20 {
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
	return fmt.Sprint(rule, " ", in[0].address, " ", in[0].at.Unix(), " ", in[len(in)-1].at.Unix(), " ", len(attempts), slices.Sorted(maps.Keys(accounts)), ids)
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
		t.Errorf("%s, seed %d:\ntruth   %s\nrecount %s", s.Name, seed, strings.Join(got, "\n        "), strings.Join(want, "\n        "))
	}
}

func TestTruthEqualsARecountOfTheRecords(t *testing.T) {
	compare(t, load(t, "first-look"), 1)
	compare(t, fewDays(t), 1)
	smaller, err := load(t, "busy").WithAccounts(700)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, smaller, 1)
	if testing.Short() {
		return
	}
	for seed := range uint64(4) {
		compare(t, load(t, "first-look"), 10+seed)
	}
	compare(t, load(t, "quiet"), 2)
	compare(t, load(t, "busy"), 7)
}

func TestQuietHasNoTruth(t *testing.T) {
	for seed := range uint64(20) {
		if truths := load(t, "quiet").Truth(seed); len(truths) > 0 {
			t.Errorf("seed %d: %+v", seed, truths)
		}
	}
}

// TestLifeNeverFires makes everybody mistype all the time.
func TestLifeNeverFires(t *testing.T) {
	wild := strings.NewReplacer("signins_per_account_per_day: 1,", "signins_per_account_per_day: 250,", "accounts: 60", "accounts: 20", "days: 2", "days: 1",
		"failure_rate: 0.1", "failure_rate: 1", "noninteractive_share: 0.5", "noninteractive_share: 0").Replace(good)
	for _, attack := range []string{
		"{kind: office_nat, at: 9h, over: 1h, from: 192.0.2.230, accounts: 5}",
		"{kind: brute_force, at: 9h, over: 9m, from: 203.0.113.9, attempts: 25, accounts: 5}",
	} {
		head, _, _ := strings.Cut(wild, "  - {kind")
		s, err := parseScenario("x.yml", []byte(head+"  - "+attack+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		compare(t, s, 1)
	}
}

func TestDisabledAccountsHaveNoLife(t *testing.T) {
	s := load(t, "first-look")
	disabled := map[string]bool{}
	for _, tr := range s.Truth(1) {
		if tr.Rule == "disabled-account-signin" {
			disabled[tr.Accounts[0]] = true
		}
	}
	n := 0
	for rec := range s.Generate(1) {
		var o signInFields
		if rec.Log != SignIn {
			continue
		}
		decode(t, rec, &o)
		if disabled[o.UserID] {
			n++
			if o.Status.ErrorCode != 50057 {
				t.Errorf("a disabled account's sign-in ends with %d", o.Status.ErrorCode)
			}
		}
	}
	if len(disabled) != 2 || n != 4 {
		t.Errorf("%d disabled accounts with %d sign-ins", len(disabled), n)
	}
}

func TestFirstLookTellsItsStory(t *testing.T) {
	var rules []string
	for _, tr := range load(t, "first-look").Truth(1) {
		rules = append(rules, fmt.Sprintf("%s %d", tr.Rule, tr.Count))
	}
	want := []string{
		"password-spray 42", "disabled-account-signin 2", "disabled-account-signin 2", "brute-force-account 34",
		"mfa-denied-or-fraud-reported 4", "risk-leaked-credentials 1", "risk-anonymous-ip-address 1", "risk-password-spray 1",
		"inbox-rule-forwards-externally 1", "password-ok-session-blocked-by-ca 3", "signin-blocked-by-ca 3", "guest-converted-to-member 1",
	}
	if !slices.Equal(rules, want) {
		t.Errorf("truths are %q", rules)
	}
}

func TestBusyHasEveryRule(t *testing.T) {
	rules := map[string]bool{}
	for _, tr := range load(t, "busy").Truth(1) {
		rules[tr.Rule] = true
	}
	for name, kind := range riskTypes {
		if !rules[kind.rule] {
			t.Errorf("no truth for %s (%s)", kind.rule, name)
		}
	}
	if len(rules) != len(riskTypes)+9 {
		t.Errorf("%d rules: %v", len(rules), slices.Sorted(maps.Keys(rules)))
	}
}

func TestRulesAreInTheCatalogue(t *testing.T) {
	catalogue, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "reference", "detections.csv"))
	if err != nil {
		needFixtures(t, err)
	}
	for _, tr := range load(t, "busy").Truth(1) {
		if !strings.Contains(string(catalogue), ","+tr.Rule+",") {
			t.Errorf("there is no rule %q", tr.Rule)
		}
	}
}

// scenarioWith returns a scenario without life and with the given attacks.
func scenarioWith(t *testing.T, attacks string) *Scenario {
	t.Helper()
	head, _, _ := strings.Cut(good, "  - {kind")
	s, err := parseScenario("x.yml", []byte(head+attacks))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestThresholds(t *testing.T) {
	for _, c := range []struct{ attack, want string }{
		{"{kind: password_spray, at: 1h, over: 14m59s, from: 203.0.113.9, accounts: 10}", "[password-spray 10]"},
		{"{kind: password_spray, at: 1h, over: 14m59s, from: 203.0.113.9, accounts: 9}", "[]"},
		{"{kind: password_spray, at: 1h, over: 15m, from: 203.0.113.9, accounts: 10}", "[]"},                                        // (t-15m, t] leaves the first out
		{"{kind: password_spray, at: 23h55m, over: 10m, from: 203.0.113.9, accounts: 20}", "[password-spray 10 password-spray 20]"}, // cut at midnight
		{"{kind: brute_force, at: 1h, over: 9m59s, from: 203.0.113.9, attempts: 20}", "[brute-force-account 20]"},
		{"{kind: brute_force, at: 1h, over: 9m59s, from: 203.0.113.9, attempts: 19}", "[]"},
		{"{kind: brute_force, at: 1h, over: 10m, from: 203.0.113.9, attempts: 20}", "[]"},
		{"{kind: office_nat, at: 1h, over: 3h, from: 192.0.2.230, accounts: 40}", "[]"},
		{"{kind: office_nat, at: 1h, over: 5m, from: 192.0.2.230, accounts: 40}", "[password-spray 40]"},
		{"{kind: account_taken, at: 1h, from: 203.0.113.9}", "[]"},
	} {
		s := scenarioWith(t, "  - "+c.attack+"\n")
		var got []string
		for _, tr := range s.Truth(5) {
			got = append(got, fmt.Sprintf("%s %d", tr.Rule, tr.Count))
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: got %v, want %s", c.attack, got, c.want)
		}
		compare(t, s, 5)
	}
}
