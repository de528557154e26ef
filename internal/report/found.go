package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vakt/internal/check"
)

// found says why a check found something: the facts that it saw, by name, then
// whatever was not read. The check's title stands above its findings.
func (r *Report) found(v voice, f *check.Finding) []string {
	var out []string
	for _, why := range f.Reasons {
		if why.ID == f.Check {
			out = append(out, r.facts(v, f.Facts)...)
			continue
		}
		out = append(out, v.reason(why))
	}
	if f.Status == check.CouldNotLook {
		out = append(out, blindAccounts(v, f.Facts)...)
	}
	return out
}

// facts are the facts behind a finding in words, in the order of their names.
// That an account is no exception goes without saying.
func (r *Report) facts(v voice, facts map[string]any) []string {
	var names, out []string
	for name, value := range facts {
		if value != nil && (value != false || name != "break_glass" && name != "room") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		out = append(out, capital(v.known("fact."+name, name))+": "+r.value(v, name, facts[name]))
	}
	return out
}

// value is a fact's value for people.
func (r *Report) value(v voice, name string, value any) string {
	switch value := value.(type) {
	case []any:
		all := make([]string, len(value))
		for i := range value {
			all[i] = r.value(v, name, value[i])
		}
		return strings.Join(all, ", ")
	case bool:
		if value {
			return v.Say("yes")
		}
		return v.Say("no")
	case string:
		if strings.HasPrefix(name, "role.") {
			return r.roleName(value)
		}
		return v.known("value."+name+"."+value, value)
	}
	if n, ok := value.(float64); ok {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

// roleName is the name of a role that a fact has by its template's id.
func (r *Report) roleName(template string) string {
	for i := range r.Snapshot.Roles.Value {
		if role := &r.Snapshot.Roles.Value[i]; strings.EqualFold(role.Template, template) && role.Name != "" {
			return role.Name
		}
	}
	return template
}

// blindAccounts says how many accounts were not looked at, and names some. A
// finding about one account has no such facts.
func blindAccounts(v voice, facts map[string]any) []string {
	n, ok := facts["accounts"].(int)
	first, named := facts["first"].([]string)
	if !ok || !named || n == 0 || len(first) == 0 {
		return nil
	}
	return []string{capital(v.Count("blind.accounts", n, "First", strings.Join(first[:min(3, len(first))], ", ")))}
}
