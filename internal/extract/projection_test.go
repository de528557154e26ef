package extract

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testWants are the paths of the tests: every kind of node there is.
var testWants = []Want{
	{Path: "id"},
	{Path: "location"},
	{Path: "location.city"},
	{Path: "location.geo.lat"},
	{Path: "targets", Whole: true},
	{Path: "status.code"},
	{Path: "status.detail", Whole: true},
	{Path: "status.detail.text"},
	{Path: "a.b.c.d.e", Whole: true},
	{Path: `odata\.type`},
}

func newTestRow(t testing.TB) (*Projection, *Row) {
	t.Helper()
	p, err := NewProjection(testWants)
	if err != nil {
		t.Fatal(err)
	}
	return p, p.NewRow()
}

// readers of one record, by name.
var readings = []struct {
	name string
	read func(*Projection, []byte, *Row) error
}{{"Fast", (*Projection).Fast}, {"Strict", (*Projection).Strict}}

// slotsOf lists what a row holds as path=value.
func slotsOf(row *Row) map[string]string {
	got := map[string]string{}
	for i, w := range testWants {
		if raw := row.Raw(i); raw != nil {
			got[w.Path] = string(raw)
		}
	}
	return got
}

func TestProjectionReads(t *testing.T) {
	tests := []struct {
		name, rec string
		want      map[string]string
		keys      int
	}{
		{"empty object", `{}`, map[string]string{}, 0},
		{"white space around", " \r\n\t{ } \n", map[string]string{}, 0},
		{"scalar", `{"id":"x"}`, map[string]string{"id": `"x"`}, 1},
		{"white space inside", "{ \"id\" :\n 5 , \"z\" : [ ] }", map[string]string{"id": "5"}, 2},
		{"without case", `{"ID":true}`, map[string]string{"id": "true"}, 1},
		{"escaped key", `{"\u0069d":null}`, map[string]string{"id": "null"}, 1},
		{"object at a scalar stores nothing", `{"id":{"x":1}}`, map[string]string{}, 1},
		{"list at a scalar stores nothing", `{"id":[1]}`, map[string]string{}, 1},
		{"scalar where children are wanted", `{"location":"SE"}`, map[string]string{"location": `"SE"`}, 1},
		{"children", `{"location":{"city":"Umeå","geo":{"lat":63.8}}}`,
			map[string]string{"location.city": `"Umeå"`, "location.geo.lat": "63.8"}, 1},
		{"null on the way", `{"status":null}`, map[string]string{}, 1},
		{"list on the way", `{"status":[{"code":1}]}`, map[string]string{}, 1},
		{"text on the way", `{"status":"ok"}`, map[string]string{}, 1},
		{"whole list", `{"targets":[ {"a":1} ,2]}`, map[string]string{"targets": `[ {"a":1} ,2]`}, 1},
		{"whole scalar", `{"targets":"none"}`, map[string]string{"targets": `"none"`}, 1},
		{"whole with children", `{"status":{"detail":{"text":"t","x":[]}}}`,
			map[string]string{"status.detail": `{"text":"t","x":[]}`, "status.detail.text": `"t"`}, 1},
		{"text of an object", `{"location":"{\"city\":\"Rome\"}"}`, map[string]string{"location.city": `"Rome"`}, 1},
		{"text of an object behind white space", `{"location":"\n \u007b\"city\":\"Rome\"} "}`,
			map[string]string{"location.city": `"Rome"`}, 1},
		{"text of a list", `{"targets":" [1, 2] "}`, map[string]string{"targets": `[1, 2]`}, 1},
		{"text of a list on the way", `{"status":"[1 2]"}`, map[string]string{}, 1},
		{"text in a text", `{"status":"{\"detail\":\"[\\\"x\\\"]\"}"}`, map[string]string{"status.detail": `["x"]`}, 1},
		{"three levels of text", `{"a":` + nestText(`{"b":`, `{"c":`, `{"d":1}`) + `}`, map[string]string{}, 1},
		{"text at a scalar stays text", `{"id":"{\"x\":"}`, map[string]string{"id": `"{\"x\":"`}, 1},
		{"a dot inside a key", `{"odata.type":"t","odata":{"type":"u"}}`, map[string]string{`odata\.type`: `"t"`}, 2},
		{"skipped values are not read", `{"x":{1,,"a":tru "\q"},"y":[: \ud800],"z":nope!,"id":1}`,
			map[string]string{"id": "1"}, 4},
		{"keys that differ in case", `{"x":1,"X":2}`, map[string]string{}, 2},
		{"the same key in other objects", `{"x":1,"location":{"x":1},"status":{"x":1}}`, map[string]string{}, 3},
		{"tiny number", `{"id":1e-400}`, map[string]string{"id": "1e-400"}, 1},
		{"surrogate pair", `{"id":"\ud83d\ude00"}`, map[string]string{"id": `"\ud83d\ude00"`}, 1},
		{"64 deep", `{"x":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`, map[string]string{}, 1},
	}
	for _, tt := range tests {
		for _, r := range readings {
			t.Run(tt.name+"/"+r.name, func(t *testing.T) {
				p, row := newTestRow(t)
				if err := r.read(p, []byte(tt.rec), row); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, slotsOf(row)); diff != "" {
					t.Errorf("slots (-want +got):\n%s", diff)
				}
				if row.Keys() != tt.keys {
					t.Errorf("%d keys, want %d", row.Keys(), tt.keys)
				}
			})
		}
	}
}

