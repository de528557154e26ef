//go:build unix

package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"vakt"
	"vakt/internal/rig"
	"vakt/internal/sim"
)

// What is asked of the rules over a month of 5,000 accounts.
const (
	leastRecall  = 1.0 // of the attacks
	mostFalse    = 2.0 // false alerts of medium or above, a day
	learnedDays  = 21  // of the weeks before, in which nobody attacks
	monthSeed    = 1
	precisionRun = "precision" // the name of the table
)

// month is a simulated month on disk, and what happened in it.
type month struct {
	scene      *sim.Scenario
	incidents  []sim.Incident
	logs, past string // folders of logs: of the month, and of the weeks before
	directory  string
}

// precision plays the month, and says what the rules found of its attacks and
// what else they said: by the default baseline, by one that was learned from
// the weeks before as it is proposed, and by that one as administrators edit
// it who add what they know.
func (b *bench) precision(ctx context.Context) error {
	program := b.path("vakt")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/vakt").CombinedOutput(); err != nil {
		return fmt.Errorf("build vakt: %w: %.400s", err, out)
	}
	m, err := b.play(ctx)
	if err != nil {
		return err
	}
	if err := b.say("\n## Precision and recall: %d days of %d accounts, %d attacks\n\n", m.scene.Days, m.scene.Tenant.Accounts, len(m.incidents)); err != nil {
		return err
	}
	learned, edited := b.path("learned.yaml"), b.path("edited.yaml")
	if out, err := exec.CommandContext(ctx, program, "baseline", "learn", m.past, "--directory", m.directory, "--out", learned).CombinedOutput(); err != nil {
		return fmt.Errorf("vakt baseline learn: %w: %.2000s", err, out)
	}
	proposed, err := os.ReadFile(learned)
	if err != nil {
		return err
	}
	if err := os.WriteFile(edited, []byte(edit(string(proposed), m.scene.Answers(monthSeed))), 0o600); err != nil {
		return err
	}
	for _, as := range []struct{ name, file string }{{"default baseline", ""}, {"learned baseline, as proposed", learned}, {"learned baseline, edited", edited}} {
		args := []string{"detect", m.logs, "--directory", m.directory, "-o", "jsonl", "--quiet"}
		if as.file != "" {
			args = append(args, "--baseline", as.file)
		}
		score, err := m.judge(ctx, exec.CommandContext(ctx, program, args...))
		if err != nil {
			return fmt.Errorf("%s: %w", as.name, err)
		}
		if err := b.say("%s", score.table(as.name, m)); err != nil {
			return err
		}
	}
	return nil
}

// edit adds to a proposed baseline the answers to what it leaves open: what it
// declares itself stays.
func edit(proposed, answers string) string {
	declared := map[string]bool{}
	for line := range strings.Lines(proposed) {
		if key, _, ok := strings.Cut(line, ":"); ok && key != "" && !strings.ContainsAny(key[:1], " #-\t") {
			declared[key] = true
		}
	}
	var b strings.Builder
	b.WriteString(proposed)
	keep := false
	for line := range strings.Lines(answers) {
		if key, _, ok := strings.Cut(line, ":"); ok && !strings.ContainsAny(line[:1], " #-\t") {
			keep = !declared[key]
		}
		if keep {
			b.WriteString(line)
		}
	}
	return b.String()
}

// play writes the month, the weeks before it and its directory.
func (b *bench) play(ctx context.Context) (*month, error) {
	folder, err := fs.Sub(vakt.Scenarios, "scenarios")
	if err != nil {
		return nil, err
	}
	s, err := sim.Load(folder, "month")
	if err == nil && b.people > 0 {
		s, err = s.WithAccounts(b.people)
	}
	if err != nil {
		return nil, err
	}
	m := &month{logs: b.path("month"), past: b.path("weeks-before"), directory: b.path("month-directory")}
	state, _, err := rig.Generate(s, rig.Options{Clock: func() time.Time { return s.Start }, Seed: monthSeed})
	if err != nil {
		return nil, err
	}
	state.WithoutLogs()
	if err := os.Mkdir(m.directory, 0o700); err != nil {
		return nil, err
	}
	if err := state.Export(m.directory); err != nil {
		return nil, err
	}
	m.scene = s.With(state.Residents())
	m.incidents = m.scene.Incidents(monthSeed)
	before, err := m.scene.WithoutAttacks().At(s.Start.AddDate(0, 0, -learnedDays)).WithDays(learnedDays)
	if err != nil {
		return nil, err
	}
	return m, cmp.Or(writeLogs(ctx, m.scene, m.logs), writeLogs(ctx, before, m.past))
}

