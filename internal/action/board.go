package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"vakt/internal/directory"
	"vakt/internal/graph"
)

// listing is a list of the tenant that says something about every account.
type listing struct {
	part string // as directory names it
	path string
	age  time.Duration // how old an answer may be
}

// How old answers may be that several accounts share, and those of an account
// itself. Together with the time that reading takes they stay well within
// graph.Freshness.
const (
	sharedAge = 2 * time.Second
	ownAge    = 2 * time.Second
	slowAge   = 10 * time.Minute // what a product holds, and what a role is called
)

// listings are read for all accounts together: who holds a role, directly or
// through whom, and which domains sign in elsewhere.
var listings = []listing{
	{directory.AssignmentsPart, "/roleManagement/directory/roleAssignments?$select=id,principalId,roleDefinitionId,directoryScopeId", sharedAge},
	{directory.EligibilityPart, "/roleManagement/directory/roleEligibilityScheduleInstances?$select=id,principalId,roleDefinitionId,directoryScopeId", sharedAge},
	{directory.DomainsPart, "/domains", sharedAge},
	{directory.DefinitionsPart, "/roleManagement/directory/roleDefinitions?$select=id,templateId,displayName,isBuiltIn,isPrivileged", slowAge},
	{directory.SKUsPart, "/subscribedSkus", slowAge},
}

// board holds the listings. Many accounts are read at once; of those who find
// it too old one reads it again and the others wait.
type board struct {
	reader *graph.Reader
	now    func() time.Time
	turn   chan struct{} // holds one value: whose turn it is to look or read
	told   map[string]graph.Told
}

func newBoard(r *graph.Reader, now func() time.Time) *board {
	b := &board{reader: r, now: now, turn: make(chan struct{}, 1), told: map[string]graph.Told{}}
	b.turn <- struct{}{}
	return b
}

// get gives the listings as they are now, each no older than it may be unless
// the service keeps refusing to answer.
func (b *board) get(ctx context.Context) (map[string]graph.Told, error) {
	select {
	case <-b.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { b.turn <- struct{}{} }()
	var queries []query
	for _, l := range listings {
		queries = append(queries, query{graph.Sub{ID: l.part, Path: l.path}, l.age})
	}
	if err := gather(ctx, b.now, queries, b.told, together(b.reader)); err != nil {
		return nil, err
	}
	return maps.Clone(b.told), nil
}

// query is one read, and how old its answer may be.
type query struct {
	graph.Sub
	age time.Duration
}

// maxRounds is how often answers are asked for that keep growing too old while
// others are waited for.
const maxRounds = 5

// ask sends reads and gives all the answers, by their ids.
type ask func(context.Context, []query) (map[string]graph.Told, error)

// together asks in a batch: one request brings what all accounts share. Nobody
// waits for it longer than its answers may be old.
func together(r *graph.Reader) ask {
	return func(ctx context.Context, queries []query) (map[string]graph.Told, error) {
		within := graph.Freshness
		subs := make([]graph.Sub, len(queries))
		for i, q := range queries {
			subs[i] = q.Sub
			if q.age > graph.Freshness {
				within = 0
			}
		}
		return r.Ask(ctx, subs, within)
	}
}

// apart asks each by itself, and all at once. What is asked of one account is
// so little that a batch would be one request more.
func apart(r *graph.Reader) ask {
	return func(ctx context.Context, queries []query) (map[string]graph.Told, error) {
		told, errs := make([]graph.Told, len(queries)), make([]error, len(queries))
		var group sync.WaitGroup
		for i, q := range queries {
			group.Go(func() { told[i], errs[i] = r.Look(ctx, q.Sub, graph.Freshness) })
		}
		group.Wait()
		answers := map[string]graph.Told{}
		for i, q := range queries {
			answers[q.ID] = told[i]
		}
		return answers, errors.Join(errs...)
	}
}

// gather asks what has not been answered lately enough. Answers that are too
// old in the end say so by their time. An answer that is to be fresh is not
// waited for beyond graph.Freshness: when it came, nothing could be written on
// it.
func gather(ctx context.Context, now func() time.Time, queries []query, told map[string]graph.Told, ask ask) error {
	for range maxRounds {
		var stale []query
		for _, q := range queries {
			if t, ok := told[q.ID]; !ok || now().Sub(t.Asked) > q.age || passing(t.Err) {
				stale = append(stale, q)
			}
		}
		if len(stale) == 0 {
			return nil
		}
		answers, err := ask(ctx, stale)
		if err != nil {
			return fmt.Errorf("read afresh: %w", err)
		}
		maps.Copy(told, answers)
	}
	return nil
}

// passing is an error that says nothing of what was asked for.
func passing(err error) bool {
	var e *graph.Error
	return errors.As(err, &e) && (e.Kind == graph.Unavailable || e.Kind == graph.Throttled || e.Kind == graph.Malformed)
}

// keep puts an answer into the parts that a snapshot is made of, and says what
// became of it. What was refused is absent, never empty.
func keep(ctx context.Context, m *directory.Memory, part string, t graph.Told) error {
	if err := m.Begin(ctx, part); err != nil {
		return err
	}
	if t.Err != nil {
		return m.End(ctx, refusedPart(part, t.Err))
	}
	items, err := itemsOf(t.Body)
	if err != nil {
		return m.End(ctx, directory.PartState{Name: part, State: directory.StateAbsent, Why: err.Error()})
	}
	if err := m.Put(ctx, part, items, ""); err != nil {
		return err
	}
	return m.End(ctx, directory.PartState{Name: part, State: directory.StateComplete})
}

// refusedPart is a part that could not be read, and why.
func refusedPart(part string, err error) directory.PartState {
	p := directory.PartState{Name: part, State: directory.StateAbsent, Why: err.Error()}
	var e *graph.Error
	if errors.As(err, &e) && e.Kind == graph.NotLicensed {
		p.Licence = string(e.Licence)
	}
	return p
}

var errNoList = errors.New("the answer is no list")

// itemsOf are the objects of a list.
func itemsOf(body json.RawMessage) ([]directory.Item, error) {
	var l struct {
		Value *[]json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(body, &l); err != nil || l.Value == nil {
		return nil, errNoList
	}
	items := make([]directory.Item, len(*l.Value))
	for i, raw := range *l.Value {
		items[i].Raw = raw
	}
	return items, nil
}
