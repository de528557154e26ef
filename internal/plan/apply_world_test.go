package plan_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"vakt/internal/action"
	"vakt/internal/check"
	"vakt/internal/db"
	"vakt/internal/directory"
	"vakt/internal/graph"
	"vakt/internal/plan"
	"vakt/internal/rig"
	"vakt/internal/sim"
	tenants "vakt/internal/tenant"
)

// noon is when a simulated tenant's time begins.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// operator is who plans, approves and applies: an account of a machine.
var operator = plan.Person{ID: "os:operator", Name: "operator"}

// inTime runs a test on virtual time.
func inTime(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(noon))
		f(t)
	})
}

// world is a simulated tenant, what is known of it, and a state to keep a
// journal in.
type world struct {
	t        testing.TB
	state    *rig.State
	server   *rig.Server
	snapshot *directory.Snapshot
	result   *check.Result
	policy   plan.Policy
	db       *db.DB
	store    *plan.Store
	access   action.Access
	dir      string
	point    func(string)
	witness  func(context.Context, plan.Change, time.Time) (plan.Witness, error)
	journal  plan.Ledger
	before   map[string]string // users as they were
	emerging []string          // emergency accounts
}

// fewAccounts is a tenant with ten accounts that may be blocked, and with P2.
const fewAccounts = `
name: small
title: A small tenant for runs of plans
tenant: {name: contoso, id: 11111111-2222-3333-4444-555555555555, domain: contoso.com, accounts: 26}
start: 2026-03-02T00:00:00Z
days: 1
life: {signins_per_account_per_day: 1}
directory:
  licence: p2
  objects: {forgotten_shared: 6, forgotten_room: 3, forgotten_equipment: 1, break_glass: 2, role_direct: 1, role_by_group: 1, synced_shared: 1, teams_room: 1}
`

// setting is how a world is made; without a scenario it is the small tenant.
type setting struct {
	scenario string
	shared   int // shared mailboxes that nobody uses, in the small tenant; 0: 6
	seed     uint64
	server   rig.ServerOptions
	wrap     func(http.RoundTripper) http.RoundTripper
}

func newWorld(t testing.TB, set setting) *world {
	t.Helper()
	scenarios := os.DirFS("../../scenarios")
	if set.scenario == "" {
		text := strings.TrimSpace(fewAccounts)
		if set.shared > 0 {
			text = strings.NewReplacer("forgotten_shared: 6", fmt.Sprintf("forgotten_shared: %d", set.shared), "accounts: 26", fmt.Sprintf("accounts: %d", 20+set.shared)).Replace(text)
		}
		set.scenario, scenarios = "small", fstest.MapFS{"small.yml": {Data: []byte(text)}}
	}
	s, err := sim.Load(scenarios, set.scenario)
	fatal(t, err)
	state, labels, err := rig.Generate(s, rig.Options{Clock: time.Now, Seed: set.seed + 7})
	fatal(t, err)
	w := &world{t: t, state: state, dir: t.TempDir()}
	for _, l := range labels {
		if l.Sort == "break_glass" {
			w.emerging = append(w.emerging, l.ID)
		}
	}
	w.look()
	w.before = w.users()
	w.reach(set)
	w.open()
	return w
}

