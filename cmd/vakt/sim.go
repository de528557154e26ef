package main

import (
	"bufio"
	"bytes"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"vakt"
	"vakt/internal/rig"
	"vakt/internal/sim"
)

// simFlags are the flags of vakt sim logs.
type simFlags struct {
	scenario  string
	seed      uint64
	accounts  int
	days      int
	shape     string
	container string
	compress  string
	out       string
	truth     string
	end       string
	directory string
}

func (a *app) simCommand() *cobra.Command {
	cmd := a.simServeCommand()
	var f simFlags
	logs := &cobra.Command{Use: "logs", Short: "Write the logs of a scenario to files, in any shape", Args: cobra.NoArgs,
		Long: "Makes the logs of a simulated tenant, one file a log. The same scenario and seed\n" +
			"give the same bytes. Nothing in them is real: the addresses are documentation\n" +
			"ranges and the accounts do not exist.",
		Example: "  vakt sim logs --scenario first-look --out logs/\n" +
			"  vakt sim logs --scenario busy --accounts 5000 --shape azure_monitor --compress gzip --out logs/\n" +
			"  vakt sim logs --scenario month --accounts 500 --out logs/ --directory tenant/ --truth attacks.json",
		RunE: func(*cobra.Command, []string) error { return a.simLogs(&f) }}
	flags := logs.Flags()
	flags.StringVar(&f.scenario, "scenario", "first-look", "name of the scenario")
	flags.Uint64Var(&f.seed, "seed", 1, "another seed gives another tenant with the same story")
	flags.IntVar(&f.accounts, "accounts", 0, "number of accounts; 0 is the scenario's")
	flags.IntVar(&f.days, "days", 0, "number of days; 0 is the scenario's")
	flags.StringVar(&f.shape, "shape", "", "shape of the files; default: Graph beta, and Management Activity for the unified log")
	flags.StringVar(&f.container, "container", "", "object, array, page, lines, pretty, records, eventhub, table or csv, as the shape allows; default: lines, or the shape's only one")
	flags.StringVar(&f.compress, "compress", "none", "none, gzip, zstd or zip")
	flags.StringVar(&f.out, "out", "", "folder to write to; it is made if need be")
	flags.StringVar(&f.truth, "truth", "", "also write what happened, as JSON, to this file")
	flags.StringVar(&f.directory, "directory", "", "of a scenario with a directory: also write it, as vakt scan --export would, to this folder")
	flags.StringVar(&f.end, "end", "", "of a scenario with a directory: when the logs end, RFC 3339 or now; default: the scenario's own time")
	cmd.AddCommand(logs)
	return cmd
}

// logNames are the logs of the simulator in the order of their files.
var logNames = []string{sim.SignIn, sim.Audit, sim.Risk, sim.Unified}

func (a *app) simLogs(f *simFlags) error {
	if f.out == "" {
		return usage("vakt sim logs needs --out DIR")
	}
	s, err := loadScenario(f.scenario, f.accounts, f.days)
	if err != nil {
		return err
	}
	if f.shape != "" && !slices.Contains(sim.Shapes(), sim.Shape(f.shape)) {
		return usage("--shape %q is none of %v", f.shape, sim.Shapes())
	}
	s, records, err := f.records(s)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return failed(err)
	}
	for _, log := range logNames {
		if err := a.simLog(records(log), f, log); err != nil {
			return failed(err)
		}
	}
	return a.simTruth(s, f)
}

// records makes the records of one log of a scenario, as often as it is asked
// for, and returns the scenario with the times and accounts that they have. A
// scenario that says what the directory holds also has the sign-ins of its
// resource accounts; of a month the directory is what it was when the month
// began.
func (f *simFlags) records(s *sim.Scenario) (*sim.Scenario, func(log string) iter.Seq[sim.Record], error) {
	end := s.Start.AddDate(0, 0, s.Days)
	switch {
	case f.end == "now":
		end = time.Now().UTC()
	case f.end != "":
		t, err := time.Parse(time.RFC3339, f.end)
		if err != nil {
			return nil, nil, usage("--end %q: give RFC 3339, or now", f.end)
		}
		end = t.UTC()
	}
	if s.Directory == nil {
		if f.end != "" || f.directory != "" {
			return nil, nil, usage("--end and --directory are for scenarios that say what the directory holds: %q has times and accounts of its own", f.scenario)
		}
		return s, func(log string) iter.Seq[sim.Record] { return s.Generate(f.seed, log) }, nil
	}
	if s.Month != nil {
		s = s.At(end.AddDate(0, 0, -s.Days))
		end = s.Start
	}
	state, err := f.populate(s, end)
	if err != nil {
		return nil, nil, err
	}
	if s.Month != nil {
		s = s.With(state.Residents())
		return s, func(log string) iter.Seq[sim.Record] { return s.Generate(f.seed, log) }, nil
	}
	all := state.Logs(end.AddDate(0, 0, -s.Days))
	return s, func(log string) iter.Seq[sim.Record] { return only(slices.Values(all), log) }, nil
}

