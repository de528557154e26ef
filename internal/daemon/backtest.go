package daemon

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"vakt/internal/alert"
	"vakt/internal/baseline"
	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/source"
)

// Confirmed is an alert that a person found to be true.
type Confirmed struct {
	ID       string `json:"id"`
	Rule     string `json:"rule,omitempty"`
	Severity string `json:"severity,omitempty"`
	Title    string `json:"title,omitempty"`
}

// What a change does to a confirmed alert.
const (
	FateKept     = "kept"      // it would still be raised
	FateWeaker   = "weaker"    // with a lower severity
	FateMuted    = "muted"     // a mute of the change would hide it
	FateGone     = "gone"      // the change keeps it from being raised
	FateNotFound = "not_found" // these logs do not raise it without the change either
)

// TriedConfirmed is a confirmed alert under a change.
type TriedConfirmed struct {
	Confirmed
	Day      string   `json:"day,omitempty"`
	Accounts []string `json:"accounts,omitempty"`
	Fate     string   `json:"fate"`
}

// Hidden says whether the change would keep the alert from people.
func (t *TriedConfirmed) Hidden() bool { return t.Fate == FateGone || t.Fate == FateMuted }

// Backtested is what a change would have done to the alerts of some logs.
type Backtested struct {
	Days      []detect.RuleDay
	Confirmed []TriedConfirmed // in the order of the confirmed ones
	Ledger    *source.Ledger   // of the run with the change
	// Asleep and Woken are rules that the change puts to sleep and wakes.
	Asleep, Woken []string
}

// Backtest reads the inputs once and runs the batch's rules over them with the
// batch's baseline and with a change of it. Without a change (nil) both are
// the same. Backtest does not go together with Run and Learn.
func (b *Batch) Backtest(ctx context.Context, inputs []string, change *baseline.Change, confirmed []Confirmed) (*Backtested, error) {
	if change == nil {
		change = &baseline.Change{Baseline: b.Baseline}
	}
	b.FactBytes = cmp.Or(b.FactBytes, factBytes) / 2 // each of the two
	changed := *b
	changed.Baseline = change.Baseline
	schema := b.schema()
	for _, one := range []*Batch{b, &changed} {
		if err := one.prepareIn(schema); err != nil {
			return nil, err
		}
	}
	before, after := b.ready, changed.ready
	layout, err := schema.Layout(append(before.set.Fields(), after.set.Fields()...)...)
	if err != nil {
		return nil, fmt.Errorf("backtest: %w", err)
	}
	ledger, found, err := b.read(ctx, inputs, watch{detectors: []*detect.Detector{before.detector, after.detector}, layout: layout})
	if err != nil {
		return nil, err
	}
	note(ledger, after.set, found[1])
	tried := detect.Backtest(found[0].Detections, found[1].Detections, mutes(change.Mutes))
	result := &Backtested{Days: detect.PerDay(tried), Confirmed: tryConfirmed(tried, confirmed), Ledger: ledger}
	result.Asleep, result.Woken = baseline.Sleepers(before.set, after.set)
	return result, nil
}

// mutes says which detections some mutes silence; nil where there are none.
func mutes(list []baseline.Mute) func(*detect.Detection) bool {
	if len(list) == 0 {
		return nil
	}
	return func(d *detect.Detection) bool {
		names := slices.Clone(d.Group)
		for _, e := range d.Entities {
			names = append(names, strings.ToLower(e.ID), strings.ToLower(e.Name))
		}
		return slices.ContainsFunc(list, func(m baseline.Mute) bool { return m.Holds(d.Rule.Key(), names, d.First) })
	}
}

// tryConfirmed looks the confirmed alerts up among what was tried.
func tryConfirmed(tried []detect.Tried, confirmed []Confirmed) []TriedConfirmed {
	byID := make(map[string]*detect.Tried, len(confirmed))
	for _, c := range confirmed {
		byID[c.ID] = nil
	}
	for i := range tried {
		if len(confirmed) == 0 {
			break
		}
		id := alert.ID(tried[i].Either())
		if _, asked := byID[id]; asked {
			byID[id] = &tried[i]
		}
	}
	list := make([]TriedConfirmed, 0, len(confirmed))
	for _, c := range confirmed {
		list = append(list, fate(c, byID[c.ID]))
	}
	return list
}

func fate(c Confirmed, t *detect.Tried) TriedConfirmed {
	out := TriedConfirmed{Confirmed: c, Fate: FateNotFound}
	if t == nil {
		return out
	}
	d := cmp.Or(t.Before, t.After)
	out.Rule, out.Title, out.Severity = d.Rule.Key(), d.Rule.Title, d.Severity.String()
	out.Day = time.Unix(d.Day*24*60*60, 0).UTC().Format(time.DateOnly)
	for _, e := range d.Entities {
		if e.Kind == "account" && len(out.Accounts) < maxConfirmedAccounts {
			out.Accounts = append(out.Accounts, entityName(e))
		}
	}
	switch {
	case t.After == nil:
		out.Fate = FateGone
	case t.Muted:
		out.Fate = FateMuted
	case t.Weaker():
		out.Fate = FateWeaker
	default:
		out.Fate = FateKept
	}
	return out
}

const maxConfirmedAccounts = 5

func entityName(e event.Entity) string { return cmp.Or(e.Name, e.ID) }
