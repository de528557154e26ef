package check_test

import (
	"os"
	"testing"

	"vakt/internal/baseline"
	"vakt/internal/check"
	"vakt/internal/directory"
)

// Judging a tenant of 10,000 accounts, once it is read.
func BenchmarkRun10000(b *testing.B) {
	dir, _ := labelled(b, "all-traps", 0, 1)
	s, err := directory.Load(os.DirFS(dir))
	if err != nil {
		b.Fatal(err)
	}
	c, base := checks(b), baseline.Default().WithDirectory(s.Lists())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := check.Run(s, c, check.Options{Baseline: base, Now: taken}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(s.Accounts))*float64(b.N)/b.Elapsed().Seconds(), "accounts/s")
}
