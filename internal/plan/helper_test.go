package plan_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"vakt/internal/baseline"
	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/plan"
)

const (
	tenantID  = "11111111-2222-3333-4444-555555555555"
	globalID  = "62e90394-69f5-4237-9190-012177145e10"
	readerID  = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
	roomPro   = "4cde982a-ede4-4409-9ae6-b003453c8ea6"
	sharedUPN = "reception@contoso.com"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

var ada = plan.Person{ID: "entra:" + tenantID + "/" + id(900), Name: "Ada"}

// id is the object id of an account by its number.
func id(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", n) }

// account is an ordinary member that nothing protects.
func account(n int, upn string) directory.Account {
	return directory.Account{
		ID: id(n), UPN: upn, Name: "Account " + fmt.Sprint(n), UserType: "Member", Kind: directory.Known(directory.KindShared),
		Enabled: directory.Known(true), CreationType: directory.Known(""), Synced: directory.Known(directory.SyncedNever), Federated: directory.Known(false),
		Licences: directory.Known([]directory.Licence{}), Roles: directory.Known([]directory.Role{}), Groups: directory.Known([]string{}),
		Mailbox: directory.Known(&directory.Mailbox{
			FullAccess: directory.Known([]directory.Delegate{{Name: "anna.lind@contoso.com"}}), SendAs: directory.Known([]directory.Delegate{}),
			SendOnBehalf: directory.Known([]string{}),
		}),
	}
}

// contoso has two emergency accounts, which are its Global Administrators, and
// the accounts that are given.
func contoso(accounts ...directory.Account) *directory.Snapshot {
	s := &directory.Snapshot{ID: "7", Tenant: tenantID, Taken: now.Add(-10 * time.Minute), Complete: true}
	for n := 1; n <= 2; n++ {
		a := account(n, fmt.Sprintf("emergency%d@contoso.com", n))
		a.Kind = directory.Known(directory.KindPerson)
		a.Roles = directory.Known([]directory.Role{{Template: globalID, Via: directory.ViaDirect, Scope: "/"}})
		s.Accounts = append(s.Accounts, a)
	}
	s.Accounts = append(s.Accounts, accounts...)
	s.Roles = directory.Known([]directory.RoleDefinition{{ID: globalID, Template: globalID, Name: "Global Administrator"}, {ID: readerID, Template: readerID, Name: "Directory Readers"}})
	s.Groups = directory.Known([]directory.Group{})
	s.Assignments = directory.Known([]directory.Assignment{})
	return s
}

// findings has the verdict block for every shared mailbox of a tenant, and
// on_premises for the synchronised ones.
func findings(s *directory.Snapshot) *check.Result {
	r := &check.Result{Tenant: s.Tenant, Snapshot: s.ID, Taken: s.Taken, Complete: s.Complete}
	c := check.Coverage{Population: check.EnabledMembers, Words: "all enabled accounts but guests"}
	for i := range s.Accounts {
		a := &s.Accounts[i]
		c.Total++
		if !a.Kind.Value.Resource() {
			c.Capable++
			c.CapableIDs = append(c.CapableIDs, a.ID)
			continue
		}
		c.NotIDs = append(c.NotIDs, a.ID)
		v := check.AccountVerdict{Account: check.Subject{Kind: "account", ID: a.ID, Name: a.Name}, UPN: a.UPN, Verdict: check.Block,
			Reasons: []check.Reason{{ID: "unused", Text: "nobody signed in within 90 days"}}}
		if directory.Is(a.Synced, directory.SyncedNow) {
			v.Verdict, v.Step = check.OnPremises, "Get-ADUser -Filter \"UserPrincipalName -eq '"+a.UPN+"'\" | Disable-ADAccount"
		}
		r.Verdicts = append(r.Verdicts, v)
		r.Findings = append(r.Findings, check.Finding{ID: "finding-" + a.ID[len(a.ID)-4:], Check: "resource-signin-enabled-posture", Subject: v.Account})
	}
	r.Coverage = []check.Coverage{c}
	return r
}

// base is a baseline with two emergency accounts.
func base(t testing.TB, more string) *baseline.Baseline {
	t.Helper()
	b, problems := baseline.Parse("baseline.yaml", []byte("break_glass_accounts: [emergency1@contoso.com, emergency2@contoso.com]\n"+more))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return b
}

// input asks to block what the findings of a tenant say.
func input(t testing.TB, s *directory.Snapshot) plan.Input {
	t.Helper()
	return plan.Input{Snapshot: s, Result: findings(s), Policy: plan.Policy{Baseline: base(t, "")}, Requester: ada, Now: now}
}

// shared are so many shared mailboxes.
func shared(n int) []directory.Account {
	list := make([]directory.Account, n)
	for i := range list {
		list[i] = account(100+i, fmt.Sprintf("shared%04d@contoso.com", i))
	}
	return list
}

func build(t testing.TB, in plan.Input) *plan.Plan {
	t.Helper()
	p, err := plan.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wantError wants an error with some words in it.
func wantError(t testing.TB, err error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("error %v, want one with %q", err, words)
	}
}

// skippedFor are the ids of the reasons for which an account is left out.
func skippedFor(p *plan.Plan, account string) []string {
	var ids []string
	for _, x := range p.Skipped {
		if x.Subject.ID == account {
			for _, r := range x.Because {
				ids = append(ids, r.ID)
			}
		}
	}
	return ids
}

// baselineWith has one more emergency account, or more.
func baselineWith(more any) *baseline.Baseline {
	return values(map[string]any{"break_glass_accounts": []any{"emergency1@contoso.com", "emergency2@contoso.com", more}})
}

// excepting is a baseline that lets an account, or a group, sign in.
func excepting(who any) *baseline.Baseline {
	return values(map[string]any{"break_glass_accounts": []any{"emergency1@contoso.com", "emergency2@contoso.com"}, "resource_signin_exceptions": []any{who}})
}

func values(v map[string]any) *baseline.Baseline {
	b, err := baseline.FromValues(v)
	if err != nil {
		panic(err)
	}
	return b
}

var record = flag.Bool("record", false, "write the goldens anew")
