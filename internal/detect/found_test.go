package detect

import (
	"testing"
)

// TestFoundKeepsAll: as many as were asked for, in their order, of one list
// and of several.
func TestFoundKeepsAll(t *testing.T) {
	for _, n := range []int{0, 1, fewFound, fewFound + 1, 5 * manyFound} {
		var lists [3]found
		for i := range lists {
			for k := range n {
				lists[i].next().Count = i*n + k
			}
		}
		lists[0].absorb(&lists[1])
		lists[0].absorb(&lists[2])
		all := lists[0].all()
		if len(all) != 3*n {
			t.Fatalf("%d detections of %d", len(all), 3*n)
		}
		for i := range all {
			if all[i].Count != i {
				t.Fatalf("place %d of %d holds detection %d", i, 3*n, all[i].Count)
			}
		}
	}
}
