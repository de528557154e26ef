package alert

import (
	"slices"

	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/rule"
)

// fold marks the alerts of rules with `folds_into` that a stronger alert
// covers: one of the rule named, of the same tenant and UTC day, that shows
// all their accounts and holds all their records. Of several, the first is
// named. Part of the records is not enough.
func (r *run) fold() {
	into := foldTargets(r.detections)
	if len(into) == 0 {
		return
	}
	x := r.stronger(into)
	for i := range r.alerts {
		weak := r.of(i)
		name, ok := into[r.alerts[i].Rule]
		if !ok || len(weak.Records) == 0 {
			continue
		}
		for _, s := range x[heldBy(weak, name, weak.Records[0])] {
			if r.covers(x, s, weak) {
				r.alerts[i].FoldedInto = r.alerts[s].ID
				break
			}
		}
	}
}

// foldTargets gives for each rule the one that it folds into. Rules that fold
// into each other in a circle do not fold: all of them would vanish.
func foldTargets(detections []*detect.Detection) map[string]string {
	into := map[string]string{}
	var last *rule.Compiled
	for i := range detections {
		if r := detections[i].Rule; r != last && r.Vakt.FoldsInto != "" {
			into[r.Key()] = r.Vakt.FoldsInto
		}
		last = detections[i].Rule
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

// heldBy is a record of a detection, in an alert of a rule beside its own.
func heldBy(d *detect.Detection, rule, record string) held {
	return held{rule, d.Tenant, d.Day, record}
}

// stronger lists alerts by what they hold, in their order.
type stronger map[held][]int

// stronger finds the alerts that others fold into.
func (r *run) stronger(into map[string]string) stronger {
	wanted := map[string]bool{}
	for _, name := range into {
		wanted[name] = true
	}
	x := stronger{}
	for i := range r.alerts {
		if name := r.alerts[i].Rule; wanted[name] {
			for _, record := range r.of(i).Records {
				h := heldBy(r.of(i), name, record)
				x[h] = append(x[h], i)
			}
		}
	}
	return x
}

// covers tells whether an alert has all accounts and records of a weaker one.
func (r *run) covers(x stronger, s int, weak *detect.Detection) bool {
	strong := r.of(s)
	for _, e := range weak.Entities {
		same := func(o event.Entity) bool { return o.Kind == e.Kind && o.ID == e.ID }
		if e.Kind == "account" && !slices.ContainsFunc(strong.Entities, same) {
			return false
		}
	}
	for _, record := range weak.Records {
		if !slices.Contains(x[heldBy(weak, r.alerts[s].Rule, record)], s) {
			return false
		}
	}
	return true
}
