package event

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"vakt/internal/extract"
)

// parsedDetails reads steps with the parser only.
func parsedDetails(steps string) []string {
	var all []string
	for step := range extract.Elements([]byte(steps)) {
		if raw := extract.Member(step, stepDetail); extract.Kind(raw) == '"' && len(raw) > 2 {
			all = append(all, string(raw))
		}
	}
	return all
}

func details(steps string) []string {
	var all []string
	eachStepDetail([]byte(steps), func(raw []byte) bool {
		all = append(all, string(raw))
		return true
	})
	return all
}

// Whatever stands in the steps, also in their texts, the quick way through
// them reads what the parser reads.
func TestStepDetails(t *testing.T) {
	f := func(short string) {
		t.Helper()
		steps := strings.ReplaceAll(short, "detail", stepDetail)
		if got, want := details(steps), parsedDetails(steps); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", short, got, want)
		}
	}
	f(`[]`)
	f(`[{"detail":"a"}]`)
	f(`[{"detail":"a","x":1},{"x":2},{"detail":""}]`)
	f(`[{"detail":"a","x":1},{"x":2,"detail":""},{"detail":null}]`)
	f(`[ {"detail":"a"} , {"detail":"b"} ]`)
	f(`[{"detail": "a"},{"detail" :"b"},{"detail":null},{"detail":7}]`)
	f(`[{"x":"detail","detail":"b"},{"detailed":"c"},{"x":"\"detail\":","detail":"d"}]`)
	f(`[{"detail":"a\"b"},{"detail":"\u0061"}]`)
	f(`[{"x":{"detail":"in"},"detail":"out"}]`)
	f(`[{"x":{"detail":"in"}}]`)
	f(`[{"x":{"detail":"in"},"detail":"out"},{"y":1}]`)
	f(`[{"x":[{"detail":"in"},{"detail":"in"}]},{"x":"y"}]`)
	f(`[{"x":["detail"],"detail":"out"}]`)
	f(`[{"x":"}","detail":"a"},{"x":"{","detail":"b"},{"x":"[","detail":"c"}]`)
	f(`[{"x":"},{","detail":"a"}]`)
	f(`[{"x":"},{","y":{"detail":"b"},"detail":"a"}]`)
	f(`["detail",{"detail":"a"},1]`)
	f(`[[{"detail":"a"}]]`)
	f(`{"detail":"a"}`)
	f(`"text"`)
	if steps := `[{"` + strings.ToUpper(stepDetail) + `":"a"}]`; len(details(steps)) != 1 {
		t.Errorf("%s: keys are compared without case", steps)
	}
}

// A list that the reader of records accepts has no key twice in an object.
func FuzzStepDetails(f *testing.F) {
	f.Add(`[{"detail":"a"},{"x":"},{","detail":"b"},{"x":{"detail":[1]}}]`)
	f.Fuzz(func(t *testing.T, text string) {
		steps := strings.ReplaceAll(text, "detail", stepDetail)
		var objects []map[string]any
		if json.Unmarshal([]byte(steps), &objects) != nil || strings.Count(steps, stepKey) > len(objects) {
			return
		}
		if got, want := details(steps), parsedDetails(steps); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", steps, got, want)
		}
	})
}
