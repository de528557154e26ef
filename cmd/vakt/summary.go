package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"vakt/internal/alert"
	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/rule"
	"vakt/internal/source"
	"vakt/internal/text"
)

// summary accounts for the run on standard error: what was read, what was
// not, and what the rules could not see.
func (a *app) summary(r *daemon.Report) {
	l := r.Ledger
	t := l.Total()
	a.say("%s", counts(&t, len(l.Inputs)))
	if len(l.Inputs) > 1 {
		a.inputs(l)
	}
	a.quarantine(l)
	a.nothing(l)
	a.skipped(l)
	a.blindness(l)
	a.say("%s", verdictLine(r.Alerts))
	if len(r.Alerts) > 0 && a.output == "table" {
		a.say("`vakt rules show %s` explains a rule; -o jsonl has every field.", text.Terminal(r.Alerts[0].Rule))
	}
}

func counts(t *source.Entry, inputs int) string {
	s := fmt.Sprintf("%s (%s), %s: %s", plural(inputs, "input", "inputs"), size(t.Bytes), plural(t.Read, "record", "records"), became(t))
	if t.FirstEvent != "" {
		s += "; events of " + period(t.FirstEvent, t.LastEvent)
	}
	return s + "."
}

// became says what became of the records of one input, or of all.
func became(e *source.Entry) string {
	s := thousands(e.Evaluated) + " evaluated"
	for _, c := range []struct {
		n    int
		what string
	}{{e.Duplicate, "duplicate"}, {e.Quarantined, "quarantined"}, {e.Filtered, "filtered"}, {e.Skipped(), "out of scope"}} {
		if c.n > 0 {
			s += fmt.Sprintf(", %s %s", thousands(c.n), c.what)
		}
	}
	return s
}

// inputs shows a line for each input that had something in it, and a line for
// each shape where there are several.
func (a *app) inputs(l *source.Ledger) {
	const most = 20
	shown := 0
	for _, e := range l.Inputs {
		if e.Note != "" {
			continue
		}
		if shown++; shown > most {
			continue
		}
		a.say("  %s: %s, %s read, %s", text.Terminal(e.Path), shapesOf(e), thousands(e.Read), became(e))
	}
	if shown > most {
		a.say("  … and %s more (all of them: --ledger FILE)", plural(shown-most, "input", "inputs"))
	}
	a.shapes(l)
}

func shapesOf(e *source.Entry) string {
	if len(e.Shape) == 0 {
		return "no log of ours"
	}
	return strings.Join(e.Shape, "+")
}

// shapes adds the inputs up by shape.
func (a *app) shapes(l *source.Ledger) {
	t := l.Total()
	if len(t.Shape) < 2 {
		return
	}
	for _, shape := range t.Shape {
		in := 0
		for _, e := range l.Inputs {
			if e.ByShape[shape] > 0 {
				in++
			}
		}
		a.say("  %-17s %s in %s", shape, plural(t.ByShape[shape], "record", "records"), plural(in, "input", "inputs"))
	}
}

// quarantine names what could not be read, with its place.
func (a *app) quarantine(l *source.Ledger) {
	const most = 20
	shown, all := 0, 0
	for _, e := range l.Inputs {
		if e.Problem != "" {
			a.insist("  ! %s: %s", text.Terminal(e.Path), text.Terminal(e.Problem))
		}
		all += e.Quarantined
		for _, q := range e.Quarantine {
			if shown++; shown <= most {
				a.insist("  ! %s:%d: record %d quarantined: %s", text.Terminal(e.Path), q.Line, q.Index, text.Terminal(q.Reason))
			}
		}
	}
	if all > most {
		a.insist("  ! … and %s more quarantined (the list: vakt detect --ledger FILE)", thousands(all-most))
	}
}

// nothing says why nothing was judged, also with --quiet: an empty answer of
// the rules must not be taken for a good one.
func (a *app) nothing(l *source.Ledger) {
	const most = 20
	t := l.Total()
	if t.Evaluated+t.Quarantined == 0 && t.Filtered > 0 {
		a.insist("Nothing was judged: no record is within --since, --until and --tenant-id.")
	}
	if t.Decoded+t.Quarantined > 0 {
		return
	}
	shown := 0
	for _, e := range l.Inputs {
		if e.Problem != "" || e.Note != "" {
			continue
		}
		if shown++; shown > most {
			return
		}
		a.insist("  ! %s: %s", text.Terminal(e.Path), whyNone(e))
	}
}

// whyNone says what an input holds in which there is no record of a log.
func whyNone(e *source.Entry) string {
	switch {
	case e.Read == 0:
		return "an empty list: the export found nothing"
	case e.OutOfScope["api_error"] == e.Read:
		return "the answer of an API that refused the request, not what was asked for: export again"
	}
	return "no record is of a log that is read here: " + list(e.Kinds(), 6)
}

func (a *app) skipped(l *source.Ledger) {
	t := l.Total()
	var kinds []string
	for _, k := range t.Kinds() {
		kinds = append(kinds, fmt.Sprintf("%s %s", text.Terminal(k), thousands(t.OutOfScope[k])))
	}
	if len(kinds) > 0 {
		a.say("Out of scope: %s.", list(kinds, 12))
	}
	var notes []string
	for _, e := range l.Inputs {
		if e.Note != "" {
			notes = append(notes, text.Terminal(e.Path))
		}
	}
	if len(notes) > 0 {
		a.say("Not logs: %s.", list(notes, 6))
	}
}

