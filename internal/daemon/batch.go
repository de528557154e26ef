package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"vakt/internal/alert"
	"vakt/internal/baseline"
	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/rule"
	"vakt/internal/source"
)

// Batch is one run of rules over files.
type Batch struct {
	Rules    []*rule.Rule
	Baseline *baseline.Baseline
	// Tenant is the tenant whose records are wanted, by id in any case; empty
	// for all. Records that do not name a tenant are always taken.
	Tenant string
	// Since (inclusive) and Until (exclusive) bound the event time, in
	// seconds since 1970; 0 is open.
	Since, Until int64
	// Workers is how many goroutines match records; 0 is one.
	Workers int
	// FactBytes is how much memory facts may take before they go into
	// temporary files, in the folder Temp (the system's where it is empty); 0
	// is factBytes.
	FactBytes int
	Temp      string
	// ShowEvents puts the records behind each alert into it. They are kept
	// in memory, up to keepRecords bytes.
	ShowEvents bool
	// Places tells where addresses are whose records do not say it; nil:
	// nobody does.
	Places detect.Locator
	// Watchers see every record that is evaluated, beside the rules.
	Watchers []Watcher
	// Prepared is called when the rules are compiled, before anything is
	// read; nil: nobody waits for that.
	Prepared func()
	Files    source.Files

	ready *ready
}

// keepRecords is how many bytes of records a run keeps to show them.
const keepRecords = 256 << 20

// factBytes is how much memory facts take at most.
const factBytes = 256 << 20

// shelfPart is the part of it that is for records which cannot be read again where
// they come from.
const shelfPart = 64

// shelf makes the one of a lane.
func (b *Batch) shelf() *source.Shelf {
	return source.NewShelf(cmp.Or(b.FactBytes, factBytes)/shelfPart/max(1, b.Workers), b.scratch)
}

// scratch makes a temporary file.
func (b *Batch) scratch() (*os.File, error) { return source.Scratch(b.Temp) }

// Report is what a batch run found, and the account of what it looked at.
type Report struct {
	Alerts []alert.Alert
	Ledger *source.Ledger
	Set    *rule.Set // the rules that ran
}

// Compile compiles the batch's rules. Refused rules are left out of the set;
// the problems say which and why.
func (b *Batch) Compile(schema *event.Schema) (*rule.Set, []rule.Problem) {
	return rule.Compile(b.Rules, schema, b.Baseline)
}

// ready is what a batch makes of its rules and baseline.
type ready struct {
	schema       *event.Schema
	set          *rule.Set
	detector     *detect.Detector
	baselineHash func() string
}

// prepare compiles the rules, once for all runs of the batch.
func (b *Batch) prepare() error {
	if b.ready != nil {
		return nil
	}
	if err := b.prepareIn(b.schema()); err != nil {
		return err
	}
	if b.Prepared != nil {
		b.Prepared()
	}
	return nil
}

// schema makes one that reads as the batch's files are to be read.
func (b *Batch) schema() *event.Schema {
	schema := event.NewSchema()
	schema.Dates = b.Files.Dates
	schema.Kernel = b.Files.Limits.Kernel
	return schema
}

// prepareIn compiles the rules against a schema that others may share.
func (b *Batch) prepareIn(schema *event.Schema) error {
	set, problems := b.Compile(schema)
	var stops []error
	for _, p := range problems {
		if p.Stops() {
			stops = append(stops, fmt.Errorf("rules: %w", p))
		}
	}
	if len(stops) > 0 {
		return errors.Join(stops...)
	}
	d, err := detect.New(set, schema)
	if err != nil {
		return err
	}
	d.Locate(b.Places)
	bytes := cmp.Or(b.FactBytes, factBytes)
	d.Spill(bytes-bytes/shelfPart, b.Workers, b.scratch)
	if b.ShowEvents {
		d.KeepRecords(keepRecords / max(1, b.Workers))
	}
	b.ready = &ready{schema: schema, set: set, detector: d, baselineHash: sync.OnceValue(b.Baseline.Hash)}
	return nil
}

// Run reads the inputs and detects. A rule that does not compile ends the run
// before anything is read; one that compiles and can never match is noted in
// the ledger. Run may be called again, with other inputs and another
// Files.Stdin; nothing else of the batch may change after the first call.
func (b *Batch) Run(ctx context.Context, inputs []string) (*Report, error) {
	if err := b.prepare(); err != nil {
		return nil, err
	}
	w, err := b.watched()
	if err != nil {
		return nil, err
	}
	ledger, found, err := b.read(ctx, inputs, w)
	if err != nil {
		return nil, err
	}
	note(ledger, b.ready.set, found[0])
	return &Report{Ledger: ledger, Alerts: b.alerts(found[0]), Set: b.ready.set}, nil
}

// alerts makes alerts of what was found.
func (b *Batch) alerts(found *detect.Result) []alert.Alert {
	c := alert.Context{
		Tenant: cmp.Or(strings.ToLower(b.Tenant), found.Tenant), FieldName: b.ready.schema.Name, ShowEvents: b.ShowEvents, Workers: b.Workers,
	}
	if len(found.Detections) > 0 {
		c.RulesHash, c.BaselineHash = b.ready.set.Hash(), b.ready.baselineHash()
	}
	return alert.From(found.Detections, c)
}

// note puts into the ledger what the rules could not see or decide.
func note(l *source.Ledger, set *rule.Set, found *detect.Result) {
	blind := func(list []detect.Blind) []source.Blind {
		all := make([]source.Blind, 0, len(list))
		for _, b := range list {
			all = append(all, source.Blind{Rule: b.Rule, Shape: b.Shape.String(), Fields: b.Fields, Records: b.Records})
		}
		return all
	}
	l.Blind, l.Weak = blind(found.Blind), blind(found.Weak)
	l.Asleep = []source.RuleNote{}
	for _, c := range set.Asleep() {
		for _, list := range c.Asleep {
			l.Asleep = append(l.Asleep, source.RuleNote{Rule: c.Key(), Note: "baseline list " + list + " is empty", List: list})
		}
	}
	l.Dead = []source.RuleNote{}
	for _, c := range set.Dead() {
		for _, reason := range c.Dead {
			l.Dead = append(l.Dead, source.RuleNote{Rule: c.Key(), Note: reason})
		}
	}
	l.Undecided = notes(found.Undecided, "left undecided by the end of the input")
	l.Learning = notes(found.Learning, "while too little was known of the time before")
	l.Ungrouped = notes(found.Ungrouped, "without a value to group by")
}

func notes(counts map[string]int, text string) []source.RuleNote {
	list := []source.RuleNote{}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, source.RuleNote{Rule: name, Note: text, Count: counts[name]})
	}
	return list
}
