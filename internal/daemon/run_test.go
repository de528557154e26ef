package daemon_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vakt/internal/sim"
	"vakt/internal/source"
)

// TestLedgerIsTheSameWhateverReadsIt: the account of every input, with
// duplicates between and within files, does not depend on how many workers
// read how many files at a time.
func TestLedgerIsTheSameWhateverReadsIt(t *testing.T) {
	folder, copies := shuffled(t, rand.New(rand.NewPCG(7, 7)), sim.GraphBeta, story(t))
	if copies == 0 {
		t.Fatal("the story has no duplicates")
	}
	b := batch(t)
	want := run(t, b, folder).Ledger
	for _, workers := range []int{2, 3, 8} {
		for range 3 {
			b := batch(t)
			b.Workers = workers
			if diff := cmp.Diff(want, run(t, b, folder).Ledger, cmpopts.IgnoreUnexported(source.Entry{})); diff != "" {
				t.Fatalf("%d workers: %s", workers, diff)
			}
		}
	}
}
