package plan_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"vakt/internal/baseline"
	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/plan"
	"vakt/internal/rig"
	"vakt/internal/sim"
)

// simulated is a generated tenant, read as an export of it, with the truth
// about every account.
func simulated(t testing.TB, scenario string, accounts int) (*directory.Snapshot, *check.Result, []rig.Label) {
	t.Helper()
	s, err := sim.Load(os.DirFS("../../scenarios"), scenario)
	if err == nil {
		s, err = s.WithAccounts(accounts)
	}
	if err != nil {
		t.Fatal(err)
	}
	state, labels, err := rig.Generate(s, rig.Options{Clock: func() time.Time { return now }, Seed: 11})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := state.Export(dir); err != nil {
		t.Fatal(err)
	}
	snapshot, err := directory.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	checks, problems := check.Load(os.DirFS("../.."), "checks")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	result, err := check.Run(snapshot, checks, check.Options{Baseline: baseline.Default().WithDirectory(snapshot.Lists()), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return snapshot, result, labels
}

// In a tenant with every trap, a plan changes exactly the accounts that may be
// blocked, and asks a person for exactly those that are synchronised.
func TestPlanOfATenantWithEveryTrap(t *testing.T) {
	s, r, labels := simulated(t, "all-traps", 600)
	var declared []string
	for i := range s.Accounts {
		if a := &s.Accounts[i]; directory.Is(a.Enabled, true) && len(declared) < 2 {
			for _, role := range a.Roles.Value {
				if role.Template == globalID && !role.Eligible && role.Via == directory.ViaDirect {
					declared = append(declared, a.ID)
					break
				}
			}
		}
	}
	b, problems := baseline.Parse("baseline.yaml", []byte("break_glass_accounts: ["+strings.Join(declared, ", ")+"]"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	p, err := plan.Build(plan.Input{Snapshot: s, Result: r, Policy: plan.Policy{Baseline: b}, Requester: ada, Limit: 1000, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range p.Changes {
		got[c.Subject.ID] = "block"
	}
	for _, m := range p.Manual {
		got[m.Subject.ID] = "on_premises"
	}
	federated := map[string]bool{}
	open := map[string]bool{} // left out for a question or an exception
	for _, v := range r.Verdicts {
		open[v.Account.ID] = v.Verdict == check.Hold || v.Verdict == check.Excepted
	}
	for _, x := range p.Skipped {
		if open[x.Subject.ID] {
			delete(open, x.Subject.ID)
			continue
		}
		if len(x.Because) != 1 || x.Because[0].ID != "federated" {
			t.Errorf("%s is left out: %v", x.UPN, x.Because)
		}
		federated[x.Subject.ID] = true
	}
	for id, left := range open {
		if left {
			t.Errorf("%s is on hold or excepted, and not among those that are left out", id)
		}
	}
	wanted := 0
	for _, l := range labels {
		id := strings.ToLower(l.ID)
		want := l.Verdict
		if want != "block" && want != "on_premises" || federated[id] {
			want = ""
		}
		if got[id] != want {
			t.Errorf("%s (%s): label %q, in the plan as %q", l.UPN, l.Sort, l.Verdict, got[id])
		}
		if want == "block" {
			wanted++
		}
	}
	if wanted < 20 || len(p.Changes) != wanted || len(federated) > wanted/10 {
		t.Errorf("%d changes, %d accounts to block, %d federated ones", len(p.Changes), wanted, len(federated))
	}
	if before, after := p.Coverage[0], p.Coverage[1]; after.Total != before.Total-len(p.Changes) || after.Capable > before.Capable {
		t.Errorf("coverage %d of %d → %d of %d", before.Capable, before.Total, after.Capable, after.Total)
	}
}
