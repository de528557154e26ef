package alert

import (
	"cmp"
	"slices"
	"strings"

	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/rule"
)

// maker makes alerts, one after the other.
type maker struct {
	Context
	rules map[*rule.Compiled]*ruleSays
	// Of the last alert, as that of the next is often the same.
	last    *detect.Detection
	shapes  []event.Shape
	formats []string
	group   []string // and its fields, as grouped
	groupBy []string
	grouped []Grouped

	clock clock
	text  []byte             // scratch
	names [2 * hashText]byte // the same: key and id
}

// ruleSays is what all alerts of a rule say alike; they share it.
type ruleSays struct {
	key, description  string
	keyBegin          string // see keyBegin
	rows, mitre, next []string
	fields            []string // that it groups by
	matching          string   // see Context.matching
	pivots            templates
	counts            bool               // it is told by how many matched alone
	plain             [fewCounts]*[1]Why // of a plain rule, by how many matched; nil before the first
}

// fewCounts is from where on numbers come seldom enough.
const fewCounts = 32

func (m *maker) says(r *rule.Compiled) *ruleSays {
	s := m.rules[r]
	if s == nil {
		s = &ruleSays{
			key: r.Key(), keyBegin: keyBegin(r.Key()), description: firstSentence(r.Description), rows: present(r.Vakt.Rows), mitre: present(r.MITRE()), next: present(r.Vakt.Next),
			fields: m.fields(r), matching: matching(r), pivots: newTemplates(r.Vakt.Pivots),
			counts: r.Correlation == nil && r.FirstSeen == nil && r.Growth == nil && r.Travel == nil && r.NotFollowedBy == nil,
		}
		m.rules[r] = s
	}
	return s
}

func (m *maker) make(a *Alert, n names, d *detect.Detection) {
	r, says := d.Rule, m.says(d.Rule)
	*a = Alert{
		ID: n.id, Key: n.key,
		Rule: says.key, Title: r.Title, Description: says.description, Severity: d.Severity, Status: "new",
		Tenant: cmp.Or(d.Tenant, m.Tenant), FirstSeen: m.clock.stamp(d.First), Count: d.Count,
		Group: m.groupedBy(says.fields, d.Group), Entities: listed(d), Why: m.why(d, says), Matched: present(d.Matched),
		Events: present(d.Records[:min(len(d.Records), MaxListed)]), GuideRows: says.rows, MITRE: says.mitre,
		Formats: m.formatsOf(d.Shapes), Next: says.next, RulesHash: m.RulesHash, BaselineHash: m.BaselineHash,
	}
	if a.LastSeen = a.FirstSeen; d.Last != d.First {
		a.LastSeen = m.clock.stamp(d.Last)
	}
	a.Pivots = says.pivots.fill(a)
	if m.ShowEvents {
		a.Records = records(d)
	}
}

// fields are the names of those that a rule groups by.
func (c Context) fields(r *rule.Compiled) []string {
	if r.Correlation != nil {
		return r.Correlation.GroupBy
	}
	names := make([]string, 0, len(r.Group))
	for _, f := range r.Group {
		names = append(names, c.FieldName(f))
	}
	return names
}

// groupedBy gives a group's values the names of fields.
func (m *maker) groupedBy(fields, group []string) []Grouped {
	if m.grouped != nil && slices.Equal(m.group, group) && slices.Equal(m.groupBy, fields) {
		return m.grouped
	}
	list := make([]Grouped, len(group))
	for i, value := range group {
		if list[i].Value = value; i < len(fields) {
			list[i].Field = fields[i]
		}
	}
	m.group, m.groupBy, m.grouped = group, fields, list
	return list
}

// formatsOf names the shapes of a detection's records.
func (m *maker) formatsOf(shapes []event.Shape) []string {
	if m.formats != nil && slices.Equal(m.shapes, shapes) {
		return m.formats
	}
	m.shapes, m.formats = shapes, make([]string, 0, len(shapes))
	for _, s := range shapes {
		m.formats = append(m.formats, s.String())
	}
	return m.formats
}

// firstSentence is a text up to the first full stop that a blank or the end
// follows, in one line.
func firstSentence(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if i := strings.Index(text, ". "); i >= 0 {
		return text[:i+1]
	}
	return text
}
