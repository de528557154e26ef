package baseline

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"vakt/internal/rule"
)

func TestPlaces(t *testing.T) {
	const desk, plant = "11111111-2222-3333-4444-555555555555", "22222222-3333-4444-5555-666666666666"
	b, problems := Parse("b.yaml", []byte("stationary_groups: {"+desk+": [se, 198.51.100.0/24], "+plant+": 2001:db8::1}"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := []rule.Place{
		{Group: desk, Members: rule.Expansion{Items: []rule.Item{}, Unread: needsDirectory}, Countries: []string{"SE"}, Networks: []string{"198.51.100.0/24"}},
		{Group: plant, Members: rule.Expansion{Items: []rule.Item{}, Unread: needsDirectory}, Networks: []string{"2001:db8::1/128"}},
	}
	got, ok := b.Places("stationary_groups")
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Error(ok, diff)
	}
	got, _ = b.WithDirectory(map[string][]string{"group:" + desk: {"ann"}}).Places("stationary_groups")
	if diff := cmp.Diff(rule.Expansion{Items: []rule.Item{{Value: "ann"}}}, got[0].Members); diff != "" {
		t.Error(diff)
	}
	if _, ok := b.Places("holidays"); ok {
		t.Error("holidays are places")
	}
	if list, ok := Default().Places("stationary_groups"); !ok || len(list) > 0 {
		t.Error(list, ok)
	}
}
