package event

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"vakt/internal/extract"
)

// pairNames are names as records write them, some hardly different.
var pairNames = []string{
	"Name", "name", "RuleName", "ForwardTo", "FORWARDTO", `Forward\u0054o`, "ForwardingSmtpAddress", "MoveToFolder", "SubjectContainsWords",
	"DeleteMessage", "MarkAsRead", "RuleActions", "User", "Trustee", "Identity", "AccessRights", "Identitx", "", "ſtop", "\u212aey", "Key",
}

// drawPairs draws a list of pairs, some written as no log writes them.
func drawPairs(t *rapid.T) string {
	key := rapid.SampledFrom([]string{"Name", "Name", "Name", "key", "Key", "name", "Value", "value", `V\u0061lue`, "other"})
	value := rapid.SampledFrom([]string{`"a"`, `"True"`, `""`, "true", "null", `["smtp:x@example.net","b@contoso.com"]`, "[]", `"a\\b/c"`, `"x;\"y\""`, "7", `{"a":["b"]}`,
		`"[{\"ActionType\":\"Move\",\"Folder\":\"RSS\"},{\"ActionType\":\"Forward\",\"Recipients\":[\"c@example.net\"]}]"`})
	blank := rapid.SampledFrom([]string{"", "", "", "", "", "", " ", "\n"})
	var list []string
	for range rapid.IntRange(0, 4).Draw(t, "pairs") {
		if rapid.IntRange(0, 19).Draw(t, "kind") == 0 {
			list = append(list, value.Draw(t, "element"))
			continue
		}
		members := []string{`"Name":"` + rapid.SampledFrom(pairNames).Draw(t, "name") + `"`, `"Value":` + value.Draw(t, "value")}
		for range rapid.IntRange(0, 5).Draw(t, "more") / 4 {
			members = append(members, `"`+key.Draw(t, "key")+`":`+blank.Draw(t, "blank")+value.Draw(t, "value"))
		}
		list = append(list, "{"+blank.Draw(t, "blank")+strings.Join(rapid.Permutation(members).Draw(t, "members"), ",")+"}")
	}
	return "[" + strings.Join(list, ","+blank.Draw(t, "blank")) + "]"
}

// In whatever way a list of pairs is written, the value of a name is that of
// the first pair that taking the list apart finds.
func TestPairsInOnePass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := []byte(drawPairs(t))
		var l pairList
		l.fill(raw)
		for _, text := range append(pairNames, "rulename", "stop", "key", "absent", "ForwardTp") {
			n := newName(text)
			var want []byte
			any := false
			for e := range extract.Elements(raw) {
				if p := pairOf(e); p.name != nil && equalText(p.name, text) {
					want, any = p.value, true
					break
				}
			}
			if got := l.value(&n); !bytes.Equal(got, want) || (got == nil) != (want == nil) {
				t.Fatalf("%q is %s, want %s: %s", text, got, want, raw)
			}
			if got := l.any(newNames("absent too", text)); got != any {
				t.Fatalf("%q is there: %t, want %t: %s", text, got, any, raw)
			}
		}
	})
}

// A list as the log writes it is read in one pass.
func TestPairsOfTheLog(t *testing.T) {
	var l pairList
	if !l.scan([]byte(`[{"Name":"Identity","Value":"ann"},{"Name":"ForwardTo","Value":["a","\"b\\"]},{"Value":null,"Key":"x"},{}]`)) {
		t.Fatal("one pass was not enough")
	}
	want := []pair{
		{[]byte(`"Identity"`), []byte(`"ann"`), markName([]byte("Identity"))}, {[]byte(`"ForwardTo"`), []byte(`["a","\"b\\"]`), markName([]byte("forwardtO"))},
		{[]byte(`"x"`), []byte("null"), markName([]byte("x"))}, {},
	}
	if diff := cmp.Diff(want, l.list, cmp.AllowUnexported(pair{}), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// Marks never keep names apart that are equal without case.
func TestMarksOfNames(t *testing.T) {
	letter := rapid.SampledFrom([]rune("aAkKsSzZ@[`{09\u212aſöÖ\\"))
	text := rapid.Map(rapid.SliceOfN(letter, 0, 11), func(r []rune) string { return string(r) })
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		if rapid.Bool().Draw(t, "same") {
			b = strings.Map(func(c rune) rune {
				if rapid.Bool().Draw(t, "other case") && 'a' <= c|0x20 && c|0x20 <= 'z' {
					return c ^ 0x20
				}
				return c
			}, a)
		}
		raw := []byte(`"` + strings.ReplaceAll(b, `\`, `\\`) + `"`)
		n, mark := newName(a), markString(raw)
		if got, want := n.is(raw, mark), equalText(raw, a); got != want {
			t.Fatalf("%q is %s: %t, want %t", a, raw, got, want)
		}
		if n.is(raw, mark) && n.mark.set()&mark.set() == 0 {
			t.Fatalf("%q and %s are in different sets", a, raw)
		}
	})
}

// Folding is that of the standard library.
func TestLowerIsTheLibrarys(t *testing.T) {
	letter := rapid.SampledFrom([]rune("abzABZ@[`{\x00\x7f09-öÖ\u212a"))
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(string(rapid.SliceOfN(letter, 0, 40).Draw(t, "text")))
		before := string(text)
		var r Record
		if got, want := string(r.lower(text)), strings.ToLower(before); got != want || string(text) != before {
			t.Fatalf("%q is %q, want %q; now %q", before, got, want, text)
		}
	})
}

