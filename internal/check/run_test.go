package check_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/rule"
)

func person(id string) directory.Account {
	a := idle(id)
	a.Kind, a.KindFrom, a.Mailbox.Value.Type = directory.Known(directory.KindPerson), "Exchange: UserMailbox", "UserMailbox"
	a.Activity.Value.LastSuccess = ago(1)
	a.Registration.Value = &directory.Registration{Registered: true, Capable: true, Methods: []string{"fido2SecurityKey"}}
	a.Methods = directory.Unknown[[]directory.Method]("read for resource accounts only")
	return a
}

// A finding is what the interface promises, for every account with a verdict.
func TestPostureFinding(t *testing.T) {
	blocked := idle("a2")
	blocked.Enabled.Value = false
	r := run(t, snapshot(idle("a1"), blocked, person("p1")), check.Options{})
	if d := cmp.Diff([]string{"finding medium a1", "ok informational a2"}, findings(r, "resource-signin-enabled-posture")); d != "" {
		t.Error(d)
	}
	i := slices.IndexFunc(r.Findings, func(f check.Finding) bool { return f.Check == "resource-signin-enabled-posture" })
	data, err := json.Marshal(r.Findings[i])
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"id", "check", "severity", "status", "subject", "verdict", "reasons", "ask", "facts", "snapshot", "complete"} {
		if _, ok := got[key]; !ok {
			t.Errorf("no %q in %s", key, data)
		}
	}
	if got["verdict"] != "block" || got["severity"] != "medium" || got["snapshot"] != "s1" || got["complete"] != true || !cmp.Equal(got["ask"], []any{"no owner"}) ||
		!cmp.Equal(got["subject"], any(map[string]any{"kind": "account", "id": "a1", "name": "Mailbox a1"})) {
		t.Errorf("%s", data)
	}
	again := run(t, snapshot(person("p9"), idle("a1")), check.Options{})
	if !slices.ContainsFunc(again.Findings, func(f check.Finding) bool { return f.ID == got["id"] }) {
		t.Error("the id changed with the other accounts")
	}
}

// Whom each population holds, by a check that finds everybody in it.
func TestPopulations(t *testing.T) {
	const admin = "62e90394-69f5-4237-9190-012177145e10"
	accounts := map[string]directory.Account{"shared": idle("shared"), "person": person("person")}
	add := func(id string, a directory.Account, change func(*directory.Account)) {
		a.ID, a.UPN = id, id+"@contoso.com"
		change(&a)
		accounts[id] = a
	}
	add("blocked", idle(""), func(a *directory.Account) { a.Enabled.Value = false })
	add("room", idle(""), room)
	add("held", idle(""), func(a *directory.Account) { a.Manager.Value = "x" })
	add("system", idle(""), func(a *directory.Account) { a.Kind.Value = directory.KindSystem })
	add("guest", person(""), func(a *directory.Account) {
		a.Kind.Value, a.UserType, a.Mailbox.Value = directory.KindGuest, "Guest", nil
	})
	add("leaver", person(""), func(a *directory.Account) { a.Enabled.Value = false })
	add("admin", person(""), func(a *directory.Account) { a.Roles.Value = []directory.Role{{Template: admin, Eligible: true}} })
	add("owner", person(""), func(*directory.Account) {})
	var all []directory.Account
	for _, id := range sortedKeys(accounts) {
		all = append(all, copied(accounts[id]))
	}
	s := snapshot(all...)
	s.AzureRoles.Value = []directory.AzureRole{{Principal: "owner", Role: "Owner", Scope: "/subscriptions/1"}, {Principal: "person", Role: "Reader", Scope: "/subscriptions/1"}}
	for population, want := range map[string]string{
		"verdict":          "blocked held room shared system",
		"resource":         "blocked held room shared",
		"enabled_resource": "held room shared",
		"active_resource":  "held room",
		"teams_room":       "room",
		"mailbox":          "admin blocked held leaver owner person room shared system",
		"enabled":          "admin guest held owner person room shared system",
		"person":           "admin owner person",
		"human":            "admin guest owner person",
		"disabled_person":  "leaver",
		"privileged":       "admin",
		"azure_privileged": "owner",
	} {
		c := everybody(t, population)
		r, err := check.Run(s, c, check.Options{Now: taken})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range r.Findings {
			got = append(got, f.Subject.ID)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %s, want %s", population, strings.Join(got, " "), want)
		}
	}
	for _, p := range check.PopulationDocs() {
		if p.Words == "" {
			t.Errorf("%s has no words", p.Name)
		}
	}
}