// nestText wraps objects into one another as text; each opens with its own
// key, the last is closed.
func nestText(opens ...string) string {
	text := opens[len(opens)-1]
	for i := len(opens) - 2; i >= 0; i-- {
		text = opens[i] + fmt.Sprintf("%q", text) + "}"
	}
	return fmt.Sprintf("%q", text)
}

func TestProjectionRefuses(t *testing.T) {
	tests := []struct{ name, rec, reason string }{
		{"nothing", "", "empty"},
		{"white space", " \n ", "empty"},
		{"cut short", `{"id":1`, "missing"},
		{"cut in a string", `{"x":"abc`, "string is not closed"},
		{"two objects", `{} {}`, "follows"},
		{"wrong bracket", `{"x":[}}`, "brackets do not match"},
		{"bracket left open", `{"x":{"y":1}`, "missing"},
		{"trailing comma", `{"id":1,}`, "key in quotes"},
		{"leading comma", `{,"id":1}`, "key in quotes"},
		{"no colon", `{"id" 1}`, "colon"},
		{"no value", `{"id":}`, "not a JSON value"},
		{"no skipped value", `{"x":}`, "not a JSON value"},
		{"no comma", `{"id":1 "x":2}`, "comma"},
		{"no comma after a skipped value", `{"x":[] "y":2}`, "comma"},
		{"bare key", `{id:1}`, "key in quotes"},
		{"not UTF-8", "{\"x\":\"\xff\"}", "UTF-8"},
		{"surrogate as UTF-8", "{\"x\":\"\xed\xa0\x80\"}", "UTF-8"},
		{"control character in a read string", "{\"id\":\"a\tb\"}", "control character"},
		{"control character in a skipped string", "{\"x\":\"a\x01b\"}", "control character"},
		{"line feed in a skipped string", "{\"x\":[\"a\nb\"]}", "not closed on its line"},
		{"escaped line feed in a skipped string", "{\"x\":\"a\\\nb\"}", "not closed on its line"},
		{"unknown escape", `{"id":"\q"}`, "escape"},
		{"unknown escape in a key", `{"\q":1}`, "escape"},
		{"half a surrogate pair", `{"id":"\ud83d"}`, "escape"},
		{"surrogate pair turned round", `{"id":"\ude00\ud83d"}`, "escape"},
		{"number out of range", `{"id":1e400}`, "not a JSON value"},
		{"long number out of range", `{"id":1` + strings.Repeat("0", 400) + `}`, "not a JSON value"},
		{"leading zero", `{"id":01}`, "not a JSON value"},
		{"plus", `{"id":+1}`, "not a JSON value"},
		{"bare point", `{"id":1.}`, "not a JSON value"},
		{"bare exponent", `{"id":1e}`, "not a JSON value"},
		{"word", `{"id":tru}`, "not a JSON value"},
		{"word and more", `{"id":trueish}`, "comma"},
		{"key twice", `{"x":1,"x":2}`, `key "x" stands twice`},
		{"key twice, once escaped", `{"x":1,"\u0078":2}`, `key "x" stands twice`},
		{"wanted key twice", `{"id":1,"id":1}`, `key "id" stands twice`},
		{"wanted key in two cases", `{"id":1,"Id":1}`, `key "Id" stands twice`},
		{"key twice on the way", `{"location":{"x":1,"x":2}}`, `key "x" stands twice`},
		{"key twice in a whole value", `{"targets":[{"x":{"y":1,"y":2}}]}`, `key "y" stands twice`},
		{"broken whole value", `{"targets":[1,]}`, "not a JSON value"},
		{"broken whole value inside", `{"targets":[{"a":nope}]}`, "not a JSON value"},
		{"65 deep", `{"x":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`, "64 deep"},
		{"65 deep in a whole value", `{"targets":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`, "64 deep"},
		{"65 deep in a text", `{"targets":"` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `"}`, "64 deep"},
		{"broken text", `{"status":"{\"code\":"}`, `JSON text in "status" is broken`},
		{"text and more", `{"status":"{} x"}`, "follows"},
		{"key twice in a text", `{"location":"{\"x\":1,\"x\":2}"}`, `key "x" stands twice`},
		{"four levels of text", `{"a":` + nestText(`{"b":`, `{"c":`, `{"d":`, `{"e":1}`) + `}`, "nested more than 3 deep"},
		{"control character in a text", `{"status":"{\"code\":\"\u0001\"}"}`, "control character"},
		{"too large", `{"x":"` + strings.Repeat("x", MaxRecord) + `"}`, "larger than 1 MiB"},
		{"byte order mark", "\ufeff{}", "not a JSON value"},
		{"broken list", `[1,`, "not a JSON value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, row := newTestRow(t)
			err := p.Fast([]byte(tt.rec), row)
			var d *Defect
			if !errors.As(err, &d) {
				t.Fatalf("Fast: got %v, want a *Defect", err)
			}
			if !strings.Contains(d.Reason, tt.reason) || errors.Is(err, ErrNotObject) {
				t.Errorf("Fast: %v, want a reason with %q", err, tt.reason)
			}
			if len(slotsOf(row)) != 0 || row.Keys() != 0 || row.TopKeys(9) != nil {
				t.Errorf("a refused record left something in the row: %v", slotsOf(row))
			}
			err = p.Strict([]byte(tt.rec), row)
			if !errors.As(err, &d) || errors.Is(err, ErrNotObject) {
				t.Errorf("Strict: got %v, want a *Defect", err)
			}
		})
	}
}

