package detect

import (
	"encoding/binary"
	"slices"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// Plain rules that alert by themselves and group alike are a family. A record is
// one fact of them all, whichever of them it matches, and their groups are
// decided together: what many records of a group match, several rules match
// mostly, and all of them show the same of it.

// family is the targets of such rules.
type family struct {
	number  int // among Detector.families
	targets []int
	group   []event.Field
}

// lead is the target that the facts of the family are kept for.
func (f *family) lead() int { return f.targets[0] }

// standsAlone tells whether a match of a target's rule fires by itself, whatever
// came before it or follows.
func (t *target) standsAlone() bool {
	c := t.rule
	return t.alerts && c.Correlation == nil && c.FirstSeen == nil && c.Growth == nil && c.Travel == nil && c.Collapse == nil && len(c.Followers()) == 0
}

// unite makes the families.
func (d *Detector) unite() {
	for _, c := range d.set.Rules() {
		for i := range d.uses[c] {
			u := &d.uses[c][i]
			t := &d.targets[u.target]
			if u.role != counts || t.rule != c || !t.standsAlone() {
				continue
			}
			f := d.familyOf(u.group)
			u.family, u.place, t.family = f, uint32(len(f.targets)), f
			f.targets = append(f.targets, u.target)
		}
	}
}

// familyOf is the family that groups by some fields.
func (d *Detector) familyOf(group []event.Field) *family {
	for _, f := range d.families {
		if slices.Equal(f.group, group) {
			return f
		}
	}
	f := &family{number: len(d.families), group: group}
	d.families = append(d.families, f)
	return f
}

// kin is one rule of a family that a record matches.
type kin struct {
	place    uint32 // among the targets of the family
	matched  uint32 // its searches: see fact.matched
	severity rule.Severity
}

// kinship is what a family makes of the record at hand.
type kinship struct {
	number int // of the record
	groups []uint32
	all    []kin
}

// claim notes that the record at hand matches a rule of a family. It does not
// count where it has no value to group by.
func (w *Worker) claim(r *event.Record, o *rule.Outcome, u *use) bool {
	k := &w.kinships[u.family.number]
	if k.number != w.number {
		k.number, k.all = w.number, k.all[:0]
		if k.groups = w.grouped(k.groups[:0], r, u.group, u.loose); len(k.groups) > 0 && w.recall == nil {
			w.claimed = append(w.claimed, u.family)
		}
	}
	if len(k.groups) == 0 {
		return false
	}
	if w.show(r); w.recall == nil { // else its fact was kept before
		k.all = append(k.all, kin{u.place, w.searches(o), w.severity(r, o, u.target)})
	}
	return true
}

// keepClaimed keeps the facts of families, once the record at hand has a row.
func (w *Worker) keepClaimed(row uint32) {
	for _, f := range w.claimed {
		k := &w.kinships[f.number]
		w.text = appendKin(w.text[:0], k.all)
		made := fact{key: w.shown.key, time: w.shown.time, tenant: w.shown.tenant, row: row, matched: w.words.put(w.text)}
		for _, made.group = range k.groups {
			w.keep(f.lead(), made)
		}
	}
	w.claimed = w.claimed[:0]
}

// appendKin writes down what stands in place of fact.matched in a fact of a
// family.
func appendKin(b []byte, all []kin) []byte {
	for _, k := range all {
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(k.place)), uint64(k.matched))
		b = append(b, byte(k.severity))
	}
	return b
}

// readKin is the reverse of appendKin.
func readKin(written []byte) (all []kin) {
	for r := (rowReader{written}); len(r.b) > 0; {
		all = append(all, kin{uint32(r.int()), uint32(r.int()), rule.Severity(r.int())})
	}
	return all
}

// kinOf is a text of a worker that appendKin has written.
type kinOf struct{ worker, text uint32 }

// kin finds the rules of a family that a fact is of: its place in x.kins, where
// their searches are numbers of the decision.
func (x *decision) kin(e *entry) uint32 {
	of := kinOf{e.of, e.matched}
	if place, known := x.kinPlaces[of]; known {
		return place
	}
	all := readKin(x.worker(e.of).words.text(e.matched))
	for i := range all {
		all[i].matched = x.global(e.of, all[i].matched)
	}
	place := uint32(len(x.kins))
	x.kins, x.kinPlaces[of] = append(x.kins, all), place
	return place
}
