package event

import (
	"bytes"
	"slices"

	"vakt/internal/extract"
)

// subject is the one thing that an audit is about, where a rule needs one: the
// first user among its targets, else the application that was given something
// (the property ServicePrincipal.ObjectID), else the first service principal,
// the first group, the first target of any kind. It is an id where there is
// one, else a name in lower case.
func subject(r *Record, f *field) Values {
	if id := r.givenTo(f); r.firstOf("User") == nil && id != nil {
		return r.one(id, String)
	}
	for _, kind := range []string{"User", "ServicePrincipal", "Group", ""} {
		if p := r.firstOf(kind); p != nil {
			return r.one(p, String)
		}
	}
	return Values{}
}

// firstOf names the first target of a kind; "" is any kind.
func (r *Record) firstOf(kind string) []byte {
	for _, p := range r.Targets() {
		if kind != "" && !bytes.EqualFold(p.Type, []byte(kind)) {
			continue
		}
		for _, text := range [][]byte{p.ID, r.lower(plainUPN(p.UPN)), r.lower(p.Name)} {
			if len(text) > 0 {
				return text
			}
		}
	}
	return nil
}

// objectIDName is the property that names what an app role was assigned to.
var objectIDName = newName("ServicePrincipal.ObjectID")

// givenTo is the service principal that an app role was assigned to.
func (r *Record) givenTo(f *field) []byte {
	if id := r.modifiedSides(f, &objectIDName, newSide).First(); len(id) > 0 {
		return r.lower(id)
	}
	return nil
}

// targetGroups are the groups among the targets.
func targetGroups(r *Record, _ *field) Values {
	return r.partyValues(func(p party) []byte {
		if !bytes.EqualFold(p.Type, []byte("Group")) {
			return nil
		}
		return p.ID
	})
}

// modifiedAdded are the values that a modified property has now and had not
// before.
func modifiedAdded(r *Record, f *field) Values {
	before := r.modifiedSides(f, &f.named, oldSide).List
	return orCut(r.values(func(yield func(Value) bool) {
		for _, v := range r.modifiedSides(f, &f.named, newSide).List {
			had := slices.ContainsFunc(before, func(b Value) bool { return bytes.Equal(b.Text, v.Text) })
			if !had && len(v.Text) > 0 && !yield(v) {
				return
			}
		}
	}), r.cutTargets)
}

// blockingPolicies are the ids of the Conditional Access policies that a
// sign-in failed. The list of a record names every policy that was looked at.
func blockingPolicies(r *Record, f *field) Values {
	return r.values(func(yield func(Value) bool) {
		for policy := range extract.Elements(r.base(f, 1).First()) {
			id := r.idMember(policy, "id")
			if equalText(extract.Member(policy, "result"), "failure") && id != nil && !yield(Value{Text: id}) {
				return
			}
		}
	})
}
