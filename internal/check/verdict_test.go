package check_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vakt/internal/check"
	"vakt/internal/directory"
)

// one judges one account.
func one(t testing.TB, s *directory.Snapshot, o check.Options) check.AccountVerdict {
	t.Helper()
	r := run(t, s, o)
	if len(r.Verdicts) != 1 {
		t.Fatalf("%d verdicts", len(r.Verdicts))
	}
	return r.Verdicts[0]
}

// The decision table, line by line: the first that applies.
func TestVerdict(t *testing.T) {
	f := func(name string, change func(*directory.Account), want check.Verdict, reasons ...string) {
		t.Helper()
		a := idle("a1")
		change(&a)
		v := one(t, snapshot(a), check.Options{Baseline: settings(t, map[string]any{"break_glass_accounts": []any{"emergency@contoso.com"}, "resource_signin_exceptions": []any{"lobby@contoso.com"}})})
		got := ids(v.Reasons)
		if want == check.Block { // the others only say why that hurts nobody
			got = got[:1]
		}
		if v.Verdict != want || !cmp.Equal(got, reasons) {
			t.Errorf("%s: %s %v, want %s %v", name, v.Verdict, got, want, reasons)
		}
	}
	success := func(n int) func(*directory.Account) {
		return func(a *directory.Account) { a.Activity.Value.LastSuccess = ago(n) }
	}
	use := func(what string, n int) func(*directory.Account) {
		return func(a *directory.Account) {
			a.Use = []directory.Use{{What: what, First: ago(n), Last: ago(n), Count: 1, Detail: "UserMailbox → SharedMailbox"}}
		}
	}
	role := func(r directory.Role) func(*directory.Account) {
		return func(a *directory.Account) { a.Roles.Value = []directory.Role{r} }
	}
	f("idle", func(*directory.Account) {}, check.Block, "unused")
	f("never signed in", func(a *directory.Account) { a.Activity.Value = directory.Activity{} }, check.Block, "unused")
	f("attempts only", func(a *directory.Account) {
		a.Activity.Value = directory.Activity{LastAttempt: ago(0), LastNonInteractive: ago(0)}
	}, check.Block, "unused")
	f("system", func(a *directory.Account) { a.Kind.Value = directory.KindSystem }, check.NotYours, "system_object")
	f("blocked", func(a *directory.Account) { a.Enabled.Value = false; success(1)(a) }, check.Blocked, "sign_in_blocked")
	f("Teams Room", room, check.Excepted, "teams_room")
	f("Teams Room with a role is still an exception", func(a *directory.Account) { room(a); role(directory.Role{Template: "x", Via: "direct"})(a) }, check.Excepted, "teams_room")
	f("blocked Teams Room", func(a *directory.Account) { room(a); a.Enabled.Value = false }, check.Blocked, "sign_in_blocked")
	f("in the baseline's exceptions", func(a *directory.Account) { a.UPN = "Lobby@contoso.com" }, check.Excepted, "exception_baseline")
	f("synced", func(a *directory.Account) { a.Synced.Value = directory.SyncedNow }, check.OnPremises, "synced")
	f("synced and in use", func(a *directory.Account) { a.Synced.Value = directory.SyncedNow; success(3)(a) }, check.OnPremises, "synced", "signed_in")
	f("was synced", func(a *directory.Account) { a.Synced.Value = directory.SyncedWas }, check.Block, "unused")
	f("89 days ago", success(89), check.Hold, "signed_in")
	f("90 days ago", success(90), check.Hold, "signed_in")
	f("91 days ago", success(91), check.Block, "unused")
	f("role", role(directory.Role{Template: "x", Via: directory.ViaDirect}), check.Hold, "role_direct")
	f("role by group", role(directory.Role{Template: "x", Via: directory.ViaGroup}), check.Hold, "role_group")
	f("eligible role", role(directory.Role{Template: "x", Via: directory.ViaDirect, Eligible: true}), check.Hold, "role_eligible")
	f("emergency", func(a *directory.Account) { a.UPN = "emergency@contoso.com" }, check.Hold, "break_glass")
	f("employee id", func(a *directory.Account) { a.EmployeeID.Value = "4711" }, check.Hold, "employee_id")
	f("manager", func(a *directory.Account) { a.Manager.Value = "m1" }, check.Hold, "manager")
	f("a mailbox licence is no sign of a person", func(a *directory.Account) {
		a.Licences.Value = []directory.Licence{{SKU: "x", Part: "EXCHANGESTANDARD"}}
	}, check.Block, "unused")
	f("a room licence without a room", func(a *directory.Account) { a.Licences.Value = []directory.Licence{{SKU: roomsPro}} }, check.Block, "unused")
	f("a room licence without a room, in use", func(a *directory.Account) {
		a.Licences.Value = []directory.Licence{{SKU: roomsPro}}
		success(2)(a)
	}, check.Hold, "signed_in")
	f("a room without a licence", func(a *directory.Account) { room(a); a.Licences.Value = nil }, check.Block, "unused")
	f("converted lately, by the log", use(directory.UseConverted, 10), check.Hold, "converted")
	f("converted long ago, by the log", use(directory.UseConverted, 200), check.Block, "unused")
	f("was a person's, and has not changed for a year", func(a *directory.Account) {
		a.Mailbox.Value.PreviousType.Value, a.Mailbox.Value.Changed.Value = "UserMailbox", ago(365)
	}, check.Block, "unused")
	f("was a person's, and nothing says until when", func(a *directory.Account) { a.Mailbox.Value.PreviousType.Value = "UserMailbox" }, check.Hold, "could_not_look:converted")
	f("no mailbox at all", func(a *directory.Account) {
		a.Kind.Value, a.Mailbox.Value = directory.KindTeamsResource, nil
	}, check.Block, "unused")
	f("a mailbox of an unknown type", func(a *directory.Account) { a.Kind.Value = directory.KindUnknownMailbox }, check.Hold, "could_not_look:kind")
}

