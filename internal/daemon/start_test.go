package daemon_test

import (
	"context"
	"io"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"

	"vakt"
	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/event"
	"vakt/internal/rule"
)

// BenchmarkStart is what a run does before it reads: load our own rules, and
// compile them.
func BenchmarkStart(b *testing.B) {
	b.Run("load", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			daemon.LoadRules(vakt.Rules, nil)
		}
	})
	b.Run("compile", func(b *testing.B) {
		rules, _ := daemon.LoadRules(vakt.Rules, nil)
		b.ReportAllocs()
		for b.Loop() {
			rule.Compile(rules, event.NewSchema(), baseline.Default())
		}
	})
}

// A start reads all of our rules, however little there is to read after them.
// How often memory is asked for is most of what that costs: once it was 590
// times a rule to load and 400 times to compile.
func TestStartAllocations(t *testing.T) {
	rules, problems := daemon.LoadRules(vakt.Rules, nil)
	if len(problems) > 0 || len(rules) == 0 {
		t.Fatal(len(rules), problems)
	}
	load := testing.AllocsPerRun(3, func() { daemon.LoadRules(vakt.Rules, nil) }) / float64(len(rules))
	compile := testing.AllocsPerRun(3, func() { rule.Compile(rules, event.NewSchema(), baseline.Default()) }) / float64(len(rules))
	t.Logf("of a rule: %.0f to load, %.0f to compile", load, compile)
	if load > 150 || compile > 330 {
		t.Errorf("memory is asked for %.0f times a rule to load, at most 150 are allowed, and %.0f times to compile, at most 330", load, compile)
	}
}

// gcPercent is the present setting. Asking for it changes nothing.
func gcPercent() int {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return int(sample[0].Value.Uint64())
}

// collectUntil makes rounds of the collector until the setting is as wanted,
// or gives up. What a round finds is told a little later.
func collectUntil(percent int) {
	for range 1000 {
		runtime.GC()
		for range 100 {
			if gcPercent() == percent {
				return
			}
			runtime.Gosched()
		}
	}
}

// Patience ends when the rules are compiled and the collector has made a
// round, and leaves the setting as it was.
func TestPatienceEnds(t *testing.T) {
	t.Setenv("GOGC", "")
	before := gcPercent()
	over := daemon.Patience()
	defer over()
	patient := gcPercent()
	if patient <= before {
		t.Fatalf("the collector waits for %d hundredths, before it were %d", patient, before)
	}
	for range 3 {
		runtime.GC()
	}
	if gcPercent() != patient {
		t.Errorf("before the rules are compiled the collector waits for %d hundredths, want %d", gcPercent(), patient)
	}
	b := batch(t)
	ended := 0
	b.Prepared = func() { ended++; over() }
	b.Files.Stdin = readProbe(func() {
		if collectUntil(before); ended != 1 || gcPercent() != before {
			t.Errorf("while it reads, patience has ended %d times and the collector waits for %d hundredths, want %d", ended, gcPercent(), before)
		}
	})
	for range 2 {
		_, _ = b.Run(context.Background(), []string{"-"}) // there is nothing to be found
	}
	if ended != 1 || gcPercent() != before {
		t.Errorf("patience has ended %d times, and the collector waits for %d hundredths, want %d", ended, gcPercent(), before)
	}
}

// Without a round of the collector patience does not end: a short run is over
// before the first.
func TestPatienceWaitsForARound(t *testing.T) {
	t.Setenv("GOGC", "")
	before := gcPercent()
	over := daemon.Patience()
	debug.SetGCPercent(-1) // no round by itself
	over()
	over()
	if gcPercent() != -1 {
		t.Errorf("without a round the collector waits for %d hundredths", gcPercent())
	}
	if collectUntil(before); gcPercent() != before {
		t.Errorf("after a round the collector waits for %d hundredths, want %d", gcPercent(), before)
	}
}

// readProbe looks when it is read, and is empty.
type readProbe func()

func (look readProbe) Read([]byte) (int, error) {
	look()
	return 0, io.EOF
}

// Whoever has set GOGC is left alone.
func TestPatienceLeavesGOGC(t *testing.T) {
	t.Setenv("GOGC", "50")
	before := gcPercent()
	over := daemon.Patience()
	if gcPercent() != before {
		t.Errorf("the collector waits for %d hundredths, want %d", gcPercent(), before)
	}
	over()
}