func TestNotObject(t *testing.T) {
	for _, rec := range []string{`[1]`, ` "x" `, `5`, `null`, `[{"a":1}]`} {
		for _, r := range readings {
			p, row := newTestRow(t)
			if err := r.read(p, []byte(rec), row); !errors.Is(err, ErrNotObject) {
				t.Errorf("%s of %s: %v, want ErrNotObject", r.name, rec, err)
			}
		}
	}
}

func TestDefectPlace(t *testing.T) {
	p, row := newTestRow(t)
	var d *Defect
	if err := p.Fast([]byte(`  {"id":1,"location":"{\"city\":x}"}`), row); !errors.As(err, &d) || d.Offset != 21 {
		t.Errorf("%v, want byte 21", err)
	}
}

func TestNewProjectionRefuses(t *testing.T) {
	for _, wants := range [][]Want{
		{{Path: ""}}, {{Path: "a..b"}}, {{Path: "a."}},
		{{Path: "a.b"}, {Path: "A.B", Whole: true}},
	} {
		if _, err := NewProjection(wants); err == nil {
			t.Errorf("%v: no error", wants)
		}
	}
}

func TestNoWants(t *testing.T) {
	p, err := NewProjection(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Fast([]byte(`{"x":1}`), p.NewRow()); err != nil {
		t.Error(err)
	}
}

func TestTopKeys(t *testing.T) {
	p, row := newTestRow(t)
	if err := p.Fast([]byte(`{"\u0061":{"z":1},"b":[1,{}],"c":3}`), row); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, row.TopKeys(2)); diff != "" {
		t.Error(diff)
	}
}

