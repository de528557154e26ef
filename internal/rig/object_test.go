package rig

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestObjectReadsWhatStands(t *testing.T) {
	o := Object("{ \"a\" : 1,\n\"b\\u0063\":[{\"x\":\"}\"} , 2],\"s\":\"å\\n\",\"t\":true , \"n\":null}")
	if got := o.Text("s"); got != "å\n" {
		t.Errorf("s is %q", got)
	}
	if raw, ok := o.Field("bc"); !ok || len(Elements(raw)) != 2 {
		t.Errorf("bc is %q", raw)
	}
	if _, ok := o.Field("n"); !ok || !o.True("t") || o.True("a") {
		t.Error("n, t or a is wrong")
	}
	if got := string(o.With(Patch{"a": json.RawMessage("2"), "z": json.RawMessage(`"ny"`)})); got != "{\"a\":2,\"b\\u0063\":[{\"x\":\"}\"} , 2],\"s\":\"å\\n\",\"t\":true,\"n\":null,\"z\":\"ny\"}" {
		t.Errorf("with: %s", got)
	}
	if got := string(o.Only("a", "none")); got != `{"a":1,"none":null}` {
		t.Errorf("only: %s", got)
	}
	if got := string(o.Without("t").Without("s").Without("n")); got != "{\"a\" : 1,\"b\\u0063\":[{\"x\":\"}\"} , 2]}" {
		t.Errorf("without: %s", got)
	}
}

// anyJSON draws a value with nested objects and lists.
func anyJSON(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.String().AsAny(), rapid.Float64Range(-1e9, 1e9).AsAny())
	if depth == 0 {
		return leaf
	}
	inner := anyJSON(depth - 1)
	return rapid.OneOf(leaf, rapid.MapOfN(rapid.String(), inner, 0, 4).AsAny(), rapid.SliceOfN(inner, 0, 4).AsAny())
}

func TestFieldsAreThoseOfEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOfN(rapid.String(), anyJSON(2), 0, 6).Draw(t, "object")
		text, err := json.Marshal(want)
		if rapid.Bool().Draw(t, "indented") {
			text, err = json.MarshalIndent(want, "", "\t")
		}
		if err != nil {
			t.Fatal(err)
		}
		var decoded, got map[string]any
		got = map[string]any{}
		if err := json.Unmarshal(text, &decoded); err != nil {
			t.Fatal(err)
		}
		for name, raw := range Object(text).Fields() {
			var v any
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Fatalf("%q: %v", raw, err)
			}
			got[name] = v
		}
		if diff := cmp.Diff(decoded, got); diff != "" {
			t.Fatal(diff)
		}
		for name := range decoded {
			if v, ok := Object(text).Field(name); !ok || !json.Valid(v) {
				t.Fatalf("no field %q in %s", name, text)
			}
		}
	})
}

func FuzzObject(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":{"c":"\""}}`))
	f.Add([]byte(`{"value":[1,2,{"x":[]}]}`))
	f.Add([]byte(`{"a"`))
	f.Fuzz(func(t *testing.T, data []byte) {
		o := Object(data)
		for _, raw := range o.Fields() {
			if json.Valid(data) && !json.Valid(raw) {
				t.Errorf("%q in %q is no JSON", raw, data)
			}
		}
		for _, e := range Elements(data) {
			if json.Valid(data) && !json.Valid(e) {
				t.Errorf("%q in %q is no JSON", e, data)
			}
		}
		if changed := o.With(Patch{"a": json.RawMessage("2")}); json.Valid(data) && !json.Valid(changed) {
			t.Errorf("%q became %q", data, changed)
		}
	})
}
