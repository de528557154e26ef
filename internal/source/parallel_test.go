package source_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"vakt/internal/extract"
	"vakt/internal/source"
)

// gate opens when so many inputs are open at a time.
type gate struct {
	mu     sync.Mutex
	open   int
	wanted int
	ready  chan struct{}
	places []source.Place
}

func (g *gate) Begin(_ *source.Entry, at source.Place) source.Sink {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.places = append(g.places, at)
	if g.open++; g.open == g.wanted {
		close(g.ready)
	}
	return gated{g}
}

type gated struct{ *gate }

func (g gated) Batch(b *extract.Batch) error {
	<-g.ready
	b.Release()
	return nil
}

func (g gated) End() {}

// TestParallelFilesAreOpenAtATime: as many as are asked for, and the ledger
// stands in the order of the files all the same.
func TestParallelFilesAreOpenAtATime(t *testing.T) {
	const files = 7
	var args, want []string
	for i := range files {
		args = append(args, file(t, fmt.Sprintf("%d.json", i), []byte(lines)))
		want = append(want, args[i])
	}
	args[3] = file(t, "members.zip", zipped(t, member{name: "a", data: []byte(lines)}, member{name: "b", data: []byte(lines)}))
	want = slices.Concat(want[:3], []string{args[3] + "!a", args[3] + "!b"}, want[4:])
	g := &gate{wanted: 3, ready: make(chan struct{})}
	calls := 0 // not guarded: Progress must not be called twice at a time
	ledger, err := (&source.Files{Parallel: 3, Progress: func(int) { calls++ }}).Read(context.Background(), args, g)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range ledger.Inputs {
		got = append(got, e.Path)
	}
	if !slices.Equal(got, want) {
		t.Errorf("inputs %q, want %q", got, want)
	}
	slices.SortFunc(g.places, source.Place.Compare)
	if len(g.places) != files+1 || g.places[4] != (source.Place{File: 3, Member: 1}) || calls < files {
		t.Errorf("places %v, %d calls", g.places, calls)
	}
}
