package directory

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWithNames(t *testing.T) {
	s := &Snapshot{Accounts: []Account{{ID: "a", UPN: "Ann@contoso.com"}, {ID: "b", UPN: "two@contoso.com"}, {ID: "c", UPN: "TWO@contoso.com"}, {ID: "d"}}}
	in := map[string][]string{"resource_accounts": {"a", "b", "d", "gone"}, "accepted_domains": {"contoso.com"}, "guests": {}}
	want := map[string][]string{"resource_accounts": {"a", "ann@contoso.com", "b", "d", "gone"}, "accepted_domains": {"contoso.com"}, "guests": {}}
	got := s.WithNames(in)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(in["resource_accounts"]) != 4 {
		t.Errorf("the list that was handed in has changed: %v", in)
	}
}
