package daemon

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"vakt/internal/alert"
	"vakt/internal/baseline"
	"vakt/internal/event"
	"vakt/internal/rule"
	"vakt/internal/source"
)

// Learned is a proposed baseline with the account of what it rests on.
type Learned struct {
	Proposal *baseline.Proposal
	Alerts   []alert.Alert // of the batch's rules, over the same records
	Ledger   *source.Ledger
}

// Learn reads the inputs once, runs the batch's rules over them and proposes a
// baseline. Accounts that an alert names (see leaveOut) or that are at risk are
// not learned from. Where there is too little to propose anything, what it gives
// beside the error has no Proposal, and a ledger that tells what was read. The
// batch must not have run before.
func (b *Batch) Learn(ctx context.Context, inputs []string) (*Learned, error) {
	learner := &learning{of: b.Baseline, keys: newKeySet(func(int, int) int { return 0 })}
	watched := *b
	watched.Watchers = append(slices.Clone(b.Watchers), learner)
	report, err := watched.Run(ctx, inputs)
	if err = cmp.Or(learner.err, err); err != nil {
		return nil, err
	}
	l := &Learned{Ledger: report.Ledger, Alerts: report.Alerts}
	l.Proposal, err = learner.Propose(leaveOut(l.Alerts))
	return l, err
}

// learning is a learner that watches a run.
type learning struct {
	*baseline.Learner
	of  *baseline.Baseline
	err error

	mu   sync.Mutex
	keys *keySet
}

// Want makes the learner, which asks for its fields.
func (l *learning) Want(schema *event.Schema) []event.Field {
	if l.Learner, l.err = baseline.NewLearner(schema, l.of); l.err != nil {
		return nil
	}
	return l.Fields()
}

// See shows it a record.
func (l *learning) See(r *event.Record) { l.Learner.See(r, l.once) }

// once tells, of each key, the first time that it is asked for.
func (l *learning) once(k event.Key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	slot, found := l.keys.place(&k)
	if !found {
		slot.set(&k, 0, false)
	}
	return !found
}

// manyAccounts is from how many accounts on an alert is about an attack on
// them, such as password spray, and not about each of them. Who of them was
// taken has alerts of its own.
const manyAccounts = 10

// leaveOut is who must not be learned from: the accounts that an alert of
// medium severity or above is about, those that a graver one only names, such
// as who did something, and the addresses. An alert about many accounts leaves
// its addresses out alone.
func leaveOut(alerts []alert.Alert) baseline.LeaveOut {
	out := baseline.LeaveOut{Accounts: map[string]string{}, Named: map[string]bool{}, Addresses: map[string]bool{}}
	for i := range alerts {
		a := &alerts[i]
		if a.Severity < rule.Medium {
			continue
		}
		accounts := named(a, "account")
		for _, e := range accounts {
			if len(accounts) >= manyAccounts {
				break
			}
			if a.Severity > rule.Medium || isAbout(a, e) {
				accuse(out.Accounts, e, "alert "+a.Rule)
			} else {
				out.Named[strings.ToLower(e.ID)], out.Named[strings.ToLower(e.Name)] = true, true
			}
		}
		for _, e := range named(a, "ip") {
			out.Addresses[e.ID] = true
		}
	}
	return out
}

// isAbout says whether an alert is grouped by an account.
func isAbout(a *alert.Alert, e event.Entity) bool {
	return slices.ContainsFunc(a.Group, func(g alert.Grouped) bool {
		return strings.EqualFold(g.Value, e.ID) || strings.EqualFold(g.Value, e.Name)
	})
}

// accuse notes why an account is left out, of several reasons the least, so
// that their order does not matter.
func accuse(accounts map[string]string, e event.Entity, why string) {
	for _, id := range []string{strings.ToLower(e.ID), strings.ToLower(e.Name)} {
		if known := accounts[id]; id != "" && (known == "" || why < known) {
			accounts[id] = why
		}
	}
}

// named are the entities of a kind.
func named(a *alert.Alert, kind string) []event.Entity {
	var list []event.Entity
	for _, e := range a.Entities {
		if e.Kind == kind {
			list = append(list, e)
		}
	}
	return list
}
