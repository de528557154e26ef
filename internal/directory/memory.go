package directory

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// Memory is a sink that keeps everything in memory, for small tenants and one
// look.
type Memory struct {
	tenant string
	taken  time.Time
	mu     sync.Mutex
	parts  map[string]*memoryPart
}

type memoryPart struct {
	items  []Item
	resume string
	state  PartState
}

// NewMemory is an empty sink for a tenant, read at a time.
func NewMemory(tenant string, taken time.Time) *Memory {
	return &Memory{tenant: strings.ToLower(tenant), taken: taken, parts: map[string]*memoryPart{}}
}

// part gives the part, which is absent until something is said of it.
func (m *Memory) part(name string) *memoryPart {
	if m.parts[name] == nil {
		m.parts[name] = &memoryPart{state: PartState{Name: name, State: StateAbsent, Why: "not read"}}
	}
	return m.parts[name]
}

// Position is Sink's.
func (m *Memory) Position(_ context.Context, part string) (string, PartState, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.part(part)
	return p.resume, p.state, nil
}

// Begin is Sink's.
func (m *Memory) Begin(_ context.Context, part string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.parts[part] = &memoryPart{state: begun(part)}
	return nil
}

// begun is a part that was begun and not ended.
func begun(part string) PartState {
	return PartState{Name: part, State: StatePartial, Why: "the reading was interrupted"}
}

// Put is Sink's.
func (m *Memory) Put(_ context.Context, part string, items []Item, resume string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.part(part)
	for _, item := range items {
		p.items = append(p.items, Item{item.Owner, slices.Clone(item.Raw)})
	}
	p.resume, p.state.Count = resume, len(p.items)
	return nil
}

// End is Sink's.
func (m *Memory) End(_ context.Context, s PartState) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.part(s.Name)
	p.state = ended(s, len(p.items))
	return nil
}

// ended is what is kept of a part that ended: with nothing read it is absent.
func ended(s PartState, count int) PartState {
	s.Count = count
	if s.State != StateComplete && count == 0 {
		s.State = StateAbsent
	}
	return s
}

// Parts is Sink's.
func (m *Memory) Parts(context.Context) Parts { return m }

// About is Parts's.
func (m *Memory) About() (tenant, taken string) { return m.tenant, formatTime(m.taken) }

func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// State is Parts's.
func (m *Memory) State(name string) PartState {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.part(name).state
}

// Each is Parts's. It hands over what is there when it begins.
func (m *Memory) Each(name string, do func(Item) error) error {
	m.mu.Lock()
	items := m.part(name).items
	m.mu.Unlock()
	for _, item := range items {
		if err := do(item); err != nil {
			return err
		}
	}
	return nil
}

// named is true for parts that somebody tried to read.
func (m *Memory) named(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.parts[name]
	return ok && p.state.Why != "not read"
}