// A block says why it hurts nobody, beginning with the silence.
func TestBlockSaysWhyItHurtsNobody(t *testing.T) {
	f := func(change func(*directory.Account), want ...string) {
		t.Helper()
		a := idle("a1")
		change(&a)
		v := one(t, snapshot(a), check.Options{})
		var got []string
		for _, r := range v.Reasons {
			got = append(got, r.Text)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	const silent, made, method = "nobody has signed in within 90 days, and nothing speaks for anybody doing so", "it was made on 2020-09-09", "nobody has registered a method for MFA"
	const tried = "what moved the date of the last sign-in since (2026-03-01) was an attempt that failed"
	f(func(*directory.Account) {}, silent, "the last successful sign-in was on 2025-01-26", tried, made, method)
	f(func(a *directory.Account) { a.Activity.Value = directory.Activity{} }, silent, "no sign-in has ever succeeded, as far back as the directory knows", made, method)
	f(func(a *directory.Account) {
		a.Activity.Value.LastAttempt = time.Time{}
		a.Mailbox.Value.FullAccess.Value = []directory.Delegate{{Name: "x"}, {Name: "y"}}
		a.Methods = directory.Unknown[[]directory.Method]("w")
		a.Licences.Value = []directory.Licence{{SKU: "x", Part: "EXCHANGESTANDARD"}}
	}, silent, "the last successful sign-in was on 2025-01-26", made, "2 who may open the mailbox go on doing so: they sign in as themselves", "it has a licence (EXCHANGESTANDARD), which is no sign of a person")
	f(func(a *directory.Account) { a.Licences.Value = []directory.Licence{{SKU: roomsPro}} }, silent, "the last successful sign-in was on 2025-01-26", tried, made, method,
		"it has a licence for a Teams device (Microsoft_Teams_Rooms_Pro) that nothing uses")
}

// People and guests get no verdict.
func TestPeopleGetNoVerdict(t *testing.T) {
	person, guest, unread := idle("p1"), idle("g1"), idle("g2")
	person.Kind.Value, guest.Kind.Value, guest.UserType = directory.KindPerson, directory.KindGuest, "Guest"
	unread.Kind, unread.UserType = directory.Unknown[directory.Kind]("not read"), "Guest"
	if r := run(t, snapshot(person, guest, unread), check.Options{}); len(r.Verdicts) != 0 {
		t.Errorf("%+v", r.Verdicts)
	}
}

// protections are single facts of an account that must each keep it from
// being blocked.
var protections = map[string]func(*directory.Snapshot, *directory.Account){
	"role": func(_ *directory.Snapshot, a *directory.Account) {
		a.Roles.Value = append(a.Roles.Value, directory.Role{Template: "r"})
	},
	"role seen before the list broke off": func(_ *directory.Snapshot, a *directory.Account) {
		a.Roles = directory.Fact[[]directory.Role]{Value: []directory.Role{{Template: "r"}}, Why: "broke off"}
	},
	"azure role": func(s *directory.Snapshot, a *directory.Account) {
		s.AzureRoles.Value = append(s.AzureRoles.Value, directory.AzureRole{Principal: strings.ToUpper(a.ID), Role: "Reader", Scope: "/"})
	},
	"employee id": func(_ *directory.Snapshot, a *directory.Account) { a.EmployeeID.Value = "1" },
	"manager":     func(_ *directory.Snapshot, a *directory.Account) { a.Manager.Value = "m" },
	"success":     func(_ *directory.Snapshot, a *directory.Account) { a.Activity.Value.LastSuccess = ago(90) },
	"smtp auth":   used(directory.UseSMTP),
	"legacy":      used(directory.UseLegacy),
	"owner":       used(directory.UseOwner),
	"converted": func(_ *directory.Snapshot, a *directory.Account) {
		a.Use = append(a.Use, directory.Use{What: directory.UseConverted, Last: ago(20), Detail: "UserMailbox → SharedMailbox"})
	},
	"synced":      func(_ *directory.Snapshot, a *directory.Account) { a.Synced.Value = directory.SyncedNow },
	"emergency":   func(_ *directory.Snapshot, a *directory.Account) { a.UPN = "emergency@contoso.com" },
	"exception":   func(_ *directory.Snapshot, a *directory.Account) { a.UPN = "lobby@contoso.com" },
	"disabled":    func(_ *directory.Snapshot, a *directory.Account) { a.Enabled.Value = false },
	"system":      func(_ *directory.Snapshot, a *directory.Account) { a.Kind.Value = directory.KindSystem },
	"Teams Rooms": func(_ *directory.Snapshot, a *directory.Account) { room(a) },
}

func used(what string) func(*directory.Snapshot, *directory.Account) {
	return func(_ *directory.Snapshot, a *directory.Account) {
		a.Use = append(a.Use, directory.Use{What: what, First: ago(30), Last: ago(30), Count: 1})
	}
}

// holes are single facts that, unread, must each turn a block into a hold.
var holes = map[string]func(*directory.Account){
	"kind":         func(a *directory.Account) { a.Kind = directory.Unknown[directory.Kind]("w") },
	"enabled":      func(a *directory.Account) { a.Enabled = directory.Unknown[bool]("w") },
	"synced":       func(a *directory.Account) { a.Synced = directory.Unknown[string]("w") },
	"roles":        func(a *directory.Account) { a.Roles = directory.Unknown[[]directory.Role]("w") },
	"sign_in":      func(a *directory.Account) { a.Activity = directory.Unknown[directory.Activity]("w") },
	"person":       func(a *directory.Account) { a.EmployeeID = directory.Unknown[string]("w") },
	"room_licence": func(a *directory.Account) { a.Licences = directory.Unknown[[]directory.Licence]("w") },
}

// blockable draws an account that differs from idle in what has no bearing on
// the verdict.
func blockable(t *rapid.T, id string) directory.Account {
	a := idle(id)
	a.Kind.Value = rapid.SampledFrom([]directory.Kind{directory.KindShared, directory.KindRoom, directory.KindEquipment, directory.KindScheduling}).Draw(t, "kind")
	a.Name = rapid.StringN(0, 20, 60).Draw(t, "name")
	a.Synced.Value = rapid.SampledFrom([]string{directory.SyncedNever, directory.SyncedWas}).Draw(t, "synced")
	a.Activity.Value.LastAttempt = ago(rapid.IntRange(0, 1000).Draw(t, "attempt"))
	a.Activity.Value.LastNonInteractive = ago(rapid.IntRange(0, 1000).Draw(t, "non-interactive"))
	a.Activity.Value.LastSuccess = ago(rapid.IntRange(91, 900).Draw(t, "success"))
	a.Created.Value = ago(rapid.IntRange(1000, 4000).Draw(t, "created"))
	if rapid.Bool().Draw(t, "licensed") {
		a.Licences.Value = []directory.Licence{{SKU: "x", Part: "ENTERPRISEPACK"}}
	}
	if rapid.Bool().Draw(t, "refused") {
		a.Use = []directory.Use{{What: directory.UseRefused, Last: ago(1), Count: 9}}
	}
	a.Department.Value = rapid.SampledFrom([]string{"", "Sales"}).Draw(t, "department")
	return a
}

func mine(t testing.TB) check.Options {
	return check.Options{Baseline: settings(t, map[string]any{
		"break_glass_accounts": []any{"emergency@contoso.com"}, "resource_signin_exceptions": []any{"lobby@contoso.com"},
	})}
}

// Whatever an account looks like: with one fact that protects it, it is not
// blocked, and with one needed fact unread, it is held for that.
func TestNothingProtectedIsBlocked(t *testing.T) {
	o := mine(t)
	rapid.Check(t, func(rt *rapid.T) {
		plain := blockable(rt, "a1")
		if v := one(t, snapshot(plain), o); v.Verdict != check.Block {
			rt.Fatalf("without protection: %s %v", v.Verdict, ids(v.Reasons))
		}
		name := rapid.SampledFrom(sortedKeys(protections)).Draw(rt, "protection")
		s := snapshot(copied(plain))
		protections[name](s, &s.Accounts[0])
		if v := one(t, s, o); v.Verdict == check.Block {
			rt.Fatalf("blocked in spite of %q: %v", name, ids(v.Reasons))
		}
		fact := rapid.SampledFrom(sortedKeys(holes)).Draw(rt, "hole")
		s = snapshot(copied(plain))
		holes[fact](&s.Accounts[0])
		if v := one(t, s, o); v.Verdict != check.Hold || v.Status != check.CouldNotLook || !slices.Contains(ids(v.Reasons), "could_not_look:"+fact) {
			rt.Fatalf("without %q: %s %s %v", fact, v.Verdict, v.Status, ids(v.Reasons))
		}
	})
}

// copied shares nothing that the changes of these tests write to.
func copied(a directory.Account) directory.Account {
	if a.Mailbox.Value != nil {
		box := *a.Mailbox.Value
		a.Mailbox.Value = &box
	}
	a.Use, a.Roles.Value = slices.Clone(a.Use), slices.Clone(a.Roles.Value)
	return a
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// A log that reaches back shows that nothing was converted, unless a
// conversion in it names a mailbox that nobody has.
func TestLogShowsNoConversion(t *testing.T) {
	f := func(from int, unresolved int, want check.Verdict) {
		t.Helper()
		a := idle("a1")
		a.Mailbox.Value.PreviousType.Value = "UserMailbox"
		s := snapshot(a)
		s.Evidence, s.Unresolved = []directory.Window{{Log: directory.LogUnified, From: ago(from), To: taken}}, unresolved
		if v := one(t, s, check.Options{}); v.Verdict != want {
			t.Errorf("from %d days ago, %d unresolved: %s %v", from, unresolved, v.Verdict, ids(v.Reasons))
		}
	}
	f(90, 0, check.Block)
	f(89, 0, check.Hold)
	f(90, 1, check.Hold)
}

// A list of the baseline that was not read protects everybody.
func TestUnreadListHolds(t *testing.T) {
	group := map[string]any{"group": "11111111-2222-3333-4444-555555555555"}
	for list, want := range map[string]string{"break_glass_accounts": "could_not_look:break_glass", "resource_signin_exceptions": "could_not_look:exceptions"} {
		v := one(t, snapshot(idle("a1")), check.Options{Baseline: settings(t, map[string]any{list: []any{group}})})
		if v.Verdict != check.Hold || !slices.Contains(ids(v.Reasons), want) {
			t.Errorf("%s: %s %v", list, v.Verdict, ids(v.Reasons))
		}
	}
}

// Ages are counted from when the tenant was looked at: an old export does not
// make a used account an idle one.
func TestAgesCountFromTheSnapshot(t *testing.T) {
	a := idle("a1")
	a.Activity.Value.LastSuccess = ago(10)
	if v := one(t, snapshot(a), check.Options{Now: taken.AddDate(1, 0, 0)}); v.Verdict != check.Hold {
		t.Errorf("a year later: %s", v.Verdict)
	}
	s := snapshot(a)
	s.Taken = time.Time{}
	s.Accounts[0].Activity.Value.LastAttempt = ago(9)
	if v := one(t, s, check.Options{Now: taken.AddDate(1, 0, 0)}); v.Verdict != check.Hold {
		t.Errorf("without a time: %s", v.Verdict)
	}
}

// The order in which the parts of a snapshot stand has no bearing.
func TestOrderIsIrrelevant(t *testing.T) {
	o := mine(t)
	rapid.Check(t, func(rt *rapid.T) {
		var all []directory.Account
		for i := range rapid.IntRange(1, 8).Draw(rt, "accounts") {
			a := blockable(rt, fmt.Sprintf("a%d", i))
			s := snapshot(a)
			if name := rapid.SampledFrom(append(sortedKeys(protections), "")).Draw(rt, "protection"); name != "" {
				protections[name](s, &s.Accounts[0])
			}
			all = append(all, s.Accounts[0])
		}
		before := rendered(t, run(t, snapshot(all...), o))
		after := rendered(t, run(t, snapshot(rapid.Permutation(all).Draw(rt, "order")...), o))
		if d := cmp.Diff(before, after); d != "" {
			rt.Fatal(d)
		}
	})
}

func rendered(t testing.TB, r *check.Result) string {
	t.Helper()
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Whom to ask: those who may open the mailbox, then who manages it.
func TestAsk(t *testing.T) {
	f := func(change func(*directory.Mailbox), want ...string) {
		t.Helper()
		a, person := idle("a1"), idle("p1")
		person.Kind.Value, person.UPN = directory.KindPerson, "asa.ostrom@contoso.com"
		change(a.Mailbox.Value)
		if v := one(t, snapshot(a, person), check.Options{}); !cmp.Equal(v.Ask, want) {
			t.Errorf("%v, want %v", v.Ask, want)
		}
	}
	f(func(*directory.Mailbox) {}, "no owner")
	f(func(m *directory.Mailbox) {
		m.FullAccess.Value = []directory.Delegate{{Name: "Åsa", IDs: []string{"p1"}}, {Name: "x", IDs: []string{"p1"}}, {Name: "denied", Deny: true}, {Name: "S-1-5-21-1"}}
	}, "asa.ostrom@contoso.com")
	f(func(m *directory.Mailbox) {
		m.FullAccess.Value = []directory.Delegate{{Name: "Sales", IDs: []string{"p1", "p2"}}}
	}, "Sales (a group of 2)")
	f(func(m *directory.Mailbox) { m.ManagedBy.Value = []string{"P1"} }, "asa.ostrom@contoso.com")
	f(func(m *directory.Mailbox) { m.SendOnBehalf.Value = []string{"Asa.Ostrom@contoso.com"} }, "asa.ostrom@contoso.com")
	f(func(m *directory.Mailbox) { m.FullAccess = directory.Unknown[[]directory.Delegate]("no right") }, "owner not read: no right")
}

// Every reason has a text, and every text of the table is filled in.
func TestReasonTexts(t *testing.T) {
	for _, x := range check.ReasonTexts() {
		if x.ID == "" || x.Text == "" {
			t.Errorf("%+v", x)
		}
	}
	o := mine(t)
	for _, protect := range protections {
		s := snapshot(idle("a1"))
		protect(s, &s.Accounts[0])
		for _, r := range one(t, s, o).Reasons {
			if strings.ContainsAny(r.Text, "{}") {
				t.Errorf("%s: %s", r.ID, r.Text)
			}
		}
	}
}
