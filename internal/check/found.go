package check

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"vakt/internal/directory"
	"vakt/internal/rule"
)

// finding makes a finding of what a check said about an account or, without a
// view's account, the tenant.
func (r *run) finding(c *tallyOf, v *view, subject Subject, o *rule.Outcome) Finding {
	f := Finding{
		ID: findingID(c.Check, subject.Kind, subject.ID), Check: c.Check, Title: c.Title, Severity: c.Severity, Status: Found, Subject: subject,
		Reasons: []Reason{}, Ask: []string{noOwner}, Facts: map[string]any{}, Next: c.rule.Vakt.Next, Rows: c.rule.Vakt.Rows,
		MITRE: c.rule.MITRE(), Controls: Controls(c.rule.Rule), Snapshot: r.res.Snapshot, Complete: r.res.Complete,
	}
	if v.a != nil {
		f.Ask = r.askFor(v)
	}
	if v.verdict != nil {
		f.Verdict = v.verdict.Verdict
	}
	if o == nil {
		return f
	}
	f.Severity = raised(c, o)
	for _, field := range c.rule.Fields {
		at := factAt(field)
		val := at.get(v)
		f.Facts[at.name] = val.plain()
		if val.unknown {
			f.Reasons = append(f.Reasons, unreadReason(at.name, val.why))
		}
	}
	f.Reasons = slices.Insert(f.Reasons, 0, Reason{ID: c.Check, Text: sentence(c.rule.Rule, f.Facts), Values: map[string]string{"matched": strings.Join(o.Matched, ", ")}})
	return f
}

// askFor names whom to ask about an account: about a person's, the person.
func (r *run) askFor(v *view) []string {
	if v.verdict != nil {
		return v.verdict.Ask
	}
	if m := v.a.Manager.Value; m != "" {
		return distinct([]string{v.a.UPN, r.nameOf(m)}, "")
	}
	return distinct([]string{v.a.UPN}, "")
}

// sentence is the check's title with the facts that it found; that an account
// is no exception goes without saying.
func sentence(r *rule.Rule, facts map[string]any) string {
	var parts []string
	for name, v := range facts {
		if v != nil && (v != false || !slices.Contains([]string{"break_glass", "room"}, name)) {
			parts = append(parts, name+" is "+inWords(v))
		}
	}
	slices.Sort(parts)
	if len(parts) == 0 {
		return r.Title
	}
	return r.Title + ": " + strings.Join(parts, ", ")
}

// inWords is a fact's value for people.
func inWords(v any) string {
	list, many := v.([]any)
	if !many {
		return fmt.Sprint(v)
	}
	texts := make([]string, len(list))
	for i := range list {
		texts[i] = fmt.Sprint(list[i])
	}
	return strings.Join(texts, " and ")
}

// raised is the check's level, raised by each search that is named for it and
// was true.
func raised(c *tallyOf, o *rule.Outcome) rule.Severity {
	s := c.Severity
	for _, up := range c.rule.Vakt.Severity {
		if slices.Contains(o.Matched, up.Matched) {
			s = max(s, up.Level)
		}
	}
	return s
}

// populationFact stands for whether an account is one that a check looks at.
const populationFact = "population"

// maxNamed bounds how many accounts a finding names as examples.
const maxNamed = 10

func (r *run) couldNotLook(c *tallyOf, fact, why string, a *directory.Account) {
	c.CouldNotLook++
	key := unreadKey{c.Check, fact, why}
	n := r.unread[key]
	if n == nil {
		n = &unreadCount{}
		r.unread[key] = n
	}
	n.n++
	if a != nil && len(n.first) < maxNamed {
		n.first = append(n.first, r.nameOf(a.ID))
	}
}

// holes are the findings about what a check could not look at: one for each
// fact and reason, however many accounts it is about.
func (r *run) holes(c *tallyOf) []Finding {
	var list []Finding
	for key, n := range r.unread {
		if key.check != c.Check {
			continue
		}
		f := r.finding(c, &view{j: r.judge}, Subject{"tenant", r.s.Tenant, cmp.Or(r.s.Organization.Value.Name, r.s.Tenant)}, nil)
		f.ID = findingID(c.Check, string(CouldNotLook), key.fact, key.why)
		f.Status = CouldNotLook
		f.Reasons = []Reason{unreadReason(key.fact, key.why)}
		f.Facts = map[string]any{"accounts": n.n, "first": n.first}
		f.Next = c.rule.Vakt.Needs
		list = append(list, f)
	}
	return list
}

// findingID is the same for the same check and subject in every run: the first
// 128 bits of a hash.
func findingID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