// everybody is a check that finds all accounts of a population.
func everybody(t *testing.T, population string) *check.Checks {
	t.Helper()
	c, problems := check.Load(mapFS{"all.yml": `title: All
id: 00000000-0000-4000-8000-000000000002
name: all
logsource: {product: vakt, service: ` + population + `}
detection:
  selection:
    account|exists: true
  condition: selection
level: low
`}.fs(), ".")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

// What could not be looked at is said once for each reason, counts every
// account, and is never ok.
func TestHolesAreFolded(t *testing.T) {
	var all []directory.Account
	for _, id := range []string{"p1", "p2", "p3"} {
		a := person(id)
		a.PasswordPolicies = directory.Unknown[string]("no permission User.Read.All")
		all = append(all, a)
	}
	s := snapshot(all...)
	s.Complete, s.Missing = false, []directory.Missing{{Part: "users.json", Why: "no permission User.Read.All"}}
	r := run(t, s, check.Options{})
	var holes []check.Finding
	for _, f := range r.Findings {
		if f.Check == "account-weak-password-allowed" {
			holes = append(holes, f)
		}
	}
	if len(holes) != 1 || holes[0].Status != check.CouldNotLook || holes[0].Facts["accounts"] != 3 || holes[0].Complete ||
		!cmp.Equal(ids(holes[0].Reasons), []string{"could_not_look:password.policies"}) {
		t.Errorf("%+v", holes)
	}
	i := slices.IndexFunc(r.Tallies, func(x check.Tally) bool { return x.Check == "account-weak-password-allowed" })
	if x := r.Tallies[i]; x.CouldNotLook != 3 || x.OK != 0 || x.Findings != 0 {
		t.Errorf("%+v", x)
	}
	if r.Complete || !cmp.Equal(r.CouldNotLook, s.Missing) {
		t.Errorf("%v %v", r.Complete, r.CouldNotLook)
	}
}

// A check that waits for the baseline says for what.
func TestAsleepChecks(t *testing.T) {
	asleep := func(o check.Options) map[string][]string {
		got := map[string][]string{}
		for _, x := range run(t, snapshot(person("p1")), o).Tallies {
			if len(x.Asleep) > 0 {
				got[x.Check] = x.Asleep
			}
		}
		return got
	}
	want := map[string][]string{
		"account-missing-expected-attributes-posture":    {"required_attributes"},
		"account-naming-violation-posture":               {"upn_regex_admin", "upn_regex_user"},
		"privileged-azure-role-naming-violation-posture": {"upn_regex_admin"},
		"privileged-entra-role-naming-violation":         {"upn_regex_admin"},
	}
	if d := cmp.Diff(want, asleep(check.Options{})); d != "" {
		t.Error(d)
	}
	awake := settings(t, map[string]any{"required_attributes": map[string]any{"department": ".+"}, "upn_regex_admin": "^adm_", "upn_regex_user": "^[a-z]"})
	if got := asleep(check.Options{Baseline: awake}); len(got) > 0 {
		t.Error(got)
	}
}

// Facts that are computed, by the checks that read them.
func TestComputedFacts(t *testing.T) {
	const admin = "fe930be7-5e62-47db-91af-98c3a49a38b1"
	f := func(name string, a directory.Account, values map[string]any, change func(*directory.Snapshot), want ...string) {
		t.Helper()
		s := snapshot(a)
		if change != nil {
			change(s)
		}
		r := run(t, s, check.Options{Baseline: settings(t, values)})
		var got []string
		for _, line := range findings(r, name) {
			if !strings.HasPrefix(line, "could_not_look") || want != nil {
				got = append(got, strings.TrimSuffix(line, " "+a.ID))
			}
		}
		if !cmp.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	with := func(a directory.Account, change func(*directory.Account)) directory.Account { change(&a); return a }
	method := func(created int) func(*directory.Account) {
		return func(a *directory.Account) {
			a.Methods.Value = []directory.Method{{Type: "phoneAuthenticationMethod", Created: directory.Known(ago(created))}}
		}
	}
	f("resource-has-mfa-method", idle("a1"), nil, nil)
	f("resource-has-mfa-method", with(idle("a1"), method(10)), nil, nil, "finding high")
	f("resource-has-mfa-method", with(idle("a1"), func(a *directory.Account) { method(1990)(a); a.Activity.Value.LastSuccess = ago(1) }), nil, nil, "finding medium")
	f("resource-has-mfa-method", with(idle("a1"), func(a *directory.Account) {
		method(10)(a)
		a.Created.Value = ago(20)
		a.Activity.Value.LastSuccess = ago(9)
	}), nil, nil, "finding medium")
	f("resource-has-mfa-method", with(idle("a1"), func(a *directory.Account) { a.Methods.Value = []directory.Method{{Type: "emailAuthenticationMethod"}} }), nil, nil)
	f("resource-mfa-unclaimed", idle("a1"), nil, nil, "finding high")
	f("resource-mfa-unclaimed", with(idle("a1"), method(1)), nil, nil)
	f("resource-someone-signs-in", with(idle("a1"), func(a *directory.Account) { a.Activity.Value.LastSuccess = ago(30) }), nil, nil, "finding high")
	f("resource-someone-signs-in", with(idle("a1"), used2(directory.UseSMTP, 30)), nil, nil, "finding high")
	f("resource-someone-signs-in", with(idle("a1"), used2(directory.UseSMTP, 100)), nil, nil)
	f("resource-someone-signs-in", idle("a1"), nil, nil)
	f("resource-password-old", with(idle("a1"), func(a *directory.Account) { a.Manager.Value = "m" }), nil, nil, "finding low")
	f("resource-password-old", idle("a1"), nil, nil)
	f("resource-legacy-protocol-enabled", with(idle("a1"), func(a *directory.Account) {
		a.Mailbox.Value.Protocols.Value = &directory.Protocols{IMAP: directory.Known(true)}
	}), nil, nil, "finding low")
	f("resource-privileged-or-licensed-posture", with(idle("a1"), func(a *directory.Account) { a.Groups.Value = []string{"g1"} }), nil, func(s *directory.Snapshot) {
		s.Groups.Value = []directory.Group{{ID: "g1", Name: "Tier 0", RoleAssignable: directory.Known(true), Members: directory.Known([]string{"a1"})}}
	}, "finding high")
	f("room-not-bound", with(idle("a1"), room), nil, nil, "finding medium")
	f("room-under-interactive-mfa", with(idle("a1"), room), nil, func(s *directory.Snapshot) { s.Policies.Value = []directory.Policy{demand("mfa")} }, "finding medium")
	f("mailbox-audit-off", person("p1"), nil, func(s *directory.Snapshot) { s.AuditOff.Value = true }, "finding medium")
	forward := func(to string) directory.Account {
		return with(person("p1"), func(a *directory.Account) { a.Mailbox.Value.ForwardingSMTP.Value = to })
	}
	f("mailbox-forwards-externally", forward("x@example.com"), nil, nil, "finding high")
	f("mailbox-forwards-externally", forward("x@CONTOSO.com"), nil, nil)
	f("mailbox-forwards-externally", forward("x@example.com"), map[string]any{"approved_forward_domains": []any{"example.com"}}, nil)
	f("inbox-rule-forwards-externally-posture", with(person("p1"), func(a *directory.Account) {
		a.Mailbox.Value.Rules.Value = []directory.InboxRule{{Enabled: true, ForwardTo: []string{"X <x@example.com>"}}}
	}), nil, nil, "finding high")
	f("inbox-rule-forwards-externally-posture", with(person("p1"), func(a *directory.Account) {
		a.Mailbox.Value.Rules.Value = []directory.InboxRule{{ForwardTo: []string{"x@example.com"}}}
	}), nil, nil)
	standing := func(r directory.Role) directory.Account {
		return with(person("p1"), func(a *directory.Account) { a.Roles.Value = []directory.Role{r} })
	}
	f("privileged-standing-assignment", standing(directory.Role{Template: admin, Standing: directory.Known(true)}), nil, nil, "finding medium")
	f("privileged-standing-assignment", standing(directory.Role{Template: admin, Standing: directory.Known(false)}), nil, nil)
	f("privileged-standing-assignment", standing(directory.Role{Template: admin, Eligible: true}), nil, nil)
	f("privileged-user-not-mfa-registered", with(standing(directory.Role{Template: admin}), func(a *directory.Account) { a.Registration.Value = &directory.Registration{} }), nil, nil, "finding high")
	f("privileged-user-not-mfa-registered", person("p1"), nil, nil)
	attributes := map[string]any{"required_attributes": map[string]any{"department": "^[A-Z]", "employeeId": ".+"}}
	f("account-missing-expected-attributes-posture", person("p1"), attributes, nil, "finding low")
	f("account-missing-expected-attributes-posture", with(person("p1"), func(a *directory.Account) { a.Department.Value, a.EmployeeID.Value = "Sales", "1" }), attributes, nil)
	f("account-dormant", with(person("p1"), func(a *directory.Account) { a.Activity.Value.LastSuccess = ago(91) }), nil, nil, "finding low")
	f("account-dormant", with(person("p1"), func(a *directory.Account) { a.Activity.Value.LastSuccess = ago(91) }), map[string]any{"dormant_days": 100}, nil)
	f("account-disabled-long", with(person("p1"), func(a *directory.Account) { a.Enabled.Value, a.DisabledSince.Value = false, ago(180) }), nil, nil, "finding low")
}

func used2(what string, n int) func(*directory.Account) {
	return func(a *directory.Account) {
		a.Use = []directory.Use{{What: what, First: ago(n), Last: ago(n), Count: 1}}
	}
}

// Facts about the tenant.
func TestTenantChecks(t *testing.T) {
	f := func(name string, values map[string]any, change func(*directory.Snapshot), want check.Status, facts map[string]any) {
		t.Helper()
		s := snapshot(person("p1"))
		change(s)
		r := run(t, s, check.Options{Baseline: settings(t, values)})
		got := check.OK
		for _, x := range r.Findings {
			if x.Check == name {
				got = x.Status
				for k, v := range facts {
					if !cmp.Equal(x.Facts[k], v) {
						t.Errorf("%s: %s is %v, want %v", name, k, x.Facts[k], v)
					}
				}
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	p2 := func(s *directory.Snapshot) {
		s.SKUs.Value = []directory.SKU{{Part: "AAD_PREMIUM_P2", Status: "Enabled", Plans: []directory.Plan{{ID: "eec0eb4f-6444-4f95-aba0-50c24d67f998", Name: "AAD_PREMIUM_P2"}}}}
	}
	risk := demand("mfa")
	risk.SignInRisk, risk.Users.ExcludeUsers, risk.Users.ExcludeGroups = []string{"high", "medium"}, []string{"p1"}, []string{"g1"}
	f("signin-risk-policy-missing", nil, func(*directory.Snapshot) {}, check.OK, nil) // no P2: not asked
	f("signin-risk-policy-missing", nil, p2, check.Found, nil)
	f("signin-risk-policy-missing", nil, func(s *directory.Snapshot) { p2(s); s.Policies.Value = []directory.Policy{risk} }, check.OK, nil)
	f("signin-risk-policy-missing", nil, func(s *directory.Snapshot) { s.SKUs = directory.Unknown[[]directory.SKU]("no right") }, check.CouldNotLook, nil)
	f("user-risk-policy-missing", nil, func(s *directory.Snapshot) { p2(s); s.Policies.Value = []directory.Policy{risk} }, check.Found, nil)
	f("risk-policy-excludes", nil, func(s *directory.Snapshot) { p2(s); s.Policies.Value = []directory.Policy{risk} }, check.Found, map[string]any{"ca.signin_risk_excludes": []any{"group g1", "p1@contoso.com"}})
	f("risk-policy-excludes", map[string]any{"break_glass_accounts": []any{"p1@contoso.com"}}, func(s *directory.Snapshot) { p2(s); s.Policies.Value = []directory.Policy{risk} }, check.Found, map[string]any{"ca.signin_risk_excludes": "group g1"})

	two := map[string]any{"break_glass_accounts": []any{"p1@contoso.com", "p2@contoso.com"}}
	f("break-glass-count", nil, func(*directory.Snapshot) {}, check.Found, map[string]any{"break_glass.count": 0.0})
	f("break-glass-count", two, func(*directory.Snapshot) {}, check.Found, map[string]any{"break_glass.count": 1.0, "break_glass.missing": "p2@contoso.com"})
	f("break-glass-count", two, func(s *directory.Snapshot) { s.Accounts = append(s.Accounts, person("p2")) }, check.OK, nil)
	f("break-glass-count", two, func(s *directory.Snapshot) { s.Accounts = nil }, check.CouldNotLook, nil)

	purged := func(disabled directory.Deleted) func(*directory.Snapshot) {
		return func(s *directory.Snapshot) { s.Deleted.Value = []directory.Deleted{disabled} }
	}
	gone := directory.Deleted{ID: "d1", UPN: "d1@contoso.com", At: ago(1), Hard: true}
	for days, want := range map[int]check.Status{5: check.Found, 30: check.Found, 31: check.OK} {
		d := gone
		d.Disabled = directory.Known(ago(days))
		f("account-purged-early", nil, purged(d), want, nil)
	}
	soft := gone
	soft.Hard, soft.Disabled = false, directory.Known(ago(2))
	f("account-purged-early", nil, purged(soft), check.OK, nil)
	f("account-purged-early", nil, purged(gone), check.CouldNotLook, nil)
}

// Coverage says who is counted; whom the report does not hold is unknown, and
// never a "no".
func TestCoverage(t *testing.T) {
	capable, not, absent, blocked := person("p1"), person("p2"), person("p3"), person("p4")
	not.Registration.Value = &directory.Registration{}
	absent.Registration.Value = nil
	blocked.Enabled.Value = false
	guest := person("g1")
	guest.UserType, guest.Kind.Value = "Guest", directory.KindGuest
	held := idle("a2")
	held.Manager.Value = "m"
	r := run(t, snapshot(capable, not, absent, blocked, guest, idle("a1"), held), check.Options{})
	type row struct {
		Population              string
		Capable, Total, Unknown int
	}
	var got []row
	for _, c := range r.Coverage {
		got = append(got, row{c.Population, c.Capable, c.Total, c.Unknown})
		if n := len(c.CapableIDs) + len(c.NotIDs) + len(c.UnknownIDs); n != c.Total || len(c.CapableIDs) != c.Capable || len(c.UnknownIDs) != c.Unknown {
			t.Errorf("%s: the lists do not add up", c.Population)
		}
	}
	want := []row{{check.EnabledMembers, 1, 5, 1}, {check.WithoutResources, 1, 3, 1}, {check.AfterBlock, 1, 4, 1}, {check.Guests, 1, 1, 0}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if least, most, ok := r.Coverage[0].Percent(); least != 20 || most != 40 || !ok {
		t.Errorf("%v to %v", least, most)
	}
	if _, _, ok := (&check.Coverage{}).Percent(); ok {
		t.Error("nobody has a coverage")
	}
	unread := person("p5")
	unread.Registration = directory.Unknown[*directory.Registration]("no permission AuditLog.Read.All")
	if c := run(t, snapshot(unread), check.Options{}).Coverage[0]; c.Unknown != 1 || c.Total != 1 || c.Capable != 0 || c.Why != "no permission AuditLog.Read.All" {
		t.Errorf("%+v", c)
	}
}

// Findings stand before holes, holes before what is fine; the severe first.
func TestFindingsAreOrdered(t *testing.T) {
	a, b, c := idle("a1"), idle("a2"), idle("a3")
	b.Enabled.Value = false
	c.Roles = directory.Unknown[[]directory.Role]("w")
	r := run(t, snapshot(a, b, c, person("p1")), check.Options{})
	rank := map[check.Status]int{check.Found: 0, check.CouldNotLook: 1, check.OK: 2}
	for i := 1; i < len(r.Findings); i++ {
		x, y := r.Findings[i-1], r.Findings[i]
		if rank[x.Status] > rank[y.Status] || rank[x.Status] == rank[y.Status] && x.Severity < y.Severity {
			t.Errorf("%s %s before %s %s", x.Status, x.Severity, y.Status, y.Severity)
		}
	}
	if worst, ok := r.Worst(); !ok || worst != rule.High {
		t.Errorf("worst is %s", worst)
	}
	if r.Count(check.Blocked) != 1 || r.Count(check.Hold) != 1 || r.Count(check.Block) != 1 {
		t.Errorf("%+v", r.Verdicts)
	}
}

// Every check that finds something still does not call it fine once one of its
// facts is unread.
func TestUnreadFactIsNeverOK(t *testing.T) {
	c := checks(t)
	for _, a := range c.About(settings(t, nil)) {
		for _, problem := range c.Blinded(a.Name, caseFS(t), a.File) {
			t.Error(problem)
		}
	}
}
