package event

import (
	"slices"
	"testing"
)

// What a sign-in of Graph has stands in slots one after the other, without those of
// other shapes and logs between them.
func TestSlotsOfARecordStandTogether(t *testing.T) {
	s := NewSchema()
	var fields []Field
	for f := range s.fields[1:] {
		fields = append(fields, Field(f+1))
	}
	l, err := s.Layout(fields...)
	if err != nil {
		t.Fatal(err)
	}
	var slots []int
	for _, f := range s.fields[1:] {
		if f.log == SignIn && f.derive == nil {
			for _, src := range f.sources[GraphV1] {
				slots = append(slots, l.slots[src.path])
			}
		}
	}
	slices.Sort(slots)
	if slots = slices.Compact(slots); len(slots) < 20 || slots[len(slots)-1]-slots[0] != len(slots)-1 {
		t.Errorf("%d slots, %v", len(slots), slots)
	}
}