func fatal(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pause lets virtual time pass.
func pause(t testing.TB, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
}

// look takes a snapshot of the tenant and judges it.
func (w *world) look() {
	w.t.Helper()
	dir := w.t.TempDir()
	fatal(w.t, w.state.Export(dir))
	var err error
	w.snapshot, err = directory.Load(os.DirFS(dir))
	fatal(w.t, err)
	w.policy = emergencyPolicy(w.t, w.emerging)
	b := w.policy.Baseline
	checks, wrong := check.Load(os.DirFS("../.."), "checks")
	if len(wrong) > 0 {
		w.t.Fatal(wrong)
	}
	w.result, err = check.Run(w.snapshot, checks, check.Options{Baseline: b.WithDirectory(w.snapshot.Lists()), Now: time.Now()})
	fatal(w.t, err)
}

// reach makes the way to the tenant.
func (w *world) reach(set setting) {
	w.t.Helper()
	set.server.OnUnknown = func(request string) { w.t.Errorf("the simulated tenant does not know %s", request) }
	w.server = rig.Handler(w.state, set.server)
	transport := w.server.Transport()
	if set.wrap != nil {
		transport = set.wrap(transport)
	}
	cloud, found := tenants.CloudByName("global")
	if !found {
		w.t.Fatal("there is no cloud called global")
	}
	where := tenants.Tenant{Name: "contoso", ID: w.state.TenantID(), Cloud: cloud}
	open := func(app rig.App, secret string) (azcore.TokenCredential, error) {
		file := filepath.Join(w.dir, secret)
		if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
			return nil, err
		}
		return graph.NewCredential(where, tenants.Credential{Kind: tenants.Secret, ClientID: app.ClientID, File: file}, graph.CredentialOptions{Transport: transport})
	}
	reading, err := open(rig.ReadApp(), "read-secret")
	fatal(w.t, err)
	options := graph.Options{Now: time.Now, Seed: set.seed, Transport: transport}
	r, err := graph.NewReader(where, reading, options)
	fatal(w.t, err)
	w.access = action.Access{Tenant: where, Read: r, Graph: options, Write: func(context.Context) (azcore.TokenCredential, error) { return open(rig.WriteApp(), "write-secret") }}
}

// open opens the state.
func (w *world) open() {
	w.t.Helper()
	d, err := db.Open(w.t.Context(), filepath.Join(w.dir, "vakt.db"), db.Options{})
	fatal(w.t, err)
	w.t.Cleanup(func() {
		if err := d.Close(); err != nil {
			w.t.Error(err)
		}
	})
	_, err = d.Migrate(w.t.Context(), time.Now(), db.Room{Name: "plan", Schema: plan.Schema()})
	fatal(w.t, err)
	w.db, w.store = d, plan.NewStore(d)
	w.journal = w.store
}

func (w *world) deps() plan.Deps {
	return plan.Deps{
		Journal: w.journal, Access: w.access, Snapshot: w.snapshot, Policy: func() (plan.Policy, error) { return w.policy, nil }, Actor: operator,
		Lock: filepath.Join(w.dir, "tenant.lock"), Now: time.Now, Point: w.point, Witness: w.witness,
	}
}

// plan plans to block so many of the accounts that may be blocked, with a wave
// of revoked sessions where revoke is true.
func (w *world) plan(n int, revoke bool) *plan.Plan {
	w.t.Helper()
	var wanted []plan.Wanted
	for i := range w.result.Verdicts {
		v := &w.result.Verdicts[i]
		if v.Verdict != check.Block || len(wanted) == n && !revoke || len(wanted) == 2*n && revoke {
			continue
		}
		wanted = append(wanted, plan.Wanted{Account: v.Account.ID})
		if revoke {
			wanted = append(wanted, plan.Wanted{Account: v.Account.ID, Action: plan.Revoke})
		}
	}
	p, err := plan.Build(plan.Input{Snapshot: w.snapshot, Result: w.result, Wanted: wanted, Policy: w.policy, Requester: operator, Limit: n, Now: time.Now()})
	fatal(w.t, err)
	if skipped := len(wanted) - len(p.Changes); skipped > n/100 || n < 100 && p.Accounts() != n {
		w.t.Fatalf("%d changes of %d accounts are planned, want %d", len(p.Changes), p.Accounts(), n)
	}
	return p
}

func (w *world) approve(p *plan.Plan) *plan.Plan {
	w.t.Helper()
	a, err := plan.NewApproval(p, w.policy.Config, operator, plan.Said{Reason: "looked at", Count: len(p.Changes), Limit: p.Limits.Raised, OneWay: true}, time.Now())
	fatal(w.t, err)
	fatal(w.t, w.store.SaveApproval(w.t.Context(), p, w.policy.Config, a))
	return p
}

// apply applies a plan and wants no error.
func (w *world) apply(p *plan.Plan) *plan.Report {
	w.t.Helper()
	r, err := plan.Apply(w.t.Context(), w.deps(), p)
	fatal(w.t, err)
	return r
}

