package extract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKind(t *testing.T) {
	for raw, want := range map[string]byte{
		`{}`: '{', `[]`: '[', `""`: '"', `0`: '0', `-1`: '0', `true`: 't', `false`: 't', `null`: 'n', ``: 0,
	} {
		if got := Kind([]byte(raw)); got != want {
			t.Errorf("Kind(%s) = %q, want %q", raw, got, want)
		}
		if IsNull([]byte(raw)) != (raw == "null") {
			t.Errorf("IsNull(%s)", raw)
		}
	}
}

func TestAppendText(t *testing.T) {
	tests := []struct{ raw, want string }{
		{`"plain"`, "plain"},
		{`""`, ""},
		{`"a\"\\\/\b\f\n\r\tz"`, "a\"\\/\b\f\n\r\tz"},
		{`"\u00e5\u20AC\ud83d\ude00å"`, "å€😀å"},
		{`-1.50e3`, "-1.50e3"},
		{`true`, "true"},
		{`null`, "null"},
		{"[ 1 , {\"a b\" : \" , \"} ]", `[1,{"a b":" , "}]`},
		{"{ }", "{}"},
		{`"`, ""},
		{`"\ud83d"`, `\ud83d`},
	}
	for _, tt := range tests {
		if got := string(AppendText([]byte("x"), []byte(tt.raw))); got != "x"+tt.want {
			t.Errorf("AppendText(%s) = %q, want %q", tt.raw, got, "x"+tt.want)
		}
	}
}

func TestElements(t *testing.T) {
	tests := []struct {
		raw  string
		want []string
	}{
		{`[]`, nil},
		{`[ ]`, nil},
		{`[1, "a,]" ,[2,[3]], {"a":[]} , null ]`, []string{`1`, `"a,]"`, `[2,[3]]`, `{"a":[]}`, `null`}},
		{`{"a":1}`, nil},
		{`"[1]"`, nil},
		{``, nil},
		{`[`, nil},
		{`["`, nil},
	}
	for _, tt := range tests {
		var got []string
		for v := range Elements([]byte(tt.raw)) {
			got = append(got, string(v))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.raw, diff)
		}
	}
	for v := range Elements([]byte(`[1,2]`)) {
		if string(v) == "2" {
			t.Error("went on after break")
		}
		break
	}
}

func TestMembers(t *testing.T) {
	tests := []struct {
		raw  string
		want []string
	}{
		{`{}`, nil},
		{`{ "a" : 1 , "b\"":[1,2] ,"c":{"d":"}"} }`, []string{`"a"`, `1`, `"b\""`, `[1,2]`, `"c"`, `{"d":"}"}`}},
		{`[1]`, nil},
		{`{"a"`, nil},
		{`{"a":`, nil},
	}
	for _, tt := range tests {
		var got []string
		for k, v := range Members([]byte(tt.raw)) {
			got = append(got, string(k), string(v))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.raw, diff)
		}
	}
}

func TestMember(t *testing.T) {
	raw := `{"a":1,"B\u00e5":2,"Name":"x","name":"y","\u0041dd":[3],"k\ud83d\ude00":4}`
	for key, want := range map[string]string{
		"a": "1", "A": "1", "bå": "2", "BÅ": "", "NAME": `"x"`, "add": "[3]", "k😀": "4", "": "", "nam": "", "namex": "",
	} {
		if got := string(Member([]byte(raw), key)); got != want {
			t.Errorf("Member %q = %s, want %s", key, got, want)
		}
	}
	if Member([]byte(`[1]`), "a") != nil || Member([]byte(`{"a":1}`), "b") != nil {
		t.Error("an absent member is not nil")
	}
}

func TestEmbedded(t *testing.T) {
	tests := []struct {
		raw, want string
		ok        bool
	}{
		{`"{\"a\":[1,2]}"`, `{"a":[1,2]}`, true},
		{`" [1] \n"`, `[1]`, true},
		{`"[1]"`, `[1]`, true},
		{`"\"Some Role\""`, `"Some Role"`, true},
		{`"5"`, `5`, true},
		{`"true"`, `true`, true},
		{`"text"`, "", false},
		{`""`, "", false},
		{`"{\"a\":1,\"a\":2}"`, "", false},
		{`"[1] x"`, "", false},
		{`"[1"`, "", false},
		{`{"a":1}`, "", false},
		{`5`, "", false},
		{`"[\ud800]"`, "", false},
		{`"` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `"`, strings.Repeat("[", 64) + strings.Repeat("]", 64), true},
		{`"` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `"`, "", false},
	}
	for _, tt := range tests {
		got, ok := Embedded([]byte(tt.raw), make([]byte, 3))
		if ok != tt.ok || ok && string(got) != tt.want {
			t.Errorf("Embedded(%s) = %s, %v, want %s, %v", tt.raw, got, ok, tt.want, tt.ok)
		}
	}
}

// FuzzValue reads any bytes as a value, and valid ones back: the compact form
// holds the same elements.
func FuzzValue(f *testing.F) {
	for _, seed := range []string{`[1,"a",{"b":[null]}]`, `{"a" : "\u00e5", "b":{}}`, `"{\"a\":1}"`, `[1 2]`, `{"a":`, `"\u`, `{"a":1]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		compact := AppendCompact(nil, raw)
		if again := AppendCompact(nil, compact); string(again) != string(compact) {
			t.Errorf("%q compact is %q, and again %q", raw, compact, again)
		}
		AppendText(nil, raw)
		Embedded(raw, nil)
		Member(raw, "a")
		for k, v := range Members(raw) {
			if Kind(k) != '"' || len(v) == 0 {
				t.Errorf("%q has member %q: %q", raw, k, v)
			}
		}
		for v := range Elements(raw) {
			if len(v) == 0 {
				t.Errorf("%q has an empty element", raw)
			}
		}
	})
}
