package detect

import (
	"fmt"
	"slices"

	"vakt/internal/event"
	"vakt/internal/rule"
)

// target is a rule whose facts are gathered and decided: a plain rule that
// alerts, or a correlation.
type target struct {
	rule   *rule.Compiled
	level  rule.Severity
	alerts bool
	// steady is true where more facts can only keep the condition true,
	// whatever must not follow.
	steady bool
	// wait is how many seconds must have passed after a fact before its
	// firing is known, in the rules beneath as well.
	wait  int64
	feeds []feed   // the correlations above
	rests []rest   // the correlations beneath whose firings are facts
	sifts bool     // its facts may be traces
	said  []int    // targets under whose names it is told what was not seen: those that alert
	raise []*watch // by index of rule.Raises; nil where the raise watches no record

	family *family // nil: it is of none
}

// role is what a match is to a target.
type role uint8

const (
	counts  role = iota // a fact
	follows             // takes earlier facts back, or makes their alert worse
	doubts              // where it is unknown, so is whether something follows
)

// use says that the matches of a detection rule are facts of a target.
type use struct {
	target int
	role   role
	base   int // place among the target's bases
	group  []event.Field
	values []event.Field
	told   uint64 // shapes, a bit each, that always tell of all these fields
	loose  bool   // see target.loose
	whole  uint64 // the same, of all that a fact is made of
	sifted uint64 // the same, where traces may stand in place of facts

	groupSet, valueSet int // group and values among Detector.sets

	family *family // nil: the target is of none
	place  uint32  // of the target in its family
}

// feed says that the firing facts of a correlation are facts of a target.
type feed struct {
	target int
	role   role
	base   int
	group  []int // places in the group of the correlation
	values []int
}

// rest says that the firing facts of a correlation are facts of the target that
// rests on it.
type rest struct {
	target int
	base   int
	same   bool // both group by the same values in the same order
}

// maxOrdered is how many rules a temporal correlation may have: a fact knows
// its rules by the bits of a word.
const maxOrdered = 64

// wire makes targets of rules and connects them, from the rules to the
// correlations above.
func (d *Detector) wire() error {
	made := map[*rule.Compiled]int{}
	for _, c := range d.set.Rules() {
		if d.set.Alerting(c) && len(c.Asleep) == 0 {
			if err := d.beneath(c, made); err != nil {
				return err
			}
			t := d.add(c, true)
			d.use(c, use{target: t, group: c.Group, values: newValues(c)})
			if err := d.followers(t, made); err != nil {
				return err
			}
		}
	}
	for _, c := range d.set.Correlations() {
		if _, err := d.correlation(c, made); err != nil {
			return err
		}
	}
	d.nameTargets()
	d.watchRecords()
	return nil
}

func (d *Detector) add(c *rule.Compiled, alerts bool) int {
	level, ok := rule.SeverityNamed(c.Level)
	if !ok {
		level = rule.Medium
	}
	t := target{rule: c, level: level, alerts: alerts, steady: steady(c), wait: patience(c), raise: make([]*watch, len(c.Raises))}
	d.targets = append(d.targets, t)
	return len(d.targets) - 1
}

// steady tells whether more facts keep the condition true that a fact fires
// by, leaving aside what follows it.
func steady(c *rule.Compiled) bool {
	if c.Correlation == nil {
		return c.FirstSeen == nil
	}
	alone := *c
	alone.NotFollowedBy = nil
	return alone.Growing()
}

func (d *Detector) use(c *rule.Compiled, u use) { d.uses[c] = append(d.uses[c], u) }

// correlation makes a target of a correlation, after those beneath it, and
// returns its place; -1 for one that is asleep.
func (d *Detector) correlation(c *rule.Compiled, made map[*rule.Compiled]int) (int, error) {
	if t, ok := made[c]; ok {
		return t, nil
	}
	made[c] = -1
	if len(c.Asleep) > 0 {
		return -1, nil
	}
	if temporal(c) && len(c.Base) > maxOrdered {
		return -1, fmt.Errorf("rule %q: a %s correlation has at most %d rules", c.Key(), c.Type, maxOrdered)
	}
	if err := d.beneath(c, made); err != nil {
		return -1, err
	}
	t := d.add(c, d.set.Alerting(c))
	made[c] = t
	for i := range c.Base {
		if err := d.connect(t, &c.Base[i], use{target: t, base: i, role: counts}, made); err != nil {
			return -1, err
		}
	}
	return t, d.followers(t, made)
}

