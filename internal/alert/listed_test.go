package alert

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"vakt/internal/detect"
	"vakt/internal/event"
)

// FuzzIsLower: as the library writes a text in lower case, whatever it holds.
func FuzzIsLower(f *testing.F) {
	for _, s := range [][2]string{{"ann", "Ann"}, {"ann", "Anna"}, {"anna", "Ann"}, {"", ""}, {"åsa", "ÅSA"}, {"a\ufffd", "A\xff"}, {"i\u0307", "\u0130"}, {"ab", "A\u212a"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, lower, text string) {
		for _, l := range []string{lower, strings.ToLower(text)} {
			if got, want := isLower(l, text), l == strings.ToLower(text); got != want {
				t.Errorf("isLower(%q, %q) is %t", l, text, got)
			}
		}
	})
}

// TestGroupedStandFirst: wherever among the entities they are, and the
// detection's own list stays as it is.
func TestGroupedStandFirst(t *testing.T) {
	const several = 6
	for grouped := range 1 << several {
		var d detect.Detection
		var first, others []event.Entity
		for i := range several {
			e := event.Entity{Kind: "account", ID: "A" + strconv.Itoa(i)}
			if d.Entities = append(d.Entities, e); grouped>>i&1 == 0 {
				others = append(others, e)
				continue
			}
			first = append(first, e)
			d.Group = append(d.Group, strings.ToLower(e.ID))
		}
		before := slices.Clone(d.Entities)
		if got, want := listed(&d), slices.Concat(first, others); !slices.Equal(got, want) {
			t.Errorf("grouped by %v: got %v, want %v", d.Group, got, want)
		}
		if !slices.Equal(d.Entities, before) {
			t.Errorf("grouped by %v: the detection's list became %v", d.Group, d.Entities)
		}
	}
}
