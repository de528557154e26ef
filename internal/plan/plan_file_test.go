package plan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vakt/internal/check"
	"vakt/internal/directory"
	"vakt/internal/plan"
)

// full is a plan with everything in it that a plan can have.
func full(t testing.TB) *plan.Plan {
	t.Helper()
	s := contoso(append(shared(3), account(50, "on-premises@contoso.com"), account(51, "admin.mailbox@contoso.com"), account(52, "printer@contoso.com"))...)
	s.Accounts[5].Synced = directory.Known(directory.SyncedNow)
	s.Accounts[6].Roles.Value = []directory.Role{{Template: readerID, Via: directory.ViaGroup}}
	s.Accounts[7].Roles.Value = []directory.Role{{Template: readerID, Via: directory.ViaDirect}}
	s.Accounts[4].Name, s.Accounts[4].Mailbox = "<b>\x1b[31m\u202eevil\u202c & \"co\"", directory.Unknown[*directory.Mailbox]("403")
	in := input(t, s)
	in.Overrides = []plan.Lift{{Account: id(52), Override: plan.Override{By: ada, Reason: "agreed with its owner"}}}
	in.Limit = 6
	p := build(t, in)
	if len(p.Changes) != 4 || len(p.Manual) != 1 || len(p.Skipped) != 1 {
		t.Fatalf("%d changes, %d by hand, %d left out", len(p.Changes), len(p.Manual), len(p.Skipped))
	}
	return p
}

func fileOf(t testing.TB, p *plan.Plan) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAPlanFileIsReadAsItWasWritten(t *testing.T) {
	p := full(t)
	file := fileOf(t, p)
	again, err := plan.Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	// What a page shows of an account is not in a file.
	unlisted := cmp.FilterPath(func(path cmp.Path) bool { return strings.HasSuffix(path.String(), "IDs") }, cmp.Ignore())
	if diff := cmp.Diff(p, again, unlisted); diff != "" {
		t.Error(diff)
	}
	if !bytes.Equal(file, fileOf(t, again)) {
		t.Error("the same plan is written otherwise")
	}
}

// names of a plan file are a promise to scripts.
func TestPlanFileNames(t *testing.T) {
	var file map[string]any
	if err := json.Unmarshal(fileOf(t, full(t)), &file); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"id", "tenant", "created", "expires", "snapshot", "policy_hash", "hash", "limits", "changes"} {
		if _, ok := file[name]; !ok {
			t.Errorf("the plan has no %q", name)
		}
	}
	changes, _ := file["changes"].([]any)
	first, _ := changes[0].(map[string]any)
	for _, name := range []string{"id", "action", "subject", "field", "before", "after", "reversible", "reason", "finding", "override"} {
		if _, ok := first[name]; !ok {
			t.Errorf("a change has no %q", name)
		}
	}
}

// A plan file in which any byte was changed says another thing, or nothing.
func TestReadRefusesAChangedFile(t *testing.T) {
	p := full(t)
	file := fileOf(t, p)
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		changed := bytes.Clone(file)
		at := random.IntN(len(changed))
		changed[at] ^= byte(1 << random.IntN(8))
		again, err := plan.Read(bytes.NewReader(changed))
		if err == nil && again.Hash != p.Hash {
			t.Fatalf("byte %d changed to %q: another plan is accepted", at, changed[at])
		}
		if err == nil && !bytes.Equal(fileOf(t, again), file) {
			t.Fatalf("byte %d changed to %q: the plan reads otherwise under the same hash", at, changed[at])
		}
	}
}

