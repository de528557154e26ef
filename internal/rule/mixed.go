package rule

import "vakt/internal/event"

// mixed compiles a text with placeholders in it: one text for every way to
// take an entry of each list. Under `re` an entry is a regular expression,
// elsewhere plain text.
func (v values) mixed(lit literal) []*node {
	var kids []*node
	texts := []mixedText{{}}
	rest := 0
	for _, at := range embedded.FindAllStringSubmatchIndex(lit.text, -1) {
		e, ok := v.compiler.expand(lit.text[at[2]:at[3]], lit.line, v.where)
		if !ok || !v.mixable(e, lit) {
			return []*node{{op: nodeOr}} // the rule is refused
		}
		if e.Unread != "" {
			kids = append(kids, v.unread(lit.text[at[2]:at[3]]))
		}
		if len(texts)*len(e.Items) > maxForms {
			v.compiler.refuse(lit.line, "%s: %q stands for more than %d texts: use shorter lists", v.where, lit.text, maxForms)
			return []*node{{op: nodeOr}}
		}
		texts = crossed(texts, lit.text[rest:at[0]], e.Items)
		rest = at[1]
	}
	var plain []entryText
	for _, t := range texts {
		t = t.with(lit.text[rest:])
		plain = v.formed(plain, t.pattern, entryText{text: t.regex, until: t.until, from: lit.text, line: lit.line})
	}
	if len(plain) == 0 && len(kids) == 0 {
		return []*node{v.nothing()}
	}
	return append(kids, v.texts(plain)...)
}

// mixable refuses a list that is a field of the record at hand.
func (v values) mixable(e Expansion, lit literal) bool {
	if e.FromField == "" || len(e.Items) > 0 || v.field == event.NoField {
		return true
	}
	v.compiler.refuse(lit.line, "%s: %q: a field of the record (%s) stands in for a list that is not set, and cannot be part of a longer text", v.where, lit.text, e.FromField)
	return false
}

// mixedText is a text that is being put together.
type mixedText struct {
	pattern pattern
	regex   string
	until   until
}

// with appends a piece of the rule's own text, with its wildcards.
func (t mixedText) with(piece string) mixedText {
	t.pattern = t.pattern.joined(parsePattern(piece))
	t.regex += piece
	return t
}

// crossed appends a piece and each of the items to each of the texts.
func crossed(texts []mixedText, piece string, items []Item) []mixedText {
	var out []mixedText
	for _, t := range texts {
		t = t.with(piece)
		for _, i := range items {
			out = append(out, mixedText{
				pattern: t.pattern.joined(plainPattern(i.Value)), regex: t.regex + "(?:" + i.Value + ")",
				until: t.until.sooner(until(i.Until)),
			})
		}
	}
	return out
}
