package plan_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vakt/internal/check"
	"vakt/internal/plan"
	"vakt/internal/rig"
)

// clean is the evidence of a story in which an account was blocked and the
// block was rolled back, and nothing went wrong.
func clean() *evidence {
	const subject = "00000000-0000-4000-8000-000000000064"
	at := func(seconds int) time.Time { return begin.Add(time.Duration(seconds) * time.Second) }
	user := func(enabled string) rig.Object {
		return rig.Object(`{"id":"` + subject + `","accountEnabled":` + enabled + `,"department":null}`)
	}
	line := func(action, before, after string) plan.Change {
		return plan.Change{
			ID: action + "/" + subject, Action: action, Field: written[0], Subject: check.Subject{ID: subject}, Before: []byte(before), After: []byte(after),
		}
	}
	apply := &plan.Plan{Hash: "h1", Tenant: tenantID, Changes: []plan.Change{line(plan.Disable, "true", "false")}}
	back := &plan.Plan{Hash: "h2", Tenant: tenantID, Undoes: "run-1", Changes: []plan.Change{line(plan.Enable, "false", "true")}}
	e := &evidence{
		start: map[string]rig.Object{subject: user("true")}, end: map[string]rig.Object{subject: user("true")}, workers: 4, touched: map[string]bool{}, quiet: true,
	}
	one := func(n int, p *plan.Plan, from int) {
		c := p.Changes[0]
		t := &attempt{number: n, plan: p, rollback: p.Undoes != "", admissible: true, begin: at(from), end: at(from + 20), emergency: 2, tokens: 1}
		t.report = &plan.Report{State: plan.StateFinished, Changes: []plan.Outcome{{Change: c, Phase: plan.Verified}}}
		row := func(phase plan.Phase, after int) plan.Row {
			return plan.Row{
				Seq: int64(10*n + after), Time: at(from + after), Tenant: tenantID, Plan: p.Hash, Run: "run-" + string('0'+rune(n)), Change: c.ID, Subject: subject,
				Action: c.Action, Field: c.Field, Actor: ada.ID, Phase: phase, Before: c.Before, After: c.After, Note: "because", RequestID: "r",
			}
		}
		intent := row(plan.Intent, 1)
		a := &arrival{
			at: at(from + 2), after: int64(10*n + 1), attempt: t, method: "PATCH", path: "/v1.0/users/" + subject, body: `{"accountEnabled":` + string(c.After) + `}`, intent: &intent, kept: true,
			read: time.Second, was: string(c.Before), ours: n > 1, touched: -1, down: -1, frozen: -1, doors: -1, status: 204, clean: true, applied: true,
		}
		a.parse()
		e.attempts, e.arrivals = append(e.attempts, t), append(e.arrivals, a)
		e.rows = append(e.rows, intent, row(plan.Acked, 3), row(plan.Verified, 12))
		e.entries = append(e.entries, rig.Entry{
			Time: a.at, Principal: "app", Method: "PATCH", Path: a.path, Subject: subject, Applied: true,
			Before: []byte(`{"accountEnabled":` + string(c.Before) + `}`), After: []byte(`{"accountEnabled":` + string(c.After) + `}`),
		})
	}
	one(1, apply, 0)
	one(2, back, 600)
	return e
}

