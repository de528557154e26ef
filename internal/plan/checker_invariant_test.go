package plan_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"time"

	"vakt/internal/plan"
	"vakt/internal/rig"
)

// invariant is one promise of the write path, by its number in the list of
// safety invariants. check gives what breaks it.
type invariant struct {
	number int
	name   string
	check  func(*evidence) []string
}

// invariants are those that the checker can see broken.
var invariants = []invariant{
	{1, "named only", namedOnly},
	{2, "nothing outside the field set", fieldSet},
	{3, "protected never", protectedNever},
	{4, "two emergency accounts", emergencyAccounts},
	{5, "never the last door", lastDoor},
	{6, "intent first", intentFirst},
	{7, "no journal, no write", noJournalNoWrite},
	{8, "evidence first", evidenceFirst},
	{9, "every write is on record", onRecord},
	{10, "no outcome is invented", noInvention},
	{11, "re-apply is a no-op", reapply},
	{12, "resume is as if nothing had happened", resume},
	{13, "rollback is exact", exactRollback},
	{14, "rollback refuses on drift", driftedRollback},
	{15, "rollback touches only what we changed", ownRollback},
	{16, "plans and approvals expire, and no is no", admitted},
	{17, "staleness is per object", perObject},
	{18, "read within five seconds", freshRead},
	{19, "one run at a time", oneRun},
	{21, "stale reads cause no writes", staleReads},
	{22, "limits of a run", runLimit},
	{23, "limits count attempts", dayLimit},
	{24, "a freeze stops everything", freezeStops},
	{25, "no token without an approved plan", noToken},
	{30, "tampering is evident", tamper},
	{0, "every run ends", ends},
	{0, "a wave is verified before the next, and an account's changes have their order", waves},
	{0, "nobody repeats blindly", blindly},
	{0, "nobody comes early", early},
}

// verdict is everything that is broken: what the story found, and then in the
// order of the invariants.
func (e *evidence) verdict() (broken []string) {
	broken = append(broken, e.wrong...)
	for _, i := range invariants {
		for _, text := range i.check(e) {
			broken = append(broken, fmt.Sprintf("invariant %d (%s): %s", i.number, i.name, text))
		}
	}
	return broken
}

func (a *arrival) String() string {
	n := 0
	if a.attempt != nil {
		n = a.attempt.number
	}
	return fmt.Sprintf("%s %s %s %s (attempt %d, answered %d)", a.at.Format("15:04:05.000"), a.method, a.path, a.body, n, a.status)
}

// each gives a text for every arrival that is wrong.
func (e *evidence) each(wrong func(*arrival) string) (broken []string) {
	for _, a := range e.arrivals {
		if text := wrong(a); text != "" {
			broken = append(broken, a.String()+": "+text)
		}
	}
	return broken
}

func namedOnly(e *evidence) []string {
	broken := e.each(func(a *arrival) string {
		if a.change() == nil {
			return "no change of the plan under way says so"
		}
		return ""
	})
	for _, w := range e.ourWrites() {
		if !slices.ContainsFunc(e.arrivals, func(a *arrival) bool { return a.object == w.Subject || w.Subject == "" }) {
			broken = append(broken, fmt.Sprintf("the tenant has a write of %s on %s that nobody saw arrive", w.Path, w.Subject))
		}
	}
	return broken
}

// written are the fields that actions write.
var written = []string{"accountEnabled", "signInSessionsValidFromDateTime"}

