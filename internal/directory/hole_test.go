package directory_test

import (
	"strings"
	"testing"
	"time"

	"vakt/internal/directory"
	"vakt/internal/rig"
)

// without collects a tenant as an application that lacks permissions.
func without(t *testing.T, w world, permissions ...string) *directory.Snapshot {
	t.Helper()
	app := rig.ReadApp().Without(permissions...)
	app.Secret = "read-secret"
	return decode(t, collect(t, w, rig.ServerOptions{Apps: []rig.App{app}}))
}

// Each permission that is missing makes a hole that names it, in the part, in
// the facts of the accounts, and nowhere else.
func TestMissingPermissionIsNamed(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, "all-traps", 200)
		whole := without(t, w)
		if !whole.Complete {
			t.Fatalf("with all permissions: %v", whole.Missing)
		}
		f := func(permission, part string, unknown func(s *directory.Snapshot, a *directory.Account) (bool, string)) {
			t.Helper()
			s := without(t, w, permission)
			named := false
			for _, m := range s.Missing {
				named = named || m.Part == part && strings.Contains(m.Why, permission)
			}
			if s.Complete || !named {
				t.Errorf("without %s: complete %v, missing %v", permission, s.Complete, s.Missing)
			}
			blind := 0
			for i := range s.Accounts {
				if isUnknown, why := unknown(s, &s.Accounts[i]); isUnknown {
					blind++
					if !strings.Contains(why, part) && !strings.Contains(why, permission) {
						t.Errorf("without %s an account is not told why: %q", permission, why)
					}
				}
			}
			if blind == 0 && len(s.Accounts) > 0 {
				t.Errorf("without %s no account has an unknown fact", permission)
			}
		}
		type (
			snapshot = directory.Snapshot
			acc      = directory.Account
		)
		f("User.Read.All", "users.json", func(*snapshot, *acc) (bool, string) { return false, "" })
		f("AuditLog.Read.All", "signInActivity.json", func(_ *snapshot, a *acc) (bool, string) { return !a.Activity.Known, a.Activity.Why })
		f("AuditLog.Read.All", "userRegistrationDetails.json", func(_ *snapshot, a *acc) (bool, string) { return !a.Registration.Known, a.Registration.Why })
		f("RoleManagement.Read.Directory", "roleAssignments.json", func(_ *snapshot, a *acc) (bool, string) { return !a.Roles.Known, a.Roles.Why })
		// The schedules are readable with RoleManagement.Read.Directory as well.
		f("GroupMember.Read.All", "groups.json", func(_ *snapshot, a *acc) (bool, string) { return !a.Groups.Known, a.Groups.Why })
		f("Domain.Read.All", "domains.json", func(_ *snapshot, a *acc) (bool, string) { return !a.Federated.Known, a.Federated.Why })
		f("Organization.Read.All", "subscribedSkus.json", func(s *snapshot, _ *acc) (bool, string) { return !s.SKUs.Known, s.SKUs.Why })
		f("Policy.Read.All", "conditionalAccessPolicies.json", func(s *snapshot, _ *acc) (bool, string) { return !s.Policies.Known, s.Policies.Why })
		f("UserAuthenticationMethod.Read.All", "authenticationMethods.json", func(_ *snapshot, a *acc) (bool, string) {
			return !a.Methods.Known && directory.Is(a.Enabled, true) && a.Kind.Value.Resource(), a.Methods.Why
		})
		f("Exchange.ManageAsApp", "mailboxes.json", func(_ *snapshot, a *acc) (bool, string) { return !a.Mailbox.Known, a.Mailbox.Why })
	})
}

