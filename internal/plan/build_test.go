package plan_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/plan"
)

func TestBuildBlocksWhatTheFindingsSay(t *testing.T) {
	s := contoso(append(shared(2), func() directory.Account {
		a := account(50, "ad@contoso.com")
		a.Synced = directory.Known(directory.SyncedNow)
		return a
	}())...)
	p := build(t, input(t, s))
	if len(p.Changes) != 2 || len(p.Manual) != 1 || len(p.Skipped) != 0 {
		t.Fatalf("%d changes, %d steps by hand, %d left out", len(p.Changes), len(p.Manual), len(p.Skipped))
	}
	c := p.Changes[0]
	got := []string{c.ID, c.Action, c.Field, string(c.Before), string(c.After), c.Reversible, string(c.Verdict), c.Finding, c.UPN}
	want := []string{"account.disable/" + id(100), "account.disable", "accountEnabled", "true", "false", "exact", "block", "finding-0064", "shared0000@contoso.com"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !c.Delegates.Known || len(c.Delegates.Value) != 1 || c.Delegates.Value[0] != (plan.Delegate{Name: "anna.lind@contoso.com", Right: "full_access"}) {
		t.Errorf("delegates %+v", c.Delegates)
	}
	if m := p.Manual[0]; m.Subject.ID != id(50) || m.Do != `Get-ADUser -Filter "UserPrincipalName -eq 'ad@contoso.com'" | Disable-ADAccount` {
		t.Errorf("step %+v", m)
	}
	if p.Expires.Sub(p.Created) != 24*time.Hour || p.PolicyHash == "" || p.Snapshot != "7" {
		t.Errorf("plan %+v", p)
	}
	if before, after := p.Coverage[0], p.Coverage[1]; before.Total != 5 || after.Total != 3 || after.Capable != 2 {
		t.Errorf("coverage %d of %d → %d of %d", before.Capable, before.Total, after.Capable, after.Total)
	}
}

func TestBuildIsTheSameForTheSameInput(t *testing.T) {
	in := input(t, contoso(shared(9)...))
	a := build(t, in)
	slices.Reverse(in.Result.Verdicts)
	if b := build(t, in); a.Hash != b.Hash || a.ID != b.ID {
		t.Errorf("%s %s, then %s %s", a.ID, a.Hash, b.ID, b.Hash)
	}
}

func TestBuildRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		turn func(*plan.Input)
		want string
	}{
		{"incomplete", func(in *plan.Input) {
			in.Snapshot.Complete, in.Snapshot.Missing = false, []directory.Missing{{Part: "groups.json", Why: "403"}}
		}, "groups.json (403)"},
		{"old", func(in *plan.Input) { in.Now = in.Now.Add(25 * time.Hour) }, "scan again"},
		{"older than a policy allows", func(in *plan.Input) { in.MaxAge, in.Now = time.Hour, in.Now.Add(51*time.Minute) }, "at most 1h0m0s"},
		{"from the future", func(in *plan.Input) { in.Now = in.Now.Add(-time.Hour) }, "clock"},
		{"no time", func(in *plan.Input) { in.Snapshot.Taken = time.Time{} }, "when it was taken"},
		{"no tenant", func(in *plan.Input) { in.Snapshot.Tenant = "" }, "of which tenant"},
		{"nobody", func(in *plan.Input) { in.Requester = plan.Person{} }, "nobody asks"},
		{"findings of another snapshot", func(in *plan.Input) { in.Result.Snapshot = "6" }, `snapshot "6"`},
		{"one emergency account", func(in *plan.Input) { in.Policy.Baseline = nil }, "0 of 0 emergency accounts"},
		{"an emergency account is disabled", func(in *plan.Input) { in.Snapshot.Accounts[0].Enabled = directory.Known(false) }, `"emergency1@contoso.com" is disabled`},
		{"an emergency account is not known to be enabled", func(in *plan.Input) { in.Snapshot.Accounts[1].Enabled = directory.Unknown[bool]("403") }, "was not read"},
		{"an emergency account is gone", func(in *plan.Input) { in.Snapshot.Accounts = in.Snapshot.Accounts[1:] }, `"emergency1@contoso.com" is not in the snapshot`},
		{"one Global Administrator is left", func(in *plan.Input) { in.Snapshot.Accounts[0].Roles.Value = nil }, "1 enabled Global Administrators"},
		{"an eligible administrator is no door", func(in *plan.Input) { in.Snapshot.Accounts[0].Roles.Value[0].Eligible = true }, "1 enabled Global Administrators"},
		{"an unknown account", func(in *plan.Input) {
			in.Wanted = []plan.Wanted{{Account: "nobody@contoso.com", File: "list.csv", Line: 3}}
		}, `list.csv:3: account "nobody@contoso.com" is not in the snapshot`},
		{"an unknown action", func(in *plan.Input) { in.Wanted = []plan.Wanted{{Account: id(100), Action: "account.delete"}} }, `unknown action "account.delete"`},
		{"twice", func(in *plan.Input) {
			in.Wanted = []plan.Wanted{{Account: id(100)}, {Account: "SHARED0000@contoso.com", Action: plan.Enable}}
		}, "more than one thing"},
		{"override without a reason", func(in *plan.Input) {
			in.Overrides = []plan.Lift{{Account: id(100), Override: plan.Override{By: ada, Reason: " "}}}
		}, "a name and a reason"},
		{"override for nobody", func(in *plan.Input) {
			in.Overrides = []plan.Lift{{Account: "x@contoso.com", Override: plan.Override{By: ada, Reason: "x"}}}
		}, "not in the snapshot"},
		{"two accounts of one name", func(in *plan.Input) {
			in.Snapshot.Accounts = append(in.Snapshot.Accounts, account(101, "shared0000@contoso.com"))
			in.Wanted = []plan.Wanted{{Account: "shared0000@contoso.com"}}
		}, "2 accounts are called"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := input(t, contoso(shared(1)...))
			c.turn(&in)
			p, err := plan.Build(in)
			wantError(t, err, c.want)
			if p != nil {
				t.Error("there is a plan")
			}
		})
	}
}

