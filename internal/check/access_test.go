package check_test

import (
	"os"
	"strings"
	"testing"

	"vakt/internal/check"
	"vakt/internal/directory"
)

// demand is an enabled policy for all users and apps.
func demand(controls ...string) directory.Policy {
	return directory.Policy{ID: "p", Name: "P", State: "enabled", Operator: "OR", Controls: controls,
		IncludeApps: []string{"All"}, ClientAppTypes: []string{"all"}, Users: directory.PolicyUsers{IncludeUsers: []string{"All"}}}
}

// probe is a check that finds an account whose fact has a value.
func probe(t *testing.T, fact, want string) *check.Checks {
	t.Helper()
	document := `title: Probe
id: 00000000-0000-4000-8000-000000000001
name: probe
logsource: {product: vakt, service: enabled}
detection:
  selection:
    ` + fact + `: ` + want + `
  condition: selection
level: low
`
	c, problems := check.Load(mapFS{"probe.yml": document}.fs(), ".")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

// is asks a probe about the only account of a snapshot: finding, ok or
// could_not_look.
func is(t *testing.T, s *directory.Snapshot, fact, want string) check.Status {
	t.Helper()
	r, err := check.Run(s, probe(t, fact, want), check.Options{Now: taken})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) == 0 {
		return check.OK
	}
	return r.Findings[0].Status
}

func TestAccessFacts(t *testing.T) {
	f := func(name string, p directory.Policy, change func(*directory.Snapshot), facts ...string) {
		t.Helper()
		for _, fact := range facts {
			s := snapshot(idle("a1"))
			s.Policies.Value = []directory.Policy{p}
			if change != nil {
				change(s)
			}
			key, want, _ := strings.Cut(fact, "=")
			expected := check.Found
			if want == "unknown" {
				want, expected = "true", check.CouldNotLook
			}
			if key == "ca.mfa" && expected == check.CouldNotLook {
				want = "none"
			}
			if got := is(t, s, key, want); got != expected {
				t.Errorf("%s: %s: %s", name, fact, got)
			}
		}
	}
	with := func(p directory.Policy, change func(*directory.Policy)) directory.Policy { change(&p); return p }

	f("MFA for all", demand("mfa"), nil, "ca.mfa=covered", "ca.interactive=true", "ca.legacy_blocked=true", "ca.bound=false", "ca.registration_guarded=false")
	f("a strength", with(demand(), func(p *directory.Policy) { p.Strength = "s" }), nil, "ca.mfa=covered", "ca.interactive=true")
	f("report only", with(demand("mfa"), func(p *directory.Policy) { p.State = "enabledForReportingButNotEnforced" }), nil, "ca.mfa=none")
	f("MFA or a compliant device", demand("mfa", "compliantDevice"), nil, "ca.mfa=none", "ca.interactive=false", "ca.bound=false")
	f("MFA and a compliant device", with(demand("mfa", "compliantDevice"), func(p *directory.Policy) { p.Operator = "AND" }), nil, "ca.mfa=covered", "ca.bound=true")
	f("MFA outside the office", with(demand("mfa"), func(p *directory.Policy) {
		p.IncludeLocations, p.ExcludeLocations = []string{"All"}, []string{"AllTrusted"}
	}), nil, "ca.mfa=partial", "ca.interactive=false", "ca.bound=false", "ca.legacy_blocked=false")
	f("MFA in some apps", with(demand("mfa"), func(p *directory.Policy) { p.IncludeApps = []string{"797f4846-ba00-4fd7-ba43-dac1f8f63013"} }), nil, "ca.mfa=none")
	f("MFA in Office", with(demand("mfa"), func(p *directory.Policy) { p.IncludeApps = []string{"Office365"} }), nil, "ca.mfa=covered")
	f("MFA but for one app", with(demand("mfa"), func(p *directory.Policy) { p.ExcludeApps = []string{"x"} }), nil, "ca.mfa=partial")
	f("MFA on phones", with(demand("mfa"), func(p *directory.Policy) { p.IncludePlatforms = []string{"iOS", "android"} }), nil, "ca.mfa=partial")
	f("MFA in browsers", with(demand("mfa"), func(p *directory.Policy) { p.ClientAppTypes = []string{"browser"} }), nil, "ca.mfa=partial", "ca.legacy_blocked=false")
	f("MFA at risk", with(demand("mfa"), func(p *directory.Policy) { p.SignInRisk = []string{"high"} }), nil, "ca.mfa=partial")
	f("no legacy", with(demand("block"), func(p *directory.Policy) { p.ClientAppTypes = []string{"exchangeActiveSync", "other"} }), nil, "ca.mfa=none", "ca.legacy_blocked=true", "ca.bound=false")
	f("half of legacy", with(demand("block"), func(p *directory.Policy) { p.ClientAppTypes = []string{"other"} }), nil, "ca.legacy_blocked=false")
	f("only from the office", with(demand("block"), func(p *directory.Policy) { p.IncludeLocations, p.ExcludeLocations = []string{"All"}, []string{"l1"} }), nil, "ca.bound=true", "ca.mfa=partial")
	f("not from some countries", with(demand("block"), func(p *directory.Policy) { p.IncludeLocations = []string{"l1"} }), nil, "ca.bound=false")
	f("only known devices", with(demand("block"), func(p *directory.Policy) { p.DeviceFilter, p.DeviceFilterMode = "device.x -eq 1", "exclude" }), nil, "ca.bound=true")
	f("not on some devices", with(demand("block"), func(p *directory.Policy) { p.DeviceFilter, p.DeviceFilterMode = "device.x -eq 1", "include" }), nil, "ca.bound=false")
	f("compliant devices", demand("compliantDevice"), nil, "ca.bound=true", "ca.mfa=none")

	guard := with(demand("mfa"), func(p *directory.Policy) {
		p.IncludeApps, p.UserActions = nil, []string{"urn:user:registersecurityinfo"}
	})
	f("registration is guarded", guard, nil, "ca.registration_guarded=true", "ca.mfa=none")
	f("guarded but in the office", with(guard, func(p *directory.Policy) {
		p.IncludeLocations, p.ExcludeLocations = []string{"All"}, []string{"AllTrusted"}
	}), nil, "ca.registration_guarded=true")
	f("guarded in one country", with(guard, func(p *directory.Policy) { p.IncludeLocations = []string{"l1"} }), nil, "ca.registration_guarded=false")
	f("guarded on phones", with(guard, func(p *directory.Policy) { p.IncludePlatforms = []string{"iOS"} }), nil, "ca.registration_guarded=false")

	f("security defaults", with(demand(), func(p *directory.Policy) { p.State = "disabled" }), func(s *directory.Snapshot) { s.SecurityDefaults.Value = true }, "ca.mfa=partial", "ca.legacy_blocked=true", "ca.registration_guarded=false")
	f("security defaults, policies not read", demand("mfa"), func(s *directory.Snapshot) {
		s.SecurityDefaults.Value = true
		s.Policies = directory.Unknown[[]directory.Policy]("no right")
	}, "ca.mfa=partial", "ca.legacy_blocked=true")
	f("policies not read", demand("mfa"), func(s *directory.Snapshot) { s.Policies = directory.Unknown[[]directory.Policy]("no right") }, "ca.mfa=unknown", "ca.bound=unknown", "ca.legacy_blocked=unknown", "ca.registration_guarded=unknown", "ca.interactive=unknown")
	f("a condition that nobody knows", with(demand("mfa"), func(p *directory.Policy) { p.Unknown = []string{"insiderRiskLevels"} }), nil, "ca.mfa=unknown", "ca.interactive=unknown")
	f("an unknown condition beside what narrows it anyway", with(demand("mfa"), func(p *directory.Policy) {
		p.Unknown, p.Users.IncludeUsers = []string{"insiderRiskLevels"}, []string{"b"}
	}), nil, "ca.mfa=none")
}

