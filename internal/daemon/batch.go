package daemon

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"vakt/internal/alert"
	"vakt/internal/baseline"
	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/extract"
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
	// ShowEvents puts the records behind each alert into it. They are kept
	// in memory, up to keepRecords bytes.
	ShowEvents bool
	Files      source.Files

	ready *ready
}

// keepRecords is how many bytes of records a run keeps to show them.
const keepRecords = 256 << 20

// Report is what a batch run found, and the account of what it looked at.
type Report struct {
	Alerts []alert.Alert
	Ledger *source.Ledger
}

// Compile compiles the batch's rules. Refused rules are left out of the set;
// the problems say which and why.
func (b *Batch) Compile(schema *event.Schema) (*rule.Set, []rule.Problem) {
	return rule.Compile(b.Rules, schema, b.Baseline)
}

// ready is what a batch makes of its rules and baseline.
type ready struct {
	schema                  *event.Schema
	set                     *rule.Set
	detector                *detect.Detector
	rulesHash, baselineHash string
}

// prepare compiles the rules, once for all runs of the batch.
func (b *Batch) prepare() error {
	if b.ready != nil {
		return nil
	}
	schema := event.NewSchema()
	schema.Dates = b.Files.Dates
	set, problems := b.Compile(schema)
	for _, p := range problems {
		if p.Stops() {
			return fmt.Errorf("rules: %w", p)
		}
	}
	d, err := detect.New(set, schema)
	if err != nil {
		return err
	}
	if b.ShowEvents {
		d.KeepRecords(keepRecords / max(1, b.Workers))
	}
	b.ready = &ready{schema: schema, set: set, detector: d, rulesHash: set.Hash(), baselineHash: b.Baseline.Hash()}
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
	r := &run{batch: b, detector: b.ready.detector, seen: newKeySet()}
	ledger, err := b.Files.Read(ctx, inputs, r)
	if err != nil {
		return nil, err
	}
	workers := make([]*detect.Worker, len(r.lanes))
	for i, l := range r.lanes {
		workers[i] = l.worker
	}
	found := b.ready.detector.Decide(workers)
	note(ledger, b.ready.set, found)
	return &Report{
		Ledger: ledger,
		Alerts: alert.From(found.Detections, alert.Context{
			Tenant: cmp.Or(strings.ToLower(b.Tenant), found.Tenant), RulesHash: b.ready.rulesHash, BaselineHash: b.ready.baselineHash,
			FieldName: b.ready.schema.Name, ShowEvents: b.ShowEvents,
		}),
	}, nil
}

// run takes batches and shares them among lanes, input by input.
type run struct {
	batch    *Batch
	detector *detect.Detector
	seen     *keySet
	lanes    []*lane
	entry    *source.Entry
	batches  chan *extract.Batch
	busy     sync.WaitGroup
}

// lane is what one goroutine needs: it lives as long as the run, its account
// as long as an input.
type lane struct {
	worker *detect.Worker
	record event.Record
	entry  source.Entry
}

// Begin starts the lanes for an input.
func (r *run) Begin(e *source.Entry) {
	r.entry = e
	r.batches = make(chan *extract.Batch, 2)
	if r.lanes == nil {
		for range max(1, r.batch.Workers) {
			r.lanes = append(r.lanes, &lane{worker: r.detector.NewWorker()})
		}
	}
	for _, l := range r.lanes {
		r.busy.Go(func() {
			for b := range r.batches {
				r.take(l, b)
			}
		})
	}
}

// Batch hands a batch to whichever lane is free.
func (r *run) Batch(b *extract.Batch) error {
	r.batches <- b
	return nil
}

// End waits for the lanes and adds their accounts up.
func (r *run) End() {
	close(r.batches)
	r.busy.Wait()
	for _, l := range r.lanes {
		r.entry.Add(&l.entry)
		l.entry = source.Entry{}
	}
}

func (r *run) take(l *lane, b *extract.Batch) {
	for i := range b.Items {
		r.item(l, &b.Items[i])
	}
	b.Release()
}

// item puts one record into exactly one column of the ledger.
func (r *run) item(l *lane, item *extract.Item) {
	l.entry.Read++
	refuse := func(reason string) {
		l.entry.Refuse(source.Quarantined{Line: item.Line, Index: item.Index, Reason: reason})
	}
	if item.Defect != "" {
		refuse(item.Defect)
		return
	}
	if err := r.detector.Layout().Read(item.Raw, &l.record); err != nil {
		if event.NotARecord(err) {
			l.entry.Skip("not_an_object")
		} else {
			refuse(err.Error())
		}
		return
	}
	if kind := l.record.OutOfScope(); kind != "" {
		l.entry.Skip(kind)
		return
	}
	if err := l.record.Check(); err != nil {
		refuse(err.Error())
		return
	}
	r.evaluate(l)
}

func (r *run) evaluate(l *lane) {
	l.entry.See(l.record.Time(), l.record.Shape().String())
	if !r.wanted(&l.record) {
		l.entry.Filtered++
		return
	}
	if r.seen.add(l.record.Key()) {
		l.entry.Evaluated++
	} else {
		l.entry.Duplicate++
	}
	l.worker.See(&l.record)
}

// wanted applies --since, --until and --tenant-id.
func (r *run) wanted(rec *event.Record) bool {
	b := r.batch
	if b.Since != 0 && rec.Time() < b.Since || b.Until != 0 && rec.Time() >= b.Until {
		return false
	}
	tenant := rec.Tenant()
	return b.Tenant == "" || len(tenant) == 0 || strings.EqualFold(string(tenant), b.Tenant)
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
			l.Asleep = append(l.Asleep, source.RuleNote{Rule: c.Key(), Note: "baseline list " + list + " is empty"})
		}
	}
	l.Dead = []source.RuleNote{}
	for _, c := range set.Dead() {
		for _, reason := range c.Dead {
			l.Dead = append(l.Dead, source.RuleNote{Rule: c.Key(), Note: reason})
		}
	}
	l.Undecided = notes(found.Undecided, "left undecided by the end of the input")
	l.Ungrouped = notes(found.Ungrouped, "without a value to group by")
}

func notes(counts map[string]int, text string) []source.RuleNote {
	list := []source.RuleNote{}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, source.RuleNote{Rule: name, Note: text, Count: counts[name]})
	}
	return list
}
