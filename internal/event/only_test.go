package event

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// Only says what Field says of a record of its own, when it is asked first, again
// and after Field, of one Record for all; and Columns say what
// Peek says, and what is written.
func TestOnlyAgreesWithField(t *testing.T) {
	s := NewSchema()
	var all []Field
	for _, name := range s.Names(SignIn) {
		if f, ok := s.Lookup(SignIn, name); ok {
			all = append(all, f)
		}
	}
	for _, log := range []Log{Audit, Risk, Unified} {
		for _, name := range []string{"id", "account", "correlationId", "parameters.Identity", "additionalInfo.userAgent"} {
			if f, ok := s.Lookup(log, name); ok {
				all = append(all, f)
			}
		}
	}
	layout, err := s.Layout(all...)
	if err != nil {
		t.Fatal(err)
	}
	var r Record
	alone, written := 0, 0
	for _, raw := range append(heldRecords, heldRecords...) {
		var other Record
		if err := layout.Read([]byte(raw), &r); err != nil {
			t.Fatal(err)
		}
		if err := layout.Read([]byte(raw), &other); err != nil {
			t.Fatal(err)
		}
		for _, f := range all {
			want := other.Field(f)
			columns := r.Columns()
			raw, plain := columns.Peek(f)
			if peeked, is := r.Peek(f); plain != r.Plain(f) || plain && (is == Alone != (raw != nil) || string(peeked) != string(raw)) {
				t.Errorf("%v %s is %q in its column (plain: %t), want %q", s.Log(f), s.Name(f), raw, plain, peeked)
			}
			if text, ok := columns.Written(f); ok && !bytes.Contains(text, []byte(`\`)) {
				written++
				if len(want.List) != 1 || !bytes.Equal(bytes.ToLower(text), bytes.ToLower(want.List[0].Text)) {
					t.Errorf("%v %s is written %q, want %q", s.Log(f), s.Name(f), text, want.List)
				}
			}
			for _, ask := range []string{"first", "again", "after Field"} {
				v, is := r.Only(f)
				if is == Alone && (len(want.List) != 1 || string(v.Text) != string(want.List[0].Text) || v.Type != want.List[0].Type) {
					t.Errorf("%v %s, %s: %q, want %q\n%s", s.Log(f), s.Name(f), ask, v.Text, want.List, raw)
				}
				if is == Alone {
					alone++
				}
				if ask == "again" {
					r.Field(f)
				}
			}
		}
	}
	if alone == 0 || written == 0 {
		t.Errorf("%d fields are alone, %d are as they are written", alone, written)
	}
}

// The id is that of the record at hand, though it is kept.
func TestIDOfOneRecordAfterAnother(t *testing.T) {
	s := NewSchema()
	layout, err := s.Layout()
	if err != nil {
		t.Fatal(err)
	}
	var r Record
	for _, id := range []string{"a", "B-1", "00000000-0000-0000-0000-000000000000", "b", `\u0063`, "", "d"} {
		if err := layout.Read([]byte(`{"id":"`+id+`","createdDateTime":"2026-03-03T08:00:00Z","userId":"u","appId":"b","status":{"errorCode":0}}`), &r); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"00000000-0000-0000-0000-000000000000": "", `\u0063`: "c"}
		text, is := want[id]
		if !is {
			text = id
		}
		for range 2 {
			if got := string(r.ID()); got != text {
				t.Errorf("id %q is %q", id, got)
			}
		}
	}
}

// A text is told by eight bytes at once as by one at a time.
func TestIsPlainLower(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.SampledFrom([]byte("@A[\\]^`az09-Z\x00\x7f\x80\xff")), 0, 20).Draw(t, "text")
		if rapid.Bool().Draw(t, "mostly plain") {
			for i := range text {
				if rapid.IntRange(0, 19).Draw(t, "plain") > 0 {
					text[i] = "a0-]z@"[i%6]
				}
			}
		}
		want := true
		for _, c := range text {
			want = want && c < 0x80 && (c < 'A' || c > '\\')
		}
		if isPlainLower(text) != want {
			t.Fatalf("%q: %t", text, !want)
		}
	})
}
