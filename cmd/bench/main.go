//go:build unix

// Command bench measures how fast Vakt reads and judges logs, beside peers in
// the same run. It makes its own input, simulated sign-ins, audits and risk
// detections as JSON Lines, and prints tables in Markdown with what is asked
// for beside what was measured.
//
// Figures are megabytes (10^6 bytes) for each second of processor time, user
// and system, all threads together, unless a row says otherwise: so they mean
// one core and move little with what else the machine does. Every measurement
// is a process of its own; its start (loading rules, starting node) is
// measured apart. Each round takes all ways in turn, and the median counts.
// Compare ratios of one run, not figures of two.
//
// The engine's answers are compared with the truth of the simulator, and its
// matches rule by rule with those of the peers: a figure of an engine that
// finds something else would mean nothing.
//
// One process can be run by itself, with a profile of its processor time:
//
//	bench child -builtin -profile cpu.out events.jsonl
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options of a run.
type options struct {
	mb, rounds int
	rules      string // folder of public rules
	duckdb     string // folder with @duckdb/node-api
	only       string
	keys       int
	accounts   int
	people     int
}

func run(ctx context.Context, args []string, w io.Writer) error {
	if len(args) > 0 && args[0] == childCommand {
		return child(ctx, args[1:], w)
	}
	if len(args) > 0 && args[0] == tenantCommand {
		return writeTenant(args[1:])
	}
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&o.mb, "mb", 100, "size of the input in megabytes; 2000 for figures that are published")
	flags.IntVar(&o.rounds, "rounds", 5, "how often each way is measured; the median counts")
	flags.StringVar(&o.rules, "rules", "", "folder of public rules that are run beside ours, such as a copy of SigmaHQ's")
	flags.StringVar(&o.duckdb, "duckdb", "", "folder with the npm package @duckdb/node-api; empty: it is installed into a temporary one")
	flags.StringVar(&o.only, "only", "", "only tables whose names hold this: engine, start, rules, cores, compressed, memory, correlations, tenant, precision")
	flags.IntVar(&o.keys, "keys", 1_000_000, "live keys of the correlation that is measured")
	flags.IntVar(&o.accounts, "accounts", 100_000, "accounts of the tenant that is measured")
	flags.IntVar(&o.people, "month-accounts", 0, "accounts of the simulated month; 0 is the scenario's 5000")
	if err := flags.Parse(args); err != nil {
		return err
	}
	b, err := newBench(ctx, o, w)
	if err != nil {
		return err
	}
	defer b.close()
	return b.all(ctx)
}

// all measures one table after the other.
func (b *bench) all(ctx context.Context) error {
	if err := b.say("%s, %d MB of input (%d events), %s/%s, %d cores, %s, median of %d rounds\n",
		machine(), b.input.bytes/1e6, b.input.events, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), b.rounds); err != nil {
		return err
	}
	for _, t := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"engine", b.engine}, {"start", b.start}, {"rules", b.ruleCost}, {"cores", b.cores}, {"compressed", b.compressed}, {"memory", b.memory}, {"correlations", b.correlations},
		{"tenant", b.tenant}, {precisionRun, b.precision},
	} {
		if !strings.Contains(t.name, b.only) {
			continue
		}
		if err := t.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

// say writes to the report.
func (b *bench) say(format string, args ...any) error {
	_, err := fmt.Fprintf(b.out, format, args...)
	return err
}

// machine names the processor, where the system tells it.
func machine() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return "unknown processor"
}
