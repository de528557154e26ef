package detect

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vakt/internal/rule"
)

// siblings are plain rules of one family, and one of another.
func siblings(names ...string) string {
	var all []string
	for _, name := range names {
		all = append(all, strings.Replace(failedSignIn, "name: failed", "name: "+name, 1))
	}
	return strings.Join(all, "---\n")
}

// TestFamilyDecidesEachRuleByItself: rules that share facts find what each finds
// alone, in any order of records, with copies and versions that only some of them
// match.
func TestFamilyDecidesEachRuleByItself(t *testing.T) {
	d := detectorOf(t, siblings("one", "two", "three"))
	if len(d.families) != 1 || len(d.families[0].targets) != 3 {
		t.Fatalf("families: %+v", d.families)
	}
	l := law{kind: "event_count", bounds: []rule.Bound{{Op: "gte"}}, span: 1, most: 1 << 20, collapse: -1, within: -1}
	rapid.Check(t, func(t *rapid.T) {
		samples := samplesOf(t, 1)
		for i := range samples {
			samples[i].places = rapid.SliceOfNDistinct(rapid.IntRange(0, 2), 1, 3, rapid.ID).Draw(t, "places")
		}
		d.limit, d.temporary = spilling(t), nameless
		res := decided(t, d, spread(d, rapid.Permutation(samples).Draw(t, "order"), toFirst, rapid.IntRange(1, 3).Draw(t, "workers"), 0))
		for place, target := range d.families[0].targets {
			mine := slices.DeleteFunc(slices.Clone(samples), func(s sample) bool { return !slices.Contains(s.places, place) })
			found, _ := l.firings(spotsOf(l, mine, severalTenants(samples)), nil, 0, 0)
			for i := range found {
				found[i].window = []spot{found[i].spot}
			}
			want := l.alerts(found, nil)
			for i := range want {
				want[i].Value = float64(want[i].Count)
			}
			its := slices.DeleteFunc(slices.Clone(res.Detections), func(x *Detection) bool { return x.Rule != d.targets[target].rule })
			if got := flatAll(its); !slices.Equal(got, want) {
				t.Fatalf("rule %d: got  %+v\nwant %+v", place, got, want)
			}
		}
	})
}

// TestFamilyOfRecords: what rules of a family find in records is what each finds
// where it is alone, with all that is shown.
func TestFamilyOfRecords(t *testing.T) {
	either := strings.Replace(strings.Replace(failedSignIn, "name: failed", "name: either", 1), "    status.errorCode: 50126\n", "    status.errorCode:\n      - 50126\n      - 0\n", 1)
	raised := strings.Replace(failedSignIn, "name: failed", "name: raised", 1) + "  severity:\n    - {when: {distinct: account, at_least: 2}, level: high}\n"
	var records []string
	for i := range 40 {
		record := signIn(fmt.Sprint("record", i%33), fmt.Sprintf("%02d:%02d:00", i%24, i%33), fmt.Sprintf("192.0.2.%d", i%4))
		record = strings.Replace(record, "0000000a-0000-0000-0000-000000000001", fmt.Sprintf("0000000a-0000-0000-0000-%012d", i%3%2), 1)
		records = append(records, strings.Replace(record, "50126", fmt.Sprint(50126*(i%5%2)), 1))
	}
	alone := map[string][]*Detection{}
	for name, text := range map[string]string{"failed": failedSignIn, "either": either, "raised": raised} {
		alone[name] = see(t, detectorOf(t, text), records...).Detections
	}
	d := detectorOf(t, strings.Join([]string{failedSignIn, either, raised}, "---\n"))
	found := map[string][]*Detection{}
	for _, x := range see(t, d, records...).Detections {
		found[x.Rule.Key()] = append(found[x.Rule.Key()], x)
	}
	if len(d.families) != 1 || len(found) != 3 {
		t.Fatalf("%d families, %d rules found something", len(d.families), len(found))
	}
	for name, want := range alone {
		if diff := cmp.Diff(fmt.Sprintf("%+v", withoutRules(want)), fmt.Sprintf("%+v", withoutRules(found[name]))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// withoutRules takes all pointers to rules out of detections.
func withoutRules(found []*Detection) []Detection {
	list := plainly(found)
	for i := range list {
		list[i].Raised = slices.Clone(list[i].Raised)
		for r := range list[i].Raised {
			list[i].Raised[r].Raise = nil
		}
	}
	return list
}
