// Package detect runs compiled rules over records and tells what they found.
//
// Stage one is stateless and may run on many workers in any order: a record
// that matches becomes facts, small values with a time, a key and a group.
// Stage two sorts the facts of each rule and group by event time and decides,
// so that the same records give the same detections however they were
// ordered, split, repeated or shared among workers. The facts that make a
// correlation fire are facts of the correlations above it.
//
// Facts are kept small and flat, and those that do not fit into memory in
// temporary files (Detector.Spill); there is no other I/O. What an alert is
// called and how it looks is said by package alert.
package detect

import (
	"hash/maphash"
	"math"
	"os"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// MaxWindow is how many facts of one rule and group are looked at in one
// window: the newest. Beyond it a number is "at least".
const MaxWindow = 1000

// Detector is a set of rules ready to run. It is read-only and shared by its
// workers.
type Detector struct {
	set       *rule.Set
	schema    *event.Schema
	layout    *event.Layout
	targets   []target                 // what a target rests on stands before it
	uses      map[*rule.Compiled][]use // by detection rule: what its matches feed
	usesAt    [][]use                  // the same, by Outcome.Place
	watches   map[*rule.Compiled][]watch
	watched   [][]watch // the same, by Outcome.Place
	names     map[event.Field]string
	most      int                      // MaxWindow; tests make it small
	keep      int                      // bytes of records that each worker may keep
	limit     int                      // bytes of facts that each worker keeps in memory
	temporary func() (*os.File, error) // makes files for those that do not fit
	seed      maphash.Seed
	salt      salt            // of sums
	locator   Locator         // nil: nobody knows where an address is
	other     maphash.Seed    // of a hash that knows nothing of the first
	sets      [][]event.Field // by which records are grouped and counted
	recipes   int             // maxRecipes; tests make it small

	families []*family
}

// KeepRecords makes every worker keep the records that match, up to a number
// of bytes, so that a Detection can show them. It is called before the first
// NewWorker.
func (d *Detector) KeepRecords(bytes int) { d.keep = bytes }

// New prepares a compiled set. The schema must be the one that the set was
// compiled against.
func New(set *rule.Set, schema *event.Schema) (*Detector, error) {
	layout, err := schema.Layout(set.Fields()...)
	if err != nil {
		return nil, err
	}
	d := &Detector{
		limit: math.MaxInt, seed: maphash.MakeSeed(), salt: newSalt(), other: maphash.MakeSeed(), set: set, schema: schema, layout: layout, most: MaxWindow, recipes: maxRecipes, names: map[event.Field]string{},
		uses: map[*rule.Compiled][]use{}, watches: map[*rule.Compiled][]watch{},
	}
	for _, f := range set.Fields() {
		d.names[f] = schema.Name(f)
	}
	if err := d.wire(); err != nil {
		return nil, err
	}
	d.tell()
	d.sift()
	d.unite()
	for _, c := range set.Rules() {
		d.usesAt, d.watched = append(d.usesAt, d.uses[c]), append(d.watched, d.watches[c])
	}
	return d, nil
}

// Layout is what a record must be read with to be seen by the detector.
func (d *Detector) Layout() *event.Layout { return d.layout }

// Set is the rules that the detector runs.
func (d *Detector) Set() *rule.Set { return d.set }
