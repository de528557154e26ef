package directory

import "strings"

// WithNames adds to lists of object ids, such as Lists gives, the user principal
// names of those accounts, in lower case: the unified audit log knows people by
// name alone. A name that two accounts have is not added. Members that are no
// account stay as they are, and so do the lists that are handed in.
func (s *Snapshot) WithNames(lists map[string][]string) map[string][]string {
	names, owners := map[string]string{}, map[string]int{}
	for i := range s.Accounts {
		a := &s.Accounts[i]
		if upn := strings.ToLower(a.UPN); upn != "" {
			names[a.ID] = upn
			owners[upn]++
		}
	}
	out := make(map[string][]string, len(lists))
	for list, members := range lists {
		all := append([]string(nil), members...)
		for _, id := range members {
			if upn := names[id]; upn != "" && owners[upn] == 1 {
				all = append(all, upn)
			}
		}
		out[list] = sorted(all)
	}
	return out
}

// WithNames is that of the folder: see Snapshot.WithNames.
func (d *Directory) WithNames(lists map[string][]string) map[string][]string {
	return d.snapshot.WithNames(lists)
}