// populate makes the tenant of a scenario as it is at an instant, and writes
// it to the folder that --directory names.
func (f *simFlags) populate(s *sim.Scenario, now time.Time) (*rig.State, error) {
	state, _, err := rig.Generate(s, rig.Options{Clock: func() time.Time { return now }, Seed: f.seed})
	if err != nil {
		return nil, failed(err)
	}
	if f.directory == "" {
		return state, nil
	}
	if s.Month != nil {
		state.WithoutLogs()
	}
	if err := os.MkdirAll(f.directory, 0o700); err != nil {
		return nil, failed(err)
	}
	if err := state.Export(f.directory); err != nil {
		return nil, failed(err)
	}
	return state, nil
}

// simLog writes one log to one file; none where the shape does not carry it.
func (a *app) simLog(records iter.Seq[sim.Record], f *simFlags, log string) (err error) {
	shape := sim.Shape(f.shape)
	if shape == "" {
		shape = sim.GraphBeta
		if log == sim.Unified {
			shape = sim.ManagementActivity
		}
	}
	if !shape.Carries(log) {
		return nil
	}
	container := containerOf(shape, f.container)
	member := log + ".json"
	if container == sim.CSV {
		member = log + ".csv"
	}
	name := filepath.Join(f.out, member+map[string]string{"gzip": ".gz", "zstd": ".zst", "zip": ".zip"}[f.compress])
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := file.Close(); err == nil {
			err = closeErr
		}
	}()
	w := bufio.NewWriterSize(file, 1<<20)
	opts := sim.Options{Compression: sim.Compression(f.compress), Member: member}
	if err := sim.Render(w, shape, container, records, opts); err != nil {
		return err
	}
	return w.Flush()
}

// containerOf returns the container that is asked for, else JSON Lines, or
// what comes first in a shape that has none.
func containerOf(shape sim.Shape, asked string) sim.Container {
	if asked != "" {
		return sim.Container(asked)
	}
	all := sim.Containers(shape)
	if slices.Contains(all, sim.Lines) {
		return sim.Lines
	}
	return all[0]
}

// only leaves the records of one log.
func only(records iter.Seq[sim.Record], log string) iter.Seq[sim.Record] {
	return func(yield func(sim.Record) bool) {
		for r := range records {
			if r.Log == log && !yield(r) {
				return
			}
		}
	}
}

// simTruth writes what happened: the alerts that must be raised, or of a month
// the attacks.
func (a *app) simTruth(s *sim.Scenario, f *simFlags) error {
	var truth any
	n := 0
	if s.Month != nil {
		all := s.Incidents(f.seed)
		truth, n = all, len(all)
	} else {
		all := s.Truth(f.seed)
		truth, n = all, len(all)
	}
	a.say("Wrote %q, seed %d, to %s: %s to be found.", f.scenario, f.seed, f.out, plural(n, "incident", "incidents"))
	if f.truth == "" {
		return nil
	}
	var b bytes.Buffer
	if err := encode(&b, truth, "  "); err != nil {
		return failed(err)
	}
	return os.WriteFile(f.truth, b.Bytes(), 0o644)
}

// renderShapes are the shapes in which rules are tested.
func renderShapes() []string {
	var names []string
	for _, s := range sim.Shapes() {
		names = append(names, string(s))
	}
	return names
}

// renderCase renders the records of a rule's case.
func renderCase(shape string, records [][]byte) (inputs [][]byte, ok bool, err error) {
	return sim.RenderTexts(sim.Shape(shape), records)
}

// scenarios is the folder of embedded scenarios.
func scenarios() (fs.FS, error) { return fs.Sub(vakt.Scenarios, "scenarios") }
