package baseline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// mostIdle is how many lines that are not active the YAML shows of a
// parameter, and how many accounts it names as left out. Lines has all.
const mostIdle = 20

// YAML is the proposal as a baseline file: what is active as values, what a
// person has to decide on as comments, each with its evidence. The file of
// what was learned for each account is named where there is one.
func (p *Proposal) YAML(learnedFile string) ([]byte, error) {
	var b strings.Builder
	p.head(&b)
	section := ""
	for _, param := range table {
		lines := p.of(param.Name)
		if len(lines) == 0 {
			continue
		}
		if param.Section != section {
			section = param.Section
			fmt.Fprintf(&b, "\n# %s\n# %s\n", section, strings.Repeat("-", len(section)))
		}
		fmt.Fprintf(&b, "\n# %s\n", param.Question)
		writeParam(&b, param, lines)
	}
	if learnedFile != "" {
		fmt.Fprintf(&b, "\n# Countries, networks, applications and devices of each account, with when they\n# were first and last seen. Rules about what is new for an account read it.\n%s: %s\n", learnedKey, yamlText(learnedFile))
	}
	b.WriteString("\n# Parameters that are not here keep their defaults; `vakt baseline show --example`\n# prints all of them.\n")
	if _, problems := Parse("proposal", []byte(b.String())); len(problems) > 0 {
		return nil, fmt.Errorf("the proposed baseline does not parse: %s", problems[0])
	}
	return []byte(b.String()), nil
}

func (p *Proposal) of(param string) []Line {
	var lines []Line
	for _, l := range p.Lines {
		if l.Parameter == param {
			lines = append(lines, l)
		}
	}
	return lines
}

// head says what the proposal rests on, and who was left out.
func (p *Proposal) head(b *strings.Builder) {
	fmt.Fprintf(b, `# A proposed baseline: what was normal here from %s to %s.
#
# Read every line before you use it. What stands behind # is not active: one
# account alone showed it, or only you can tell whether it is right. Take the #
# away where it is. A compromised month looks normal to whoever learns from it.
#
# Read: %s (%s failed) on %s.
# Learned from %s, %s and %s.
`, date(p.From), date(p.Until), plural(p.SignIns, "sign-in", "sign-ins"), thousands(p.Failed), plural(p.Days, "day", "days"),
		plural(p.People, "person", "people"), plural(p.Privileged, "privileged account", "privileged accounts"), plural(p.Guests, "guest", "guests"))
	for _, n := range p.Notes {
		fmt.Fprintf(b, "# %s\n", comment(n))
	}
	fmt.Fprintf(b, "#\n# Left out: %s with an alert or a risk in these days.\n", plural(len(p.LeftOut), "account", "accounts"))
	for i, out := range p.LeftOut {
		if i == mostIdle {
			fmt.Fprintf(b, "#   and %s more; -o jsonl names all\n", thousands(len(p.LeftOut)-i))
			break
		}
		fmt.Fprintf(b, "#   %s: %s\n", comment(out.Name), comment(out.Why))
	}
	b.WriteString("#\n# An ordinary week (median; failed sign-ins; busiest hour):\n")
	for _, d := range p.Week {
		fmt.Fprintf(b, "#   %s  %10s  %8s  %02d:00\n", d.Day, thousands(d.Success), thousands(d.Failed), d.Busiest)
	}
	fmt.Fprintf(b, `#
# Thresholds: 99.5 %% of accounts, days or addresses stay at or below a number,
# and at least two reach it; times %s it is proposed, never below the default
# and never above %d times the default.
`, plainNumber(thresholdMargin), thresholdMost)
}

