package check_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"vakt/internal/baseline"
	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/rig"
	"vakt/internal/sim"
)

// labelled makes a simulated tenant, exports it, and reads it as anybody's
// export: the room that judges sees files, and never the labels.
func labelled(t testing.TB, scenario string, accounts int, seed uint64) (string, []rig.Label) {
	t.Helper()
	s, err := sim.Load(os.DirFS("../../scenarios"), scenario)
	if err == nil && accounts > 0 {
		s, err = s.WithAccounts(accounts)
	}
	if err != nil {
		t.Fatal(err)
	}
	state, labels, err := rig.Generate(s, rig.Options{Clock: func() time.Time { return taken }, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := state.Export(dir); err != nil {
		t.Fatal(err)
	}
	return dir, labels
}

func judged(t testing.TB, dir string) *check.Result {
	t.Helper()
	s, err := directory.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return run(t, s, check.Options{Baseline: baseline.Default().WithDirectory(s.Lists())})
}

// disagreements compares verdicts with labels, as "label → verdict (sort)".
func disagreements(r *check.Result, labels []rig.Label) map[string]int {
	got := map[string]string{}
	for _, v := range r.Verdicts {
		got[v.Account.ID] = string(v.Verdict)
	}
	wrong := map[string]int{}
	for _, l := range labels {
		if v := got[strings.ToLower(l.ID)]; v != l.Verdict {
			wrong["label "+l.Verdict+", verdict "+v+" ("+l.Sort+")"]++
		}
	}
	return wrong
}

// In a tenant of 10,000 accounts with every trap no account is blocked by
// mistake, and none that should be is missed.
func TestNoWrongBlockIn10000Accounts(t *testing.T) {
	for name, seed := range map[string]uint64{"all-traps": 1, "small-business": 7, "no-p1": 3} {
		dir, labels := labelled(t, name, 0, seed)
		r := judged(t, dir)
		wrong := disagreements(r, labels)
		for _, what := range slices.Sorted(maps.Keys(wrong)) {
			t.Errorf("%s: %d × %s", name, wrong[what], what)
		}
		if name == "all-traps" && (len(labels) < 10000 || r.Count(check.Block) < 100) {
			t.Errorf("only %d accounts, %d to block", len(labels), r.Count(check.Block))
		}
	}
}

// With any part of an export gone nothing is blocked that must not be; and
// without one that a verdict needs, nothing is blocked at all: without
// mailboxes only the accounts of auto attendants, which have none.
func TestPartGoneBlocksNothingMore(t *testing.T) {
	dir, labels := labelled(t, "all-traps", 400, 5)
	mayBlock := map[string]bool{}
	for _, l := range labels {
		mayBlock[strings.ToLower(l.ID)] = l.Verdict == rig.Block
	}
	needed := []string{"users.json", "mailboxes.json", "roleAssignments.json", "roleEligibilitySchedules.json", "groups.json"}
	promised := []string{ // each hole names itself; logs are no such part
		"users.json", "mailboxes.json", "casMailboxes.json", "mailboxPermissions.json", "recipientPermissions.json", "userRegistrationDetails.json",
		"authenticationMethods.json", "roleAssignments.json", "roleDefinitions.json", "roleEligibilitySchedules.json", "groups.json",
		"conditionalAccessPolicies.json", "subscribedSkus.json", "domains.json",
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() == "manifest.json" {
			continue
		}
		r := judgedWithout(t, dir, f.Name())
		named := func(m directory.Missing) bool { return m.Part == f.Name() && m.Why != "" }
		if slices.Contains(promised, f.Name()) && (r.Complete || !slices.ContainsFunc(r.CouldNotLook, named)) {
			t.Errorf("without %s: complete %v, missing %v", f.Name(), r.Complete, r.CouldNotLook)
		}
		for _, v := range r.Verdicts {
			voice := f.Name() == "mailboxes.json" && v.Kind == string(directory.KindTeamsResource)
			if v.Verdict == check.Block && (!mayBlock[v.Account.ID] || slices.Contains(needed, f.Name()) && !voice) {
				t.Errorf("without %s: %s is to be blocked", f.Name(), v.UPN)
				break
			}
		}
	}
}

// judgedWithout judges a copy of an export that lacks one part.
func judgedWithout(t *testing.T, dir, part string) *check.Result {
	t.Helper()
	less := t.TempDir()
	if err := os.CopyFS(less, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(less + "/" + part); err != nil {
		t.Fatal(err)
	}
	if part == "users.json" { // nobody is left to judge
		s, err := directory.Load(os.DirFS(less))
		if err != nil {
			t.Fatal(err)
		}
		return run(t, s, check.Options{})
	}
	return judged(t, less)
}