func TestIncompleteSnapshotIsAnErrorOfItsOwn(t *testing.T) {
	in := input(t, contoso())
	in.Snapshot.Complete = false
	_, err := plan.Build(in)
	var incomplete *plan.IncompleteError
	if !errors.As(err, &incomplete) || incomplete.Snapshot != "7" {
		t.Errorf("error %v", err)
	}
}

// protections are turns of an account, each of which must keep it out of a
// plan, with the id of the reason and whether an override helps.
var protections = []struct {
	reason string
	final  bool
	turn   func(*plan.Input, *directory.Account)
}{
	{"teams_room", false, func(_ *plan.Input, a *directory.Account) {
		a.Kind = directory.Known(directory.KindRoom)
		a.Licences.Value = []directory.Licence{{SKU: roomPro}}
	}},
	{"could_not_look:teams_room", false, func(_ *plan.Input, a *directory.Account) {
		a.Kind, a.Licences = directory.Known(directory.KindRoom), directory.Unknown[[]directory.Licence]("403")
	}},
	{"role_direct", false, func(_ *plan.Input, a *directory.Account) {
		a.Roles.Value = []directory.Role{{Template: readerID, Via: directory.ViaDirect}}
	}},
	{"role_group", false, func(_ *plan.Input, a *directory.Account) {
		a.Roles.Value = []directory.Role{{Template: readerID, Via: directory.ViaGroup}}
	}},
	{"role_eligible", false, func(_ *plan.Input, a *directory.Account) {
		a.Roles.Value = []directory.Role{{Template: readerID, Via: directory.ViaDirect, Eligible: true}}
	}},
	{"could_not_look:roles", false, func(_ *plan.Input, a *directory.Account) { a.Roles = directory.Unknown[[]directory.Role]("403") }},
	{"role_azure", false, func(in *plan.Input, a *directory.Account) {
		in.Snapshot.AzureRoles = directory.Known([]directory.AzureRole{{Principal: a.ID, Role: "Owner"}})
	}},
	{"could_not_look:azure_roles", false, func(in *plan.Input, _ *directory.Account) {
		in.Snapshot.AzureRoles = directory.Known([]directory.AzureRole{{Principal: id(777), PrincipalType: "Group", Role: "Owner"}})
	}},
	{"could_not_look:synced", false, func(_ *plan.Input, a *directory.Account) { a.Synced = directory.Unknown[string]("403") }},
	{"could_not_look:synced", false, func(_ *plan.Input, a *directory.Account) { a.Synced = directory.Known("perhaps") }},
	{"federated", false, func(_ *plan.Input, a *directory.Account) { a.Federated = directory.Known(true) }},
	{"could_not_look:federated", false, func(_ *plan.Input, a *directory.Account) { a.Federated = directory.Unknown[bool]("403") }},
	{"guest", false, func(_ *plan.Input, a *directory.Account) { a.UserType = "guest" }},
	{"guest", false, func(_ *plan.Input, a *directory.Account) { a.CreationType = directory.Known("Invitation") }},
	{"guest", false, func(_ *plan.Input, a *directory.Account) { a.Kind = directory.Known(directory.KindGuest) }},
	{"user_type", true, func(_ *plan.Input, a *directory.Account) { a.UserType = "agent" }},
	{"system_object", true, func(_ *plan.Input, a *directory.Account) { a.Kind = directory.Known(directory.KindSystem) }},
	{"break_glass", false, func(in *plan.Input, a *directory.Account) {
		in.Policy.Baseline = baselineWith(sharedUPN)
	}},
	{"exception", false, func(in *plan.Input, a *directory.Account) {
		in.Policy.Exceptions = []check.Exception{{Account: sharedUPN, Owner: "Bo", Reason: "scanner", Until: now.Add(time.Hour)}}
	}},
	{"exception", false, func(in *plan.Input, a *directory.Account) {
		in.Policy.Exceptions = []check.Exception{{Account: a.ID, Check: "resource-signin-enabled-posture", Owner: "Bo", Reason: "x", Until: now.Add(time.Hour)}}
	}},
	{"could_not_look:break_glass", false, func(in *plan.Input, _ *directory.Account) {
		in.Policy.Baseline = baselineWith(map[string]any{"group": id(600)})
	}},
	{"exception_baseline", false, func(in *plan.Input, _ *directory.Account) {
		in.Policy.Baseline = excepting(sharedUPN)
	}},
	{"could_not_look:exceptions", false, func(in *plan.Input, _ *directory.Account) {
		in.Policy.Baseline = excepting(map[string]any{"group": id(600)})
	}},
	{"role_azure", false, func(in *plan.Input, a *directory.Account) {
		in.Snapshot.AzureRoles = directory.Known([]directory.AzureRole{{Principal: id(777), PrincipalType: "Group", Role: "Owner"}})
		in.Snapshot.Groups = directory.Known([]directory.Group{{ID: id(777), Members: directory.Known([]string{a.ID})}})
		a.Groups = directory.Known([]string{id(777)})
	}},
	{"own_principal", true, func(in *plan.Input, a *directory.Account) { in.Own = []string{a.ID} }},
	{"own_principal", true, func(in *plan.Input, a *directory.Account) { in.Requester.ID = "entra:" + tenantID + "/" + a.ID }},
	{"own_principal", true, func(in *plan.Input, a *directory.Account) {
		in.Policy.Config.Approvers = []plan.Approver{{Name: "Ada", Entra: a.ID}}
	}},
	{"could_not_look:accountEnabled", true, func(_ *plan.Input, a *directory.Account) { a.Enabled = directory.Unknown[bool]("403") }},
}