// writeParam writes the lines of a parameter.
func writeParam(b *strings.Builder, p Param, lines []Line) {
	active := slices.ContainsFunc(lines, func(l Line) bool { return l.Active })
	if why := reason(lines); why != "" {
		fmt.Fprintf(b, "# Not active, where nothing else is said: %s.\n", comment(why))
		lines = slices.Clone(lines)
		for i := range lines {
			if lines[i].Why == why {
				lines[i].Why = ""
			}
		}
	}
	switch shapes[p.Kind].form {
	case list, dict:
		b.WriteString(mark(active) + p.Name + ":\n")
		idle := 0
		for _, l := range lines {
			if !l.Active {
				if idle++; idle > mostIdle {
					continue
				}
			}
			b.WriteString(entry(p, l))
		}
		if idle > mostIdle {
			fmt.Fprintf(b, "# and %s more that are not active; -o jsonl shows all\n", thousands(idle-mostIdle))
		}
	case pair:
		for _, l := range lines {
			fmt.Fprintf(b, "# %s: %s\n", l.Key, said(l))
		}
		fmt.Fprintf(b, "%s%s: {%s: %s, %s: %s}\n", mark(active), p.Name, lines[0].Key, lines[0].Value, lines[1].Key, lines[1].Value)
	default:
		for _, l := range lines {
			fmt.Fprintf(b, "# %s\n%s%s: %s\n", said(l), mark(l.Active), p.Name, yamlValue(p, l.Value))
		}
	}
}

// reason is why most of several lines are not active, where they share it.
func reason(lines []Line) string {
	counts := map[string]int{}
	for _, l := range lines {
		counts[l.Why]++
	}
	for _, l := range lines {
		if l.Why != "" && counts[l.Why] > 2 {
			return l.Why
		}
	}
	return ""
}

func mark(active bool) string {
	if active {
		return ""
	}
	return "#"
}

// entry is one item of a list or mapping.
func entry(p Param, l Line) string {
	text := "- " + yamlValue(p, l.Value)
	if l.Key != "" {
		text = yamlText(l.Key) + ": " + yamlValue(p, l.Value)
	}
	if !l.Active {
		return "# " + comment(text) + "  # " + said(l) + "\n"
	}
	return "  " + text + "  # " + said(l) + "\n"
}

// said is the evidence and what else there is to say of a line.
func said(l Line) string {
	text := l.Evidence
	if l.Why != "" {
		text += "; " + l.Why
	}
	switch names := strings.Join(l.Names, ", "); {
	case names == "":
	case slices.Contains([]Kind{Count, Counts, Percent}, kindOf(l.Parameter)):
		text += "; at or above it: " + names
	default:
		text += ": " + names
	}
	return comment(text)
}

// yamlValue writes a value of a parameter. Hours may be a list already.
func yamlValue(p Param, value string) string {
	if p.Kind == Hours {
		return value
	}
	if s := shapes[p.Kind]; s.tags != nil || p.Kind == ASNs && wholeNumber().MatchString(value) {
		return value // a number, a switch
	}
	return yamlText(value)
}

// yamlText writes a text so that YAML reads the same text again.
func yamlText(text string) string {
	odd := func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-@/", r)
	}
	if text != "" && !strings.ContainsFunc(text, odd) && !strings.ContainsAny(text[:1], "._-@/") {
		var n yaml.Node
		if yaml.Unmarshal([]byte(text), &n) == nil && n.Kind == yaml.DocumentNode && n.Content[0].ShortTag() == "!!str" {
			return text
		}
	}
	if !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b) // a JSON text is a YAML text
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		return "''"
	}
	return strings.TrimSpace(b.String())
}

// comment makes a text fit for a comment: whatever might end the line, or
// steer a terminal, becomes a replacement character.
func comment(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// WriteLearned writes what was learned for each account, one a line, by id.
// Accounts that were left out are not in it.
func (p *Proposal) WriteLearned(w io.Writer) (accounts int, err error) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, a := range p.learner.all() {
		if p.excluded[a.id] || a.successes == 0 {
			continue
		}
		if err := e.Encode(p.learner.learnedLine(a)); err != nil {
			return accounts, err
		}
		accounts++
	}
	return accounts, nil
}

// learnedLine is what is written of an account.
func (l *Learner) learnedLine(a *learnedOf) LearnedAccount {
	line := LearnedAccount{Account: a.id, Name: a.name, Since: int64(a.first)}
	for kind, f := range learnedFields {
		values := map[string][2]int64{}
		for _, u := range a.values {
			if u.kind == useKind(kind) {
				values[l.textOf(u.value)] = [2]int64{int64(u.first), int64(u.last)}
			}
		}
		*line.of(f.key) = values
		if a.more>>kind&1 == 1 {
			line.More = append(line.More, f.key)
		}
	}
	return line
}
