package event

import (
	"bytes"

	"vakt/internal/extract"
)

// Some public rules search a whole part of an audit as text: who started it,
// or what it changed. These fields answer them with every text of that part,
// so that a comparison meets each text by itself and no punctuation of JSON.

// initiatorOf are the columns of whoever started an operation, user or app.
const initiatorOf = "initiatedBy.user.userPrincipalName|initiatedBy.user.id|initiatedBy.user.displayName|" +
	"initiatedBy.app.appId|initiatedBy.app.displayName|initiatedBy.app.servicePrincipalId|initiatedBy.app.servicePrincipalName"

// initiatorTexts are the names and ids of whoever started an operation. One
// of user and app is always empty, so a column that is not there says nothing.
func initiatorTexts(r *Record, f *field) Values {
	return r.values(func(yield func(Value) bool) {
		if a := r.Actor(); r.unified() {
			for _, text := range [][]byte{a.ID, a.Name, a.UPN} {
				if len(text) > 0 && !yield(Value{Text: text}) {
					return
				}
			}
			return
		}
		for _, column := range f.from[0] {
			for _, v := range r.Field(column).List {
				if len(v.Text) > 0 && !yield(v) {
					return
				}
			}
		}
	})
}

// The sides of a modified property, as text decoded once: JSON text inside it
// stays, without blanks.
func modifiedNames(r *Record, f *field) Values { return r.propertyTexts(f, "") }
func modifiedOlds(r *Record, f *field) Values  { return r.propertyTexts(f, "oldValue") }
func modifiedNews(r *Record, f *field) Values  { return r.propertyTexts(f, "newValue") }

// modifiedTexts are names, old and new values of every modified property.
func modifiedTexts(r *Record, f *field) Values { return r.propertyTexts(f, "", "oldValue", "newValue") }

// propertyTexts yields sides of every modified property; "" is its name.
func (r *Record) propertyTexts(f *field, sides ...string) Values {
	return r.values(func(yield func(Value) bool) {
		for _, p := range r.properties(f).list {
			for _, side := range sides {
				raw := p.name
				if side != "" {
					raw = p.side(side)
				}
				if raw != nil && !extract.IsNull(raw) && !yield(Value{Text: r.compactText(raw)}) {
					return
				}
			}
		}
	})
}

// compactText decodes a text. JSON inside it loses the blanks between its
// parts: the unified log indents what the other logs do not.
func (r *Record) compactText(raw []byte) []byte {
	document, ok := extract.Embedded(raw, nil)
	if !ok || !bytes.ContainsAny(document, " \t\r\n") {
		return r.textOf(raw)
	}
	return r.compact(document)
}

// targetOrActor is what alerts about an audit are grouped by where the rule
// does not say: the accounts it is about, else whatever it is about (a policy,
// an application), else whoever did it.
func targetOrActor(r *Record, f *field) Values {
	if accounts := accountIDs(r, f); len(accounts.List) > 0 {
		return accounts
	}
	for _, pick := range []func(party) []byte{
		func(p party) []byte { return p.ID },
		func(p party) []byte { return r.lower(p.UPN) },
		func(p party) []byte { return r.lower(p.Name) },
	} {
		if v := r.partyValues(func(p party) []byte { return filled(pick(p)) }); len(v.List) > 0 {
			return v
		}
	}
	return actorID(r, f)
}

// filled is nil for an empty text.
func filled(text []byte) []byte {
	if len(text) == 0 {
		return nil
	}
	return text
}
