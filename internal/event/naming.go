package event

import "iter"

// Lists of a baseline name accounts by object id or by UPN, as people do. These
// fields answer with every name by which a directory tells an account from all
// others, so that either is met. Display names are not among them: whoever
// wants to be on a list could take one.

// actorOf are the columns of whoever did an audited operation.
var actorOf = []string{
	"initiatedBy.user.id|initiatedBy.app.servicePrincipalId|actorList",
	"initiatedBy.user.userPrincipalName|initiatedBy.app.appId|actorList",
}

// accountNames are the ids and UPNs, in lower case, of the accounts that field
// "account" is about.
func accountNames(r *Record, f *field) Values {
	if f.log == Activity {
		return r.activityAccount(f)
	}
	if r.logs&Audit == 0 {
		return r.baseNames(f)
	}
	return r.values(func(yield func(Value) bool) {
		for name := range r.namesOfAccounts(f) {
			if len(name) > 0 && !yield(Value{Text: plainUPN(r.lower(name))}) {
				return
			}
		}
	})
}

func (r *Record) namesOfAccounts(f *field) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		any := false
		for _, t := range r.Targets() {
			if t.account == nil {
				continue
			}
			if any = true; !yield(t.ID) || !yield(t.UPN) {
				return
			}
		}
		if f.log == Unified && !any {
			r.eachBase(f, yield)
		}
	}
}

// baseNames are the names in the columns that a field is computed from.
func (r *Record) baseNames(f *field) Values {
	start := len(r.list)
	for _, alternatives := range f.from {
		for _, b := range alternatives {
			if text := r.firstText(b); !noID(text) {
				r.list = append(r.list, Value{Text: plainUPN(r.lower(text))})
			}
		}
	}
	return r.collected(start)
}

// holdsAccountNames tells whether accountNames are any, where that shows
// without making them: by a target, or by a name in one of the columns that the
// field is computed from.
func holdsAccountNames(r *Record, f *field) Standing {
	switch {
	case f.log == Activity:
		return Mixed
	case r.logs&Audit != 0:
		return r.holdsAccounts()
	}
	for _, alternatives := range f.from {
		for _, b := range alternatives {
			if raw, is := r.Peek(b); is == Alone && isNamed(raw) {
				return Alone
			}
		}
	}
	return Mixed
}

// holdsAccounts is Alone where an audit has an account among its targets.
func (r *Record) holdsAccounts() Standing {
	for _, t := range r.Targets() {
		if t.account != nil {
			return Alone
		}
	}
	return Mixed
}

// isNamed tells whether a raw text is, beyond doubt, more than noID.
func isNamed(raw []byte) bool {
	if raw[0] != '"' {
		return false
	}
	for _, c := range raw[1 : len(raw)-1] {
		switch {
		case c == '\\':
			return false
		case c != '0' && c != '-':
			return true
		}
	}
	return false
}

// eachBase yields the first text of every column that a field is computed from.
func (r *Record) eachBase(f *field, yield func([]byte) bool) {
	for _, alternatives := range f.from {
		for _, b := range alternatives {
			if text := r.Field(b).First(); !noID(text) && !yield(text) {
				return
			}
		}
	}
}

// actorNames are the ids and UPNs, in lower case, of whoever did it: of an
// application the ids of its service principal and of itself.
func actorNames(r *Record, f *field) Values {
	return r.values(func(yield func(Value) bool) {
		each := func(name []byte) bool { return len(name) == 0 || yield(Value{Text: r.lower(name)}) }
		switch a := r.Actor(); {
		case f.log == Activity:
			if id := r.claim(f, claimObject); noID(id) || each(id) {
				each(callerName(r, f).First())
			}
		case r.logs&Audit == 0:
			r.eachBase(f, each)
		case r.unified():
			if each(a.ID) {
				each(a.UPN)
			}
		default:
			r.eachBase(f, each)
		}
	})
}
