package detect

import (
	"strconv"
	"strings"
	"testing"
)

// TestRowsHoldTheSumsOfTheirSets: what a recipe writes down of a record is the hash of
// its one group by each set of fields.
func TestRowsHoldTheSumsOfTheirSets(t *testing.T) {
	rule := strings.Replace(counting("value_count", "user", "gt: 3", 600, 600), "[ip]\n  timespan", "[ip, appId, userDisplayName]\n  timespan", 1)
	d := detectorOf(t, rule)
	w := d.NewWorker()
	for i, ip := range []string{"192.0.2.1", "192.0.2.2"} {
		r := recordOf(t, d, signIn(strconv.Itoa(i), "10:00:00", ip, "userDisplayName", `"Ann"`))
		if !w.SeeAt(r, At{Size: 1}) {
			t.Fatal("the record leaves no trace")
		}
		wide := false
		for _, c := range w.recipes {
			for at, set := range c.sets {
				wide = wide || len(d.sets[set]) == 3
				got, want := c.table.pages[0].column(1 + at)[i], w.sums(r, set)
				if len(want) != 1 || got != want[0] {
					t.Errorf("record %d, set %v: %x, not %x", i, d.sets[set], got, want)
				}
			}
		}
		if !wide {
			t.Error("no set has three fields")
		}
	}
}
