package daemon

import (
	"fmt"
	"math/bits"
	"sync/atomic"

	"vakt/internal/detect"
	"vakt/internal/event"
)

// Watcher sees the records of a run beside the rules. A record that comes
// twice is seen twice.
type Watcher interface {
	// Want names the fields that it will ask records for. It is called once,
	// before the first See.
	Want(schema *event.Schema) []event.Field
	// See is called by several goroutines at once. The record is the run's.
	See(r *event.Record)
}

// watched is the batch's rules and its watchers together.
func (b *Batch) watched() (watch, error) {
	d := b.ready.detector
	w := watch{detectors: []*detect.Detector{d}, layout: d.Layout()}
	if len(b.Watchers) == 0 {
		return w, nil
	}
	fields := b.ready.set.Fields()
	for _, watcher := range b.Watchers {
		fields = append(fields, watcher.Want(b.ready.schema)...)
	}
	var err error
	if w.layout, err = b.ready.schema.Layout(fields...); err != nil {
		return w, fmt.Errorf("read the logs: %w", err)
	}
	w.also = func(r *event.Record) {
		for _, watcher := range b.Watchers {
			watcher.See(r)
		}
	}
	return w, nil
}

// LogTally is a Watcher that counts records by log. The zero value is ready.
type LogTally struct {
	counts [8]atomic.Int64 // by bit of the log
}

// Want asks for nothing.
func (t *LogTally) Want(*event.Schema) []event.Field { return nil }

// See counts a record in each log that it belongs to.
func (t *LogTally) See(r *event.Record) {
	for logs := uint8(r.Logs()); logs != 0; logs &= logs - 1 {
		t.counts[bits.TrailingZeros8(logs)].Add(1)
	}
}

// Of is how many records of a log, which is one log, there were.
func (t *LogTally) Of(log event.Log) int {
	return int(t.counts[bits.TrailingZeros8(uint8(log))&7].Load())
}
