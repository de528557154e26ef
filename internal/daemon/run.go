package daemon

import (
	"cmp"
	"context"
	"errors"
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
	batches chan work

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

// lane is what one goroutine needs.
type lane struct {
	worker *detect.Worker
	record event.Record
	entry  source.Entry // of the batch at hand
	keys   []event.Key  // the same: of the records wanted
}

// detect reads the inputs and decides.
func (b *Batch) detect(ctx context.Context, inputs []string) (_ *source.Ledger, _ *detect.Result, err error) {
	r := &run{batch: b, batches: make(chan work)}
	r.seen = newKeySet(func(a, b int) int { return r.inputs[a].place.Compare(r.inputs[b].place) })
	workers := make([]*detect.Worker, max(1, b.Workers))
	var lanes sync.WaitGroup
	for i := range workers {
		workers[i] = b.ready.detector.NewWorker()
		l := &lane{worker: workers[i]}
		lanes.Go(func() {
			for w := range r.batches {
				r.take(l, w)
			}
		})
	}
	defer func() {
		for _, w := range workers {
			err = errors.Join(err, w.Close())
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
	found, err := b.ready.detector.Decide(ctx, workers, r.seen.again)
	return ledger, found, err
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
		r.item(l, &w.batch.Items[i])
	}
	w.batch.Release()
	r.mu.Lock()
	defer r.mu.Unlock()
	w.of.entry.Add(&l.entry)
	w.of.wanted += len(l.keys)
	r.failed = cmp.Or(r.failed, errors.Join(r.seen.add(w.of.number, l.keys), l.worker.Err()))
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
	if err := r.batch.ready.detector.Layout().ReadItem(item, &l.record); err != nil {
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
