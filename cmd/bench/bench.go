//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// bench holds what all tables need.
type bench struct {
	options
	out   io.Writer
	self  string // this program
	dir   string
	input input
}

func newBench(ctx context.Context, o options, w io.Writer) (*bench, error) {
	b := &bench{options: o, out: w}
	var err error
	if b.self, err = os.Executable(); err != nil {
		return nil, err
	}
	if b.dir, err = os.MkdirTemp("", "vakt-bench-*"); err != nil {
		return nil, err
	}
	if b.input, err = generate(b.path("events.jsonl"), int64(o.mb)*1e6); err != nil {
		b.close()
		return nil, err
	}
	return b, ctx.Err()
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) close() {
	_ = os.RemoveAll(b.dir) // what stays is in the folder for temporary files
}

// way is one way to go through an input.
type way struct {
	name    string
	command func(context.Context) *exec.Cmd
	cores   int // GOMAXPROCS; 0: 1
	silent  bool
}

// figures of the rounds of a way.
type figures struct {
	way
	cpu, wall []float64 // seconds, start apart
	start     []float64 // seconds of processor time before it
	compile   []float64 // seconds of it for loading and compiling rules
	peak      float64   // bytes, the most of all rounds
	told      told
}

// mb is the peak in megabytes of 2^20 bytes.
func (f *figures) mib() float64 { return f.peak / (1 << 20) }

// peakTold is the peak for people: nothing of a process that does not tell it
// itself, as peakOf says.
func (f *figures) peakTold() string {
	if f.silent {
		return ""
	}
	return fmt.Sprintf("%.0f", f.mib())
}

// child is this program as a process that is measured.
func (b *bench) child(cores int, args ...string) way {
	return way{cores: cores, command: func(ctx context.Context) *exec.Cmd {
		return exec.CommandContext(ctx, b.self, append([]string{childCommand}, args...)...)
	}}
}

// named gives a way its name.
func (w way) named(format string, args ...any) way {
	w.name = fmt.Sprintf(format, args...)
	return w
}

// measure takes ways in turn, round by round, so that noise hits all alike.
func (b *bench) measure(ctx context.Context, rounds int, ways ...way) ([]*figures, error) {
	all := make([]*figures, len(ways))
	for range rounds {
		for i, w := range ways {
			if all[i] == nil {
				all[i] = &figures{way: w}
			}
			if err := all[i].once(ctx); err != nil {
				return nil, fmt.Errorf("%s: %w", w.name, err)
			}
		}
	}
	return all, nil
}

// once runs the process.
func (f *figures) once(ctx context.Context) error {
	cmd := f.command(ctx)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(max(1, f.cores)))
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problem
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w: %.400s", err, problem.String())
	}
	f.told = told{}
	if !f.silent {
		if err := json.Unmarshal(out.Bytes(), &f.told); err != nil {
			return fmt.Errorf("what it says: %w", err)
		}
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return errors.New("the system does not tell what a process used")
	}
	f.start, f.compile = append(f.start, f.told.Setup), append(f.compile, f.told.Compile)
	f.cpu = append(f.cpu, (cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()).Seconds()-f.told.Setup)
	f.wall = append(f.wall, f.told.Wall)
	f.peak = max(f.peak, peakOf(f.told.Peak, usage))
	return nil
}

// rate is megabytes of an input for each second.
func rate(bytes int64, seconds []float64) float64 { return float64(bytes) / 1e6 / median(seconds) }

// best is the rate of the quickest round, which noise has touched least.
func best(bytes int64, seconds []float64) float64 { return float64(bytes) / 1e6 / least(seconds) }

// asked says beside a figure what is asked for. A figure that must not be
// above, as of memory, is a cost.
func asked(got, must, reach float64, cost bool) string {
	verdict := "**missed**"
	switch {
	case !cost && got >= reach || cost && got <= reach:
		verdict = "reached"
	case !cost && got >= must || cost && got <= must:
		verdict = "met"
	}
	return fmt.Sprintf("%.4g | %.4g | %s", must, reach, verdict)
}

// same compares counts by rule.
func same(what string, got, want map[string]int) error {
	both := maps.Clone(want)
	maps.Copy(both, got)
	var differences []string
	for _, key := range slices.Sorted(maps.Keys(both)) {
		if got[key] != want[key] {
			differences = append(differences, fmt.Sprintf("rule %q found %d, expected %d", key, got[key], want[key]))
		}
	}
	if differences != nil {
		return fmt.Errorf("%s: %s", what, strings.Join(differences, "; "))
	}
	return nil
}

func sum(m map[string]int) int {
	n := 0
	for _, c := range m {
		n += c
	}
	return n
}
