package plan_test

import (
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"vakt/internal/baseline"
	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/plan"
	"vakt/internal/rig"
	"vakt/internal/sim"
)

// begin is when the simulated time of each run begins, and when the snapshot
// behind its plan was taken.
var begin = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// smallTenant has some accounts to block, and one of each sort that must not
// be touched.
const smallTenant = `
name: small
title: A small tenant for runs of plans
tenant: {name: contoso, id: 11111111-2222-3333-4444-555555555555, domain: contoso.com, accounts: 26}
start: 2026-03-02T00:00:00Z
days: 1
life: {signins_per_account_per_day: 1}
directory:
  licence: p2
  objects:
    forgotten_shared: 6
    forgotten_room: 3
    forgotten_equipment: 1
    break_glass: 2
    role_direct: 1
    role_by_group: 1
    role_eligible: 1
    synced_shared: 1
    teams_room: 1
    used_shared: 1
    guest_stale: 1
`

// template is a generated tenant together with all that a plan is made from.
// It is read only: each run makes the tenant anew.
type template struct {
	seed     uint64
	scenario *sim.Scenario
	snapshot *directory.Snapshot
	result   *check.Result
	labels   []rig.Label
	policy   plan.Policy
}

// templates is how many different tenants the seeds share.
const templates = 8

// templateOf gives the tenant that a seed runs in.
var templateOf = func() func(t testing.TB, seed uint64) *template {
	var all [templates]struct {
		once sync.Once
		*template
	}
	return func(t testing.TB, seed uint64) *template {
		slot := &all[seed%templates]
		slot.once.Do(func() { slot.template = newTemplate(t, smallTenant, seed%templates) })
		return slot.template
	}
}()

func newTemplate(t testing.TB, scenario string, seed uint64) *template {
	t.Helper()
	s, err := sim.Load(fstest.MapFS{"small.yml": {Data: []byte(strings.TrimSpace(scenario))}}, "small")
	if err != nil {
		t.Fatal(err)
	}
	m := &template{seed: seed, scenario: s}
	state, labels, err := rig.Generate(s, rig.Options{Clock: func() time.Time { return begin }, Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	m.labels = labels
	dir := t.TempDir()
	if err := state.Export(dir); err != nil {
		t.Fatal(err)
	}
	if m.snapshot, err = directory.Load(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if !m.snapshot.Complete {
		t.Fatalf("the snapshot lacks %v", m.snapshot.Missing)
	}
	m.policy = plan.Policy{Baseline: m.baseline(t, "")}
	m.judge(t)
	return m
}

// baseline declares the tenant's emergency accounts, and says more.
func (m *template) baseline(t testing.TB, more string) *baseline.Baseline {
	t.Helper()
	b, problems := baseline.Parse("baseline.yaml", []byte("break_glass_accounts: ["+strings.Join(m.sort("break_glass"), ", ")+"]\n"+more))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return b
}

func (m *template) judge(t testing.TB) {
	t.Helper()
	checks, problems := check.Load(os.DirFS("../.."), "checks")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	result, err := check.Run(m.snapshot, checks, check.Options{Baseline: m.policy.Baseline.WithDirectory(m.snapshot.Lists()), Now: begin})
	if err != nil {
		t.Fatal(err)
	}
	m.result = result
}

// sort gives the ids of the accounts of a sort, in the order of the directory.
func (m *template) sort(name string) (ids []string) {
	for _, l := range m.labels {
		if l.Sort == name {
			ids = append(ids, strings.ToLower(l.ID))
		}
	}
	return ids
}

// toBlock gives the ids of the accounts that a careful judge blocks.
func (m *template) toBlock() (ids []string) {
	for _, l := range m.labels {
		if l.Verdict == rig.Block {
			ids = append(ids, strings.ToLower(l.ID))
		}
	}
	return ids
}

func TestTemplates(t *testing.T) {
	m := templateOf(t, 0)
	blocked := map[string]bool{}
	for _, v := range m.result.Verdicts {
		if v.Verdict == check.Block {
			blocked[v.Account.ID] = true
		}
	}
	if want := m.toBlock(); len(want) < 8 || len(blocked) != len(want) {
		t.Errorf("%d accounts are to be blocked, the checks say %d", len(want), len(blocked))
	}
	if n := len(m.sort("break_glass")); n != 2 {
		t.Errorf("%d emergency accounts", n)
	}
}
