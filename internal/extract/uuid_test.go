package extract

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

var lowerUUID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// TestUUIDRoundTrips mutates one byte of a UUID: what is packed is a UUID in
// lower case, and nothing else, and comes back as it was.
func TestUUIDRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(rapid.StringMatching(lowerUUID.String()).Draw(t, "uuid"))
		if rapid.Bool().Draw(t, "mutated") {
			text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		uuid, ok := PackUUID(text)
		if want := lowerUUID.Match(text); ok != want {
			t.Fatalf("PackUUID(%q) = %t, want %t", text, ok, want)
		}
		if got := AppendUUID(nil, uuid[:]); ok && string(got) != string(text) {
			t.Fatalf("%q came back as %q", text, got)
		}
	})
	for c := range 256 {
		text := []byte("01234567-89ab-cdef-0123-456789abcdef")
		text[30] = byte(c)
		if _, ok := PackUUID(text); ok != lowerUUID.Match(text) {
			t.Errorf("PackUUID(%q) = %t", text, ok)
		}
	}
}
