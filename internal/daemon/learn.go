package daemon

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"vakt/internal/alert"
	"vakt/internal/baseline"
	"vakt/internal/detect"
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
// not learned from. Learn and Run do not go together: a batch is for one of
// them.
func (b *Batch) Learn(ctx context.Context, inputs []string) (*Learned, error) {
	schema := b.schema()
	learner, err := baseline.NewLearner(schema, b.Baseline)
	if err != nil {
		return nil, err
	}
	if err := b.prepareIn(schema); err != nil {
		return nil, err
	}
	layout, err := schema.Layout(append(b.ready.set.Fields(), learner.Fields()...)...)
	if err != nil {
		return nil, fmt.Errorf("learn: %w", err)
	}
	counted := onceSet{keys: newKeySet(func(int, int) int { return 0 })}
	ledger, found, err := b.read(ctx, inputs, watch{detectors: []*detect.Detector{b.ready.detector}, layout: layout,
		also: func(r *event.Record) { learner.See(r, counted.once) }})
	if err != nil {
		return nil, err
	}
	note(ledger, b.ready.set, found[0])
	l := &Learned{Ledger: ledger, Alerts: b.alerts(found[0])}
	if l.Proposal, err = learner.Propose(leaveOut(l.Alerts)); err != nil {
		return nil, err
	}
	return l, nil
}

// onceSet tells, of each key, the first time that it is asked for.
type onceSet struct {
	mu   sync.Mutex
	keys *keySet
}

func (s *onceSet) once(k event.Key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	slot, found := s.keys.place(k)
	if !found {
		slot.set(k, 0, false)
	}
	return !found
}

// manyAccounts is from how many accounts on an alert is about an attack on
// them, such as password spray, and not about each of them. Who of them was
// taken has alerts of its own.
const manyAccounts = 10

// leaveOut is who must not be learned from: the accounts that an alert of
// medium severity or above names, and the addresses. An alert about many
// accounts leaves its addresses out alone.
func leaveOut(alerts []alert.Alert) baseline.LeaveOut {
	out := baseline.LeaveOut{Accounts: map[string]string{}, Addresses: map[string]bool{}}
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
			why := "alert " + a.Rule
			for _, id := range []string{strings.ToLower(e.ID), strings.ToLower(e.Name)} {
				if known := out.Accounts[id]; id != "" && (known == "" || why < known) {
					out.Accounts[id] = why
				}
			}
		}
		for _, e := range named(a, "ip") {
			out.Addresses[e.ID] = true
		}
	}
	return out
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