// blindness says what the rules could not see, one line a shape and field.
func (a *app) blindness(l *source.Ledger) {
	for _, line := range byField(l.Blind) {
		if strings.HasPrefix(line, unreadLists) { // as whoever gave no directory knows
			a.say("Blind: %s", line)
			continue
		}
		a.insist("Blind: %s", line)
	}
	for _, line := range byField(l.Weak) {
		a.say("Weaker: %s", strings.Replace(line, " lacks ", " has less for ", 1))
	}
	a.asleep(l.Asleep)
	a.dead(l.Dead)
	for _, notes := range [][]source.RuleNote{l.Undecided, l.Learning, l.Ungrouped} {
		a.uncounted(notes)
	}
}

// few is how many notes are shown one by one.
const few = 3

// asleep says what the rules wait for that have nothing to compare with.
func (a *app) asleep(notes []source.RuleNote) {
	rules, lists := map[string]bool{}, map[string]bool{}
	for _, n := range notes {
		parameter, _, _ := strings.Cut(n.List, ".") // of a list in parts
		rules[n.Rule], lists[text.Terminal(parameter)] = true, true
	}
	if len(rules) > few {
		a.say("Asleep: %s, until the baseline declares %s. `vakt rules coverage` tells which, `vakt baseline learn` proposes values.",
			plural(len(rules), "rule", "rules"), strings.Join(slices.Sorted(maps.Keys(lists)), ", "))
		return
	}
	for _, n := range notes {
		a.say("Asleep: %s: %s.", text.Terminal(n.Rule), text.Terminal(n.Note))
	}
}

// uncounted says which matches were not decided, for one reason.
func (a *app) uncounted(notes []source.RuleNote) {
	if len(notes) <= few {
		for _, n := range notes {
			a.say("Not counted: %s: %s %s.", text.Terminal(n.Rule), plural(n.Count, "match", "matches"), n.Note)
		}
		return
	}
	var names []string
	all := 0
	for _, n := range notes {
		names = append(names, text.Terminal(n.Rule))
		all += n.Count
	}
	a.say("Not counted: %s of %s (%s) %s.", plural(all, "match", "matches"), plural(len(names), "rule", "rules"), shortList(names), notes[0].Note)
}

// dead counts the rules that no record can ever match.
func (a *app) dead(notes []source.RuleNote) {
	var names []string
	for _, n := range notes {
		if name := text.Terminal(n.Rule); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		a.say("Dead: %s can never match (%s); `vakt rules check` says why.", plural(len(names), "rule", "rules"), shortList(names))
	}
}

// byField folds what is said of single rules: "graph_v1 carries no
// authenticationRequirement: 3 rules (a, b, c)".
func byField(list []source.Blind) []string {
	rules := map[string][]string{}
	for _, b := range list {
		k := lacking(b)
		if !slices.Contains(rules[k], b.Rule) {
			rules[k] = append(rules[k], b.Rule)
		}
	}
	var lines []string
	for _, k := range slices.Sorted(maps.Keys(rules)) {
		lines = append(lines, fmt.Sprintf("%s: %s (%s).", k, plural(len(rules[k]), "rule", "rules"), text.Terminal(shortList(rules[k]))))
	}
	return lines
}

// unreadLists begins what is said of lists that only a directory can fill.
const unreadLists = "unread without --directory: "

// lacking says what a rule lacked: fields of the shape, lists (written
// %name%) that come from the directory, or working hours that nobody declared
// for a country.
func lacking(b source.Blind) string {
	var fields, lists, hours []string
	for _, f := range b.Fields {
		name, isList := strings.CutPrefix(f, "%")
		switch name = strings.TrimSuffix(name, "%"); {
		case !isList:
			fields = append(fields, f)
		case isHours(name):
			hours = append(hours, name)
		default:
			lists = append(lists, name)
		}
	}
	var parts []string
	if len(fields) > 0 {
		parts = append(parts, b.Shape+" lacks "+strings.Join(fields, ", "))
	}
	if len(lists) > 0 {
		parts = append(parts, unreadLists+strings.Join(lists, ", "))
	}
	if len(hours) > 0 {
		parts = append(parts, "hours or clock of a country not declared: "+strings.Join(hours, ", "))
	}
	return strings.Join(parts, "; ")
}

// isHours tells whether a parameter of the baseline holds working hours.
func isHours(name string) bool {
	return slices.ContainsFunc(baseline.Params(), func(p baseline.Param) bool { return p.Name == name && p.Kind == baseline.Hours })
}

func shortList(names []string) string { return list(names, 4) }

func verdictLine(alerts []alert.Alert) string {
	if len(alerts) == 0 {
		return "No alerts."
	}
	counts := map[rule.Severity]int{}
	for i := range alerts {
		counts[alerts[i].Severity]++
	}
	var parts []string
	for s := rule.Critical; ; s-- {
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[s], s))
		}
		if s == rule.Informational {
			break
		}
	}
	return plural(len(alerts), "alert", "alerts") + ": " + strings.Join(parts, ", ") + "."
}
