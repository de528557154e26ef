package directory

import "regexp"

// NamedOtherwise lists, by object id in lower case and sorted, the accounts
// whose user principal name a pattern does not match. ok is false where the
// accounts were not read whole.
func (s *Snapshot) NamedOtherwise(pattern *regexp.Regexp) (ids []string, ok bool) {
	if !s.whole(UsersPart) {
		return nil, false
	}
	return s.ids(func(a *Account) bool { return !pattern.MatchString(a.UPN) }), true
}

// NamedOtherwise is that of the folder: see Snapshot.NamedOtherwise.
func (d *Directory) NamedOtherwise(pattern *regexp.Regexp) ([]string, bool) {
	return d.snapshot.NamedOtherwise(pattern)
}
