//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"vakt"
	"vakt/internal/baseline"
	"vakt/internal/daemon"
	"vakt/internal/event"
	"vakt/internal/extract"
	"vakt/internal/rule"
	"vakt/internal/source"
)

// childCommand is the first argument of a process that is measured.
const childCommand = "child"

// told is what such a process says in its last line.
type told struct {
	Setup   float64        `json:"setup"`   // seconds of processor time before it began to read
	Compile float64        `json:"compile"` // seconds of it for loading and compiling rules
	Wall    float64        `json:"wall"`    // seconds from there on
	Peak    float64        `json:"peak"`    // bytes
	Rules   int            `json:"rules"`
	Events  int            `json:"events"`
	Alerts  map[string]int `json:"alerts,omitempty"`  // by rule
	Matches map[string]int `json:"matches,omitempty"` // by rule
}

// job is what a child is to do.
type job struct {
	way      string // detect, read, count, decode or inflate
	files    []string
	workers  int
	builtin  bool
	rules    string // files or folders, with commas
	keys     string // file with the keys of rules to keep, a line each; empty: all
	portable bool
	profile  string // file for a profile of the processor time; empty: none

	prepared func()  // to be called when the rules are compiled: ends the patience of the start
	compile  float64 // seconds of processor time until then, from when the rules began to be loaded
}

func child(ctx context.Context, args []string, w io.Writer) error {
	var j job
	flags := flag.NewFlagSet(childCommand, flag.ContinueOnError)
	flags.StringVar(&j.way, "way", "detect", "")
	flags.IntVar(&j.workers, "workers", 1, "")
	flags.BoolVar(&j.builtin, "builtin", false, "")
	flags.StringVar(&j.rules, "rules", "", "")
	flags.StringVar(&j.keys, "keys", "", "")
	flags.BoolVar(&j.portable, "portable", false, "")
	flags.StringVar(&j.profile, "profile", "", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	j.files = flags.Args()
	asked, over := cpu(), daemon.Patience()
	j.prepared = sync.OnceFunc(func() {
		over()
		j.compile = cpu() - asked
	})
	defer j.prepared()
	rules, err := j.load()
	if err != nil {
		return err
	}
	var out told
	switch j.way {
	case "detect":
		out, err = j.detect(ctx, rules)
	case "read", "count":
		out, err = j.match(ctx, rules)
	case "decode":
		out, err = j.decode(rules)
	case "inflate":
		out, err = j.inflate()
	default:
		err = fmt.Errorf("no way %q", j.way)
	}
	pprof.StopCPUProfile()
	if err != nil {
		return err
	}
	out.Rules, out.Peak = len(rules), ownPeak()
	return json.NewEncoder(w).Encode(out)
}

// begin notes what was used until now and begins to measure.
func (j *job) begin(out *told) (began time.Time, err error) {
	j.prepared()
	if j.profile != "" {
		f, err := os.Create(j.profile)
		if err != nil {
			return began, err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return began, err
		}
	}
	out.Setup, out.Compile = cpu(), j.compile
	return time.Now(), nil
}

// load loads the rules that are asked for.
func (j *job) load() ([]*rule.Rule, error) {
	var paths []string
	if j.rules != "" {
		paths = strings.Split(j.rules, ",")
	}
	builtin := vakt.Rules
	rules, problems := daemon.LoadRules(builtin, paths)
	if !j.builtin {
		rules, problems = daemon.LoadRules(nil, paths)
	}
	for _, p := range problems {
		if p.Stops() {
			return nil, p
		}
	}
	if j.keys == "" {
		return rules, nil
	}
	text, err := os.ReadFile(j.keys)
	if err != nil {
		return nil, err
	}
	keep := strings.Fields(string(text))
	return slices.DeleteFunc(rules, func(r *rule.Rule) bool { return !slices.Contains(keep, r.Key()) }), nil
}

// cpu is the processor time of this process so far, in seconds.
func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// detect is the complete engine. Its first run, on nothing, compiles.
func (j *job) detect(ctx context.Context, rules []*rule.Rule) (out told, err error) {
	b := daemon.Batch{Rules: rules, Baseline: baseline.Default(), Workers: j.workers, Prepared: j.prepared, Files: source.Files{Stdin: strings.NewReader("{}")}}
	if j.portable {
		b.Files.Limits.Kernel = extract.Portable
	}
	if _, err := b.Run(ctx, []string{"-"}); err != nil {
		return out, err
	}
	began, err := j.begin(&out)
	if err != nil {
		return out, err
	}
	report, err := b.Run(ctx, j.files)
	if err != nil {
		return out, err
	}
	out.Wall = time.Since(began).Seconds()
	if missing := report.Ledger.Incomplete(); missing != "" {
		return out, fmt.Errorf("incomplete: %s", missing)
	}
	out.Events, out.Alerts = report.Ledger.Total().Read, map[string]int{}
	for _, a := range report.Alerts {
		out.Alerts[a.Rule]++
	}
	return out, nil
}

// match is reading alone, or reading and matching without facts: the matches
// of each rule.
func (j *job) match(ctx context.Context, rules []*rule.Rule) (out told, err error) {
	schema := event.NewSchema()
	set, _ := rule.Compile(rules, schema, baseline.Default())
	var fields []event.Field
	if j.way == "count" {
		fields = set.Fields()
	}
	layout, err := schema.Layout(fields...)
	if err != nil {
		return out, err
	}
	out.Matches = map[string]int{}
	matcher := set.NewMatcher()
	var r event.Record
	var found []rule.Outcome
	began, err := j.begin(&out)
	if err != nil {
		return out, err
	}
	err = j.split(ctx, func(b *extract.Batch) error {
		defer b.Release()
		for i := range b.Items {
			if err := layout.ReadItem(&b.Items[i], &r); err != nil {
				return err
			}
			if err := r.Check(); err != nil {
				return err
			}
			_ = r.Key()
			if out.Events++; j.way == "read" {
				continue
			}
			found = matcher.Match(&r, r.Logs(), found[:0])
			for i := range found {
				if found[i].Result == rule.True {
					out.Matches[found[i].Rule.Key()]++
				}
			}
		}
		return nil
	})
	out.Wall = time.Since(began).Seconds()
	return out, err
}

func (j *job) split(ctx context.Context, emit func(*extract.Batch) error) error {
	return j.each(func(f io.Reader) error { return extract.Split(ctx, f, extract.Limits{}, emit) })
}

// each opens one file after the other.
func (j *job) each(do func(io.Reader) error) error {
	for _, file := range j.files {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		err = do(f)
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// decode is how it is mostly done: encoding/json into a map, and one rule
// after the other.
func (j *job) decode(rules []*rule.Rule) (out told, err error) {
	conditions, err := conditionsOf(rules)
	if err != nil {
		return out, err
	}
	out.Matches = map[string]int{}
	began, err := j.begin(&out)
	if err != nil {
		return out, err
	}
	err = j.each(func(f io.Reader) error {
		lines := bufio.NewScanner(f)
		lines.Buffer(make([]byte, 1<<20), 64<<20)
		for lines.Scan() {
			var record map[string]any
			if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
				return err
			}
			out.Events++
			for _, c := range conditions {
				if c.holds(record) {
					out.Matches[c.key]++
				}
			}
		}
		return lines.Err()
	})
	out.Wall = time.Since(began).Seconds()
	return out, err
}