func TestProtectedAccountsStayOutOfThePlan(t *testing.T) {
	for _, c := range protections {
		for _, lifted := range []bool{false, true} {
			s := contoso(account(100, sharedUPN))
			in := input(t, s)
			c.turn(&in, &s.Accounts[2])
			in.Wanted = []plan.Wanted{{Account: sharedUPN, Reason: "asked"}}
			if lifted {
				in.Overrides = []plan.Lift{{Account: sharedUPN, Override: plan.Override{By: ada, Reason: "agreed with its owner"}}}
			}
			p := build(t, in)
			switch out := skippedFor(p, id(100)); {
			case lifted && !c.final:
				if len(p.Changes) != 1 || p.Changes[0].Override == nil || p.Changes[0].Lifted[0].ID != c.reason {
					t.Errorf("%s: an override does not lift it: %+v", c.reason, p.Changes)
				}
			case len(p.Changes) > 0 || !slices.Contains(out, c.reason):
				t.Errorf("%s (override %v): %d changes, left out for %v", c.reason, lifted, len(p.Changes), out)
			}
		}
	}
}

func TestWhatDoesNotProtect(t *testing.T) {
	for name, turn := range map[string]func(*plan.Input, *directory.Account){
		"an exception that has ended": func(in *plan.Input, _ *directory.Account) {
			in.Policy.Exceptions = []check.Exception{{Account: sharedUPN, Owner: "Bo", Reason: "x", Until: now}}
		},
		"an exception for another check": func(in *plan.Input, _ *directory.Account) {
			in.Policy.Exceptions = []check.Exception{{Account: sharedUPN, Check: "mailbox-forwarding", Owner: "Bo", Reason: "x", Until: now.Add(time.Hour)}}
		},
		"an exception for a rule": func(in *plan.Input, _ *directory.Account) {
			in.Policy.Exceptions = []check.Exception{{Account: sharedUPN, Rule: "password-spray", Owner: "Bo", Reason: "x", Until: now.Add(time.Hour)}}
		},
		"a room licence on a shared mailbox": func(_ *plan.Input, a *directory.Account) { a.Licences.Value = []directory.Licence{{SKU: roomPro}} },
		"an Azure role of a group that it is not in": func(in *plan.Input, _ *directory.Account) {
			in.Snapshot.AzureRoles = directory.Known([]directory.AzureRole{{Principal: id(777), PrincipalType: "Group", Role: "Owner"}})
			in.Snapshot.Groups = directory.Known([]directory.Group{{ID: id(777), Members: directory.Known([]string{})}})
		},
		"an account that was synchronised once": func(_ *plan.Input, a *directory.Account) { a.Synced = directory.Known(directory.SyncedWas) },
		"an empty user type":                    func(_ *plan.Input, a *directory.Account) { a.UserType = "" },
	} {
		s := contoso(account(100, sharedUPN))
		in := input(t, s)
		turn(&in, &s.Accounts[2])
		if p := build(t, in); len(p.Changes) != 1 {
			t.Errorf("%s: left out for %v", name, skippedFor(p, id(100)))
		}
	}
}

