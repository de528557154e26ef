package baseline_test

import (
	"testing"

	"vakt/internal/baseline"
)

// A list that is made by a pattern is empty, and no riddle, where nobody has
// given the pattern; with it, the directory must answer.
func TestDerivedListNeedsItsPattern(t *testing.T) {
	f := func(values map[string]any, directory map[string][]string, items int, unread, optional bool) {
		t.Helper()
		b, err := baseline.FromValues(values)
		if err != nil {
			t.Fatal(err)
		}
		if directory != nil {
			b = b.WithDirectory(directory)
		}
		x, ok := b.Expand("accounts_not_named_admin")
		if !ok || len(x.Items) != items || (x.Unread != "") != unread || x.Optional != optional {
			t.Errorf("%v with %v: %+v", values, directory, x)
		}
	}
	pattern := map[string]any{"upn_regex_admin": "^adm_"}
	read := map[string][]string{"accounts_not_named_admin": {"A", "b"}}
	f(nil, nil, 0, false, false)
	f(nil, read, 0, false, false)
	f(pattern, nil, 0, true, false)
	f(pattern, map[string][]string{}, 0, true, false)
	f(pattern, read, 2, false, true)
	f(pattern, map[string][]string{"accounts_not_named_admin": {}}, 0, false, true)
	f(map[string]any{"accounts_not_named_admin": []any{"ann.berg@contoso.com"}}, nil, 1, false, false)
}
