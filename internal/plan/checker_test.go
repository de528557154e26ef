package plan_test

import (
	"testing"
	"time"

	"vakt/internal/plan"
	"vakt/internal/rig"
)

// evidence is what the checker judges a seed by: what the simulated tenant
// itself has seen, and what the people of the story did. Nothing in it was
// told by the run, save the rows of the journal, which are on trial too.
type evidence struct {
	start, end map[string]rig.Object // users by id, before anything and at the end
	lag        time.Duration         // by which a replica may show an older state
	workers    int
	arrivals   []*arrival
	entries    []rig.Entry
	attempts   []*attempt
	rows       []plan.Row
	touched    map[string]bool // accounts that somebody else has acted on
	// quiet is true where nobody else acts, nothing was taken from us and the
	// service is not broken for good: the story must then come out right.
	quiet bool
	// before counts the writes that were tried within a day before the story.
	before int
	// chain tells what an offline look at the exported journal found; empty for
	// nothing, or where there is none.
	chain []string
	early int // writes that came before the time that the service had named
	// wrong is what the story itself found that must not happen.
	wrong []string
}

// attempt is one call of Apply.
type attempt struct {
	number     int
	plan       *plan.Plan
	rollback   bool
	admissible bool   // by the rules, as the story knows them
	why        string // why it is not
	begin, end time.Time
	died       bool // it was killed
	halted     bool // it was frozen, cancelled or its journal failed
	err        error
	report     *plan.Report
	emergency  int  // emergency accounts that were enabled at its beginning
	finished   bool // the plan had been carried out before
	throttled  bool // this process was told to wait
	tokens     int  // tokens that can write, fetched during it
}

// arrival is one write as it arrived at the tenant.
type arrival struct {
	at                 time.Time
	after              int64 // the journal's last row then
	attempt            *attempt
	method, path, body string
	object, field      string
	value              string // JSON; "" where it is none of ours
	action             string
	intent             *plan.Row
	kept               bool          // the plan was in the state
	read               time.Duration // since the account was last read as a whole; negative: never
	was                string        // value of the field in the tenant just before; "" where there is no such account
	ours               bool          // we have set that value
	protections        []string      // that the account has in the tenant, and that no override lifts
	moved              []string      // planned facts that are not as planned any more
	touched            time.Duration // since somebody else last acted on it; negative: never
	unready            []string      // changes that had to be through before this one, and were not
	down, frozen       time.Duration // since the journal failed, and since the freeze; negative: it did not
	doors              int           // enabled Global Administrators that are left after it; -1: it blocks none
	status             int           // of the answer; 0: none
	clean              bool          // it is a whole answer, and nothing spoilt it
	applied            bool
}

// stale is how old what a read shows may be: a fresh read may lie five seconds
// back, and a replica may lag.
func (e *evidence) stale() time.Duration { return 5*time.Second + e.lag }

// settledTouch says that somebody else's act on the account is so old that the
// read before the write must have shown it.
func (e *evidence) settledTouch(a *arrival) bool { return a.touched < 0 || a.touched > e.stale() }

// change is the line of the plan under way that names the arrival, nil for
// none.
func (a *arrival) change() *plan.Change {
	if a.attempt == nil || a.value == "" {
		return nil
	}
	for i := range a.attempt.plan.Changes {
		c := &a.attempt.plan.Changes[i]
		if c.Subject.ID == a.object && c.Action == a.action && c.Field == a.field && (string(c.After) == a.value || string(c.After) == plan.Now) {
			return c
		}
	}
	return nil
}

// of are the arrivals of an attempt.
func (e *evidence) of(t *attempt) (list []*arrival) {
	for _, a := range e.arrivals {
		if a.attempt == t {
			list = append(list, a)
		}
	}
	return list
}

// ourWrites are the entries of the truth that came from us.
func (e *evidence) ourWrites() (list []rig.Entry) {
	for _, x := range e.entries {
		if x.Ours() {
			list = append(list, x)
		}
	}
	return list
}

// tell writes down the whole story, in the order of time.
func (e *evidence) tell(t testing.TB) {
	t.Helper()
	for _, a := range e.attempts {
		t.Logf("attempt %d from %s to %s: rollback %v, killed %v, halted %v: %v", a.number, a.begin.Format(time.TimeOnly), a.end.Format(time.TimeOnly), a.rollback, a.died, a.halted, a.err)
	}
	for _, a := range e.arrivals {
		t.Logf("%s: clean %v, applied %v, was %s, ours %v, read %s ago, touched %s ago", a, a.clean, a.applied, a.was, a.ours, a.read, a.touched)
	}
	for _, x := range e.entries {
		t.Logf("%s %s %s: %s → %s, applied %v", x.Time.Format("15:04:05.000"), x.Method, x.Path, x.Before, x.After, x.Applied)
	}
	for _, r := range e.rows {
		t.Logf("row %d %s %s %s: %s → %s %s", r.Seq, r.Time.Format("15:04:05.000"), r.Phase, r.Change, r.Before, r.After, r.Note)
	}
}