func fieldSet(e *evidence) (broken []string) {
	for _, w := range e.ourWrites() {
		for name := range rig.Object(w.After).Fields() {
			if w.Applied && !slices.Contains(written, name) {
				broken = append(broken, fmt.Sprintf("we wrote %s of %s", name, w.Subject))
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(e.start)) {
		was, is := e.start[id], e.end[id]
		for _, name := range written {
			was, is = was.Without(name), is.Without(name)
		}
		if !e.touched[id] && !bytes.Equal(was, is) {
			broken = append(broken, fmt.Sprintf("%s was %s and is %s", id, was, is))
		}
	}
	return broken
}

func protectedNever(e *evidence) []string {
	return e.each(func(a *arrival) string {
		if len(a.protections) > 0 && e.settledTouch(a) {
			return fmt.Sprintf("the account is protected: %v", a.protections)
		}
		return ""
	})
}

func emergencyAccounts(e *evidence) []string {
	return e.each(func(a *arrival) string {
		if a.attempt != nil && a.attempt.emergency < 2 {
			return fmt.Sprintf("%d emergency accounts were enabled when the run began", a.attempt.emergency)
		}
		return ""
	})
}

func lastDoor(e *evidence) []string {
	return e.each(func(a *arrival) string {
		if a.doors >= 0 && a.doors < 2 {
			return fmt.Sprintf("it leaves %d enabled Global Administrators", a.doors)
		}
		return ""
	})
}

func intentFirst(e *evidence) []string {
	return e.each(func(a *arrival) string {
		if a.intent == nil {
			return "no intent was on the disk"
		}
		return ""
	})
}

func noJournalNoWrite(e *evidence) []string {
	late := map[*attempt]int{}
	return e.each(func(a *arrival) string {
		if a.down < 0 {
			return ""
		}
		if late[a.attempt]++; late[a.attempt] > e.workers || a.down > 10*time.Second {
			return fmt.Sprintf("the journal had failed %s before", a.down)
		}
		return ""
	})
}

func evidenceFirst(e *evidence) []string {
	return e.each(func(a *arrival) string {
		c := a.change()
		switch {
		case !a.kept:
			return "the plan with its before-values was not in the state"
		case a.intent == nil || c == nil:
			return "" // other invariants
		case a.field == written[1] && len(a.intent.Before) > 0 && string(a.intent.Before) != "null":
			return "" // only the fresh read has that value
		case a.field == written[1] || string(a.intent.Before) != string(c.Before):
			return fmt.Sprintf("the intent has the before-value %s, the plan %s", a.intent.Before, c.Before)
		}
		return ""
	})
}

func onRecord(e *evidence) (broken []string) {
	for _, r := range e.rows {
		switch {
		case r.Phase == plan.Intent && (r.Actor == "" || r.Plan == "" || r.Run == "" || len(r.After) == 0 || r.Note == ""):
			broken = append(broken, fmt.Sprintf("row %d, an intent, lacks its actor, plan, run, value or reason", r.Seq))
		case r.Phase == plan.Acked && r.RequestID == "":
			broken = append(broken, fmt.Sprintf("row %d, an answer, lacks the id of its request", r.Seq))
		}
	}
	return broken
}

// latest is the last arrival of an object's action before a row.
func (e *evidence) latest(r *plan.Row) *arrival {
	var last *arrival
	for _, a := range e.arrivals {
		if a.object == r.Subject && a.action == r.Action && a.after < r.Seq {
			last = a
		}
	}
	return last
}

// had tells whether the tenant had a value of a field at any moment between
// two times, by its own log.
func (e *evidence) had(object, field, value string, from, to time.Time) bool {
	current, _ := e.start[object].Field(field)
	for _, x := range e.entries {
		now, ok := rig.Object(x.After).Field(field)
		if x.Subject != object || !x.Applied || !ok {
			continue
		}
		if x.Time.After(to) {
			break
		}
		if string(current) == value && !x.Time.Before(from) {
			return true
		}
		current = now
	}
	return string(current) == value
}

// inEffect tells whether a write of ours of the change has taken effect before
// a row, and the tenant has not had the old value since.
func (e *evidence) inEffect(r *plan.Row) bool {
	return slices.ContainsFunc(e.arrivals, func(a *arrival) bool {
		return a.object == r.Subject && a.action == r.Action && a.after < r.Seq && a.applied && a.intent != nil && a.intent.Run == r.Run &&
			!e.had(r.Subject, r.Field, string(r.Before), a.at.Add(1), r.Time)
	})
}

func noInvention(e *evidence) (broken []string) {
	for _, r := range e.rows {
		a := e.latest(&r)
		text := ""
		switch r.Phase {
		case plan.Acked:
			if a == nil || !a.clean {
				text = "nobody has answered so"
			}
		case plan.Rejected:
			if a != nil && a.applied && a.intent != nil && a.intent.Run == r.Run {
				text = "the tenant has done it"
			}
		case plan.Ineffective:
			if r.Field == "accountEnabled" && e.inEffect(&r) {
				text = "the tenant has it, and has had it ever since"
			}
		case plan.Verified:
			if a != nil && r.Time.Sub(a.at) < 5*time.Second-time.Millisecond { // a row is kept to the millisecond
				text = "two reads five seconds apart cannot have agreed"
			} else if r.Field == "accountEnabled" && !e.had(r.Subject, r.Field, string(r.After), r.Time.Add(-e.stale()-15*time.Second), r.Time) {
				text = "the tenant does not have the value " + string(r.After)
			}
		default:
		}
		if text != "" {
			broken = append(broken, fmt.Sprintf("row %d says %q of %s: %s", r.Seq, r.Phase, r.Change, text))
		}
	}
	return broken
}

func reapply(e *evidence) []string {
	broken := e.each(func(a *arrival) string {
		if a.attempt != nil && a.attempt.finished {
			return "the plan had been carried out before"
		}
		return ""
	})
	for _, t := range e.attempts {
		if t.finished && t.tokens > 0 {
			broken = append(broken, fmt.Sprintf("attempt %d fetched a token that can write for a plan that had been carried out", t.number))
		}
	}
	return broken
}

// disturbed counts what may make us send a write to an object once more:
// attempts that broke off, and writes that nobody answered or that were
// refused.
func (e *evidence) disturbed(object, action string) (n int) {
	for _, t := range e.attempts {
		if t.died || t.halted {
			n++
		}
	}
	for _, a := range e.arrivals {
		if a.object == object && a.action == action && !a.clean {
			n++
		}
	}
	return n
}

func resume(e *evidence) (broken []string) {
	effects := map[string]int{}
	for _, a := range e.arrivals {
		if a.applied {
			effects[a.action+"/"+a.object]++
			if n := effects[a.action+"/"+a.object]; e.quiet && n > 1+e.disturbed(a.object, a.action) {
				broken = append(broken, fmt.Sprintf("%s: it is the same for the %dth time", a, n))
			}
		}
	}
	want := map[string]string{}
	for _, t := range e.attempts {
		if t.report == nil || t.report.State != plan.StateFinished {
			continue
		}
		for i := range t.report.Changes {
			if o := &t.report.Changes[i]; o.Change.Field == "accountEnabled" && o.Phase == plan.Verified {
				want[o.Change.Subject.ID] = string(o.Change.After)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		if is, _ := e.end[id].Field("accountEnabled"); !e.touched[id] && string(is) != want[id] {
			broken = append(broken, fmt.Sprintf("%s: accountEnabled is %s at the end, want %s", id, is, want[id]))
		}
	}
	return broken
}

func exactRollback(e *evidence) (broken []string) {
	last := len(e.attempts) - 1
	if !e.quiet || last < 0 {
		return nil
	}
	t := e.attempts[last]
	if !t.rollback || t.report == nil || !t.report.Whole() {
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(e.start)) {
		was, is := e.start[id].Without("signInSessionsValidFromDateTime"), e.end[id].Without("signInSessionsValidFromDateTime")
		if !bytes.Equal(was, is) {
			broken = append(broken, fmt.Sprintf("%s was %s and is %s", id, was, is))
		}
	}
	return broken
}

func driftedRollback(e *evidence) []string {
	return e.each(func(a *arrival) string {
		c := a.change()
		if c != nil && a.attempt.rollback && a.was != string(c.Before) && !a.ours && e.settledTouch(a) {
			return fmt.Sprintf("the value %s is not the one that we have written", a.was)
		}
		return ""
	})
}

func ownRollback(e *evidence) (broken []string) {
	done := map[string]bool{}
	var order []string
	for _, a := range e.arrivals {
		switch {
		case a.attempt == nil:
		case !a.attempt.rollback:
			// Where nobody has answered us and somebody else then writes the
			// same value, reading cannot tell whose it is.
			unsaid := !a.clean && (a.status == 0 || a.status >= 500) && e.touched[a.object]
			done[a.object] = done[a.object] || a.applied || unsaid
		case !done[a.object]:
			broken = append(broken, a.String()+": we never changed the account")
		}
	}
	for _, t := range e.attempts {
		if !t.rollback {
			for i := range t.plan.Changes {
				order = append(order, t.plan.Changes[i].Subject.ID)
			}
			continue
		}
		at := len(order)
		for i := range t.plan.Changes {
			next := slices.Index(order, t.plan.Changes[i].Subject.ID)
			if next > at {
				broken = append(broken, fmt.Sprintf("the plan that undoes %s is not in reverse order", t.plan.Undoes))
				break
			}
			at = next
		}
	}
	return broken
}

func admitted(e *evidence) []string {
	return e.each(func(a *arrival) string {
		switch {
		case a.attempt == nil:
			return "nobody was applying anything"
		case !a.attempt.admissible:
			return "the plan must not be applied: " + a.attempt.why
		}
		return ""
	})
}

func perObject(e *evidence) []string {
	broken := e.each(func(a *arrival) string {
		if len(a.moved) > 0 && !a.attempt.rollback && e.settledTouch(a) {
			return fmt.Sprintf("the account is not as it was planned: %v", a.moved)
		}
		return ""
	})
	for _, t := range e.attempts {
		if t.report == nil || t.report.State != plan.StateFinished {
			continue
		}
		for i := range t.report.Changes {
			o := &t.report.Changes[i]
			if !e.touched[o.Change.Subject.ID] && o.Phase != plan.Verified && e.quiet {
				broken = append(broken, fmt.Sprintf("attempt %d finished, and nobody touched %s, but it is %q: %s", t.number, o.Change.ID, o.Phase, o.Note))
			}
		}
	}
	return broken
}

func freshRead(e *evidence) []string {
	return e.each(func(a *arrival) string {
		if a.read < 0 || a.read > 5*time.Second {
			return fmt.Sprintf("the account was last read %s before", a.read)
		}
		return ""
	})
}

func oneRun(e *evidence) (broken []string) {
	for i, a := range e.arrivals {
		for _, b := range e.arrivals[i+1:] {
			if x, y := a.attempt, b.attempt; x != nil && y != nil && x != y && x.begin.Before(y.end) && y.begin.Before(x.end) {
				broken = append(broken, fmt.Sprintf("%s and %s: two runs write at a time", a, b))
			}
		}
	}
	return broken
}

func staleReads(e *evidence) (broken []string) {
	if !e.quiet {
		return nil
	}
	sent := map[string]int{}
	for _, a := range e.arrivals {
		sent[a.action+"/"+a.object]++
		if n := sent[a.action+"/"+a.object]; n > 1+e.disturbed(a.object, a.action) {
			broken = append(broken, fmt.Sprintf("%s: it is sent for the %dth time", a, n))
		}
	}
	for _, r := range e.rows {
		if slices.Contains([]plan.Phase{plan.Diverged, plan.Drifted, plan.Gone, plan.Protected}, r.Phase) {
			broken = append(broken, fmt.Sprintf("row %d says %q of %s, and nobody has touched it: %s", r.Seq, r.Phase, r.Change, r.Note))
		}
	}
	return broken
}

func runLimit(e *evidence) (broken []string) {
	enabled := 0
	for _, u := range e.start {
		if u.True("accountEnabled") {
			enabled++
		}
	}
	for _, t := range e.attempts {
		objects := map[string]bool{}
		for _, a := range e.of(t) {
			objects[a.object] = true
		}
		most := max(5, min(100, enabled/10), t.plan.Limits.Raised)
		if len(objects) > most {
			broken = append(broken, fmt.Sprintf("attempt %d has touched %d accounts, at most %d may be", t.number, len(objects), most))
		}
	}
	return broken
}

func dayLimit(e *evidence) (broken []string) {
	if n := e.before + len(e.arrivals); e.before > 0 && n > plan.DayLimit {
		broken = append(broken, fmt.Sprintf("%d writes were tried within a day, at most %d may be", n, plan.DayLimit))
	}
	return broken
}

func freezeStops(e *evidence) []string {
	late := map[*attempt]int{}
	return e.each(func(a *arrival) string {
		if a.frozen < 0 {
			return ""
		}
		if late[a.attempt]++; late[a.attempt] > e.workers || a.frozen > 10*time.Second {
			return fmt.Sprintf("the tenant was frozen %s before", a.frozen)
		}
		return ""
	})
}

func noToken(e *evidence) (broken []string) {
	for _, t := range e.attempts {
		if t.tokens > 0 && !t.admissible {
			broken = append(broken, fmt.Sprintf("attempt %d fetched a token that can write, though the plan must not be applied: %s", t.number, t.why))
		}
	}
	return broken
}

func tamper(e *evidence) []string { return e.chain }

// longest is how long one attempt may take: ten minutes of reading for each
// wave, some for what is open from before, and all the waiting that the
// service asks for.
const longest = 6 * time.Hour

func ends(e *evidence) (broken []string) {
	for _, t := range e.attempts {
		if took := t.end.Sub(t.begin); took > longest {
			broken = append(broken, fmt.Sprintf("attempt %d took %s", t.number, took))
		}
	}
	return broken
}

// waves wants everything that goes before a write to be through.
func waves(e *evidence) []string {
	return e.each(func(a *arrival) string {
		if len(a.unready) > 0 {
			return fmt.Sprintf("before it: %v", a.unready)
		}
		return ""
	})
}

// blindly wants reads between two writes of the same, where nobody has said
// what became of the first: two of them five seconds apart, and ten minutes of
// them where the write does not set a value.
func blindly(e *evidence) (broken []string) {
	last := map[string]*arrival{}
	for _, a := range e.arrivals {
		key := a.action + "/" + a.object
		before, least := last[key], 5*time.Second
		if a.action == plan.Revoke {
			least = 10 * time.Minute
		}
		last[key] = a
		if before == nil || before.clean || before.status >= 400 && before.status < 500 {
			continue
		}
		if gap := a.at.Sub(before.at); gap < least {
			broken = append(broken, fmt.Sprintf("%s: repeated %s after a write that nobody answered", a, gap))
		}
	}
	return broken
}

func early(e *evidence) []string {
	if e.early > 0 {
		return []string{fmt.Sprintf("%d writes came before the time that the service had named", e.early)}
	}
	return nil
}
