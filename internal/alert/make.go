package alert

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/extract"
	"vakt/internal/rule"
)

// maker makes alerts, one after the other.
type maker struct {
	Context
	rules map[*rule.Compiled]*ruleSays
	text  []byte // scratch
}

// ruleSays is what all alerts of a rule say alike; they share it.
type ruleSays struct {
	key, description  string
	rows, mitre, next []string
}

func (m *maker) says(r *rule.Compiled) *ruleSays {
	s := m.rules[r]
	if s == nil {
		s = &ruleSays{
			key: r.Key(), description: firstSentence(r.Description), rows: present(r.Vakt.Rows), mitre: present(r.MITRE()), next: present(r.Vakt.Next),
		}
		m.rules[r] = s
	}
	return s
}

func (m *maker) make(d *detect.Detection) Alert {
	r := d.Rule
	says := m.says(r)
	key := m.keyOf(says.key, d)
	a := Alert{
		ID: m.identity(d, key), Key: key,
		Rule: says.key, Title: r.Title, Description: says.description, Severity: d.Severity, Status: "new",
		Tenant: cmp.Or(d.Tenant, m.Tenant), FirstSeen: stamp(d.First), LastSeen: stamp(d.Last), Count: d.Count,
		Group: m.grouped(d), Entities: listed(d), Why: m.why(d), Matched: present(d.Matched),
		Events: present(d.Records[:min(len(d.Records), MaxListed)]), GuideRows: says.rows, MITRE: says.mitre,
		Formats: formats(d.Shapes), Next: says.next, RulesHash: m.RulesHash, BaselineHash: m.BaselineHash,
	}
	a.Pivots = pivots(r.Vakt.Pivots, &a)
	if m.ShowEvents {
		a.Records = records(d)
	}
	return a
}

func formats(shapes []event.Shape) []string {
	list := make([]string, 0, len(shapes))
	for _, s := range shapes {
		list = append(list, s.String())
	}
	return list
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

// hash makes an identity of texts: the SHA-256 over the RFC 8785 canonical
// JSON of a list of them.
func (m *maker) hash(kind string, parts, more []string) string {
	b := canonical(append(m.text[:0], '['), kind)
	for _, list := range [][]string{parts, more} {
		for _, p := range list {
			b = canonical(append(b, ','), p)
		}
	}
	m.text = append(b, ']')
	sum := sha256.Sum256(m.text)
	return hex.EncodeToString(sum[:])
}

// canonical appends a text as canonical JSON.
func canonical(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' {
			return extract.AppendCanonical(b, text)
		}
	}
	return append(append(append(b, '"'), text...), '"')
}