// users are all users of the tenant as the state has them.
func (w *world) users() map[string]string {
	all := map[string]string{}
	for _, u := range w.state.Primary().All(rig.Users) {
		all[u.Text("id")] = string(u)
	}
	return all
}

// writes are the writes that the tenant got from us.
func (w *world) writes() []rig.Entry {
	return slices.DeleteFunc(w.state.Truth(), func(e rig.Entry) bool { return !e.Ours() })
}

// effects counts our writes that took effect, by what they were.
func (w *world) effects() map[string]int {
	n := map[string]int{}
	for _, e := range w.writes() {
		if e.Applied {
			n[effect(e)]++
		}
	}
	return n
}

func effect(e rig.Entry) string {
	if strings.HasSuffix(e.Path, "/revokeSignInSessions") {
		return plan.Revoke + "/" + e.Subject
	}
	var after struct{ AccountEnabled *bool }
	if json.Unmarshal(e.After, &after) != nil || after.AccountEnabled == nil {
		return e.Method + " " + e.Path
	}
	return map[bool]string{true: plan.Enable, false: plan.Disable}[*after.AccountEnabled] + "/" + e.Subject
}

// named reports every write of ours that no change of a plan names.
func (w *world) named(plans ...*plan.Plan) {
	w.t.Helper()
	known := map[string]bool{}
	for _, p := range plans {
		for _, c := range p.Changes {
			known[c.ID] = true
		}
	}
	for _, e := range w.writes() {
		if !known[effect(e)] {
			w.t.Errorf("no plan names %s %s on %s (%s → %s)", e.Method, e.Path, e.Subject, e.Before, e.After)
		}
	}
}

// enabled tells what the tenant itself says of an account.
func (w *world) enabled(id string) bool {
	w.t.Helper()
	u, ok := w.state.Primary().Get(rig.Users, id)
	if !ok {
		w.t.Fatalf("there is no account %s", id)
	}
	return u.True("accountEnabled")
}

// phases are what became of each change, by its id.
func phases(r *plan.Report) map[string]plan.Phase {
	all := map[string]plan.Phase{}
	for _, o := range r.Changes {
		all[o.Change.ID] = o.Phase
	}
	return all
}

// finished wants a run that did everything.
func finished(t testing.TB, r *plan.Report) {
	t.Helper()
	if !r.Whole() {
		t.Errorf("the run is %s (%s), %d of %d changes verified", r.State, r.Why, r.Count(plan.Verified), len(r.Changes))
		for _, o := range r.Changes {
			if o.Phase != plan.Verified {
				t.Errorf("  %s: %q: %s", o.Change.ID, o.Phase, o.Note)
			}
		}
	}
}

// whole wants an unbroken journal.
func (w *world) whole() {
	w.t.Helper()
	if _, err := w.store.Verify(w.t.Context()); err != nil {
		w.t.Error(err)
	}
}

// alike wants two sets of users that differ in nothing but one member of some
// users, whose old and new value is not looked at.
func (w *world) alike(except map[string]bool, members ...string) {
	w.t.Helper()
	for id, now := range w.users() {
		was, is := rig.Object(w.before[id]), rig.Object(now)
		if except[id] {
			for _, m := range members {
				was, is = was.Without(m), is.Without(m)
			}
		}
		if string(was) != string(is) {
			w.t.Errorf("account %s:\n was %s\n is  %s", id, was, is)
		}
	}
}

var errBoom = errors.New("boom")

// subjects are the accounts of a plan.
func subjects(p *plan.Plan) map[string]bool {
	ids := map[string]bool{}
	for _, c := range p.Changes {
		ids[c.Subject.ID] = true
	}
	return ids
}

// by is an act of the second administrator through the state itself.
func (w *world) by() rig.Who {
	return rig.Who{Principal: string(rig.Admin), Method: "ACT", Path: "admin"}
}

// set sets members of a user behind everybody's back.
func (w *world) set(id, member, value string) {
	w.t.Helper()
	_, err := w.state.Update(rig.Users, id, rig.Patch{member: json.RawMessage(value)}, w.by())
	fatal(w.t, err)
}

func count[T comparable](list []T, of T) (n int) {
	for _, x := range list {
		if x == of {
			n++
		}
	}
	return n
}
