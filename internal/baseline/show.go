package baseline

import (
	"fmt"
	"strings"
	"time"
)

// Setting is one parameter with its effective value, as `vakt baseline show`
// prints it.
type Setting struct {
	Name string `json:"name"`
	// Value is the effective value as text on one line, for people to read;
	// "" is unset. Notes are left out, and so are the directory's members,
	// which are counted.
	Value  string `json:"value"`
	Kind   string `json:"kind"`
	Unit   string `json:"unit,omitempty"`
	Origin Origin `json:"origin"`
	// Missing says why part of the value could not be read; "" is fine.
	Missing  string   `json:"missing,omitempty"`
	Question string   `json:"question"`
	Rows     []string `json:"rows"`
}

// Origin says where a value comes from.
type Origin string

// The origins of a value.
const (
	FromDefault   Origin = "default"   // nobody declared one
	FromFile      Origin = "declared"  // the baseline that was read
	FromDirectory Origin = "directory" // a copy of the directory, alone or beside declared values
)

// Settings lists every parameter in the order of Params.
func (b *Baseline) Settings() []Setting {
	params := Params()
	out := make([]Setting, len(params))
	for i, p := range params {
		v := b.values[p.Name]
		s := Setting{Name: p.Name, Kind: p.Kind.String(), Unit: p.Unit, Question: p.Question, Rows: p.Rows,
			Value: v.text(p.Kind), Origin: FromDefault}
		if v.declared {
			s.Origin = FromFile
		}
		if x, ok := b.Expand(p.Name); ok {
			s.Missing = x.Unread
		}
		if members, ok := b.lists[p.Name]; ok && (p.Live == Joined || p.Live == Derived && !v.declared) {
			s.Origin = FromDirectory
			s.Value = strings.TrimPrefix(s.Value+", "+fmt.Sprintf("%d from the directory", len(members)), ", ")
		}
		out[i] = s
	}
	return out
}

// text writes a value on one line.
func (v value) text(k Kind) string {
	switch shapes[k].form {
	case list:
		parts := make([]string, len(v.items))
		for i, it := range v.items {
			parts[i] = it.label() + ends(it.until)
		}
		return strings.Join(parts, ", ")
	case dict, pair:
		parts := make([]string, len(v.rows))
		for i, r := range v.rows {
			parts[i] = r.key + ": " + strings.Join(r.texts, " | ")
		}
		return strings.Join(parts, ", ")
	}
	return v.scalar
}

// ends says until when an item holds: a day where it holds through that day.
func ends(until int64) string {
	const day = 24 * 60 * 60
	switch {
	case until == 0:
		return ""
	case until%day == 0:
		return " until " + time.Unix(until-day, 0).UTC().Format(time.DateOnly)
	}
	return " until " + time.Unix(until, 0).UTC().Format(time.RFC3339)
}

// head is the beginning of Example.
const head = `# The baseline: what is normal here.
#
# Every line below that begins with # and a name is a parameter that you have
# not declared, with its default or, where there is none, with an example.
# Take the # away and write your own value; it replaces the default as a
# whole. Rules that need an answer you have not given stay asleep and say so.
# One page is enough to begin with: the first section. What your logs can answer,
# ` + "`vakt baseline learn LOGS... --out FILE`" + ` proposes.
#
# A list item may carry a note and an end: {value: x, note: why, until: 2027-01-31}.
# A date holds through that day in UTC. Lists of accounts take the members of a
# group or role, {group: ID} and {role: ID}, where a copy of the directory is
# given with --directory.
`

// Example is a baseline file to begin with: every parameter with its question
// and its default, all of it commented out, so that it reads as Default.
func Example() []byte {
	var b strings.Builder
	b.WriteString(head)
	section := ""
	for _, p := range table {
		if p.Section != section {
			section = p.Section
			fmt.Fprintf(&b, "\n# %s\n# %s\n", section, strings.Repeat("-", len(section)))
		}
		fmt.Fprintf(&b, "\n# %s\n# (%s)\n", p.Question, about(p))
		b.WriteString(commented(p))
	}
	return []byte(b.String())
}

// about is the line of small print over a parameter.
func about(p Param) string {
	text := p.Kind.String()
	if p.Unit != "" {
		text += ", " + p.Unit
	}
	if p.Default == "" {
		text += "; example"
	} else {
		text += "; default"
	}
	switch p.Live {
	case Joined:
		text += "; the directory adds to it"
	case Derived:
		text += "; else from the directory"
	}
	return text + "; used by " + strings.Join(p.Rows, " ")
}

// commented is a parameter's lines with # before each.
func commented(p Param) string {
	yaml := p.Default
	if yaml == "" {
		yaml = p.example
	}
	lines := strings.TrimSuffix(setting(p.Name, yaml), "\n")
	return "#" + strings.ReplaceAll(lines, "\n", "\n#") + "\n"
}
