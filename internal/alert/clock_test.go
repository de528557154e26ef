package alert

import (
	"testing"
	"time"
)

// TestClockWritesAsTimeDoes: days one after the other and mixed, before 1970 and
// with years of more than four digits, which are written all the same.
func TestClockWritesAsTimeDoes(t *testing.T) {
	var c clock
	check := func(second int64) {
		t.Helper()
		if got, want := c.stamp(second), time.Unix(second, 0).UTC().Format(time.RFC3339); got != want {
			t.Errorf("%d: got %q, want %q", second, got, want)
		}
	}
	for _, from := range []int64{0, -1, 1, -day, 10*day - 1, 1790000000, -62135596800, -62135596801, 253402300799, 253402300800} {
		for _, step := range []int64{0, 1, 59, minute, hour - 1, hour, 9*hour + 9*minute + 9, 23 * hour, day - 1, day, 2*day + 7} {
			check(from + step)
			check(from)
		}
	}
	for i := range int64(5000) {
		check(i*i*7919 - 5000*day)
	}
}
