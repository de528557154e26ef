package detect

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestAppendLower: eight bytes at a time say what the library says of all, and
// nothing is a joint.
func TestAppendLower(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "before")
		text := rapid.OneOf(
			rapid.SliceOfN(rapid.ByteRange(1, 0x7f), 0, 40),
			rapid.SliceOfN(rapid.SampledFrom([]byte{'@', 'A', 'Z', '[', '`', 'a', 'z', '{', 0x7f, 0x80, 0xc3, 0x84, 0, 1}), 0, 40),
			rapid.Map(rapid.String(), func(s string) []byte { return []byte(s) }),
		).Draw(t, "text")
		given := bytes.Clone(text)
		want := append(bytes.Clone(before), bytes.ToLower(bytes.ReplaceAll(text, []byte{0}, []byte("\ufffd")))...)
		if got := appendLower(bytes.Clone(before), text); !bytes.Equal(got, want) {
			t.Fatalf("%q: got %q, want %q", text, got, want)
		}
		if !bytes.Equal(text, given) {
			t.Fatalf("the text became %q", text)
		}
	})
}