// Without Exchange the purposes of mailboxes come from Graph: the kinds are
// known, and what only Exchange shows is not.
func TestWithoutExchangeKindsComeFromGraph(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, "all-traps", 200)
		s := without(t, w, "Exchange.ManageAsApp")
		for i := range s.Accounts {
			a := &s.Accounts[i]
			want := w.labels[a.ID].Kind
			if want == "scheduling" { // Graph calls it "others"
				want = "unknown_mailbox"
			}
			if w.labels[a.ID].Sort == "by_upn_only" { // its mailbox is not linked to it: Graph sees none
				want = "person"
			}
			if a.Kind.Known && string(a.Kind.Value) != want {
				t.Errorf("%s (%s) is %s by %s, want %s", a.UPN, w.labels[a.ID].Sort, a.Kind.Value, a.KindFrom, want)
			}
			if !a.Kind.Known {
				t.Errorf("%s (%s): kind unknown: %s", a.UPN, w.labels[a.ID].Sort, a.Kind.Why)
			}
			if a.Mailbox.Known {
				t.Errorf("%s: the mailbox is known", a.UPN)
			}
		}
		// With neither nothing is known of accounts that could have a mailbox.
		for _, a := range without(t, w, "Exchange.ManageAsApp", "MailboxSettings.Read").Accounts {
			if a.Kind.Known && a.Kind.Value.Resource() && a.Kind.Value != directory.KindTeamsResource {
				t.Errorf("%s is %s by %s", a.UPN, a.Kind.Value, a.KindFrom)
			}
		}
	})
}

// A small tenant without premium licences: use is unknown, and what cannot be
// there without the licence is known to be empty.
func TestWithoutPremiumLicence(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, "no-p1", 0)
		s := decode(t, collect(t, w, rig.ServerOptions{}))
		var missing []string
		for _, m := range s.Missing {
			missing = append(missing, m.Part+": "+m.Why)
		}
		if got, want := strings.Join(missing, "; "), "signInActivity.json: the tenant has no Entra ID P1; userRegistrationDetails.json: the tenant has no Entra ID P1"; got != want {
			t.Errorf("missing %s, want %s", got, want)
		}
		if !s.Policies.Known || len(s.Policies.Value) > 0 {
			t.Errorf("policies %v", s.Policies)
		}
		for i := range s.Accounts {
			a := &s.Accounts[i]
			if !a.Roles.Known || a.Activity.Known || a.Registration.Known {
				t.Errorf("%s: roles %v, activity %v, registration %v", a.UPN, a.Roles, a.Activity, a.Registration)
			}
			if used := s.UsedSince(a, noon.AddDate(0, 0, -90), noon); used.Known {
				t.Errorf("%s: use is known: %v", a.UPN, used)
			}
		}
	})
}

// Attempts at blocked accounts are counted, and prove nothing about use.
func TestRefusedAttemptsAreCounted(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, "all-traps", 200)
		s := decode(t, collect(t, w, rig.ServerOptions{}))
		attempts := 0
		for _, a := range s.Accounts {
			for _, u := range a.Use {
				if u.What != directory.UseDisabled {
					t.Errorf("%s: %v", a.UPN, u)
				}
				attempts += u.Count
			}
		}
		if attempts == 0 {
			t.Error("no refused attempt was seen")
		}
		idle := &directory.Account{}
		if used := s.UsedSince(idle, noon.Add(-time.Hour), noon); used.Known {
			t.Errorf("the refused attempts prove %v", used)
		}
	})
}

// A group that is only eligible for a role makes its members privileged too.
func TestMembersOfEligibleGroupAreSeen(t *testing.T) {
	inTime(t, func(t *testing.T) {
		w := newWorld(t, "all-traps", 400)
		s := decode(t, collect(t, w, rig.ServerOptions{}))
		groups := 0
		for _, x := range s.Assignments.Value {
			if x.Eligible && x.PrincipalType == "group" {
				groups++
			}
			if x.PrincipalType == "" {
				t.Errorf("the type of %s, which holds a role, was not read", x.Principal)
			}
		}
		byGroup := 0
		for i := range s.Accounts {
			for _, r := range s.Accounts[i].Roles.Value {
				if r.Eligible && r.Via == directory.ViaGroup {
					byGroup++
				}
			}
		}
		if groups == 0 || byGroup == 0 {
			t.Errorf("%d groups are eligible, and %d accounts by them", groups, byGroup)
		}
	})
}