// planted breaks each invariant in the cleanest story.
var planted = []struct {
	number int
	what   string
	plant  func(e *evidence)
}{
	{1, "another account", func(e *evidence) { e.arrivals[0].object = id(7) }},
	{1, "another value", func(e *evidence) {
		e.arrivals[0].body = `{"accountEnabled":false,"department":"x"}`
		e.arrivals[0].value = ""
	}},
	{1, "a write that nobody saw", func(e *evidence) { e.entries[0].Subject = id(7) }},
	{2, "another field", func(e *evidence) { e.entries[0].After = []byte(`{"department":"x"}`) }},
	{2, "another field is not what it was", func(e *evidence) {
		for k, v := range e.end {
			e.end[k] = v.With(rig.Patch{"department": []byte(`"x"`)})
		}
	}},
	{3, "a protected account", func(e *evidence) { e.arrivals[0].protections = []string{"guest"} }},
	{4, "one emergency account", func(e *evidence) { e.attempts[0].emergency = 1 }},
	{5, "the last administrator but one", func(e *evidence) { e.arrivals[0].doors = 1 }},
	{6, "no intent", func(e *evidence) { e.arrivals[0].intent = nil }},
	{7, "the journal had failed", func(e *evidence) { e.arrivals[0].down = time.Minute }},
	{8, "the plan was not kept", func(e *evidence) { e.arrivals[0].kept = false }},
	{8, "another before-value", func(e *evidence) { e.arrivals[0].intent.Before = []byte("null") }},
	{9, "an intent of nobody", func(e *evidence) { e.rows[0].Actor = "" }},
	{9, "an answer to no request", func(e *evidence) { e.rows[1].RequestID = "" }},
	{10, "an answer that nobody gave", func(e *evidence) { e.arrivals[0].clean = false }},
	{10, "done is called ineffective", func(e *evidence) { e.rows[1].Phase = plan.Ineffective }},
	{10, "done is called rejected", func(e *evidence) { e.rows[1].Phase = plan.Rejected }},
	{10, "a value that was not there", func(e *evidence) { e.entries[0].Applied = false }},
	{11, "a second apply that writes", func(e *evidence) { e.attempts[1].finished = true }},
	{12, "twice the same", func(e *evidence) { e.arrivals = append(e.arrivals, e.arrivals[0]) }},
	{12, "not done", func(e *evidence) {
		for k, v := range e.end {
			e.end[k] = v.With(rig.Patch{"accountEnabled": []byte("false")})
		}
	}},
	{13, "not as before", func(e *evidence) {
		for k, v := range e.end {
			e.end[k] = v.With(rig.Patch{"department": []byte(`"x"`)})
		}
	}},
	{14, "somebody else's value", func(e *evidence) { e.arrivals[1].was, e.arrivals[1].ours = "true", false }},
	{15, "an account that we never changed", func(e *evidence) { e.arrivals[0].applied = false }},
	{15, "not in reverse order", func(e *evidence) {
		for _, n := range []int{8, 9} {
			for _, t := range e.attempts {
				c := t.plan.Changes[0]
				c.Subject.ID = id(n)
				t.plan.Changes = append(t.plan.Changes, c)
			}
		}
	}},
	{16, "nobody applies", func(e *evidence) { e.arrivals[0].attempt = nil }},
	{16, "not admissible", func(e *evidence) { e.attempts[0].admissible = false }},
	{17, "the account has moved", func(e *evidence) { e.arrivals[0].moved = []string{"userType"} }},
	{17, "an untouched account was left", func(e *evidence) { e.attempts[0].report.Changes[0].Phase = plan.Drifted }},
	{18, "read long ago", func(e *evidence) { e.arrivals[0].read = 6 * time.Second }},
	{18, "never read", func(e *evidence) { e.arrivals[0].read = -1 }},
	{19, "two runs", func(e *evidence) { e.attempts[1].begin = e.attempts[0].begin }},
	{21, "sent twice", func(e *evidence) { e.arrivals = append(e.arrivals, e.arrivals[0]) }},
	{21, "called diverged", func(e *evidence) { e.rows[2].Phase = plan.Diverged }},
	{22, "too many accounts", func(e *evidence) {
		for n := range 6 {
			a := *e.arrivals[0]
			a.object = id(n)
			e.arrivals = append(e.arrivals, &a)
		}
	}},
	{23, "too many tries", func(e *evidence) { e.before = plan.DayLimit - 1 }},
	{24, "after the freeze", func(e *evidence) { e.arrivals[0].frozen = time.Minute }},
	{24, "too many after the freeze", func(e *evidence) {
		for range 5 {
			a := *e.arrivals[0]
			a.frozen = time.Second
			e.arrivals = append(e.arrivals, &a)
		}
	}},
	{25, "a token for nothing", func(e *evidence) { e.attempts[0].admissible, e.arrivals = false, nil }},
	{30, "a forged row", func(e *evidence) { e.chain = []string{"row 3"} }},
	{0, "the wave before is open", func(e *evidence) { e.arrivals[0].unready = []string{"x"} }},
	{0, "a blind repeat", func(e *evidence) {
		a := *e.arrivals[0]
		a.at = a.at.Add(time.Second)
		e.arrivals[0].clean, e.arrivals[0].status = false, 504
		e.arrivals = append(e.arrivals, &a)
	}},
	{0, "too early", func(e *evidence) { e.early = 1 }},
	{10, "verified at once", func(e *evidence) { e.rows[2].Time = e.arrivals[0].at.Add(time.Second) }},
	{11, "a token for a plan that is through", func(e *evidence) { e.attempts[1].finished, e.arrivals = true, nil }},
	{0, "it does not end", func(e *evidence) { e.attempts[0].end = e.attempts[0].begin.Add(24 * time.Hour) }},
}

func TestCheckerFindsWhatIsPlanted(t *testing.T) {
	if broken := clean().verdict(); len(broken) > 0 {
		t.Fatalf("a clean story is found broken:\n%s", strings.Join(broken, "\n"))
	}
	for _, p := range planted {
		e := clean()
		p.plant(e)
		found := false
		for _, i := range invariants {
			found = found || i.number == p.number && len(i.check(e)) > 0
		}
		if !found {
			t.Errorf("invariant %d does not see %s", p.number, p.what)
		}
	}
	for _, i := range invariants {
		if !slices.ContainsFunc(planted, func(p struct {
			number int
			what   string
			plant  func(e *evidence)
		}) bool {
			return p.number == i.number
		}) {
			t.Errorf("nobody has tried to break invariant %d (%s)", i.number, i.name)
		}
	}
}
