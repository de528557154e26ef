package directory_test

import (
	"os"
	"runtime"
	"testing"

	"vakt/internal/directory"
)

// exported writes a tenant of n accounts to a folder.
func exported(b *testing.B, n int) string {
	b.Helper()
	w := newWorld(b, "big", n)
	dir := b.TempDir()
	if err := w.state.Export(dir); err != nil {
		b.Fatal(err)
	}
	return dir
}

// heap is what is in use after a collection, in MiB.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// BenchmarkLoad20k reads a folder of 20,000 accounts. live-MiB is what the
// snapshot itself holds.
func BenchmarkLoad20k(b *testing.B) {
	dir := exported(b, 20_000)
	before := heap()
	var s *directory.Snapshot
	var err error
	for b.Loop() {
		if s, err = directory.Load(os.DirFS(dir)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(heap()-before, "live-MiB")
	if len(s.Accounts) != 20_000 {
		b.Fatalf("%d accounts", len(s.Accounts))
	}
}

// BenchmarkSave20k keeps a snapshot in the store and reads it back.
func BenchmarkSave20k(b *testing.B) {
	s, err := directory.Load(os.DirFS(exported(b, 20_000)))
	if err != nil {
		b.Fatal(err)
	}
	store := newStore(b)
	for b.Loop() {
		run, _, err := store.Begin(b.Context(), "contoso", noon, 0)
		if err != nil {
			b.Fatal(err)
		}
		if err := store.Save(b.Context(), run, s, noon); err != nil {
			b.Fatal(err)
		}
		if _, err := store.Get(b.Context(), s.ID); err != nil {
			b.Fatal(err)
		}
	}
}