// tenantWide are protections that are turned on for a whole tenant, or that
// protect from one action only.
var tenantWide = []string{"break_glass", "could_not_look:break_glass", "could_not_look:exceptions", "exception_baseline", "exception", "own_principal", "role_azure", "could_not_look:azure_roles", "could_not_look:accountEnabled"}

// Whatever an account is, it is changed only where nothing protects it, or
// where an override names it; and it is never both changed and left out.
func TestNoPlanTouchesAProtectedAccount(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := contoso()
		in := plan.Input{Snapshot: s, Policy: plan.Policy{Baseline: base(t, "")}, Requester: ada, Now: now}
		safe := map[string]bool{}
		accounts := rapid.IntRange(1, 12).Draw(r, "accounts")
		for n := range accounts {
			s.Accounts = append(s.Accounts, account(100+n, sharedUPN))
			a := &s.Accounts[len(s.Accounts)-1]
			a.UPN = "a" + a.ID + "@contoso.com"
			turns := rapid.SliceOfN(rapid.IntRange(0, len(protections)-1), 0, 2).Draw(r, "turns")
			safe[a.ID] = true
			for _, turn := range turns {
				if c := protections[turn]; !slices.Contains(tenantWide, c.reason) {
					c.turn(&in, a)
					safe[a.ID] = false
				}
			}
			in.Wanted = append(in.Wanted, plan.Wanted{Account: a.ID, Action: rapid.SampledFrom([]string{plan.Disable, plan.Revoke}).Draw(r, "action")})
			if rapid.Bool().Draw(r, "override") {
				in.Overrides = append(in.Overrides, plan.Lift{Account: a.ID, Override: plan.Override{By: ada, Reason: "named"}})
			}
		}
		p := build(t, in)
		changed := map[string]bool{}
		for _, c := range p.Changes {
			changed[c.Subject.ID] = true
			if !safe[c.Subject.ID] && c.Override == nil {
				r.Errorf("%s is changed and protected", c.Subject.ID)
			}
			if safe[c.Subject.ID] && c.Override != nil {
				r.Errorf("%s has an override that lifts nothing", c.Subject.ID)
			}
		}
		for _, x := range p.Skipped {
			if changed[x.Subject.ID] {
				r.Errorf("%s is changed and left out", x.Subject.ID)
			}
		}
		if len(p.Changes)+len(p.Skipped)+len(p.Manual) != len(in.Wanted) {
			r.Errorf("%d asked for; %d changed, %d left out, %d by hand", len(in.Wanted), len(p.Changes), len(p.Skipped), len(p.Manual))
		}
	})
}

