package daemon_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
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

// TestStoppedRunLeavesNothingBehind: neither one that is cancelled while its
// facts are in files, nor one whose files cannot be written.
func TestStoppedRunLeavesNothingBehind(t *testing.T) {
	input := filepath.Join(t.TempDir(), "events.json")
	render(t, input, sim.GraphBeta, sim.Lines, sim.None, story(t))
	t.Run("cancelled", func(t *testing.T) {
		b := batch(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		b.Workers, b.FactBytes, b.Temp = 1, 1, t.TempDir() // the second input is read when the first is done
		info, err := os.Stat(input)
		if err != nil {
			t.Fatal(err)
		}
		left := info.Size()
		b.Files.Progress = func(bytes int) {
			if left -= int64(bytes); left < 0 {
				cancel()
			}
		}
		_, err = b.Run(ctx, []string{input, input})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v", err)
		}
		if left, err := os.ReadDir(b.Temp); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
	t.Run("no folder", func(t *testing.T) {
		b := batch(t)
		b.FactBytes, b.Temp = 1, filepath.Join(t.TempDir(), "not there")
		if _, err := b.Run(t.Context(), []string{input}); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got error %v", err)
		}
	})
}