// What is said of the fields of a mailbox record without making their values
// is what they say, and equal bytes are equal values.
func TestPeekOfPairs(t *testing.T) {
	s := NewSchema()
	var fields []Field
	for _, name := range []string{
		"parameters.Identity", "parameters.forwardto", "parameters.Key", "operationProperties.RuleName", "extendedProperties.User", "UserAgent",
		"vakt.forwardTo", "vakt.forwardDomain", "vakt.forwardDomain.1", "vakt.forwardDomain.2", "vakt.ruleName", "vakt.ruleWords", "vakt.ruleFolder", "vakt.ruleAction",
		"vakt.grantee", "vakt.grantedRights", "vakt.grantFolder",
	} {
		f, ok := s.Lookup(Unified, name)
		if !ok {
			t.Fatal(name)
		}
		fields = append(fields, f)
	}
	layout, err := s.Layout(fields...)
	if err != nil {
		t.Fatal(err)
	}
	told := map[Standing]int{}
	seen := map[Field]map[string]string{}
	rapid.Check(t, func(t *rapid.T) {
		raw := `{"Operation":"New-InboxRule","CreationTime":"2026-03-02T10:00:00","Workload":"Exchange","UserId":"a@contoso.com"`
		for _, column := range []string{"Parameters", "OperationProperties", "ExtendedProperties"} {
			if rapid.IntRange(0, 3).Draw(t, column) > 0 {
				raw += `,"` + column + `":` + drawPairs(t)
			}
		}
		raw += rapid.SampledFrom([]string{"", "", `,"Item":{"ParentFolder":{"MemberUpn":"b@contoso.com","Path":"\\Inbox"}}`, `,"Item":{"ParentFolder":{"MemberUpn":null}}`, `,"Item":[1]`, `,"Parameters":null`}).Draw(t, "rest") + "}"
		var r Record
		if layout.Read([]byte(raw), &r) != nil {
			return // a member twice
		}
		for _, f := range rapid.Permutation(fields).Draw(t, "fields") {
			told[checkPeek(t, s, &r, f, seen)]++
		}
	})
	for _, is := range []Standing{Empty, Alone, Mixed} {
		if told[is] == 0 {
			t.Errorf("no field is %v", is)
		}
	}
}

// Each list of a record is read for itself, and each text inside one.
func TestListsOfOneRecord(t *testing.T) {
	const raw = `{"Operation":"New-InboxRule","CreationTime":"2026-03-02T10:00:00","Workload":"Exchange","UserId":"a@contoso.com",` +
		`"Parameters":[{"Name":"Identity","Value":"p"},{"Name":"RuleActions","Value":"[{\"ActionType\":\"Delete\"}]"},{"Name":"Empty","Value":[]}],` +
		`"OperationProperties":[{"Name":"RuleActions","Value":"[{\"ActionType\":\"Move\"}]"},{"Name":"Identity","Value":["o","o2"]}],` +
		`"ExtendedProperties":[{"Name":"UserAgent","Value":"x"}]}`
	want := map[string][]string{
		"parameters.identity": {"p"}, "operationProperties.Identity": {"o", "o2"}, "extendedProperties.Identity": nil, "UserAgent": {"x"},
		"parameters.UserAgent": nil, "parameters.Empty": nil, "vakt.ruleAction": {"delete", "move"}, "vakt.grantFolder": nil,
	}
	s := NewSchema()
	fields := map[string]Field{}
	var all []Field
	for name := range want {
		f, ok := s.Lookup(Unified, name)
		if !ok {
			t.Fatal(name)
		}
		fields[name], all = f, append(all, f)
	}
	layout, err := s.Layout(all...)
	if err != nil {
		t.Fatal(err)
	}
	var r Record
	if err := layout.Read([]byte(raw), &r); err != nil {
		t.Fatal(err)
	}
	for name, texts := range want {
		if is := r.Holds(fields[name]); is == Alone && texts == nil || is == Empty && texts != nil || is == Unseen {
			t.Errorf("%s holds %v", name, is)
		}
		var got []string
		for _, v := range r.Field(fields[name]).List {
			got = append(got, string(v.Text))
		}
		if diff := cmp.Diff(texts, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// checkPeek compares what Peek, Only and Holds say of a field with its values.
func checkPeek(t *rapid.T, s *Schema, r *Record, f Field, seen map[Field]map[string]string) Standing {
	bytesOf, is := r.Peek(f)
	bytesOf = bytes.Clone(bytesOf)
	one, onlyIs := r.Only(f)
	holds := r.Holds(f)
	v := r.Field(f)
	right := map[Standing]bool{Unseen: v.Unknown, Empty: !v.Unknown && len(v.List) == 0, Alone: len(v.List) > 0, Mixed: true}
	if !right[holds] || is != Alone && !right[is] || onlyIs != Alone && !right[onlyIs] {
		t.Fatalf("%s holds %v, peek %v, only %v: %v\n%s", s.Name(f), holds, is, onlyIs, v, r.Raw())
	}
	if onlyIs == Alone && !cmp.Equal(v.List, []Value{one}, cmpopts.EquateEmpty()) {
		t.Fatalf("%s is only %v: %v\n%s", s.Name(f), one, v, r.Raw())
	}
	if is == Alone {
		var text strings.Builder
		for _, v := range v.List {
			text.WriteString(string(rune('0'+v.Type)) + string(v.Text) + "\x00")
		}
		if seen[f] == nil {
			seen[f] = map[string]string{}
		}
		if before, ok := seen[f][string(bytesOf)]; ok && before != text.String() {
			t.Fatalf("%s of %s is %q, and was %q", s.Name(f), bytesOf, text.String(), before)
		}
		seen[f][string(bytesOf)] = text.String()
	}
	return is
}
