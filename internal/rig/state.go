package rig

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"vakt/internal/sim"
)

// Errors on which a server decides its answer.
var (
	// ErrNotFound says that the part has no such object.
	ErrNotFound = errors.New("no such object")
	// ErrAbsent says that the tenant was loaded without this part.
	ErrAbsent = errors.New("the part is absent")
)

// Options are what a tenant needs from outside.
type Options struct {
	// Clock tells the time; it must not be nil. Everything that is relative
	// to now in a generated tenant is counted back from its first answer.
	Clock func() time.Time
	// Seed decides everything that is drawn.
	Seed uint64
	// AbsentEmpty makes absent parts of a loaded tenant empty ones.
	AbsentEmpty bool
}

// State is everything that a simulated tenant holds. Its methods may be
// called by several goroutines at once.
type State struct {
	clock    func() time.Time
	seed     uint64
	id       string
	licence  string // of a generated tenant: p2, p1 or none
	replicas int
	most     time.Duration // of a replica's lag

	mu     sync.RWMutex
	tables map[string]*table
	hidden map[string]Object            // registration rows of disabled users, by id
	bin    map[string]map[string]Object // what went with deleted users, by id and part
	writes uint64
	truth  truthLog

	// Of a loaded tenant: when it was read, what its manifest says, and the
	// files that are no part.
	taken string
	said  map[string]manifestPart
	files map[string][]byte

	// history gives the logs of a generated tenant from an instant on.
	history func(since time.Time) []sim.Record
	// residents are its accounts that are no ordinary people.
	residents []sim.Resident
}

// New returns a tenant with that id in which every part is there and empty.
func New(id string, o Options) *State {
	s := &State{clock: o.Clock, seed: o.Seed, id: id, tables: map[string]*table{}, hidden: map[string]Object{}, files: map[string][]byte{}, bin: map[string]map[string]Object{}}
	for i := range kinds {
		s.tables[kinds[i].name] = &table{kind: &kinds[i], state: Complete}
	}
	return s
}

// TenantID returns the tenant's id, a UUID in lower case.
func (s *State) TenantID() string { return s.id }

// Now returns the tenant's time in UTC.
func (s *State) Now() time.Time { return s.clock().UTC() }

// Seed returns the seed that the tenant was made with.
func (s *State) Seed() uint64 { return s.seed }

// PartState tells whether a part is Complete, Partial or Absent, and why it
// is not complete. A part that nobody knows is absent, unless the manifest of
// a loaded tenant tells of it, as it may of signInActivity.
func (s *State) PartState(part string) (state, why string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, ok := s.tables[part]
	if said, told := s.said[part+".json"]; !ok && told {
		return said.State, said.Why
	}
	if !ok {
		return Absent, fmt.Sprintf("no part is called %q", part)
	}
	return t.state, t.why
}

// SetReplicas puts n replicas beside the primary. Each shows a write up to
// most later than the primary does, by the seed, so that two reads one after
// the other may go back in time.
func (s *State) SetReplicas(n int, most time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replicas, s.most = n, most
}

// View reads the tenant through one replica.
type View struct {
	s       *State
	replica int // 0 is the primary
}

// Primary returns the view that shows every write at once.
func (s *State) Primary() View { return View{s: s} }

// View returns the view that a request reads through, by a number that the
// caller draws for it. Without replicas it is the primary.
func (s *State) View(choice uint64) View {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return View{s: s, replica: int(choice % uint64(s.replicas+1))}
}

// Get returns the object that has the key: an id, or another name by which
// the API finds such an object, in any case. Of parts by owner it is the list
// body of that owner.
func (v View) Get(part, key string) (Object, bool) {
	for _, o := range v.Find(part, key) {
		return o, true
	}
	return nil, false
}

// Find returns every object that has the key, and its place.
func (v View) Find(part, key string) iter.Seq2[int, Object] {
	t, found := v.s.lookup(part, key)
	return func(yield func(int, Object) bool) {
		for _, at := range found {
			if o := v.at(t, int(at)); o != nil && !yield(int(at), o) {
				return
			}
		}
	}
}

// From goes through a part from a place on. Places are stable: what is added
// comes at the end, and what is removed leaves a gap, so that the place after
// the last object seen is where the next page begins.
func (v View) From(part string, place int) iter.Seq2[int, Object] {
	return func(yield func(int, Object) bool) {
		t := v.s.ready(part)
		for at := max(0, place); t != nil; at++ {
			o, more := v.step(t, at)
			if !more || o != nil && !yield(at, o) {
				return
			}
		}
	}
}

// All goes through a whole part.
func (v View) All(part string) iter.Seq2[int, Object] { return v.From(part, 0) }

// Owner returns whose list stands at a place of a part by owner.
func (v View) Owner(part string, place int) string {
	t := v.s.ready(part)
	v.s.mu.RLock()
	defer v.s.mu.RUnlock()
	if t == nil || place >= len(t.owners) {
		return ""
	}
	return t.owners[place]
}

// Len returns how many objects a part holds, as the primary counts them.
func (v View) Len(part string) int {
	t := v.s.ready(part)
	v.s.mu.RLock()
	defer v.s.mu.RUnlock()
	if t == nil {
		return 0
	}
	return t.live
}

// End returns the place after the last one of a part.
func (v View) End(part string) int {
	t := v.s.ready(part)
	v.s.mu.RLock()
	defer v.s.mu.RUnlock()
	if t == nil {
		return 0
	}
	return len(t.rows)
}

// At returns the object at a place, nil where there is none.
func (v View) At(part string, place int) Object {
	t := v.s.ready(part)
	if t == nil || place < 0 {
		return nil
	}
	o, _ := v.step(t, place)
	return o
}

func (v View) step(t *table, at int) (o Object, more bool) {
	v.s.mu.RLock()
	defer v.s.mu.RUnlock()
	if at >= len(t.rows) {
		return nil, false
	}
	return v.s.seen(t, at, v.replica), true
}

func (v View) at(t *table, at int) Object {
	o, _ := v.step(t, at)
	return o
}

// ready returns the table of a part with its rows made, nil for no part.
func (s *State) ready(part string) *table {
	s.mu.RLock()
	t := s.tables[part]
	ok := t == nil || t.fill == nil
	s.mu.RUnlock()
	if !ok {
		s.mu.Lock()
		t.load()
		s.mu.Unlock()
	}
	return t
}

// lookup finds the places of a key. The first look-up in a part makes its
// index.
func (s *State) lookup(part, key string) (*table, []int32) {
	t := s.ready(part)
	if t == nil {
		return nil, nil
	}
	s.mu.RLock()
	indexed := t.index != nil
	if indexed {
		defer s.mu.RUnlock()
		return t, t.places(key)
	}
	s.mu.RUnlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	return t, t.places(key)
}

// HasPlan tells whether the tenant has an enabled subscription with a service
// plan, by its id (such as Entra ID P1's) or its name.
func (s *State) HasPlan(plan string) bool {
	for _, sku := range s.Primary().All(SKUs) {
		if status := sku.Text("capabilityStatus"); status != "" && status != "Enabled" && status != "Warning" {
			continue
		}
		if slices.ContainsFunc(sku.Items("servicePlans"), func(p Object) bool {
			return p.Text("servicePlanId") == plan || p.Text("servicePlanName") == plan
		}) {
			return true
		}
	}
	return false
}

// add appends an object while the tenant is being made. The caller is the
// only one who knows the state.
func (s *State) add(part, owner string, o Object) { s.tables[part].add(owner, o) }