func temporal(c *rule.Compiled) bool { return c.Type == "temporal" || c.Type == "temporal_ordered" }

// beneath makes targets of the correlations that a rule rests on.
func (d *Detector) beneath(c *rule.Compiled, made map[*rule.Compiled]int) error {
	bases := append(c.Base[:len(c.Base):len(c.Base)], c.Followers()...)
	for i := range bases {
		if b := bases[i].Rule; b.Correlation != nil {
			if _, err := d.correlation(b, made); err != nil {
				return err
			}
		}
	}
	return nil
}

// followers connects what must not follow, or makes it worse.
func (d *Detector) followers(t int, made map[*rule.Compiled]int) error {
	bases := d.targets[t].rule.Followers()
	for i := range bases {
		if err := d.connect(t, &bases[i], use{target: t, role: follows}, made); err != nil {
			return err
		}
	}
	return nil
}

// connect makes the matches or firing facts of a base facts of a target.
func (d *Detector) connect(t int, b *rule.Base, u use, made map[*rule.Compiled]int) error {
	if b.Rule.Correlation == nil {
		if b.Rule.NotFollowedBy != nil {
			return fmt.Errorf("rule %q: %q waits for what must not follow and can only stand alone", d.targets[t].rule.Key(), b.Rule.Key())
		}
		u.group, u.values = b.Group, b.Values
		d.use(b.Rule, u)
		return nil
	}
	inner, ok := made[b.Rule]
	if !ok || inner < 0 {
		return nil
	}
	if u.role == counts {
		d.targets[t].rests = append(d.targets[t].rests, rest{inner, u.base, isAll(b.GroupIndex, len(b.Rule.Correlation.GroupBy))})
	}
	d.targets[inner].feeds = append(d.targets[inner].feeds, feed{target: t, role: u.role, base: u.base, group: b.GroupIndex, values: b.ValueIndex})
	d.targets[t].wait = max(d.targets[t].wait, patience(d.targets[t].rule)+d.targets[inner].wait)
	if u.role == follows {
		d.doubt(t, b.Rule, b.GroupIndex)
	}
	return nil
}

// isAll tells whether places are all there are, in their order.
func isAll(places []int, count int) bool {
	for i, place := range places {
		if place != i {
			return false
		}
	}
	return len(places) == count
}

// patience is how long a rule waits by itself, in seconds.
func patience(c *rule.Compiled) int64 {
	wait := int64(0)
	if !steady(c) {
		wait = int64(c.Settle.Seconds())
	}
	if c.NotFollowedBy != nil {
		wait = max(wait, int64(c.NotFollowedBy.Within.Seconds()))
	}
	return wait
}

// doubt lets records on which a rule beneath a following correlation is
// unknown leave open whether that one follows. index are the places of the
// target's group in the group of the correlation.
func (d *Detector) doubt(t int, c *rule.Compiled, index []int) {
	for _, b := range c.Base {
		if b.Rule.Log == event.NoLog {
			continue
		}
		if b.Rule.Correlation != nil {
			var below []int
			for _, i := range index {
				below = append(below, b.GroupIndex[i])
			}
			d.doubt(t, b.Rule, below)
			continue
		}
		u := use{target: t, role: doubts}
		for _, i := range index {
			u.group = append(u.group, b.Group[i])
		}
		d.use(b.Rule, u)
	}
}

// tell finds out, of all uses, which shapes tell of their fields and how they are
// grouped, so that not every record has to be asked.
func (d *Detector) tell() {
	for c, uses := range d.uses {
		for i := range uses {
			uses[i].loose = d.targets[uses[i].target].loose()
			fields := slices.Concat(uses[i].group, uses[i].values)
			for _, s := range event.Shapes() {
				if !slices.ContainsFunc(fields, func(f event.Field) bool { return !d.layout.Tells(s, c.Log, f) }) {
					uses[i].told |= 1 << s
				}
			}
		}
	}
}

// nameTargets works out, from the top, under which names things are told.
func (d *Detector) nameTargets() {
	for i := len(d.targets) - 1; i >= 0; i-- {
		t := &d.targets[i]
		if t.alerts {
			t.said = append(t.said, i)
		}
		for _, f := range t.feeds {
			t.said = append(t.said, d.targets[f.target].said...)
		}
		t.said = sortedSet(t.said)
	}
}
