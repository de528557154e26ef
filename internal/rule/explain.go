package rule

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"vakt/internal/event"
)

// maxShown is how many entries of a baseline list an explanation shows.
const maxShown = 10

// Explain says in plain words, on several lines, what the rule looks for: its
// fields as the rule calls them, operators, values, and the present content of
// the baseline lists that it uses. It ends with a line break.
func (c *Compiled) Explain() string {
	var b strings.Builder
	if c.Correlation != nil {
		c.explainCount(&b)
	} else {
		c.explainRecord(&b)
	}
	c.explainExtras(&b)
	for _, name := range c.Asleep {
		fmt.Fprintf(&b, "Asleep: the baseline parameter %s is empty, so this never matches.\n", name)
	}
	return b.String()
}

func (c *Compiled) explainRecord(b *strings.Builder) {
	if c.Log == event.NoLog {
		fmt.Fprintf(b, "Never matches: logs of %s are not read here.\n", c.LogSource)
		return
	}
	d := c.logic
	fmt.Fprintf(b, "A record of the %s matches when %s.\n", logName(c.Log), d.condition.words(d.searches, exprOr))
	for i, used := range d.used() {
		if used && len(d.searches[i].branches) > 0 {
			fmt.Fprintf(b, "  %s: %s\n", d.searches[i].name, c.searchWords(d.searches[i]))
		}
	}
}

// words writes a condition. Brackets stand where the part binds less than the
// whole it stands in.
func (e *expr) words(searches []search, within exprOp) string {
	if e.op == exprSearch {
		return searches[e.search].name
	}
	if e.op == exprNot {
		return "not " + e.kids[0].words(searches, exprNot)
	}
	parts := make([]string, len(e.kids))
	for i, kid := range e.kids {
		parts[i] = kid.words(searches, e.op)
	}
	text := strings.Join(parts, map[exprOp]string{exprAnd: " and ", exprOr: " or "}[e.op])
	if e.op > within {
		return "(" + text + ")"
	}
	return text
}

func (c *Compiled) searchWords(s search) string {
	branches := make([]string, len(s.branches))
	for i, b := range s.branches {
		items := make([]string, len(b))
		for j := range b {
			items[j] = c.itemWords(&b[j])
		}
		branches[i] = strings.Join(items, ", and ")
		if len(s.branches) > 1 {
			branches[i] = "(" + branches[i] + ")"
		}
	}
	return strings.Join(branches, " or ")
}

// verbs are the words of an operator, plain and under neq.
var verbs = [...][2]string{
	opEquals:       {"is", "is not"},
	opContains:     {"contains", "does not contain"},
	opStartsWith:   {"begins with", "does not begin with"},
	opEndsWith:     {"ends with", "does not end with"},
	opRegex:        {"matches the regular expression", "does not match the regular expression"},
	opCIDR:         {"is in the network", "is not in the network"},
	opExists:       {"is", "is not"},
	opLess:         {"is less than", ""},
	opLessEqual:    {"is at most", ""},
	opGreater:      {"is more than", ""},
	opGreaterEqual: {"is at least", ""},
}

func (c *Compiled) itemWords(it *item) string {
	subject, how := it.field, it.how
	if it.field == "" {
		subject = "any text"
	}
	if it.field == "" && how.op == opEquals {
		how.op = opContains
	}
	if how.part != "" {
		subject = "the " + how.part + " of " + subject + " (UTC)"
	}
	verb := verbs[how.op][0]
	if how.negate {
		verb = verbs[how.op][1]
	}
	glue := " or "
	if how.all {
		glue = " and "
	}
	shown := make([]string, len(it.values))
	for i, v := range it.values {
		shown[i] = c.valueWords(v, how.op)
		if how.fieldref {
			shown[i] = "the value of " + v.text
		}
	}
	text := subject + " " + verb + " " + strings.Join(shown, glue)
	if how.cased {
		text += " (upper and lower case told apart)"
	}
	if how.flags != "" {
		text += " (flags " + how.flags + ")"
	}
	return text + how.formWords()
}

// formWords says what is done to the texts before they are compared.
func (m *modifiers) formWords() string {
	var steps []string
	if m.windash {
		steps = append(steps, "any dash or slash before a word")
	}
	if m.encoding != "" {
		steps = append(steps, "in "+m.encoding)
	}
	switch m.base64 {
	case "base64":
		steps = append(steps, "as base64")
	case "base64offset":
		steps = append(steps, "as base64 at any offset")
	}
	if len(steps) == 0 {
		return ""
	}
	return " (" + strings.Join(steps, ", ") + ")"
}

func (c *Compiled) valueWords(v literal, op operator) string {
	switch {
	case v.kind == listLiteral:
		return c.listWords(v.text, op)
	case v.kind == mixedLiteral:
		return strconv.Quote(v.text) + c.mixedWords(v.text)
	case v.kind == nullLiteral:
		return "absent"
	case op == opExists && v.text == "true":
		return "present"
	case op == opExists:
		return "absent"
	case v.kind == textLiteral && v.text == "":
		return "empty"
	case v.kind == textLiteral && op != opCIDR:
		return strconv.Quote(v.text)
	}
	return v.text
}

// listWords names a baseline list with what is on it now.
func (c *Compiled) listWords(name string, op operator) string {
	on := "an entry of"
	if op == opEquals {
		on = "on"
	}
	return fmt.Sprintf("%s the baseline list %s (%s)", on, name, c.expansions[name].words())
}

// mixedWords names the lists within a text.
func (c *Compiled) mixedWords(text string) string {
	var lists []string
	for _, m := range embedded.FindAllStringSubmatch(text, -1) {
		lists = append(lists, m[1]+": "+c.expansions[m[1]].words())
	}
	return " (the baseline lists " + strings.Join(lists, "; ") + ")"
}

func (e Expansion) words() string {
	switch {
	case len(e.Items) == 0 && e.Unread != "":
		return "not read: " + e.Unread
	case len(e.Items) == 0 && e.FromField != "":
		return "not set: the record's " + e.FromField + " stands in"
	case len(e.Items) == 0:
		return "empty"
	}
	var shown []string
	for i, item := range e.Items {
		if i == maxShown {
			shown = append(shown, fmt.Sprintf("and %d more", len(e.Items)-maxShown))
			break
		}
		text := strconv.Quote(item.Value)
		if item.Until != 0 {
			text += " until " + time.Unix(item.Until, 0).UTC().Format(time.RFC3339)
		}
		shown = append(shown, text)
	}
	if e.Unread != "" {
		shown = append(shown, "the rest not read: "+e.Unread)
	}
	return strings.Join(shown, ", ")
}

func parameterWords(name string) string {
	if name == "" {
		return ""
	}
	return " (baseline parameter " + name + ")"
}

// spanWords writes a time span in the largest unit that divides it.
func spanWords(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if d < unit.size || d%unit.size != 0 {
			continue
		}
		if d == unit.size {
			return "1 " + unit.name
		}
		return fmt.Sprintf("%d %ss", d/unit.size, unit.name)
	}
	return d.String()
}
