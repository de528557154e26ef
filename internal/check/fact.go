package check

import (
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	"vakt/internal/baseline"
	"vakt/internal/directory"
)

// fact is one thing that checks can ask about an account or a tenant.
type fact struct {
	name string
	doc  string // what it holds, for people who write checks
	get  func(v *view) value
}

// view is one account, or the tenant, while its facts are read.
type view struct {
	j       *judge
	a       *directory.Account // nil for the tenant
	verdict *AccountVerdict    // nil where the account gets none
	access  *access            // computed when first asked for
}

func (v *view) ca() *access {
	if v.access == nil {
		a := v.j.accessOf(v.a)
		v.access = &a
	}
	return v.access
}

// box reads from the mailbox: nothing where there is none, unknown where
// mailboxes were not read.
func (v *view) box(read func(m *directory.Mailbox) value) value {
	switch {
	case v.a.Mailbox.Value != nil:
		return read(v.a.Mailbox.Value)
	case !v.a.Mailbox.Known:
		return unknown(v.a.Mailbox.Why)
	}
	return none()
}

// atLeast is a list that is a lower bound where it is not known as a whole:
// what is in it is so, and an empty one is unknown.
func atLeast[T any](f directory.Fact[[]T], pick func(T) string) value {
	var list []string
	for _, x := range f.Value {
		if s := pick(x); s != "" && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	if !f.Known && len(list) == 0 {
		return unknown(f.Why)
	}
	sort.Strings(list)
	return words(list...)
}

// whole is a list that is unknown unless all of it was read.
func whole[T any](f directory.Fact[[]T], pick func(T) string) value {
	if !f.Known {
		return unknown(f.Why)
	}
	return atLeast(f, pick)
}

// requirement is an attribute that every person's account is to have.
type requirement struct {
	name string
	form *regexp.Regexp
}

// requirements reads required_attributes; its expressions were checked when
// the baseline was.
func requirements(b *baseline.Baseline) []requirement {
	declared, _ := b.Patterns("required_attributes")
	var list []requirement
	for name, form := range declared {
		if re, err := regexp.Compile(form); err == nil {
			list = append(list, requirement{name, re})
		}
	}
	slices.SortFunc(list, func(a, b requirement) int { return strings.Compare(a.name, b.name) })
	return list
}

// attributes are those that required_attributes may name.
var attributes = map[string]func(a *directory.Account) directory.Fact[string]{
	"employeeid":   func(a *directory.Account) directory.Fact[string] { return a.EmployeeID },
	"employeetype": func(a *directory.Account) directory.Fact[string] { return a.EmployeeType },
	"department":   func(a *directory.Account) directory.Fact[string] { return a.Department },
	"jobtitle":     func(a *directory.Account) directory.Fact[string] { return a.JobTitle },
	"givenname":    func(a *directory.Account) directory.Fact[string] { return a.GivenName },
	"surname":      func(a *directory.Account) directory.Fact[string] { return a.Surname },
	"mobilephone":  func(a *directory.Account) directory.Fact[string] { return a.Mobile },
	"manager":      func(a *directory.Account) directory.Fact[string] { return a.Manager },
	"displayname":  func(a *directory.Account) directory.Fact[string] { return directory.Known(a.Name) },
	"mail":         func(a *directory.Account) directory.Fact[string] { return directory.Known(a.Mail) },
	"userprincipalname": func(a *directory.Account) directory.Fact[string] {
		return directory.Known(a.UPN)
	},
}

// missing names the required attributes that are not set as they should be. It
// is unknown where one of them was not read and none is missing.
func (v *view) missing() value {
	if len(v.j.required) == 0 {
		return unknown("the baseline declares no required_attributes")
	}
	var list []string
	unread := ""
	for _, r := range v.j.required {
		read := attributes[strings.ToLower(r.name)]
		if read == nil {
			unread = "the attribute " + r.name + " is not read"
			continue
		}
		switch f := read(v.a); {
		case !f.Known:
			unread = unreadWhy(f.Why)
		case !r.form.MatchString(f.Value):
			list = append(list, r.name)
		}
	}
	if len(list) == 0 && unread != "" {
		return unknown(unread)
	}
	return words(list...)
}

// mfaMethod tells whether a type of method counts as MFA: @odata.type without
// #microsoft.graph., or a word of methodsRegistered. What is not known counts,
// since a new sort of method is more likely one than not.
func mfaMethod(kind string) bool {
	switch strings.TrimSuffix(strings.ToLower(kind), "authenticationmethod") {
	case "password", "email", "securityquestion", "":
		return false
	}
	return true
}

// methods are the account's MFA methods: each one where they were read, else
// what the registration report says.
func (v *view) methods() value {
	if v.a.Methods.Known {
		return whole(v.a.Methods, func(m directory.Method) string {
			if mfaMethod(m.Type) {
				return m.Type
			}
			return ""
		})
	}
	return v.registration(func(r *directory.Registration) value {
		return words(slices.DeleteFunc(slices.Clone(r.Methods), func(m string) bool { return !mfaMethod(m) })...)
	})
}

// registration reads the row of the registration report. An account without a
// row is unknown there, not unregistered.
func (v *view) registration(read func(r *directory.Registration) value) value {
	switch f := v.a.Registration; {
	case !f.Known:
		return unknown(f.Why)
	case f.Value == nil:
		return unknown("the registration report has no row of the account")
	default:
		return read(f.Value)
	}
}

// registered tells whether a method for MFA is registered.
func (v *view) registered() value {
	if v.a.Methods.Known {
		return flag(len(v.methods().list) > 0)
	}
	return v.registration(func(r *directory.Registration) value { return flag(r.Registered) })
}

// lateMethod tells whether the first MFA method came after a long silence:
// dormant_days or more after the account was made, or after the last sign-in
// before it.
func (v *view) lateMethod() value {
	first, seen := v.firstMethod()
	switch {
	case first.unknown || !seen.Known:
		return unknown(first.why)
	case len(first.list) == 0:
		return flag(false)
	case v.a.Created.Known && !v.a.Created.Value.IsZero() && days(v.a.Created.Value, seen.Value) >= v.j.dormantDays:
		return flag(true)
	}
	last := v.a.Activity.Value.LastSuccess
	return flag(v.a.Activity.Known && !last.IsZero() && last.Before(seen.Value) && days(last, seen.Value) >= v.j.dormantDays)
}

// firstMethod is the age in days of the oldest MFA method, and when it was
// registered. It is unknown where none of them says when.
func (v *view) firstMethod() (value, directory.Fact[time.Time]) {
	if !v.a.Methods.Known {
		return unknown(v.a.Methods.Why), directory.Unknown[time.Time](v.a.Methods.Why)
	}
	var first directory.Fact[time.Time]
	found := false
	for _, m := range v.a.Methods.Value {
		if !mfaMethod(m.Type) {
			continue
		}
		found = true
		if m.Created.Known && !m.Created.Value.IsZero() && (!first.Known || m.Created.Value.Before(first.Value)) {
			first = directory.Known(m.Created.Value)
		}
	}
	switch {
	case !found:
		return none(), directory.Known(time.Time{})
	case !first.Known:
		const why = "no method says when it was registered"
		return unknown(why), directory.Unknown[time.Time](why)
	}
	return number(days(first.Value, v.j.at)), first
}
