package rule

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vakt/internal/event"
)

// The lines of `vakt: severity` that look beyond the records of the alert: at
// what follows it, and at the other alerts of its rule. And the number that a
// line may lower for those on its list.

// FollowedBy is what makes an alert worse when it follows. Unlike NotFollowedBy
// it takes nothing back: whether the alert is raised does not depend on it.
type FollowedBy struct {
	Base   []Base // Values and ValueIndex are nil
	Within time.Duration
}

func (r *Raising) followed() *Lack {
	if r.Followed == nil {
		r.Followed = &Lack{}
	}
	return r.Followed
}

// checkRaising refuses keys of an entry that do not fit each other.
func (r *reader) checkRaising(out *Raising, lines keyLines) {
	if lines.line("when") == 0 || lines.line("level") == 0 {
		r.refuse(out.line, "vakt: severity: an entry needs when and level")
	}
	if lines.line("threshold") != 0 && out.List == "" {
		r.refuse(lines.line("threshold"), "vakt: severity: threshold belongs to when: list: for whom is it?")
	}
}

// lowered resolves the number of a line for those on its list.
func (c *compiler) lowered(out *Compiled, r *Raise, line Raising) {
	if line.Threshold == "" {
		return
	}
	if !countsUp(out) {
		c.refuse(line.line, "vakt: severity: threshold belongs to an event_count or value_count with the condition gte or gt")
		return
	}
	n, ok := 0.0, false
	if c.lists != nil {
		n, ok = c.lists.Number(line.Threshold)
	}
	if !ok || n <= 0 {
		c.refuse(line.line, "vakt: severity: threshold: there is no baseline parameter %q that is a number above zero", line.Threshold)
		return
	}
	r.Lower = n
}

// countsUp tells whether a correlation counts up to one number.
func countsUp(c *Compiled) bool {
	return (c.Type == "event_count" || c.Type == "value_count") && c.Growth == nil &&
		len(c.Bounds) == 1 && (c.Bounds[0].Op == "gte" || c.Bounds[0].Op == "gt")
}

// followed resolves what makes the alert worse when it follows. Its rules are
// grouped by the same names as the rule itself, and one that sleeps leaves the
// rule awake.
func (c *compiler) followed(out *Compiled, r *Raise, line Raising) {
	written := line.Followed
	if written == nil {
		return
	}
	if out.Vakt.NotFollowedBy != nil || slices.ContainsFunc(out.Raises, func(r Raise) bool { return r.FollowedBy != nil }) {
		c.refuse(line.line, "vakt: severity: followed_by stands once in a rule, and not beside not_followed_by")
		return
	}
	r.FollowedBy = &FollowedBy{Within: c.length(written.Within, line.line, "vakt: severity: within")}
	for _, rule := range c.bases(place{line.line, "vakt: severity: followed_by", "vakt: severity", false}, written.Rules) {
		if rule.Log == event.NoLog || rule.Rule == out.Rule {
			c.refuse(line.line, "vakt: severity: followed_by: %q cannot follow: it is the rule itself, or its logs are not read here", rule.Key())
			continue
		}
		r.FollowedBy.Base = append(r.FollowedBy.Base, c.grouped(rule, out.groupNames(), out.Correlation, line.line, "vakt: severity: followed_by"))
	}
}

// Followers are the rules that take matches back or make an alert worse when
// they follow; nil for most rules. Not both kinds stand in one rule.
func (c *Compiled) Followers() []Base {
	if c.NotFollowedBy != nil {
		return c.NotFollowedBy.Base
	}
	for i := range c.Raises {
		if f := c.Raises[i].FollowedBy; f != nil {
			return f.Base
		}
	}
	return nil
}

// HoldsFor reports whether n is enough for a fact that is on the list of the
// raise. Without a number of its own the raise adds nothing to Holds.
func (r *Raise) HoldsFor(n float64) bool { return r.Lower > 0 && n >= r.Lower }

// HoldsForAny reports whether n is enough for a fact on some list, or for all.
func (c *Compiled) HoldsForAny(n float64) bool {
	return c.Holds(n) || slices.ContainsFunc(c.Raises, func(r Raise) bool { return r.HoldsFor(n) })
}

// otherWords says when a raise holds that looks beyond the alert's records.
func (r *Raise) otherWords() string {
	if r.FollowedBy == nil {
		return fmt.Sprintf("there are at least %d alerts of the rule on the same day", r.Alerts)
	}
	var keys []string
	for _, b := range r.FollowedBy.Base {
		keys = append(keys, b.Rule.Key())
	}
	return fmt.Sprintf("%s follows within %s", strings.Join(keys, " or "), spanWords(r.FollowedBy.Within))
}

// loweredWords says what a raise asks for of those on its list.
func (r *Raise) loweredWords(of string) string {
	if r.Lower == 0 {
		return ""
	}
	return fmt.Sprintf("; there %g (baseline parameter %s) are enough", r.Lower, of)
}