func TestReadRefuses(t *testing.T) {
	file := string(fileOf(t, full(t)))
	for name, c := range map[string]struct{ old, new, want string }{
		"an unknown key":          {`"tenant":`, `"extra": 1, "tenant":`, "extra"},
		"a key in capitals":       {`"snapshot":`, `"Snapshot":`, "changed"},
		"a key twice":             {`"snapshot":`, `"tenant": "11111111-2222-3333-4444-555555555555", "snapshot":`, "twice"},
		"something behind it":     {"}\n", "}\n{}", "behind the value"},
		"another value":           {`"after": false`, `"after": true`, "changed"},
		"another account":         {`"shared0000@contoso.com"`, `"shared0009@contoso.com"`, "changed"},
		"a number of many digits": {`"enabled": 8`, `"enabled": 8.0`, "canonical"},
	} {
		changed := strings.Replace(file, c.old, c.new, 1)
		if name == "something behind it" {
			changed = file + "{}"
		}
		if changed == file {
			t.Fatalf("%s: nothing was replaced", name)
		}
		_, err := plan.Read(strings.NewReader(changed))
		wantError(t, err, c.want)
	}
}

// A hash proves that nobody changed the file since, not that it makes sense.
func TestReadRefusesWhatNoPlanSays(t *testing.T) {
	for name, c := range map[string]struct {
		turn func(*plan.Plan)
		want string
	}{
		"a longer life":       {func(p *plan.Plan) { p.Expires = p.Expires.Add(time.Hour) }, "24 hours"},
		"another limit":       {func(p *plan.Plan) { p.Limits.Run = 1000 }, "limits"},
		"other waves":         {func(p *plan.Plan) { p.Limits.Waves = []int{1000} }, "limits"},
		"another day's limit": {func(p *plan.Plan) { p.Limits.Day = 5000 }, "limits"},
		"a change twice":      {func(p *plan.Plan) { p.Changes = append(p.Changes, p.Changes[0]) }, "twice"},
		"a name as an id": {func(p *plan.Plan) {
			p.Changes[0].Subject.ID, p.Changes[0].ID = "a@contoso.com", "account.disable/a@contoso.com"
		}, "by an id"},
		"an id of something":     {func(p *plan.Plan) { p.Changes[0].ID = "account.disable/" + id(3) }, "by an id"},
		"an unknown class":       {func(p *plan.Plan) { p.Changes[0].Reversible = "mostly" }, `"mostly"`},
		"no reason":              {func(p *plan.Plan) { p.Changes[0].Reason = "" }, "no reason"},
		"a nameless override":    {func(p *plan.Plan) { p.Changes[0].Override = &plan.Override{Reason: "x"} }, "without a name"},
		"nobody who asks for it": {func(p *plan.Plan) { p.Requester.ID = "" }, "by whom"},
		"a step twice":           {func(p *plan.Plan) { p.Manual = append(p.Manual, p.Manual[0]) }, "twice"},
	} {
		t.Run(name, func(t *testing.T) {
			p := full(t)
			c.turn(p)
			if err := p.Seal(); err != nil {
				t.Fatal(err)
			}
			_, err := plan.Read(bytes.NewReader(fileOf(t, p)))
			wantError(t, err, c.want)
		})
	}
}

func TestWriteRefusesAChangedPlan(t *testing.T) {
	p := full(t)
	p.Changes[0].After = json.RawMessage("true")
	if err := p.Write(&bytes.Buffer{}); !errors.Is(err, plan.ErrChanged) {
		t.Errorf("error %v", err)
	}
}

func TestPolicyHash(t *testing.T) {
	one := check.Exception{Account: "a@contoso.com", Owner: "Bo", Reason: "x", Until: now, Line: 3}
	two := check.Exception{Account: "b@contoso.com", Owner: "Bo", Reason: "x", Until: now, Line: 9}
	p := plan.Policy{Baseline: base(t, ""), Exceptions: []check.Exception{one, two}}
	moved := one
	moved.Line = 40
	if q := (plan.Policy{Baseline: base(t, "# a comment\n"), Exceptions: []check.Exception{two, moved}}); q.Hash() != p.Hash() {
		t.Error("order, lines and comments change the hash")
	}
	for name, q := range map[string]plan.Policy{
		"an exception more": {Baseline: p.Baseline, Exceptions: append([]check.Exception{{Account: "c@contoso.com", Until: now}}, p.Exceptions...)},
		"an exception less": {Baseline: p.Baseline, Exceptions: p.Exceptions[:1]},
		"another baseline":  {Baseline: base(t, "resource_signin_exceptions: [x@contoso.com]\n"), Exceptions: p.Exceptions},
		"another approval":  {Baseline: p.Baseline, Exceptions: p.Exceptions, Config: plan.Config{Approval: plan.TwoPerson}},
		"an approver":       {Baseline: p.Baseline, Exceptions: p.Exceptions, Config: plan.Config{Approvers: []plan.Approver{{Name: "Ada", Entra: id(900)}}}},
	} {
		if q.Hash() == p.Hash() {
			t.Errorf("%s does not change the hash", name)
		}
	}
}

