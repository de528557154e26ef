package rule

import (
	"maps"
	"slices"

	"vakt/internal/event"
)

// State is what becomes of a rule here.
type State string

// The states, from the best to the worst.
const (
	Live    State = "live"     // it matches as written
	Mapped  State = "mapped"   // it matches, with names or values read as ours
	Asleep  State = "asleep"   // it waits for a baseline list
	Dead    State = "dead"     // no record can ever match
	NotRead State = "not_read" // it is for a log that is not read here
	Invalid State = "refused"  // it is no valid rule
)

// states in their order.
var states = []State{Live, Mapped, Asleep, Dead, NotRead, Invalid}

// States lists the states from the best to the worst.
func States() []State { return slices.Clone(states) }

// Runs tells whether a rule in this state can match now, or once the baseline
// is filled.
func (s State) Runs() bool { return s == Live || s == Mapped || s == Asleep }

// State tells what becomes of the rule. A rule that is both mapped and asleep
// is asleep.
func (c *Compiled) State() State {
	switch {
	case len(c.Dead) > 0:
		return Dead
	case c.Log == event.NoLog:
		return NotRead
	case len(c.Asleep) > 0:
		return Asleep
	case len(c.Notes) > 0:
		return Mapped
	}
	return Live
}

// Reasons says why the rule is in its state; nil for a live one.
func (c *Compiled) Reasons() []string {
	switch c.State() {
	case Dead:
		return c.Dead
	case NotRead:
		if c.Correlation != nil {
			return []string{"its rules never match here: their logs are not read"}
		}
		return []string{"it never matches here: logs of " + c.LogSource.String() + " are not read"}
	case Asleep:
		var list []string
		for _, name := range c.Asleep {
			list = append(list, "the baseline list "+name+" is empty")
		}
		return list
	case Mapped:
		return c.Notes
	}
	return nil
}

// Verdict is what becomes of a rule file.
type Verdict struct {
	File string
	// State is that of the file's best rule: a file is worth having for one
	// rule that runs.
	State State
	// Reasons are those of all its rules that are in that state; of a
	// refused file, its problems.
	Reasons []string
}

// Judge tells of every file what becomes of it, in the order of their names.
// The set and the problems are those of one load: problems holds what Parse
// and Compile reported.
func Judge(set *Set, problems []Problem) []Verdict {
	files := map[string]*Verdict{}
	say := func(file string, s State, reasons ...string) {
		v := files[file]
		if v == nil || s.rank() < v.State.rank() {
			v = &Verdict{File: file, State: s}
			files[file] = v
		}
		if v.State == s {
			v.Reasons = append(v.Reasons, reasons...)
		}
	}
	for _, c := range slices.Concat(set.rules, set.correlations, set.dead) {
		say(c.File, c.State(), c.Reasons()...)
	}
	for _, f := range set.filters {
		say(f.File, Live)
	}
	for _, p := range problems {
		switch {
		case p.Stops():
			say(p.File, Invalid, p.Message)
		case p.Dead && files[p.File] == nil: // a filter, which is part of other rules
			say(p.File, Dead, p.Message)
		}
	}
	list := make([]Verdict, 0, len(files))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		v := files[name]
		slices.Sort(v.Reasons)
		v.Reasons = slices.Compact(v.Reasons)
		list = append(list, *v)
	}
	return list
}

func (s State) rank() int { return slices.Index(states, s) }
