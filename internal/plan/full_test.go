package plan_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"vakt/internal/db"
	"vakt/internal/plan"
)

// limitPages lets the state grow to so many pages of its file from now on; 0
// lifts the limit. It gives the pages that there are.
func (w *world) limitPages(n int) (pages int) {
	w.t.Helper()
	fatal(w.t, w.db.Write(w.t.Context(), db.Durable, func(tx db.Tx) error {
		if n == 0 {
			n = 1 << 30
		}
		if _, err := tx.ExecContext(w.t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", n)); err != nil {
			return err
		}
		return tx.QueryRowContext(w.t.Context(), "PRAGMA page_count").Scan(&pages)
	}))
	return pages
}

// However little room the state has left, nothing is written to the tenant that
// the journal does not name before, the run says what is wrong, and when there
// is room again it goes on to its end.
func TestFullDisk(t *testing.T) {
	for room := 0; ; room++ {
		whole := false
		inTime(t, func(t *testing.T) {
			w := newWorld(t, setting{})
			p := w.approve(w.plan(5, true))
			w.limitPages(w.limitPages(0) + room)
			_, err := plan.Apply(t.Context(), w.deps(), p)
			w.intended()
			if whole = err == nil; !whole {
				wantError(t, err, "the disk is full")
			}
			w.limitPages(0)
			finished(t, w.apply(p))
			w.intended()
			w.whole()
			w.named(p)
		})
		if t.Failed() || whole && room > 2 {
			break
		}
		if room > 60 {
			t.Fatal("a run of ten changes takes more than sixty pages")
		}
	}
}

// intended wants an intent in the journal, no later than the write, for every
// write that reached the tenant.
func (w *world) intended() {
	w.t.Helper()
	rows, err := w.store.RowsIn(w.t.Context(), plan.Intent, w.snapshot.Tenant)
	fatal(w.t, err)
	intents := map[string]int{}
	for _, r := range rows {
		intents[r.Change]++
	}
	for _, e := range w.writes() {
		if intents[effect(e)]--; e.Applied && intents[effect(e)] < 0 {
			w.t.Errorf("%s reached the tenant without an intent", effect(e))
		}
	}
}

// fullUntil is a journal on a disk that gets full, and has room again when a
// file is gone.
type fullUntil struct {
	plan.Ledger
	mu      sync.Mutex
	after   int // rows
	ballast string
	dropped bool
}

func (l *fullUntil) Append(ctx context.Context, rows ...*plan.Row) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.after--; l.after >= 0 {
		return l.Ledger.Append(ctx, rows...)
	}
	if _, err := os.Stat(l.ballast); err == nil && !l.dropped {
		return fmt.Errorf("write to the journal: %w", db.ErrFull)
	}
	l.dropped = true
	return l.Ledger.Append(ctx, rows...)
}

// The room that was set aside is given up for the outcome of what was sent, and
// for nothing else: no further change begins.
func TestBallast(t *testing.T) {
	for after := range 12 {
		inTime(t, func(t *testing.T) {
			w := newWorld(t, setting{})
			p := w.approve(w.plan(3, false))
			l := &fullUntil{Ledger: w.store, after: after, ballast: filepath.Join(w.dir, "ballast")}
			w.journal = l
			d := w.deps()
			d.Ballast, d.Workers = l.ballast, 1
			r, err := plan.Apply(t.Context(), d, p)
			if err == nil && r.Whole() {
				return // only its last row came too late
			}
			if err == nil || !strings.Contains(err.Error(), "make room, then apply the plan again") {
				t.Errorf("after %d rows: %v", after, err)
			}
			w.intended()
			if r != nil {
				for _, o := range r.Changes {
					if o.Phase == plan.Intent {
						t.Errorf("after %d rows: what became of %s is not in the journal", after, o.Change.ID)
					}
				}
			}
			if _, err := os.Stat(l.ballast); err == nil {
				t.Error("the ballast is left behind")
			}
			w.journal = w.store
			finished(t, w.apply(p))
			w.whole()
		})
	}
}