func TestWavesHoldEveryChangeOnceAndAccountsTogether(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(0, 120).Draw(r, "accounts")
		in := input(t, contoso(shared(n)...))
		in.Wanted = []plan.Wanted{}
		for i := range n {
			in.Wanted = append(in.Wanted, plan.Wanted{Account: id(100 + i)})
			if rapid.Bool().Draw(r, "sessions too") {
				in.Wanted = append(in.Wanted, plan.Wanted{Account: id(100 + i), Action: plan.Revoke})
			}
		}
		p := build(t, in)
		most := []int{1, 5, 25, n}
		seen, wave := map[string]bool{}, map[string]int{}
		for w, changes := range p.Waves() {
			accounts := map[string]bool{}
			for _, c := range changes {
				if first, known := wave[c.Subject.ID]; known && first != w || seen[c.ID] {
					r.Errorf("%s comes twice", c.ID)
				}
				wave[c.Subject.ID], seen[c.ID], accounts[c.Subject.ID] = w, true, true
			}
			if len(accounts) > most[w] || len(accounts) == 0 {
				r.Errorf("wave %d has %d accounts", w+1, len(accounts))
			}
		}
		if len(seen) != len(p.Changes) || len(p.Changes) != len(in.Wanted) {
			r.Errorf("%d changes in waves, %d in the plan, %d asked for", len(seen), len(p.Changes), len(in.Wanted))
		}
	})
}

func TestLimits(t *testing.T) {
	for _, c := range []struct{ accounts, limit, want int }{{3, 0, 5}, {60, 0, 6}, {1500, 0, 100}, {60, 12, 12}} {
		in := input(t, contoso(shared(c.accounts)...))
		in.Limit = c.limit
		p := build(t, in)
		if p.Limits.Allowed() != c.want {
			t.Errorf("%d accounts, --limit %d: %d allowed, want %d", c.accounts+2, c.limit, p.Limits.Allowed(), c.want)
		}
		var beyond *plan.LimitError
		if err := p.Within(); errors.As(err, &beyond) != (c.accounts > c.want) {
			t.Errorf("%d of %d: %v", c.accounts, c.want, err)
		}
	}
	l := plan.Limits{Day: 500}
	if l.WithinDay(490, 10) != nil || l.WithinDay(491, 10) == nil {
		t.Error("the day's limit is not 500")
	}
}

// A file is refused, or says the same when it is written again: as it is, and
// with the hash that fits what it says.
func FuzzRead(f *testing.F) {
	in := input(f, contoso(shared(1)...))
	in.Result = nil
	in.Wanted = []plan.Wanted{{Account: id(100)}}
	f.Add(fileOf(f, build(f, in)))
	f.Add([]byte(`{"id":"x"}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		readAgain(t, file)
		var p plan.Plan
		if json.Unmarshal(file, &p) != nil || p.Seal() != nil {
			return
		}
		var b bytes.Buffer
		if err := p.Write(&b); err == nil {
			readAgain(t, b.Bytes())
		}
	})
}

func readAgain(t *testing.T, file []byte) {
	t.Helper()
	p, err := plan.Read(bytes.NewReader(file))
	if err != nil {
		return
	}
	if err := errors.Join(plan.Show(io.Discard, p), plan.HTML(io.Discard, p)); err != nil {
		t.Error(err)
	}
	again, err := plan.Read(bytes.NewReader(fileOf(t, p)))
	if err != nil || again.Hash != p.Hash {
		t.Errorf("not the same when it is written again: %v", err)
	}
}
