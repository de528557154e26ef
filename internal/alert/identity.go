package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"vakt/internal/detect"
	"vakt/internal/extract"
)

// ID is the id of the alert that a detection becomes: a hash of the rule, the
// tenant where a run holds several, the group and the UTC day, and of nothing
// that a change of thresholds or lists would change.
func ID(d *detect.Detection) string {
	var m maker
	m.hashKey(keyBegin(d.Rule.Key()), d)
	m.hashDay(d)
	return string(m.names[hashText:])
}

// hashText is the length of a hash as text.
const hashText = 2 * sha256.Size

// identities are the hash that the alerts of one rule and group share, and
// that of it and the day. Detections of one group mostly come one after the
// other, a day each.
func (m *maker) identities(d *detect.Detection) names {
	if l := m.last; l == nil || l.Rule != d.Rule || l.Tenant != d.Tenant || !slices.Equal(l.Group, d.Group) {
		m.hashKey(m.says(d.Rule).keyBegin, d)
		m.last = d
	}
	m.hashDay(d)
	both := string(m.names[:])
	return names{key: both[:hashText], id: both[hashText:]}
}

// An identity is the SHA-256 over the RFC 8785 canonical JSON of a list of
// texts, the first of which says what it is.

// keyBegin is how the list of a rule's keys begins.
func keyBegin(rule string) string {
	return string(canonical([]byte(`["vakt-alert",`), rule))
}

// hashKey writes the key into m.names.
func (m *maker) hashKey(begin string, d *detect.Detection) {
	b := canonical(append(append(m.text[:0], begin...), ','), d.Tenant)
	for _, value := range d.Group {
		b = canonical(append(b, ','), value)
	}
	m.end(b, m.names[:hashText])
}

// hashDay writes the hash of the key in m.names and the day behind it.
func (m *maker) hashDay(d *detect.Detection) {
	b := append(append(m.text[:0], `["vakt-alert-day","`...), m.names[:hashText]...)
	b = append(strconv.AppendInt(append(b, `","`...), d.Day, 10), '"')
	m.end(b, m.names[hashText:])
}

// end closes the list and writes its hash.
func (m *maker) end(b, name []byte) {
	m.text = append(b, ']')
	sum := sha256.Sum256(m.text)
	hex.Encode(name, sum[:])
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
