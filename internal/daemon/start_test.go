package daemon_test

import (
	"context"
	"io"
	"runtime/debug"
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

// gcPercent is the present setting.
func gcPercent() int {
	percent := debug.SetGCPercent(100)
	debug.SetGCPercent(percent)
	return percent
}

// Patience ends when the rules are compiled, and leaves the setting as it was.
func TestPatienceEnds(t *testing.T) {
	t.Setenv("GOGC", "")
	before := gcPercent()
	over := daemon.Patience()
	defer over()
	if gcPercent() <= before {
		t.Fatalf("the collector waits for %d hundredths, before it were %d", gcPercent(), before)
	}
	b := batch(t)
	ended := 0
	b.Prepared = func() { ended++; over() }
	b.Files.Stdin = readProbe(func() {
		if ended != 1 || gcPercent() != before {
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
