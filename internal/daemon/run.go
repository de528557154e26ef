package daemon

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"vakt/internal/detect"
	"vakt/internal/event"
	"vakt/internal/extract"
	"vakt/internal/source"
)

// run shares the batches of all inputs among lanes. A lane takes the lock once
// a batch, to put its account into that of the run.
type run struct {
	batch   *Batch
	watch   watch
	batches chan work
	lanes   []*lane

	mu     sync.Mutex
	seen   *keySet
	inputs []*input // by number
	failed error    // of a lane
}

// work is a batch of an input.
type work struct {
	batch *extract.Batch
	of    *input
}

// input is one that is being read, or was.
type input struct {
	run    *run
	number int
	place  source.Place
	busy   sync.WaitGroup // its batches on the way
	entry  *source.Entry
	wanted int // records that were evaluated, seen before or not
}

// watch is what looks at the records of a run.
type watch struct {
	detectors []*detect.Detector
	layout    *event.Layout       // what all of them read
	also      func(*event.Record) // nil, or who else sees each record; called by several goroutines
}

// lane is what one goroutine needs.
type lane struct {
	number  int
	workers []*detect.Worker // one a detector
	shelf   *source.Shelf    // of records that cannot be read again where they come from
	failed  error            // of the shelf
	record  event.Record
	entry   source.Entry // of the batch at hand
	keys    []event.Key  // the same: of the records wanted
}

// read reads the inputs once and lets every detector decide.
func (b *Batch) read(ctx context.Context, inputs []string, w watch) (_ *source.Ledger, _ []*detect.Result, err error) {
	r := &run{batch: b, watch: w, batches: make(chan work)}
	r.seen = newKeySet(func(a, b int) int { return r.inputs[a].place.Compare(r.inputs[b].place) })
	workers := make([][]*detect.Worker, len(w.detectors)) // by detector
	var lanes sync.WaitGroup
	for n := range max(1, b.Workers) {
		l := &lane{number: n, shelf: b.shelf()}
		r.lanes = append(r.lanes, l)
		for i, d := range w.detectors {
			l.workers = append(l.workers, d.NewWorker())
			workers[i] = append(workers[i], l.workers[i])
		}
		lanes.Go(func() {
			for w := range r.batches {
				r.take(l, w)
			}
		})
	}
	defer func() {
		for _, w := range slices.Concat(workers...) {
			err = errors.Join(err, w.Close())
		}
		for _, l := range r.lanes {
			err = errors.Join(err, l.shelf.Close())
		}
	}()
	files := b.Files
	files.Parallel = max(1, b.Workers)
	ledger, err := files.Read(ctx, inputs, r)
	close(r.batches)
	lanes.Wait()
	if err = cmp.Or(err, r.failed); err != nil {
		return nil, nil, err
	}
	for _, in := range r.inputs {
		in.entry.Evaluated = r.seen.first(in.number)
		in.entry.Duplicate = in.wanted - in.entry.Evaluated
	}
	found := make([]*detect.Result, len(w.detectors))
	for i, d := range w.detectors {
		if found[i], err = d.Decide(ctx, workers[i], r.seen.again, r.archive); err != nil {
			return nil, nil, err
		}
	}
	return ledger, found, nil
}

// Begin gives an input its number.
func (r *run) Begin(e *source.Entry, at source.Place) source.Sink {
	r.mu.Lock()
	defer r.mu.Unlock()
	in := &input{run: r, number: len(r.inputs), place: at, entry: e}
	r.inputs = append(r.inputs, in)
	return in
}

// Batch hands a batch to whichever lane is free.
func (in *input) Batch(b *extract.Batch) error {
	in.busy.Add(1)
	in.run.batches <- work{b, in}
	in.run.mu.Lock()
	defer in.run.mu.Unlock()
	return in.run.failed
}

// End waits for the lanes.
func (in *input) End() { in.busy.Wait() }

// take puts the records of a batch into the account of their input.
func (r *run) take(l *lane, w work) {
	defer w.of.busy.Done()
	l.entry, l.keys = source.Entry{}, l.keys[:0]
	for i := range w.batch.Items {
		r.item(l, &w.batch.Items[i], w.of)
	}
	w.batch.Release()
	r.mu.Lock()
	defer r.mu.Unlock()
	w.of.entry.Add(&l.entry)
	w.of.wanted += len(l.keys)
	r.failed = cmp.Or(r.failed, l.failed, r.seen.add(w.of.number, l.keys))
	for _, worker := range l.workers {
		r.failed = cmp.Or(r.failed, worker.Err())
	}
}

// item puts one record into exactly one column of the ledger.
func (r *run) item(l *lane, item *extract.Item, of *input) {
	l.entry.Read++
	refuse := func(reason string) {
		l.entry.Refuse(source.Quarantined{Line: item.Line, Index: item.Index, Reason: reason})
	}
	if item.Defect != "" {
		refuse(item.Defect)
		return
	}
	if err := r.watch.layout.ReadItem(item, &l.record); err != nil {
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
	l.entry.See(l.record.Time(), l.record.Shape().String())
	if !r.wanted(&l.record) {
		l.entry.Filtered++
		return
	}
	l.keys = append(l.keys, l.record.Key())
	l.see(item, of)
	if r.watch.also != nil {
		r.watch.also(&l.record)
	}
}

// see lets the workers match the record at hand. One that may be read again is kept
// where it cannot be found otherwise.
func (l *lane) see(item *extract.Item, of *input) {
	at, shelved := l.at(item, of)
	mayBeRead := false
	for _, w := range l.workers {
		mayBeRead = w.SeeAt(&l.record, at) || mayBeRead
	}
	if shelved && mayBeRead && l.failed == nil {
		l.failed = l.shelf.Put(item)
	}
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
