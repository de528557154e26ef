//go:build unix

// Command bench measures how fast Vakt reads and judges logs, beside peers in
// the same run. It makes its own input, a day of simulated sign-ins, audits
// and risk detections as JSON Lines, and prints a table in Markdown.
//
// Figures are megabytes for each second of processor time (user and system,
// all threads together), so that they mean one core and move little with what
// else the machine does. Compare ratios of one run, not figures of two.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	"vakt"
	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/event"
	"vakt/internal/extract"
	"vakt/internal/source"
)

func main() {
	mb := flag.Int("mb", 100, "size of the input in megabytes")
	rounds := flag.Int("rounds", 5, "how often each way is measured; the median counts")
	flag.Parse()
	if err := bench(os.Stdout, *mb, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// way is one way to go through the file.
type way struct {
	name string
	run  func(file string) (cpu time.Duration, err error)
}

func bench(w io.Writer, mb, rounds int) error {
	dir, err := os.MkdirTemp("", "vakt-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // nothing is lost with it
	file := filepath.Join(dir, "events.jsonl")
	bytes, events, err := generate(file, int64(mb)*1e6)
	if err != nil {
		return err
	}
	rules, problems := daemon.LoadRules(vakt.Rules, nil)
	if len(problems) > 0 {
		return problems[0]
	}
	ways := []way{
		{"`wc -l`", lineCount},
		{"encoding/json into a map, line by line", decodeAll},
		{"reading: split, validate, recognise, time and key", own(read)},
		{fmt.Sprintf("the whole: `vakt detect`, %d rules, 1 worker", len(rules)), own(func(f string) error { return detect(f, 1) })},
		{fmt.Sprintf("the whole, %d workers", runtime.NumCPU()), own(func(f string) error { return detect(f, runtime.NumCPU()) })},
	}
	times := make([][]time.Duration, len(ways))
	for range rounds {
		for i, way := range ways { // one after the other in each round, so that noise hits all alike
			cpu, err := way.run(file)
			if err != nil {
				return fmt.Errorf("%s: %w", way.name, err)
			}
			times[i] = append(times[i], cpu)
		}
	}
	return table(w, ways, times, bytes, events)
}

func table(w io.Writer, ways []way, times [][]time.Duration, bytes int64, events int) error {
	rate := func(i int) float64 {
		slices.Sort(times[i])
		return float64(bytes) / 1e6 / times[i][len(times[i])/2].Seconds()
	}
	base := rate(1)
	_, err := fmt.Fprintf(w, "%d MB, %d events, %s/%s, %d cores, %s, median of %d rounds\n\n| way | MB per CPU-second | thousand events per CPU-second | against encoding/json |\n|---|---|---|---|\n",
		bytes/1e6, events, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), len(times[0]))
	for i, way := range ways {
		if err == nil {
			_, err = fmt.Fprintf(w, "| %s | %.0f | %.0f | %.1f × |\n", way.name, rate(i), rate(i)*float64(events)/float64(bytes)*1e3, rate(i)/base)
		}
	}
	return err
}

// own measures the processor time of this process.
func own(f func(file string) error) func(string) (time.Duration, error) {
	return func(file string) (time.Duration, error) {
		runtime.GC()
		before, err := used()
		if err != nil {
			return 0, err
		}
		if err := f(file); err != nil {
			return 0, err
		}
		after, err := used()
		return after - before, err
	}
}

func used() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

func lineCount(file string) (time.Duration, error) {
	cmd := exec.CommandContext(context.Background(), "wc", "-l", file)
	if err := cmd.Run(); err != nil {
		return 0, err
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

func decodeAll(file string) (time.Duration, error) {
	return own(func(file string) error {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close() //nolint:errcheck // read only
		lines := bufio.NewScanner(f)
		lines.Buffer(make([]byte, 1<<20), 1<<20)
		for lines.Scan() {
			var m map[string]any
			if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
				return err
			}
		}
		return lines.Err()
	})(file)
}

// read is everything but the rules.
func read(file string) error {
	layout, err := event.NewSchema().Layout()
	if err != nil {
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read only
	var r event.Record
	return extract.Split(context.Background(), f, extract.Limits{}, func(b *extract.Batch) error {
		defer b.Release()
		for i := range b.Items {
			if err := layout.Read(b.Items[i].Raw, &r); err != nil {
				return err
			}
			if err := r.Check(); err != nil {
				return err
			}
			_ = r.Key()
		}
		return nil
	})
}

func detect(file string, workers int) error {
	rules, _ := daemon.LoadRules(vakt.Rules, nil)
	b := daemon.Batch{Rules: rules, Baseline: baseline.Default(), Workers: workers, Files: source.Files{}}
	report, err := b.Run(context.Background(), []string{file})
	if err != nil {
		return err
	}
	if missing := report.Ledger.Incomplete(); missing != "" {
		return fmt.Errorf("incomplete: %s", missing)
	}
	return nil
}
