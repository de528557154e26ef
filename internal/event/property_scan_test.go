package event

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"vakt/internal/extract"
)

// found are the properties and targets of a list.
type found struct {
	Properties []property
	Targets    []target
}

// scanned are the properties and targets of a list in one pass, and taken
// apart.
func scanned(list string) (once, apart found, ok bool) {
	var fast targetScan
	fast.fill([]byte(list))
	var slow propertyList
	for e := range extract.Elements([]byte(list)) {
		slow.addFrom(e)
		apart.Targets = append(apart.Targets, targetOf(e))
	}
	apart.Properties = slow.list
	return found{fast.list, fast.targets}, apart, fast.ok
}

// Properties are found in one pass where Entra, Graph or the unified log wrote
// them, and are those that taking the list apart finds.
func TestPropertiesInOnePass(t *testing.T) {
	for _, list := range []string{
		`[]`,
		`[{}]`,
		`[{"id":"1","displayName":"x","type":"User","modifiedProperties":[{"displayName":"Department","oldValue":"[\"a\"]","newValue":"[\"b\\\"\"]"},{"displayName":"x","oldValue":null,"newValue":null}]}]`,
		`[{"modifiedProperties":[{"displayName":"a","newValue":"1"}]},{"modifiedProperties":null},{"displayName":"b","newValue":"c","modifiedProperties":[{"displayName":"within"}]}]`,
		`[{"Name":"UserType","NewValue":"[\r\n  \"Member\"\r\n]","OldValue":"[]"},{"Name":"x"}]`,
		`[{"modifiedProperties":[{"displayName":"a","newValue":"1","displayName":"b","newValue":"2","modifiedProperties":[{"displayName":"c","newValue":"3"}]}]}]`,
		`[{"modifiedProperties":[{"displayName":"a","newValue":"\\"},{"displayName":"\\\"","newValue":"\"\\"}]}]`,
		`[{"ID":"User_1","Type":2},{"id":"2","TYPE":null,"type":"x","userPrincipalName":"a@b"}]`,
		`[{"administrativeUnits":[{"x":[1,{}]}],"modifiedProperties":[{"DISPLAYNAME":"a","newValue":"}]"}]}]`,
	} {
		once, apart, ok := scanned(list)
		if diff := cmp.Diff(apart, once, cmp.AllowUnexported(property{}, target{}), cmpopts.EquateEmpty()); !ok || diff != "" {
			t.Errorf("%s: in one pass %t\n-apart +once\n%s", list, ok, diff)
		}
	}
}

// However a list is written, one pass finds what taking it apart finds, or
// gives up.
func TestPropertiesInOnePassOrNone(t *testing.T) {
	key := rapid.SampledFrom([]string{"displayName", "DisplayName", "name", "Name", "newValue", "NEWVALUE", "oldValue", "modifiedProperties", "type", "Type", "ID", "userPrincipalName", "", `n\u0061me`, `\"`})
	scalar := rapid.SampledFrom([]string{`"a"`, `""`, `"\\"`, `"\\\""`, `"{[\"x\"]}"`, "null", "1.5", "true", `"ö"`})
	blank := rapid.SampledFrom([]string{"", "", "", "", "", " ", "\n"})
	var value func(depth int) *rapid.Generator[string]
	joined := func(t *rapid.T, open, end string, part func() string) string {
		var parts []string
		for range rapid.IntRange(0, 3).Draw(t, "parts") {
			parts = append(parts, blank.Draw(t, "blank")+part()+blank.Draw(t, "blank"))
		}
		return open + strings.Join(parts, ",") + end
	}
	value = func(depth int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
			case depth == 0 || kind == 0:
				return scalar.Draw(t, "scalar")
			case kind < 3:
				return joined(t, "[", "]", func() string { return value(depth-1).Draw(t, "element") })
			}
			return joined(t, "{", "}", func() string {
				return `"` + key.Draw(t, "key") + `":` + blank.Draw(t, "blank") + value(depth-1).Draw(t, "value")
			})
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		list := joined(t, "[", "]", func() string { return value(3).Draw(t, "element") })
		once, apart, ok := scanned(list)
		if diff := cmp.Diff(apart, once, cmp.AllowUnexported(property{}, target{}), cmpopts.EquateEmpty()); ok && diff != "" {
			t.Fatalf("%s\n-apart +once\n%s", list, diff)
		}
	})
}

// A list that breaks off anywhere is no reason to read beyond it.
func TestPropertiesOfBrokenLists(t *testing.T) {
	const list = `[{"id":"1\\","x":[{"y":1}],"modifiedProperties":[{"displayName":"a","newValue":"[\"b\"]","oldValue":null}]}]`
	for n := range len(list) {
		if _, _, ok := scanned(list[:n]); ok {
			t.Errorf("%s was read", list[:n])
		}
	}
}
