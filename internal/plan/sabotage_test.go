package plan_test

import (
	"os"
	"strings"
	"testing"
)

// defect is one deliberate mistake: in a file, a text that stands there once
// is replaced by another. The simulation must notice every one of them; that
// is how we know what it is worth.
//
// Nothing of this is in the program: `make sabotage` compiles a changed copy.
type defect struct {
	name, file string // the file from the project's root
	old, new   string
}

// defects are in the order of the protocol: plan, approval, admission, reading,
// protections, intent, sending, outcome, verification, recovery, waves, limits,
// freeze, lock, rollback, journal.
var defects = []defect{
	{"plan with one emergency account", "internal/plan/protect_tenant.go", `if len(usable) >= leastDoors {`, `if len(usable) > 0 {`},
	{"plan that shuts the last door", "internal/plan/protect_tenant.go", `	if left >= leastDoors {`, `	if left >= 0 {`},
	{"eligible roles unprotected", "internal/plan/protect.go", `template, way, _ := strings.Cut(line, " ")`, `template, way, _ := strings.Cut(line, " "); if way == "eligible" { continue }`},
	{"roles by group unprotected", "internal/plan/protect.go", `template, way, _ := strings.Cut(line, " ")`, `template, way, _ := strings.Cut(line, " "); if way == "group" { continue }`},
	{"Teams Rooms unprotected", "internal/plan/protect.go", `case directory.Is(g.TeamsRoom, true):`, `case false && directory.Is(g.TeamsRoom, true):`},
	{"protections only noted at planning", "internal/plan/build.go", `if len(protections) == 0 {`, `if len(protections) < 99 {`},
	{"no limit of a run", "internal/plan/limits.go", `if n := p.Accounts(); n > p.Limits.Allowed() {`, `if n := p.Accounts(); n > 100*p.Limits.Allowed() {`},
	{"share of a run ten times too large", "internal/plan/limits.go", `shareOfRun = 10 `, `shareOfRun = 1 `},

	{"approver = requester", "internal/plan/approval.go", `case c.human(a.Approver.ID, f.ID):`, `case false && c.human(a.Approver.ID, f.ID):`},
	{"approver = who lifted the protection", "internal/plan/approval.go", `first = append(first, o.By)`, `_ = o.By`},
	{"one person is enough", "internal/plan/approval.go", `if c.mode() != a.Kind {`, `if false && c.mode() != a.Kind {`},
	{"count not compared", "internal/plan/approval.go", `case a.Count != len(p.Changes):`, `case false && a.Count != len(p.Changes):`},
	{"approval does not expire", "internal/plan/approve.go", `case now.Now.After(a.Expires):`, `case now.Now.After(a.Expires.Add(24 * time.Hour)):`},
	{"plan does not expire", "internal/plan/approve.go", `case a.Now.After(p.Expires):`, `case a.Now.After(p.Expires.Add(24 * time.Hour)):`},
	{"a no is overheard", "internal/plan/approve.go", `if x.Denied {`, `if x.Denied && len(good) == 0 {`},
	{"policy changed after the approval", "internal/plan/approve.go", `case a.PolicyHash != p.PolicyHash:`, `case a.PolicyHash == "":`},
	{"plan of another tenant", "internal/plan/approve.go", `case a.Tenant == "" || !sameID(a.Tenant, p.Tenant):`, `case a.Tenant == "":`},
	{"changed plan accepted", "internal/plan/plan_file.go", `if sum, err := p.sum(); err != nil || sum != p.Hash {`, `if sum, err := p.sum(); err != nil || sum == "" {`},
	{"emergency accounts not looked at", "internal/plan/run_door.go", `if n, err := r.usable(ctx, ids, nil); err != nil || n < leastDoors {`, `if n, err := r.usable(ctx, ids, nil); err != nil || n < 0 {`},
	{"a finished plan begins anew", "internal/plan/apply.go", "		case Finished:\n\t\t\tr.ended = true", "		case Finished:\n\t\t\tr.ended = false"},

	{"skip drift check", "internal/plan/wave.go", `if !deed.Same(c.Before, value) {`, `if false && !deed.Same(c.Before, value) {`},
	{"any value is the planned one", "internal/action/account_disable.go", `return equal(planned, now)`, `return len(planned) > 0 && len(now) > 0`},
	{"facts of the account not compared", "internal/plan/wave.go", `if moved := c.Guard.Moved(guard); len(moved) > 0 `, `if moved := c.Guard.Moved(guard); len(moved) > 99 `},
	{"protections decided on the plan's facts", "internal/plan/wave.go", `guard := GuardOf(fresh.Snapshot, fresh.Account)`, `guard := c.Guard`},
	{"fresh read for the fields only", "internal/plan/wave.go", `if found := r.protections(c, fresh.Account, guard); len(found) > 0 {`, `if found := r.protections(c, fresh.Account, c.Guard); len(found) > 99 {`},
	{"an override lifts everything", "internal/plan/wave.go", `return c.Override != nil && slices.ContainsFunc(`, `return c.Override != nil || slices.ContainsFunc(`},
	{"who holds roles is read once an hour", "internal/action/board.go", `sharedAge = 2 * time.Second`, `sharedAge = time.Hour`},

	{"intent after call", "internal/plan/wave.go", `if err := r.intend(ctx, s, value); err != nil {`, `if err := func() error { defer func() { go r.intend(ctx, s, value) }(); return nil }(); err != nil {`},
	{"no intent at all", "internal/plan/wave.go", `if err := r.intend(ctx, s, value); err != nil {`, `if err := func() error { _ = value; return nil }(); err != nil {`},
	{"a full disk is overlooked", "internal/plan/run.go", "		r.stop(err)\n\t\treturn err\n\t}\n\tif r.d.Progress", "		r.stop(err)\n\t}\n\tif r.d.Progress"},
	{"the intent forgets the before-value", "internal/plan/wave.go", `	row.Before = found`, `	row.Before = nil; _ = found`},

	{"retry on 504", "internal/graph/writer.go", "			failed.Kind = Unavailable\n\t\t}\n\t\treturn out, false", "			failed.Kind = Unavailable\n\t\t}\n\t\treturn out, true"},
	{"5xx taken for a no", "internal/graph/writer.go", `a.status >= 500 && a.status != http.StatusNotImplemented:`, `a.status >= 600:`},
	{"no answer taken for a no", "internal/graph/writer.go", "	if !errors.As(err, &op) || op.Op != \"dial\" {\n\t\tout.Result, out.Err = Unknown, failed", "	if !errors.As(err, &op) || op.Op != \"dial\" {\n\t\tout.Result, out.Err = Rejected, failed"},
	{"any 200 is a yes", "internal/graph/writer.go", `broken = l.read(a)`, `broken = nil`},
	{"ignore Retry-After", "internal/graph/retry.go", `wait = max(wait, seconds(strings.TrimSpace(form)))`, `wait = max(wait, min(time.Second, seconds(strings.TrimSpace(form))))`},
	{"throttling is not told to the gate", "internal/graph/writer.go", "	o := outcomeOf(a, w.c.options.Now())\n\tpass.leave(o)", "	o := outcomeOf(a, w.c.options.Now())\n\tpass.leave(outcome{ok: true})"},
	{"unknown taken for acked", "internal/plan/wave_outcome.go", `return r.answered(ctx, s, out, Unsettled, fmt.Sprint(out.Err))`, `return r.answered(ctx, s, out, Acked, fmt.Sprint(out.Err))`},
	{"a refusal ends the change", "internal/plan/run.go", `case Verified, Diverged, Drifted, Gone, Protected, Left:`, `case Verified, Diverged, Drifted, Gone, Protected, Left, Rejected, Denied:`},

	{"trust first read", "internal/plan/verify.go", `	apart = 5 * time.Second`, `	apart = 0 * time.Second`},
	{"every value shows that it was done", "internal/action/account_disable.go", `return equal(now, d.About().After)`, `return len(now) > 0`},
	{"stale reads taken for the truth", "internal/plan/verify.go", "	return never\n", "	return apart\n"},
	{"replicas lag for half a minute", "internal/plan/verify.go", `	lag = 5 * time.Minute`, `	lag = 30 * time.Second`},
	{"what is not absolute is repeated like the rest", "internal/plan/run.go", `return string(s.change.After) != Now`, `return string(s.change.After) != ""`},

	{"open intents are forgotten", "internal/plan/run.go", `		s.phase, s.sent, s.found = Intent, row.Time, row.Before`, `		s.phase, s.sent, s.found = "", row.Time, row.Before`},
	{"recovery does not look", "internal/plan/recover.go", `group.Go(func() { r.guard(func() { r.keep(r.brokeOff(ctx, s)) }) })`, `s.phase = ""`},

	{"all accounts in one wave", "internal/plan/limits.go", `wave = p.Limits.wave(len(place))`, `wave = 0 * p.Limits.wave(len(place))`},
	{"the next wave does not wait", "internal/plan/wave.go", `if err := r.gate(ctx, n, wave); err != nil {`, `if err := r.gate(ctx, n, nil); err != nil {`},
	{"sessions end though the block failed", "internal/plan/wave.go", `if i > 0 && !steps[i-1].done() {`, `if i > 99 && !steps[i-1].done() {`},
	{"day limit off by one", "internal/plan/limits.go", `if attempts+writes > l.Day {`, `if attempts+writes > l.Day+1 {`},
	{"count successes in limit", "internal/plan/store.go", `string(Intent), strings.ToLower(tenant), formatTime(since)).Scan(&n)`, `string(Acked), strings.ToLower(tenant), formatTime(since)).Scan(&n)`},
	{"freeze is looked at once", "internal/plan/run.go", `if err := frozen(ctx, r.d.Journal, r.p.Tenant); err != nil {`, `if err := error(nil); err != nil {`},
	{"freeze does not keep runs from beginning", "internal/plan/apply.go", `if err := frozen(ctx, d.Journal, p.Tenant); err != nil {`, `if err := error(nil); err != nil {`},
	{"the lock is shared", "internal/plan/lock_unix.go", `unix.LOCK_EX|unix.LOCK_NB`, `unix.LOCK_SH|unix.LOCK_NB`},

	{"roll back to the value that we wrote", "internal/plan/rollback.go", `c.Before, c.After = c.After, c.Before`, `c.After = c.Before`},
	{"roll back what we did not change", "internal/plan/rollback.go", `case o.Phase != Acked && o.Phase != Verified:`, `case o.Phase == "":`},
	{"roll back in the order of the run", "internal/plan/rollback.go", `range slices.Backward(report.Changes)`, `range slices.All(report.Changes)`},

	{"hashes are not compared", "internal/plan/export.go", `case sum != r.Hash:`, `case sum == "":`},
}

// root is the project's root, from this package.
const root = "../../"

// The list must fit the program: a text that is not there any more, or twice,
// would sabotage nothing.
func TestSabotageListIsCurrent(t *testing.T) {
	names := map[string]bool{}
	for _, d := range defects {
		text, err := os.ReadFile(root + d.file)
		if err != nil {
			t.Errorf("%s: %v", d.name, err)
			continue
		}
		if n := strings.Count(string(text), d.old); n != 1 {
			t.Errorf("%s: %q stands %d times in %s: change the list", d.name, d.old, n, d.file)
		}
		if names[d.name] || d.old == d.new {
			t.Errorf("%s: twice, or nothing", d.name)
		}
		names[d.name] = true
	}
	if len(defects) < 40 {
		t.Errorf("%d defects, want at least 40", len(defects))
	}
}