// An account with a question stays out of a plan of findings until somebody
// answers for it by name.
func TestAccountsOnHoldNeedAnAnswer(t *testing.T) {
	s := contoso(account(100, sharedUPN))
	in := input(t, s)
	in.Result.Verdicts[0].Verdict = check.Hold
	in.Result.Verdicts[0].Reasons = []check.Reason{{ID: "signed_in", Text: "somebody signed in on 2026-11-20"}}
	if p := build(t, in); len(p.Changes) != 0 || !slices.Equal(skippedFor(p, id(100)), []string{"signed_in"}) {
		t.Errorf("%+v", p)
	}
	in.Overrides = []plan.Lift{{Account: sharedUPN, Override: plan.Override{By: ada, Reason: "it was the attacker"}}}
	if p := build(t, in); len(p.Changes) != 1 || p.Changes[0].Override == nil || p.Changes[0].Lifted[0].ID != "signed_in" {
		t.Errorf("%+v", p)
	}
	in.Overrides, in.Wanted = nil, []plan.Wanted{{Account: sharedUPN, Reason: "it was the attacker"}}
	if p := build(t, in); len(p.Changes) != 1 || p.Changes[0].Override != nil || p.Changes[0].Verdict != check.Hold {
		t.Errorf("%+v", p)
	}
}

func TestAnOverrideCannotTakeTheLastDoor(t *testing.T) {
	in := input(t, contoso())
	in.Wanted = []plan.Wanted{{Account: "emergency1@contoso.com"}}
	in.Overrides = []plan.Lift{{Account: "emergency1@contoso.com", Override: plan.Override{By: ada, Reason: "really"}}}
	_, err := plan.Build(in)
	wantError(t, err, "would leave 1 enabled Global Administrators")
}

func TestNothingToChange(t *testing.T) {
	s := contoso(account(100, sharedUPN))
	s.Accounts[2].Enabled = directory.Known(false)
	in := input(t, s)
	in.Wanted = []plan.Wanted{{Account: sharedUPN}}
	if p := build(t, in); len(p.Changes) != 0 || !slices.Equal(skippedFor(p, id(100)), []string{"already"}) {
		t.Errorf("%+v", p)
	}
}

func TestGuardTellsWhatMoved(t *testing.T) {
	s := contoso(account(100, sharedUPN))
	was := plan.GuardOf(s, &s.Accounts[2])
	if moved := was.Moved(was); moved != nil {
		t.Errorf("nothing moved, it says %v", moved)
	}
	for want, turn := range map[string]func(*plan.Guard){
		"user_type":     func(g *plan.Guard) { g.UserType.Value = "Guest" },
		"creation_type": func(g *plan.Guard) { g.CreationType.Value = "Invitation" },
		"kind":          func(g *plan.Guard) { g.Kind.Value = directory.KindRoom },
		"synced":        func(g *plan.Guard) { g.Synced.Value = directory.SyncedNow },
		"federated":     func(g *plan.Guard) { g.Federated = directory.Unknown[bool]("403") },
		"licences":      func(g *plan.Guard) { g.Licences.Value = []string{roomPro} },
		"teams_room":    func(g *plan.Guard) { g.TeamsRoom.Value = true },
		"roles":         func(g *plan.Guard) { g.Roles.Value = []string{plan.RoleLine(globalID, "eligible")} },
		"azure":         func(g *plan.Guard) { g.Azure.Known = false },
	} {
		is := was
		turn(&is)
		if moved := was.Moved(is); !slices.Equal(moved, []string{want}) {
			t.Errorf("%s moved, it says %v", want, moved)
		}
	}
}
