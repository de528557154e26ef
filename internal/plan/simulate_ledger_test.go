package plan_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"vakt/internal/plan"
)

// errDisk is what a journal says that cannot be written any more.
var errDisk = errors.New("no space left on device")

// ledger is a journal that is watched: what it has taken is durable. It can be
// made to fail.
type ledger struct {
	plan.Ledger
	now func() time.Time

	mu      sync.Mutex
	durable []plan.Row
	down    time.Time // since when it fails; zero while it does not
	left    int       // appends until it fails; -1: it does not
}

func (l *ledger) Append(ctx context.Context, rows ...*plan.Row) error {
	if err := l.writable(); err != nil {
		return err
	}
	if err := l.Ledger.Append(ctx, rows...); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range rows {
		l.durable = append(l.durable, *r)
	}
	return nil
}

func (l *ledger) writable() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !l.down.IsZero():
		return errDisk
	case l.left == 0:
		l.down = l.now()
		return errDisk
	case l.left > 0:
		l.left--
	}
	return nil
}

// fail makes the journal fail after so many more rows; repair ends that.
func (l *ledger) fail(after int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left = after
}

func (l *ledger) repair() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.left, l.down = -1, time.Time{}
}

// rows are a copy of all rows that are durable.
func (l *ledger) rows() []plan.Row {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.durable)
}

// last is the number of the last durable row.
func (l *ledger) last() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.durable) == 0 {
		return 0
	}
	return l.durable[len(l.durable)-1].Seq
}

// intent is the last durable intent about a change that nothing was written
// about since, nil where there is none.
func (l *ledger) intent(object, action string) *plan.Row {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range slices.Backward(l.durable) {
		r := l.durable[i]
		if r.Subject != object || r.Action != action || r.Field == "witness" {
			continue
		}
		if r.Phase != plan.Intent {
			return nil
		}
		return &r
	}
	return nil
}

// phases are the last phases of the changes of a plan, by the change's id. What
// has diverged and was not sent since the time given counts as through: whoever
// applies the plan again has been told.
func (l *ledger) phases(hash string, began time.Time) map[string]plan.Phase {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, sent := map[string]plan.Phase{}, map[string]bool{}
	for i := range l.durable {
		r := &l.durable[i]
		if r.Plan != hash || r.Change == "" || r.Field == "witness" || r.Phase == plan.Sent {
			continue
		}
		last[r.Change] = r.Phase
		sent[r.Change] = sent[r.Change] || r.Phase == plan.Intent && !r.Time.Before(began.Truncate(time.Millisecond))
		if r.Phase == plan.Diverged && !sent[r.Change] {
			last[r.Change] = plan.Left
		}
	}
	return last
}

// failing says since when the journal cannot be written, frozen since when the
// tenant is; both are zero where that is not so.
func (l *ledger) failing() (down, frozen time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.durable {
		switch l.durable[i].Phase {
		case plan.Frozen:
			frozen = l.durable[i].Time
		case plan.Unfrozen:
			frozen = time.Time{}
		default:
		}
	}
	return l.down, frozen
}

// memory is a ledger without a disk: the plainest thing that keeps what the
// interface promises. Most seeds run on it; the others run on the real one.
type memory struct {
	mu    sync.Mutex
	rows  []plan.Row
	plans map[string]*plan.Plan
}

var _ plan.Ledger = (*memory)(nil)

func newMemory() *memory {
	return &memory{plans: map[string]*plan.Plan{}}
}

func (m *memory) Append(_ context.Context, rows ...*plan.Row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range rows {
		if r.Time.IsZero() || r.Tenant == "" || r.Actor == "" || r.Phase == "" {
			return fmt.Errorf("a row lacks what each must have: %+v", *r)
		}
		r.Seq = int64(len(m.rows) + 1)
		m.rows = append(m.rows, *r)
	}
	return nil
}

func (m *memory) those(is func(*plan.Row) bool) ([]plan.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := []plan.Row{}
	for i := range m.rows {
		if is(&m.rows[i]) {
			list = append(list, m.rows[i])
		}
	}
	return list, nil
}

func (m *memory) Rows(_ context.Context, run string) ([]plan.Row, error) {
	return m.those(func(r *plan.Row) bool { return r.Run == run })
}

func (m *memory) RowsOfPlan(_ context.Context, hash string) ([]plan.Row, error) {
	return m.those(func(r *plan.Row) bool { return r.Plan == hash })
}

func (m *memory) RowsIn(_ context.Context, phase plan.Phase, tenant string) ([]plan.Row, error) {
	return m.those(func(r *plan.Row) bool { return r.Phase == phase && strings.EqualFold(r.Tenant, tenant) })
}

func (m *memory) Attempts(_ context.Context, tenant string, since time.Time) (int, error) {
	list, err := m.those(func(r *plan.Row) bool {
		return r.Phase == plan.Intent && strings.EqualFold(r.Tenant, tenant) && !r.Time.Before(since)
	})
	return len(list), err
}

func (m *memory) Unsettled(_ context.Context, tenant string) ([]plan.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	last := map[string]plan.Row{} // by run and change: the intent that is open
	var order []string
	for _, r := range m.rows {
		key := r.Run + " " + r.Change
		switch {
		case !strings.EqualFold(r.Tenant, tenant):
		case r.Phase == plan.Intent:
			last[key] = r
			order = append(slices.DeleteFunc(order, func(k string) bool { return k == key }), key)
		case r.Phase != plan.Sent && r.Phase != plan.Unsettled && r.Phase != plan.Undone:
			delete(last, key)
		}
	}
	var list []plan.Row
	for _, key := range order {
		if r, open := last[key]; open {
			list = append(list, r)
		}
	}
	return list, nil
}

func (m *memory) WritesSince(_ context.Context, tenant, object string, since time.Time) ([]plan.Row, error) {
	return m.those(func(r *plan.Row) bool {
		return (r.Phase == plan.Intent || r.Phase == plan.Sent) && strings.EqualFold(r.Tenant, tenant) && r.Subject == object && !r.Time.Before(since)
	})
}

func (m *memory) SavePlan(_ context.Context, p *plan.Plan, _ time.Time) error {
	if err := p.Sealed(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.plans[p.Hash] = p
	return nil
}

func (m *memory) Plan(_ context.Context, hash string) (*plan.Plan, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.plans[hash]; p != nil {
		return p, nil
	}
	return nil, plan.ErrNoPlan
}

// SaveApproval does not look at what it records: Admit has to.
func (m *memory) SaveApproval(ctx context.Context, p *plan.Plan, _ plan.Config, a *plan.Approval) error {
	if err := m.SavePlan(ctx, p, a.At); err != nil {
		return err
	}
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	phase := plan.Approved
	if a.Denied {
		phase = plan.Refused
	}
	return m.Append(ctx, &plan.Row{Time: a.At, Tenant: p.Tenant, Plan: p.Hash, Actor: a.Approver.ID, Phase: phase, After: text, Note: a.Reason})
}

func (m *memory) Approvals(_ context.Context, hash string) (list []plan.Approval, err error) {
	rows, err := m.those(func(r *plan.Row) bool { return r.Plan == hash && (r.Phase == plan.Approved || r.Phase == plan.Refused) })
	for i := range rows {
		var a plan.Approval
		err = errors.Join(err, json.Unmarshal(rows[i].After, &a))
		list = append(list, a)
	}
	return list, err
}

func (m *memory) Open(_ context.Context, p *plan.Plan) ([]plan.Manual, error) { return p.Manual, nil }