// writeLogs writes the logs of a scenario into a new folder, a compressed file
// a log: records as the APIs return them, one a line.
func writeLogs(ctx context.Context, s *sim.Scenario, folder string) (err error) {
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	files := map[string]io.WriteCloser{}
	defer func() {
		for _, f := range files {
			err = cmp.Or(err, f.Close())
		}
	}()
	for rec := range s.Generate(monthSeed) {
		f := files[rec.Log]
		if f == nil {
			if f, err = newLog(filepath.Join(folder, rec.Log+".json.zst")); err != nil {
				return err
			}
			files[rec.Log] = f
		}
		if _, err := f.Write(append(rec.JSON, '\n')); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// log is a compressed file.
type log struct {
	*zstd.Encoder
	file *os.File
}

// newLog creates a compressed file.
func newLog(name string) (io.WriteCloser, error) {
	file, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	z, err := zstd.NewWriter(file, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &log{z, file}, nil
}

// Close ends the compression and closes the file.
func (l *log) Close() error { return errors.Join(l.Encoder.Close(), l.file.Close()) }

// said is an alert as vakt detect writes it, as far as it is judged.
type said struct {
	Rule      string    `json:"rule"`
	Severity  string    `json:"severity"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	GuideRows []string  `json:"guide_rows"`
	Entities  []struct {
		Kind string `json:"kind"`
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"entities"`
}

// loud are the severities that somebody is called for.
var loud = []string{"medium", "high", "critical"}

// score is what a run found, and what it said besides.
type score struct {
	found  []map[string]bool // by incident: the rules that found it
	wrong  map[string]int    // false alerts by rule and severity
	quiet  map[string]int    // alerts below medium that no attack explains
	alerts int
	took   time.Duration
}

// judge runs vakt detect and compares what it says with what happened.
func (m *month) judge(ctx context.Context, cmd *exec.Cmd) (*score, error) {
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &score{found: make([]map[string]bool, len(m.incidents)), wrong: map[string]int{}, quiet: map[string]int{}}
	lines := bufio.NewReaderSize(out, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 1 {
			var a said
			if err := json.Unmarshal(line, &a); err != nil {
				return nil, fmt.Errorf("an alert: %w: %.200s", err, line)
			}
			s.count(m, &a)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("%w: %.2000s", cmp.Or(ctx.Err(), err), problem.String())
	}
	s.took = time.Since(start)
	return s, nil
}

// count puts an alert to the attacks that explain it, or to the false ones.
func (s *score) count(m *month, a *said) {
	is := sim.Alert{First: a.FirstSeen, Last: a.LastSeen, Rows: a.GuideRows, Whole: true}
	for _, e := range a.Entities {
		is.Names = append(is.Names, e.ID, e.Name)
		is.Whole = is.Whole && e.Kind != "account" && e.Kind != "ip"
	}
	s.alerts++
	explained := false
	for i, incident := range m.incidents {
		if !incident.Explains(is) {
			continue
		}
		explained = true
		if s.found[i] == nil {
			s.found[i] = map[string]bool{}
		}
		if slices.Contains(loud, a.Severity) {
			s.found[i][a.Rule] = true
		}
	}
	switch {
	case explained:
	case slices.Contains(loud, a.Severity):
		s.wrong[a.Rule+" ("+a.Severity+")"]++
	default:
		s.quiet[a.Rule+" ("+a.Severity+")"]++
	}
}

// table writes a score in Markdown.
func (s *score) table(name string, m *month) string {
	var b strings.Builder
	found := 0
	for _, by := range s.found {
		if len(by) > 0 {
			found++
		}
	}
	days := float64(m.scene.Days)
	recall, wrong := float64(found)/float64(len(m.incidents)), float64(sum(s.wrong))/days
	fmt.Fprintf(&b, "### %s\n\n| | | asked | |\n|---|---|---|---|\n", strings.ToUpper(name[:1])+name[1:])
	fmt.Fprintf(&b, "| attacks found | %d of %d | all | %s |\n", found, len(m.incidents), met(recall >= leastRecall))
	fmt.Fprintf(&b, "| false alerts of medium or above, a day | %.1f | %.0f | %s |\n", wrong, mostFalse, met(wrong <= mostFalse))
	fmt.Fprintf(&b, "| alerts below medium that no attack explains, a day | %.1f | | |\n", float64(sum(s.quiet))/days)
	fmt.Fprintf(&b, "| all alerts | %d, in %.0f s | | |\n\n", s.alerts, s.took.Seconds())
	for i, by := range s.found {
		if len(by) == 0 {
			fmt.Fprintf(&b, "Missed: %s %s (%s)\n", m.incidents[i].Kind, m.incidents[i].Form, strings.Join(m.incidents[i].Rows, " "))
		}
	}
	b.WriteString("\n| false alerts by rule | in the month |\n|---|---|\n")
	for _, counts := range []map[string]int{s.wrong, s.quiet} {
		for _, rule := range slices.SortedFunc(maps.Keys(counts), func(x, y string) int { return cmp.Or(counts[y]-counts[x], cmp.Compare(x, y)) }) {
			fmt.Fprintf(&b, "| %s | %d |\n", rule, counts[rule])
		}
	}
	b.WriteString("\n")
	return b.String()
}

func met(yes bool) string {
	if yes {
		return "met"
	}
	return "**missed**"
}