// TestManyKeys fills the table of keys past its first size, and reads small
// records before and after.
func TestManyKeys(t *testing.T) {
	var big strings.Builder
	big.WriteString(`{"k":0`)
	for i := range 40_000 {
		fmt.Fprintf(&big, `,"k%d":{}`, i)
	}
	p, row := newTestRow(t)
	for _, tt := range []struct {
		rec string
		ok  bool
	}{
		{`{"x":1,"y":2}`, true},
		{big.String() + `}`, true},
		{big.String() + `,"k777":1}`, false},
		{`{"x":1,"y":2}`, true},
		{`{"x":1,"x":2}`, false},
	} {
		if err := p.Fast([]byte(tt.rec), row); (err == nil) != tt.ok {
			t.Errorf("%.20s…: %v, want ok=%v", tt.rec, err, tt.ok)
		}
	}
}

// TestManyObjects reads many objects with the same key, which is not twice in
// any of them.
func TestManyObjects(t *testing.T) {
	p, row := newTestRow(t)
	list := strings.Repeat(`{"key":1,"other":2},`, 30_000)
	if err := p.Fast([]byte(`{"targets":[`+list+`{}]}`), row); err != nil {
		t.Error(err)
	}
}

func TestDeepPath(t *testing.T) {
	path := strings.TrimSuffix(strings.Repeat("a.", 64), ".")
	p, err := NewProjection([]Want{{Path: path}, {Path: path + ".a"}})
	if err != nil {
		t.Fatal(err)
	}
	deep := func(n int) []byte { return []byte(strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n)) }
	for _, r := range readings {
		row := p.NewRow()
		if err := r.read(p, deep(64), row); err != nil || string(row.Raw(0)) != "1" {
			t.Errorf("%s, 64 deep: %s, %v", r.name, row.Raw(0), err)
		}
		if err := r.read(p, deep(65), row); err == nil {
			t.Errorf("%s, 65 deep: no error", r.name)
		}
	}
}

func TestFastDoesNotAllocate(t *testing.T) {
	p, row := newTestRow(t)
	rec := []byte(`{"id":"x","\u0061b":1,"location":"{\"city\":\"R\\u006fme\"}","targets":[{"a":1e5}],"x":{"y":[1,2]}}`)
	allocs := testing.AllocsPerRun(100, func() {
		if err := p.Fast(rec, row); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations a record", allocs)
	}
}

func FuzzFastEqualsStrict(f *testing.F) {
	for _, seed := range []string{
		`{"id":"x","location":{"city":"R","geo":{"lat":1.5e3}},"targets":[{"a":[1,null,true]},"b"]}`,
		`{"location":"{\"city\":\"\\u00e5\",\"geo\":\"{\\\"lat\\\":1}\"}"}`,
		`{"status":{"code":0,"detail":{"text":"x"}},"odata.type":false}`,
		`{"a":{"b":"{\"c\":{\"d\":\"{\\\"e\\\":[1]}\"}}"}}`,
		`{"x":{1,,"\q"},"y":tru,"z":"\ud800"}`, "{\"id\":\"\\ud83d\\ude00\"}",
		`[1,{"a":2}]`, `{"targets":"[{\"a\":1,\"a\":2}]"}`, "{\"x\":\"\\\n\"}", `{"id":-0.0e+10,"Id":1}`,
	} {
		f.Add([]byte(seed))
	}
	p, fast := newTestRow(f)
	strict := p.NewRow()
	f.Fuzz(func(t *testing.T, rec []byte) {
		fastErr, strictErr := p.Fast(rec, fast), p.Strict(rec, strict)
		if (fastErr == nil) != (strictErr == nil) || errors.Is(fastErr, ErrNotObject) != errors.Is(strictErr, ErrNotObject) {
			t.Fatalf("%q: Fast says %v, Strict says %v", rec, fastErr, strictErr)
		}
		if diff := cmp.Diff(slotsOf(strict), slotsOf(fast)); diff != "" {
			t.Fatalf("%q (-Strict +Fast):\n%s", rec, diff)
		}
		if fast.Keys() != strict.Keys() {
			t.Fatalf("%q: Fast counts %d keys, Strict %d", rec, fast.Keys(), strict.Keys())
		}
	})
}
