package directory

import (
	"regexp"
	"slices"
	"strings"
)

// NamedOtherwise lists, by object id in lower case and sorted, the accounts
// whose user principal name a pattern does not match, less those that are
// excepted by object id or user principal name. ok is false where the accounts
// were not read whole.
func (s *Snapshot) NamedOtherwise(pattern *regexp.Regexp, except ...string) (ids []string, ok bool) {
	if !s.whole(UsersPart) {
		return nil, false
	}
	return s.ids(func(a *Account) bool {
		excepted := slices.ContainsFunc(except, func(name string) bool { return strings.EqualFold(name, a.ID) || strings.EqualFold(name, a.UPN) })
		return !excepted && !pattern.MatchString(a.UPN)
	}), true
}

// NamedOtherwise is that of the folder: see Snapshot.NamedOtherwise.
func (d *Directory) NamedOtherwise(pattern *regexp.Regexp, except ...string) ([]string, bool) {
	return d.snapshot.NamedOtherwise(pattern, except...)
}