// Whom a policy is for: users, nested groups, roles, guests; exclusion wins;
// what was not read stays unknown.
func TestWhomAPolicyIsFor(t *testing.T) {
	const role, admins = "62e90394-69f5-4237-9190-012177145e10", "99999999-0000-4000-8000-000000000001"
	f := func(name string, users directory.PolicyUsers, change func(*directory.Snapshot, *directory.Account), want string) {
		t.Helper()
		s := snapshot(idle("a1"))
		p := demand("mfa")
		p.Users = users
		s.Policies.Value = []directory.Policy{p}
		s.Groups.Value = []directory.Group{{ID: admins, Name: "Admins", Members: directory.Known([]string{"x"})}}
		if change != nil {
			change(s, &s.Accounts[0])
		}
		expected := check.Found
		if want == "unknown" {
			want, expected = "none", check.CouldNotLook
		}
		if got := is(t, s, "ca.mfa", want); got != expected {
			t.Errorf("%s: not %s", name, want)
		}
	}
	all, none := []string{"All"}, []string{"None"}
	member := func(s *directory.Snapshot, _ *directory.Account) { s.Groups.Value[0].Members.Value = []string{"a1"} }
	holder := func(r directory.Role) func(*directory.Snapshot, *directory.Account) {
		return func(_ *directory.Snapshot, a *directory.Account) { a.Roles.Value = []directory.Role{r} }
	}
	f("all", directory.PolicyUsers{IncludeUsers: all}, nil, "covered")
	f("none", directory.PolicyUsers{IncludeUsers: none}, nil, "none")
	f("by id in another case", directory.PolicyUsers{IncludeUsers: []string{"A1"}}, nil, "covered")
	f("all but this one", directory.PolicyUsers{IncludeUsers: all, ExcludeUsers: []string{"a1"}}, nil, "none")
	f("the group", directory.PolicyUsers{IncludeGroups: []string{strings.ToUpper(admins)}}, member, "covered")
	f("not in the group", directory.PolicyUsers{IncludeGroups: []string{admins}}, nil, "none")
	f("all but the group", directory.PolicyUsers{IncludeUsers: all, ExcludeGroups: []string{admins}}, member, "none")
	f("all but a group that it is not in", directory.PolicyUsers{IncludeUsers: all, ExcludeGroups: []string{admins}}, nil, "covered")
	f("a group that was not read", directory.PolicyUsers{IncludeGroups: []string{"other"}}, nil, "unknown")
	f("all but a group that was not read", directory.PolicyUsers{IncludeUsers: all, ExcludeGroups: []string{"other"}}, nil, "unknown")
	f("excluded, and a group that was not read", directory.PolicyUsers{IncludeUsers: all, ExcludeUsers: []string{"a1"}, ExcludeGroups: []string{"other"}}, nil, "none")
	f("members not read", directory.PolicyUsers{IncludeGroups: []string{admins}}, func(s *directory.Snapshot, _ *directory.Account) {
		s.Groups.Value[0].Members = directory.Unknown[[]string]("broke off")
	}, "unknown")
	f("the role", directory.PolicyUsers{IncludeRoles: []string{role}}, holder(directory.Role{Template: role, Scope: "/"}), "covered")
	f("the role of a unit", directory.PolicyUsers{IncludeRoles: []string{role}}, holder(directory.Role{Template: role, Scope: "/administrativeUnits/u"}), "none")
	f("another role", directory.PolicyUsers{IncludeRoles: []string{role}}, holder(directory.Role{Template: "x", Scope: "/"}), "none")
	f("the role once activated", directory.PolicyUsers{IncludeRoles: []string{role}}, holder(directory.Role{Template: role, Scope: "/", Eligible: true}), "partial")
	f("all until the role is activated", directory.PolicyUsers{IncludeUsers: all, ExcludeRoles: []string{role}}, holder(directory.Role{Template: role, Eligible: true}), "partial")
	f("roles not read", directory.PolicyUsers{IncludeRoles: []string{role}}, func(_ *directory.Snapshot, a *directory.Account) {
		a.Roles = directory.Unknown[[]directory.Role]("no right")
	}, "unknown")
	guest := func(_ *directory.Snapshot, a *directory.Account) {
		a.UserType, a.CreationType.Value, a.UPN = "Guest", "Invitation", "x_example.com#EXT#@contoso.onmicrosoft.com"
	}
	f("guests", directory.PolicyUsers{IncludeUsers: []string{"GuestsOrExternalUsers"}}, guest, "covered")
	f("guests, of whom it is none", directory.PolicyUsers{IncludeUsers: []string{"GuestsOrExternalUsers"}}, nil, "none")
	f("guests of this sort", directory.PolicyUsers{IncludeGuests: []string{"internalGuest", "b2bCollaborationGuest"}}, guest, "covered")
	f("guests of another sort", directory.PolicyUsers{IncludeGuests: []string{"serviceProvider"}}, guest, "none")
	f("all but guests", directory.PolicyUsers{IncludeUsers: all, ExcludeGuests: []string{"b2bCollaborationGuest"}}, guest, "none")
}

// The built-in checks are read from the tree.
func TestLoadRefuses(t *testing.T) {
	f := func(document, want string) {
		t.Helper()
		_, problems := check.Load(mapFS{"x.yml": document}.fs(), ".")
		var all []string
		for _, p := range problems {
			all = append(all, p.String())
		}
		if !strings.Contains(strings.Join(all, "\n"), want) {
			t.Errorf("%q, want %q", all, want)
		}
	}
	whole, err := os.ReadFile("../../checks/room-not-bound.yml")
	if err != nil {
		t.Fatal(err)
	}
	swap := func(from, to string) string { return strings.Replace(string(whole), from, to, 1) }
	f(swap("service: teams_room", "service: team_room"), `there is no population "team_room": did you mean "teams_room"?`)
	f(swap("product: vakt", "product: azure"), "a check has the log source {product: vakt, service: POPULATION}, not azure/teams_room")
	f(swap("ca.bound: false", "ca.bond: false"), `"ca.bond"`)
	f(swap("name: room-not-bound\n", ""), "a check needs a name")
	f(swap("level: medium\n", ""), "a check needs a level")
	f(swap("vakt:\n", "vakt:\n  group: account\n"), "no meaning for a state")
}
