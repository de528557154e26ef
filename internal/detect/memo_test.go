package detect

import (
	"strconv"
	"testing"

	"vakt/internal/event"
)

// TestMemoTellsEntitiesApart: more of them than it remembers, of two workers
// that write alike what is not, some too long to be remembered.
func TestMemoTellsEntitiesApart(t *testing.T) {
	d := bare(MaxWindow)
	workers := []*Worker{d.newWorker(), d.newWorker()}
	var memo entityMemo
	for round := range 3 {
		for i := range 2 * manyEntities {
			of := uint32(i % 2)
			w, id, name := workers[of], strconv.Itoa(i/4*(1+i%2)), []string{"", "a", "a name that is longer than what is remembered"}[i/8%3]
			want := event.Entity{Kind: []string{"account", "ip"}[(i/2+i)%2], ID: id, Name: name + id}
			w.shown.named = w.shown.named[:0]
			w.entity(want.Kind, []byte(want.ID), []byte(want.Name))
			if got := memo.entity(w, of, w.shown.named); got != want {
				t.Fatalf("round %d, worker %d: got %+v, want %+v", round, of, got, want)
			}
		}
	}
	if memo.taken > manyEntities || memo.taken < manyEntities/2 || len(memo.slots) != (memo.taken-1)/entityPiece+1 {
		t.Errorf("the memo has %d slots in %d pieces, want up to %d", memo.taken, len(memo.slots), manyEntities)
	}
}
