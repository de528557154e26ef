package alert

import (
	"slices"

	"vakt/internal/event"
)

// fold marks the alerts of rules with `folds_into` that a stronger alert
// covers: one of the rule named, of the same tenant and UTC day, that shows
// all their accounts and holds all their records. Of several, the first is
// named. Part of the records is not enough.
func fold(all []made) {
	into := foldTargets(all)
	if len(into) == 0 {
		return
	}
	x := indexStronger(all, into)
	for i := range all {
		weak := &all[i]
		name, ok := into[weak.Rule]
		if !ok || len(weak.of.Records) == 0 {
			continue
		}
		best := -1
		for _, s := range x[weak.held(name, weak.of.Records[0])] {
			if x.covers(all, s, weak) && (best < 0 || compare(&all[s].Alert, &all[best].Alert) < 0) {
				best = s
			}
		}
		if best >= 0 {
			weak.FoldedInto = all[best].ID
		}
	}
}

// foldTargets gives for each rule the one that it folds into. Rules that fold
// into each other in a circle do not fold: all of them would vanish.
func foldTargets(all []made) map[string]string {
	into := map[string]string{}
	for i := range all {
		if name := all[i].of.Rule.Vakt.FoldsInto; name != "" {
			into[all[i].Rule] = name
		}
	}
	kept := map[string]string{}
	for from, name := range into {
		at, steps := name, 0
		for ; at != "" && at != from && steps <= len(into); steps++ {
			at = into[at]
		}
		if at != from {
			kept[from] = name
		}
	}
	return kept
}

// held is a record in an alert of a rule.
type held struct {
	rule, tenant string
	day          int64
	record       string
}

func (m *made) held(rule, record string) held { return held{rule, m.of.Tenant, m.of.Day, record} }

// stronger lists alerts by what they hold.
type stronger map[held][]int

func indexStronger(all []made, into map[string]string) stronger {
	wanted := map[string]bool{}
	for _, name := range into {
		wanted[name] = true
	}
	x := stronger{}
	for i := range all {
		if m := &all[i]; wanted[m.Rule] {
			for _, record := range m.of.Records {
				h := m.held(m.Rule, record)
				x[h] = append(x[h], i)
			}
		}
	}
	return x
}

// covers tells whether an alert has all accounts and records of another.
func (x stronger) covers(all []made, s int, weak *made) bool {
	strong := &all[s]
	for _, e := range weak.of.Entities {
		same := func(o event.Entity) bool { return o.Kind == e.Kind && o.ID == e.ID }
		if e.Kind == "account" && !slices.ContainsFunc(strong.of.Entities, same) {
			return false
		}
	}
	for _, record := range weak.of.Records {
		if !slices.Contains(x[weak.held(strong.Rule, record)], s) {
			return false
		}
	}
	return true
}
