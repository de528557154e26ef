package alert

import (
	"fmt"
	"slices"
	"strings"

	"vakt/internal/rule"
)

// Pivots are queries with which a person follows an alert up, ready to be
// pasted; empty where the rule has none. Values of the log stand in them only
// in a form that their language cannot mistake for anything but a text. Where
// a value has no such form, its placeholder stays and a comment says why.
type Pivots struct {
	KQL        string `json:"kql"`
	PowerShell string `json:"powershell"`
}

// templates are the pivots of a rule, with placeholders: {account}, {ip},
// {first_seen} and {last_seen}.
type templates struct {
	none            bool
	kql, powershell template
}

func newTemplates(p rule.Pivots) templates {
	if p == (rule.Pivots{}) {
		return templates{none: true}
	}
	return templates{kql: newTemplate(p.KQL, kql), powershell: newTemplate(p.PowerShell, powershell)}
}

// fill fills the templates from an alert.
func (t *templates) fill(a *Alert) Pivots {
	if t.none {
		return Pivots{}
	}
	values := [placeholders][]string{named(a, "account"), named(a, "ip"), {a.FirstSeen}, {a.LastSeen}}
	return Pivots{KQL: t.kql.fill(&values), PowerShell: t.powershell.fill(&values)}
}

// named lists the ids of the alert's entities of a kind: only what it is
// grouped by, where it is grouped by one.
func named(a *Alert, kind string) []string {
	var all, grouped []string
	for _, e := range a.Entities {
		if e.Kind != kind {
			continue
		}
		all = append(all, e.ID)
		if slices.ContainsFunc(a.Group, func(g Grouped) bool { return isLower(g.Value, e.ID) }) {
			grouped = append(grouped, e.ID)
		}
	}
	if len(grouped) > 0 {
		return grouped
	}
	return all
}

// language is what a template is written in.
type language struct {
	comment string
	escapes string // characters that give a quote after them another meaning
	// write gives a value its form between quotes, the outermost first.
	write func(value, quotes string) (string, bool)
}

var (
	kql        = language{comment: "// ", escapes: "\\@`", write: writeKQL}
	powershell = language{comment: "# ", escapes: "`@", write: writePowerShell}
)

// placeholders is how many there are.
const placeholders = 4

// placeholder names one by its number.
func placeholder(number int) string {
	return [placeholders]string{"{account}", "{ip}", "{first_seen}", "{last_seen}"}[number]
}

// template is a query taken apart, once for all alerts of its rule.
type template struct {
	language
	holes []hole
	end   string // behind the last of them
}

// hole is a placeholder of a template.
type hole struct {
	before string // the text between it and the one before
	number int
	open   string // quotes around it
}

func newTemplate(text string, l language) template {
	t := template{language: l}
	var open string // quotes around the place
	from := 0
	for i := 0; i < len(text); i++ {
		number := placeholderAt(text[i:])
		if number < 0 {
			open = l.step(open, text, i)
			continue
		}
		t.holes = append(t.holes, hole{text[from:i], number, open})
		i += len(placeholder(number)) - 1
		from = i + 1
	}
	t.end = text[from:]
	return t
}

// placeholderAt is the number of the one that a text begins with; -1 for none.
func placeholderAt(text string) int {
	for number := range placeholders {
		if strings.HasPrefix(text, placeholder(number)) {
			return number
		}
	}
	return -1
}

// fill puts values, by their number, in place of the placeholders.
func (t *template) fill(values *[placeholders][]string) string {
	var out strings.Builder
	var notes []string
	for _, h := range t.holes {
		out.WriteString(h.before)
		text, note := t.value(placeholder(h.number), values[h.number], h.open)
		out.WriteString(text)
		if note != "" && !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	out.WriteString(t.end)
	for i := range notes {
		notes[i] = t.comment + notes[i] + "\n"
	}
	return strings.Join(notes, "") + out.String()
}

// unclear stands for quotes that cannot be told from the line alone.
const unclear = "?"

// step follows the quotes of a template, which is written by the author of a
// rule: a quote closes the text that it opened, and another one inside a text
// opens one within it. A text ends with its line.
func (l language) step(open, template string, i int) string {
	c := template[i]
	switch {
	case c == '\n':
		return ""
	case open == unclear || strings.IndexByte(`"'`, c) < 0:
		return open
	case i > 0 && strings.IndexByte(l.escapes, template[i-1]) >= 0:
		return unclear
	}
	if at := strings.LastIndexByte(open, c); at >= 0 {
		return open[:at]
	}
	return open + string(c)
}

// value is what stands in place of a placeholder, and a note for the top.
func (l language) value(name string, values []string, open string) (text, note string) {
	if len(values) == 0 {
		return name, fmt.Sprintf("%s: the alert names none", name)
	}
	text, ok := l.write(values[0], open)
	if !ok {
		return name, fmt.Sprintf("%s: left out, as its value cannot be written safely here", name)
	}
	if len(values) > 1 {
		note = fmt.Sprintf("%s: the first of %d", name, len(values))
	}
	return text, note
}

// harmless are values that mean the same within all quotes and without: ids,
// names of accounts, addresses and times as they usually are.
func harmless(value string) bool {
	for i := range len(value) {
		c := value[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("@._:-+", c) >= 0:
		default:
			return false
		}
	}
	return value != "" && value[0] != '-' && value[0] != '@'
}

// plain refuses what no text of a query holds: control and format characters,
// and bytes that are no text.
func plain(value string) bool {
	for _, r := range value {
		if r < ' ' || r == 0xFFFD || 0x7F <= r && r < 0xA0 || 0x2028 <= r && r <= 0x202E || 0x2066 <= r && r <= 0x2069 ||
			r == 0x200E || r == 0x200F || r == 0x061C || r == 0xFEFF || 0x200B <= r && r <= 0x200D {
			return false
		}
	}
	return true
}

// writeKQL escapes with backslashes, inside one pair of quotes.
func writeKQL(value, quotes string) (string, bool) {
	switch {
	case harmless(value):
		return value, true
	case quotes != `"` && quotes != `'`, !plain(value):
		return "", false
	}
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, `'`, `\'`).Replace(value), true
}

// PowerShell takes typographic quotes for the plain ones.
const (
	singleQuotes = "'\u2018\u2019\u201a\u201b"
	doubleQuotes = "\"\u201c\u201d\u201e"
)

// writePowerShell doubles single quotes: within single quotes, and for the
// filter of a request within double quotes, where nothing may stand that
// PowerShell expands.
func writePowerShell(value, quotes string) (string, bool) {
	switch {
	case harmless(value):
		return value, true
	case !plain(value):
		return "", false
	case quotes == "'":
		return doubled(value, singleQuotes), true
	case strings.ContainsAny(value, "$`"+doubleQuotes):
		return "", false
	case quotes == `"`:
		return value, true
	case quotes == `"'`:
		return doubled(value, "'"), true
	}
	return "", false
}

// doubled writes each of some characters twice.
func doubled(value, which string) string {
	var b strings.Builder
	for _, r := range value {
		if strings.ContainsRune(which, r) {
			b.WriteRune(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}
